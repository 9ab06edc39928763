// Package minisign checks Ed25519 signatures of files: those of minisign
// (https://jedisct1.github.io/minisign/), and bare ones.
package minisign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/blake2b"
)

// Key is a public key. The zero Key is none.
type Key struct {
	key  ed25519.PublicKey
	id   [8]byte // of a key of minisign
	mini bool
}

const (
	keyPrefix    = "Ed" // of the key of minisign, and of signatures of the content itself
	hashedPrefix = "ED" // of signatures of the hash of the content
	miniKeySize  = 2 + 8 + ed25519.PublicKeySize
	miniSigSize  = 2 + 8 + ed25519.SignatureSize

	// MaxSignature is how long the text of a signature may be.
	MaxSignature = 16 << 10
)

// ParseKey reads a public key in base64: of minisign, which begins with "RW", or the
// 32 bytes of an Ed25519 key.
func ParseKey(text string) (Key, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	switch {
	case err != nil:
	case len(raw) == ed25519.PublicKeySize:
		return Key{key: raw}, nil
	case len(raw) == miniKeySize && string(raw[:2]) == keyPrefix:
		return Key{key: raw[10:], id: [8]byte(raw[2:10]), mini: true}, nil
	}
	return Key{}, errors.New("no public key: want the line of a minisign key that begins with RW, or the 32 bytes of an Ed25519 key, in base64")
}

// Minisign reports whether the key is one of minisign.
func (k Key) Minisign() bool { return k.mini }

// Verify returns nil if the signature is one of the content by the key. A signature
// for a key of minisign is its file; for a bare key it is 64 bytes, as they are or in
// base64. The content is read once; of a signature of its whole, which is not of its
// hash, it is held in memory.
func (k Key) Verify(content io.Reader, signature []byte) error {
	if k.key == nil {
		return errors.New("no key")
	}
	if !k.mini {
		return k.verifyBare(content, signature)
	}
	sig, err := parse(signature)
	if err != nil {
		return err
	}
	if sig.id != k.id {
		return errors.New("the signature is by another key")
	}
	var signed []byte
	if sig.hashed {
		hash, _ := blake2b.New512(nil) // fails for a key only
		if _, err := io.Copy(hash, content); err != nil {
			return err
		}
		signed = hash.Sum(nil)
	} else if signed, err = io.ReadAll(content); err != nil {
		return err
	}
	if !ed25519.Verify(k.key, signed, sig.sig[:]) {
		return errWrong
	}
	if !ed25519.Verify(k.key, append(sig.sig[:], sig.comment...), sig.global) {
		return errors.New("the trusted comment is not that of the signature")
	}
	return nil
}

var errWrong = errors.New("the signature is not one of the content")

func (k Key) verifyBare(content io.Reader, signature []byte) error {
	if len(signature) != ed25519.SignatureSize {
		raw, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(signature)))
		if err != nil || len(raw) != ed25519.SignatureSize {
			return errors.New("no signature: want 64 bytes, or these in base64")
		}
		signature = raw
	}
	signed, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	if !ed25519.Verify(k.key, signed, signature) {
		return errWrong
	}
	return nil
}

// decodeLine reads a line of base64 that has one spelling.
func decodeLine(line string) ([]byte, error) {
	if strings.Contains(line, "\r") { // which base64 passes over
		return nil, errors.New("a carriage return in a line")
	}
	return base64.StdEncoding.Strict().DecodeString(line)
}

// parsed is a signature file of minisign.
type parsed struct {
	hashed  bool
	id      [8]byte
	sig     [ed25519.SignatureSize]byte
	comment string // the trusted one
	global  []byte // the signature of sig and comment
}

// parse reads a signature file: a comment, the signature, a trusted comment, and the
// signature of both.
func parse(text []byte) (p parsed, err error) {
	const untrusted, trusted = "untrusted comment:", "trusted comment: "
	if len(text) > MaxSignature {
		return p, errors.New("the signature is too long")
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(string(text), "\r\n"), "\r\n", "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], untrusted) || !strings.HasPrefix(lines[2], trusted) {
		return p, errors.New("no signature file of minisign")
	}
	raw, err := decodeLine(lines[1])
	if err != nil || len(raw) != miniSigSize {
		return p, errors.New("the second line is no signature")
	}
	switch string(raw[:2]) {
	case keyPrefix:
	case hashedPrefix:
		p.hashed = true
	default:
		return p, fmt.Errorf("the signature is of the unknown kind %q", raw[:2])
	}
	copy(p.id[:], raw[2:])
	copy(p.sig[:], raw[10:])
	p.comment = strings.TrimPrefix(lines[2], trusted)
	if p.global, err = decodeLine(lines[3]); err != nil || len(p.global) != ed25519.SignatureSize {
		return p, errors.New("the fourth line is no signature")
	}
	return p, nil
}
