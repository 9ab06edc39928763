package store

import (
	"encoding/base64"
	"strings"
)

// HashKey names a secret under which values of a kind were hashed. The secret is the
// host's, and never in a store.
type HashKey struct {
	Kind Kind
	ID   string
}

// MaxHashKeyID is the length of the longest [HashKey.ID].
const MaxHashKeyID = 32

// hashMark begins the texts of hashed values.
const hashMark = "h:"

// ValidHashKeyID reports whether a text can be a [HashKey.ID]: 1 to [MaxHashKeyID]
// characters, which are small ASCII letters, digits, and, but for the first, ".", "_"
// and "-".
func ValidHashKeyID(id string) bool {
	if id == "" || len(id) > MaxHashKeyID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return true
}

// AppendHashText appends the text of a hashed value: "h:", the ID of the secret, a
// colon, and the 32 bytes of the hash as base64url without padding (RFC 4648, section
// 5).
func AppendHashText(dst []byte, id string, hash []byte) []byte {
	dst = append(append(append(dst, hashMark...), id...), ':')
	return base64.RawURLEncoding.AppendEncode(dst, hash)
}

const (
	hashBytes = 32 // of SHA-256
	hashChars = 43 // of them as base64
)

// strictHash refuses the spellings of a hash that [AppendHashText] does not make.
var strictHash = base64.RawURLEncoding.Strict()

// ParseHashText returns the ID of the secret in a text that [AppendHashText] makes. ok
// is false for any other text.
func ParseHashText(text string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(text, hashMark)
	if !ok || len(rest) < hashChars+2 || rest[len(rest)-hashChars-1] != ':' {
		return "", false
	}
	id, hash := rest[:len(rest)-hashChars-1], rest[len(rest)-hashChars:]
	if !ValidHashKeyID(id) {
		return "", false
	}
	var room [hashBytes + 1]byte
	n, err := strictHash.Decode(room[:], []byte(hash))
	return id, err == nil && n == hashBytes
}

// HashKey returns the name of the secret under which the value was hashed that the
// key is of. ok is false if it is of none: only e-mail addresses and names are
// hashed.
func (k Key) HashKey() (key HashKey, ok bool) {
	if k.Kind != KindEmail && k.Kind != KindName || !strings.HasPrefix(k.Text, hashMark) {
		return HashKey{}, false
	}
	id, ok := ParseHashText(k.Text)
	if !ok {
		return HashKey{}, false
	}
	return HashKey{k.Kind, id}, true
}
