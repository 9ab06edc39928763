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

// HashMark begins the texts of hashed values.
const HashMark = "h:"

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
// colon, and the [HashSize] bytes of the hash as base64url without padding (RFC 4648, section
// 5).
func AppendHashText(dst []byte, id string, hash []byte) []byte {
	dst = append(append(append(dst, HashMark...), id...), ':')
	return base64.RawURLEncoding.AppendEncode(dst, hash)
}

// HashSize is the length of a hash in bytes, that of SHA-256.
const HashSize = 32

// MaxHashText is the length of the longest text of a hashed value.
const MaxHashText = len(HashMark) + MaxHashKeyID + 1 + hashChars

const hashChars = 43 // of a hash as base64

// strictHash refuses the spellings of a hash that [AppendHashText] does not make.
var strictHash = base64.RawURLEncoding.Strict()

// ParseHashText returns the ID of the secret and the hash in a text that
// [AppendHashText] makes. ok is false for any other text.
func ParseHashText(text string) (id string, hash [HashSize]byte, ok bool) {
	rest, ok := strings.CutPrefix(text, HashMark)
	if !ok || len(rest) < hashChars+2 || rest[len(rest)-hashChars-1] != ':' {
		return "", hash, false
	}
	id, chars := rest[:len(rest)-hashChars-1], rest[len(rest)-hashChars:]
	if !ValidHashKeyID(id) {
		return "", hash, false
	}
	var room [HashSize + 1]byte // what base64 decodes is a multiple of three
	n, err := strictHash.Decode(room[:], []byte(chars))
	if err != nil || n != HashSize {
		return "", hash, false
	}
	return id, [HashSize]byte(room[:HashSize]), true
}

// HashKey returns the name of the secret under which the value was hashed that the
// key is of. ok is false if it is of none: only e-mail addresses and names are
// hashed.
func (k Key) HashKey() (key HashKey, ok bool) {
	if k.Kind != KindEmail && k.Kind != KindName || !strings.HasPrefix(k.Text, HashMark) {
		return HashKey{}, false
	}
	id, _, ok := ParseHashText(k.Text)
	if !ok {
		return HashKey{}, false
	}
	return HashKey{k.Kind, id}, true
}
