package ban

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// KeyRing holds the secrets under which bans are hashed, by ID. A ban that is made with
// [CreateOptions.Hashed] keeps HMAC-SHA-256 (RFC 2104) of the mailbox or of the look of
// the name, and not the value: who has the database alone cannot tell whom it is about.
// Who has the secret too can try addresses.
//
// An ID is 1 to 32 small ASCII letters, digits, dots, hyphens and underscores, and begins
// with a letter or digit; it stands in the text of every value that was hashed under the
// key. An ID that [KeyID] made is for its secret alone: a ring that has it with another
// one is refused. Nothing tells that a secret is not the one that bans were hashed under
// if the ID is any other. A secret has at least [MinKey] bytes, which should be random; a ring at most
// [MaxKeys] of them. Keep a key as long as [MissingKeys] without it names it.
type KeyRing map[string][]byte

// The bounds of a [KeyRing].
const (
	MinKey  = 32   // bytes of a secret, at least
	MaxKey  = 1024 // bytes of a secret, at most
	MaxKeys = 16   // in a ring
)

// Check reports what is wrong with the ring: a [*ValueError] that names the key and
// never shows a secret. A ring without keys is fine.
func (r KeyRing) Check() error {
	if len(r) > MaxKeys {
		return NewValueError("keys", fmt.Sprint(len(r)), CodeRange, fmt.Sprintf("give at most %d keys; drop those that no ban is hashed under", MaxKeys))
	}
	for id, secret := range r {
		if err := checkKey(id, secret); err != nil {
			return err
		}
	}
	return nil
}

func checkKey(id string, secret []byte) error {
	if !store.ValidHashKeyID(id) {
		return NewValueError("keys", id, CodeSyntax, `name a key with 1 to 32 of a-z, 0-9, ".", "_" and "-", the first a letter or digit`)
	}
	if len(secret) < MinKey || len(secret) > MaxKey {
		return NewValueError("keys", id, CodeRange, fmt.Sprintf("a secret has %d to %d random bytes", MinKey, MaxKey))
	}
	if mark := keyMarkForm.FindString(id); mark != "" && mark != keyMark(secret) {
		return NewValueError("keys", id, CodeConflict, "this is not the secret that the ID was made for: put the right key back")
	}
	return nil
}

// KeyID returns an ID for a secret that no other secret can have: the name, ".k" and
// eight of a-z and 2-7, which are made of the secret by HMAC-SHA-256 (RFC 2104) and base32
// (RFC 4648, section 6), 40 bits, and do not tell it. Whoever makes keys for others, as
// banctl new-key does, gives them such IDs: a key that is made in the place of a lost one
// is not taken for it then. The error is the [*ValueError] of [KeyRing.Check].
func KeyID(name string, secret []byte) (string, error) {
	id := name + keyMark(secret)
	return id, checkKey(id, secret)
}

var keyMarkForm = regexp.MustCompile(`\.k[a-z2-7]{8}$`)

// keyMark is the end of an ID that is for one secret.
func keyMark(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte("ostraka key id")) // never fails
	return ".k" + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:5]))
}

// Newest returns the ID of the key that new bans are hashed under, given what the host
// named: that, or the only key if it named none. A ring without keys has none, and gives
// the empty ID. The error is a [*ValueError] of the field "hash_key".
func (r KeyRing) Newest(named string) (string, error) {
	switch _, has := r[named]; {
	case named == "" && len(r) == 1:
		for id := range r {
			return id, nil
		}
	case named == "" && len(r) > 1:
		return "", NewValueError("hash_key", "", CodeEmpty, "name the key of the ring that new bans are hashed under")
	case named != "" && !has:
		return "", unknownKey(named)
	}
	return named, nil
}

// compile makes the ring ready to hash, nil if it is empty.
func (r KeyRing) compile() (*match.Ring, error) {
	if err := r.Check(); err != nil || len(r) == 0 {
		return nil, err
	}
	return match.NewRing(r), nil
}

// Hash returns what is kept in the place of a value that is hashed under the key of
// that ID: of an e-mail address or a name that is no pattern. It hashes the canonical
// mailbox of an address, so that all its spellings give the same, and the skeleton of
// a name, so that all that look alike do. The error is a [*ValueError].
func (r KeyRing) Hash(id string, v Value) (Value, error) {
	secret, ok := r[id]
	if !ok {
		return Value{}, unknownKey(id)
	}
	if err := checkKey(id, secret); err != nil {
		return Value{}, err
	}
	return match.NewRing(KeyRing{id: secret}).Hash(id, v)
}

// Hashes reports whether the Admin has a key that new bans can be hashed under.
func (a *Admin) Hashes() bool { return a.hasher.ring != nil }

func unknownKey(id string) error {
	return NewValueError("hash_key", id, CodeUnknown, "name a key of the ring")
}

