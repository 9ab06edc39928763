package minisign_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/crypto/blake2b"

	"example.com/ostraka/internal/minisign"
)

// signer makes keys and signatures as minisign does, by the text of its format.
type signer struct {
	private ed25519.PrivateKey
	id      string
}

func newSigner(seed byte) signer {
	return signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)), "keyid" + strings.Repeat(string(rune('0'+seed)), 3)}
}

func (s signer) public() string {
	key := s.private.Public().(ed25519.PublicKey)
	return base64.StdEncoding.EncodeToString([]byte("Ed" + s.id + string(key)))
}

func (s signer) sign(content string, hashed bool) string {
	kind, signed := "Ed", []byte(content)
	if hashed {
		sum := blake2b.Sum512(signed)
		kind, signed = "ED", sum[:]
	}
	sig := ed25519.Sign(s.private, signed)
	comment := "timestamp:1\tfile:list.txt"
	global := ed25519.Sign(s.private, append(bytes.Clone(sig), comment...))
	encode := base64.StdEncoding.EncodeToString
	return "untrusted comment: signature\n" + encode([]byte(kind+s.id+string(sig))) + "\ntrusted comment: " + comment + "\n" + encode(global) + "\n"
}

func TestSignatures(t *testing.T) {
	const content = "spam.example\n"
	one, other := newSigner(1), newSigner(2)
	bare := base64.StdEncoding.EncodeToString(one.private.Public().(ed25519.PublicKey))
	raw := ed25519.Sign(one.private, []byte(content))
	good := one.sign(content, true)
	for _, tt := range []struct {
		name, key, content, signature string
		ok                            bool
	}{
		{"of the hash", one.public(), content, good, true},
		{"of the content itself, as older versions sign", one.public(), content, one.sign(content, false), true},
		{"with CR LF", one.public(), content, strings.ReplaceAll(good, "\n", "\r\n"), true},
		{"a bare signature", bare, content, string(raw), true},
		{"a bare signature in base64", bare, content, base64.StdEncoding.EncodeToString(raw) + "\n", true},
		{"of other content", one.public(), content + "x", good, false},
		{"by another key", other.public(), content, good, false},
		{"by another key of the same id", signer{other.private, one.id}.public(), content, good, false},
		{"with another trusted comment", one.public(), content, strings.Replace(good, "timestamp:1", "timestamp:2", 1), false},
		{"without the last line", one.public(), content, good[:strings.LastIndex(strings.TrimSpace(good), "\n")], false},
		{"of an unknown kind", one.public(), content, strings.Replace(good, "\nRU", "\nUl", 1), false},
		{"nothing", one.public(), content, "", false},
		{"a page", one.public(), content, "<html>", false},
		{"a bare signature of other content", bare, content + "x", string(raw), false},
		{"a bare signature that is cut", bare, content, string(raw[:63]), false},
		{"a file where a bare signature is wanted", bare, content, good, false},
		{"one that is too long", one.public(), content, good + strings.Repeat("x", minisign.MaxSignature), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := minisign.ParseKey(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			if err := key.Verify(strings.NewReader(tt.content), []byte(tt.signature)); (err == nil) != tt.ok {
				t.Errorf("error %v, want success %t", err, tt.ok)
			}
		})
	}
}

// TestKeysThatAreNone: nothing else is taken for a key.
func TestKeysThatAreNone(t *testing.T) {
	for _, text := range []string{"", "RW", "not base64!", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 42))} {
		if _, err := minisign.ParseKey(text); err == nil {
			t.Errorf("%q was read as a key", text)
		}
	}
	if err := (minisign.Key{}).Verify(strings.NewReader(""), nil); err == nil {
		t.Error("the zero Key verifies")
	}
}

func FuzzVerify(f *testing.F) {
	one := newSigner(1)
	f.Add(one.sign("x", true))
	f.Add(one.sign("x", false))
	f.Add("untrusted comment: \n\ntrusted comment: \n")
	key, err := minisign.ParseKey(one.public())
	if err != nil {
		f.Fatal(err)
	}
	good := map[string]bool{one.sign("x", true): true, one.sign("x", false): true}
	f.Fuzz(func(t *testing.T, signature string) {
		err := key.Verify(strings.NewReader("x"), []byte(signature))
		plain := strings.TrimRight(strings.ReplaceAll(signature, "\r\n", "\n"), "\r\n") + "\n"
		if _, rest, ok := strings.Cut(plain, "\n"); err == nil && ok {
			for known := range good { // the first line is anybody's
				if _, want, _ := strings.Cut(known, "\n"); rest == want {
					return
				}
			}
			t.Errorf("%q verifies", signature)
		}
	})
}
