package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/commonpassword"
)

// The length of passwords, in characters.
const (
	MinPassword = 8
	MaxPassword = 128
)

// PasswordOptions says how passwords are hashed, with argon2id (RFC 9106). The
// zero value is what OWASP's Password Storage Cheat Sheet asks for at least: two
// passes over 19 MiB in one lane.
//
// The parameters stand in each hash. Raising one makes a login rehash the
// password with the new ones; lowering one leaves old hashes as they are.
type PasswordOptions struct {
	Memory  uint32 // KiB; at least 8 a lane; default 19456
	Time    uint32 // passes; default 2
	Threads uint8  // lanes; default 1
	// Concurrent bounds how many passwords are hashed at once, each in Memory;
	// others wait. Default runtime.GOMAXPROCS(0).
	Concurrent int

	// Refuse are words of the host's that are no passwords either, such as the
	// name of the site: compared whole, in any case. Default none.
	Refuse []string
	// AllowCommon lets accounts have the passwords that most people choose. By
	// default 8,000 of those are refused (NIST SP 800-63B, section 3.1.1.2).
	AllowCommon bool
}

// CodeCommon is the code of a [*ban.ValueError] about a new password that is one
// of the most common ones, or of [PasswordOptions.Refuse].
const CodeCommon = "common_password"

// The sizes of RFC 9106, section 4.
const (
	saltSize = 16
	hashSize = 32
)

// The most that a stored hash may ask for: 4 GiB, and 256 passes.
const (
	maxMemory = 4 << 20
	maxTime   = 256
)

// argonParams are those of one hash.
type argonParams struct {
	memory, time uint32
	threads      uint8
}

// hasher hashes and checks passwords.
type hasher struct {
	params argonParams
	decoy  encodedHash   // compared with where there is no hash, so that it takes as long
	slots  chan struct{} // one for each that is being hashed
	refuse map[string]struct{}
	common bool // common passwords are allowed
}

func newHasher(o PasswordOptions) (*hasher, error) {
	p := argonParams{memory: orDefault(o.Memory, 19<<10), time: orDefault(o.Time, 2), threads: orDefault(o.Threads, 1)}
	switch {
	case p.memory < 8*uint32(p.threads) || p.memory > maxMemory:
		return nil, ban.NewValueError("Passwords.Memory", fmt.Sprint(p.memory), ban.CodeRange, fmt.Sprintf("give 8 KiB a lane to %d", maxMemory))
	case p.time > maxTime:
		return nil, ban.NewValueError("Passwords.Time", fmt.Sprint(p.time), ban.CodeRange, fmt.Sprintf("give at most %d passes", maxTime))
	case o.Concurrent < 0:
		return nil, ban.NewValueError("Passwords.Concurrent", fmt.Sprint(o.Concurrent), ban.CodeRange, "give a number, or 0 for the default")
	}
	h := &hasher{
		params: p, slots: make(chan struct{}, orDefault(o.Concurrent, runtime.GOMAXPROCS(0))),
		refuse: make(map[string]struct{}, len(o.Refuse)), common: o.AllowCommon,
	}
	for _, word := range o.Refuse {
		prepared, err := prepare(word)
		if err != nil {
			return nil, ban.NewValueError("Passwords.Refuse", word, ban.CodeCharacter, "give words that could be passwords (RFC 8265)")
		}
		h.refuse[strings.ToLower(prepared)] = struct{}{}
	}
	h.decoy = encodedHash{argonParams: p, salt: randomBytes(saltSize), sum: randomBytes(hashSize)}
	return h, nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// randomBytes never fails: crypto/rand ends the program if the system has no
// randomness to give.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// prepare returns the form in which a password is hashed: that of RFC 8265,
// section 4.2, OpaqueString, so that an é is the same however a keyboard makes
// it. Case and width stay.
func prepare(password string) (string, error) { return precis.OpaqueString.String(password) }

// check checks a new password and prepares it. All that is asked of it is its
// length, that it can be typed again and that it is not among the first that are
// guessed: NIST SP 800-63B, section 3.1.1.2, advises against rules of composition.
func (h *hasher) check(password string) (string, error) {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return "", passwordError(ban.CodeInvalidUTF8, "send the password as UTF-8")
	case n < MinPassword:
		return "", passwordError(ban.CodeRange, fmt.Sprintf("use at least %d characters", MinPassword))
	case n > MaxPassword:
		return "", passwordError(ban.CodeTooLong, fmt.Sprintf("use at most %d characters", MaxPassword))
	}
	prepared, err := prepare(password)
	if err != nil {
		return "", passwordError(ban.CodeCharacter, "leave out control characters and what no keyboard makes (RFC 8265)")
	}
	if utf8.RuneCountInString(prepared) < MinPassword { // as an accent after a letter is one with it
		return "", passwordError(ban.CodeRange, fmt.Sprintf("use at least %d characters", MinPassword))
	}
	if _, refused := h.refuse[strings.ToLower(prepared)]; refused || !h.common && commonpassword.Has(prepared) {
		return "", passwordError(CodeCommon, "choose one that fewer people have: this one is among the first that are guessed")
	}
	return prepared, nil
}