// maxKeyFile bounds a key file, in bytes; maxKeyLine a line of it.
const (
	maxKeyFile = 1 << 16
	maxKeyLine = 1 << 12
)

// ParseKeyRing reads a key file: a line a key, its ID and its secret as base64
// (RFC 4648, standard or URL alphabet, padded or not) with spaces or tabs between.
// Empty lines, and those that begin with #, mean nothing, nor does a byte order mark at
// the beginning. newest is the ID in the last
// line: new bans are hashed under it. So a key is rotated by adding a line, and dropped
// by taking one out.
//
// What does not fit gives a [*ValueError] that names the line, and never shows a
// secret: a line of another form, an ID or a secret that a [KeyRing] may not have, an ID
// that is there twice, no key at all. At most 64 KiB are read.
func ParseKeyRing(from io.Reader) (ring KeyRing, newest string, err error) {
	ring = make(KeyRing)
	limited := &io.LimitedReader{R: from, N: maxKeyFile + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 512), maxKeyLine)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff") // which editors put there
		}
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, secret, err := parseKeyLine(line)
		if _, twice := ring[id]; err == nil && twice {
			err = NewValueError("keys", id, CodeDuplicate, "give each key an ID of its own")
		}
		if err != nil {
			return nil, "", inLine(n, err)
		}
		ring[id], newest = secret, id
		if len(ring) > MaxKeys {
			return nil, "", inLine(n, ring.Check())
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, "", inLine(n+1, NewValueError("keys", "", CodeTooLong, "write an ID and a secret as base64 on each line"))
	case err != nil:
		return nil, "", fmt.Errorf("read the keys: %w", err)
	case limited.N <= 0:
		return nil, "", NewValueError("keys", "", CodeTooLong, "a key file has at most 64 KiB")
	case newest == "":
		return nil, "", NewValueError("keys", "", CodeEmpty, "write at least one key: an ID, and 32 random bytes as base64")
	}
	return ring, newest, nil
}

// inLine says in which line of a key file the fault is.
func inLine(n int, err error) error { return fmt.Errorf("line %d: %w", n, err) }

func parseKeyLine(line string) (id string, secret []byte, err error) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		// The parts may be secrets.
		return "", nil, NewValueError("keys", "", CodeSyntax, "write an ID, a space, and the secret as base64")
	}
	id = fields[0]
	if !store.ValidHashKeyID(id) {
		return "", nil, NewValueError("keys", "", CodeSyntax, `begin the line with the ID of the key: 1 to 32 of a-z, 0-9, ".", "_" and "-", the first a letter or digit`)
	}
	text := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(fields[1], "="))
	if secret, err = base64.RawStdEncoding.DecodeString(text); err != nil {
		return "", nil, NewValueError("keys", id, CodeSyntax, "write the secret as base64")
	}
	return id, secret, checkKey(id, secret)
}

// ErrMissingKey matches errors that say that rules are hashed under keys that are not
// in the ring: a [*MissingKeyError].
var ErrMissingKey = errors.New("rules are hashed under a key that is not in the ring")

// MissingKeyError says under which keys rules are hashed that are not in the ring. Who
// they keep out cannot be told, so that a check whose Subject they may be about fails:
// it is Denied, whatever [CheckerOptions.OnError] says. It matches [ErrMissingKey].
type MissingKeyError struct {
	IDs []string // of the keys, sorted
}

func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("%v: give the key %s", ErrMissingKey, strings.Join(e.IDs, ", "))
}

// Is makes the error match [ErrMissingKey].
func (e *MissingKeyError) Is(target error) bool { return target == ErrMissingKey }

// missingKey returns the error as this package has it, and whether it says that a key is
// missing.
func missingKey(err error) (error, bool) {
	if e, ok := errors.AsType[*match.MissingSecretError](err); ok {
		return &MissingKeyError{e.IDs}, true
	}
	return err, errors.Is(err, ErrMissingKey)
}

// HashKeysStore is what tells under which keys rules are hashed. Every [store.Store] is
// one.
type HashKeysStore interface {
	HashKeysInUse(ctx context.Context) ([]store.HashKey, error)
}

// MissingKeys returns the IDs of the keys under which rules in the store are hashed and
// that are not in the ring, sorted. A program asks when it starts, and refuses to serve
// if there are any; where the ring lacks a key on purpose, it tells whether that key may
// be dropped. It is quick, however many rules there are.
func MissingKeys(ctx context.Context, st HashKeysStore, ring KeyRing) ([]string, error) {
	inUse, err := st.HashKeysInUse(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys that rules are hashed under: %w", err)
	}
	var missing []string
	for _, k := range inUse {
		if _, ok := ring[k.ID]; !ok && !slices.Contains(missing, k.ID) {
			missing = append(missing, k.ID)
		}
	}
	slices.Sort(missing)
	return missing, nil
}
