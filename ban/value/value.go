package value

import (
	"net/netip"
	"strings"

	"example.com/ostraka/store"
)

// Kind says what sort of value a rule is about; see [store.Kind].
type Kind = store.Kind

// The kinds.
const (
	KindEmail  = store.KindEmail
	KindDomain = store.KindDomain
	KindIP     = store.KindIP
	KindName   = store.KindName
)

// Value is the canonical value of a rule, as [ParseEmail], [ParseDomain],
// [ParsePrefix] and [ParseName] make it. It is a small comparable value; two
// inputs that mean the same give equal Values. The zero Value is none.
type Value struct {
	kind Kind
	text string
	key  string
}

// Kind returns the kind of the value, 0 for the zero Value.
func (v Value) Kind() Kind { return v.kind }

// String returns the canonical text. Parsing it again gives the same Value.
func (v Value) String() string { return v.text }

// Key returns the key that a rule of this value is stored under: for an e-mail
// address its canonical mailbox, for a domain its name without mark, for a user
// name its skeleton, for a prefix the prefix; [store.WildcardKey] for wildcards
// in names and local parts.
func (v Value) Key() store.Key { return store.Key{Kind: v.kind, Text: v.key} }

// IsZero reports whether the Value is the zero one.
func (v Value) IsZero() bool { return v.kind == 0 }

// Wildcard reports whether the value is a name or e-mail address with a
// wildcard in it.
func (v Value) Wildcard() bool { return v.kind != 0 && v.key == "" }

// Stored returns the Value that was kept as its key and its canonical text. It
// trusts them: they come from the Value's own methods.
func Stored(key store.Key, text string) Value {
	return Value{kind: key.Kind, text: text, key: key.Text}
}

// Prefix returns the prefix of a value of [KindIP], and the zero Prefix for
// other kinds.
func (v Value) Prefix() netip.Prefix {
	if v.kind != KindIP {
		return netip.Prefix{}
	}
	if strings.Contains(v.text, "/") {
		p, err := netip.ParsePrefix(v.text)
		if err != nil {
			return netip.Prefix{}
		}
		return p
	}
	a, err := netip.ParseAddr(v.text)
	if err != nil {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}