// passwordError says what is wrong with a password, without repeating it.
func passwordError(code, hint string) error { return ban.NewValueError("password", "", code, hint) }

// hash checks a new password and returns its encoded hash.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	prepared, err := h.check(password)
	if err != nil {
		return "", err
	}
	return h.encode(ctx, prepared)
}

// encode returns the encoded hash of a password that is prepared.
func (h *hasher) encode(ctx context.Context, prepared string) (string, error) {
	var err error
	e := encodedHash{argonParams: h.params, salt: randomBytes(saltSize)}
	e.sum, err = h.sum(ctx, prepared, e.argonParams, e.salt, hashSize)
	return e.String(), err
}

// verify reports whether the password is that of the encoded hash, and whether
// it should be hashed anew. Without a hash, or with one that it cannot read, it
// works as long and says no.
func (h *hasher) verify(ctx context.Context, password, encoded string) (ok, rehash bool, err error) {
	e, readable := parseHash(encoded)
	if !readable {
		e = h.decoy
	}
	prepared := "" // nobody's
	if len(password) <= MaxPassword*utf8.UTFMax {
		if text, err := prepare(password); err == nil {
			prepared = text
		}
	}
	sum, err := h.sum(ctx, prepared, e.argonParams, e.salt, len(e.sum))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(sum, e.sum) == 1 && readable
	return ok, ok && e.weakerThan(h.params), nil
}

// sum runs argon2id when a slot is free.
func (h *hasher) sum(ctx context.Context, password string, p argonParams, salt []byte, size int) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, uint32(size)), nil
}

// encodedHash is a hash with all that it takes to check a password.
type encodedHash struct {
	argonParams
	salt, sum []byte
}

func (p argonParams) weakerThan(o argonParams) bool {
	return p.memory < o.memory || p.time < o.time || p.threads < o.threads
}

// String returns the hash in the form of argon2's reference implementation:
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func (e encodedHash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, e.memory, e.time, e.threads, b64(e.salt), b64(e.sum))
}

// parseHash reads what String prints. It refuses what would take more than a
// machine has.
func parseHash(s string) (encodedHash, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return encodedHash{}, false
	}
	var e encodedHash
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return encodedHash{}, false
	}
	memory, okM := parameter(params[0], "m=", maxMemory)
	time, okT := parameter(params[1], "t=", maxTime)
	threads, okP := parameter(params[2], "p=", 255)
	e.argonParams = argonParams{uint32(memory), uint32(time), uint8(threads)}
	salt, errS := base64.RawStdEncoding.DecodeString(parts[4])
	sum, errH := base64.RawStdEncoding.DecodeString(parts[5])
	e.salt, e.sum = salt, sum
	fits := len(salt) >= 8 && len(salt) <= 64 && len(sum) >= 16 && len(sum) <= 64
	return e, okM && okT && okP && errS == nil && errH == nil && fits && memory >= 8*threads
}

// parameter reads a number from 1 to most after a prefix.
func parameter(s, prefix string, most uint64) (uint64, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return n, ok && err == nil && n >= 1 && n <= most
}
