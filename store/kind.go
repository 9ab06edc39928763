package store

import (
	"fmt"
	"net/netip"
	"strings"
)

// Kind says what sort of value a rule or key is about. The zero value is no
// kind.
type Kind uint8

// The kinds, in the order in which a check reports equal verdicts.
const (
	KindEmail  Kind = iota + 1 // an e-mail address, or a pattern for its local part
	KindDomain                 // a domain name and its subdomains
	KindIP                     // an IP address or prefix
	KindName                   // a user name, or a pattern for one
)

// Kinds returns every kind, in order.
func Kinds() []Kind { return []Kind{KindEmail, KindDomain, KindIP, KindName} }

var kindNames = names[Kind]{"kind", map[Kind]string{
	KindEmail: "email", KindDomain: "domain", KindIP: "ip", KindName: "name",
}}

// ParseKind reads "email", "domain", "ip" or "name".
func ParseKind(s string) (Kind, error) { return kindNames.parse(s) }

// String returns the kind as [ParseKind] reads it.
func (k Kind) String() string { return kindNames.text(k) }

// MarshalText implements [encoding.TextMarshaler]. A value that is no kind is
// an error.
func (k Kind) MarshalText() ([]byte, error) { return kindNames.marshal(k) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseKind].
func (k *Kind) UnmarshalText(b []byte) error { return kindNames.unmarshal(k, b) }

// Key is what a rule is found by: a kind and a canonical text. It is a
// comparable value. Who makes keys (package ban) and who looks them up (a
// backend) agree on nothing but their bytes.
//
// For an e-mail address the text is its canonical mailbox, for a name its
// skeleton, for a domain the name without any mark for the part of it that is
// meant, for an IP prefix the address or CIDR. Rules that no fixed text finds
// (wildcards in names and local parts) all carry [WildcardKey] of their kind.
type Key struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
}

// WildcardKey is the key that every wildcard rule of the kind carries.
func WildcardKey(k Kind) Key { return Key{Kind: k} }

// Wildcard reports whether the key is the one that wildcard rules carry.
func (k Key) Wildcard() bool { return k.Text == "" }

// String returns "kind:text", for logs.
func (k Key) String() string { return k.Kind.String() + ":" + k.Text }

// PrefixLen returns the prefix length of an IP key in bits, and whether the
// key is one: a key of another kind, or one whose text is neither an address
// nor a CIDR, is not.
func (k Key) PrefixLen() (PrefixLen, bool) {
	if k.Kind != KindIP {
		return PrefixLen{}, false
	}
	if !strings.Contains(k.Text, "/") {
		a, err := netip.ParseAddr(k.Text)
		if err != nil {
			return PrefixLen{}, false
		}
		return PrefixLen{IPv6: a.Is6(), Bits: uint8(a.BitLen())}, true
	}
	p, err := netip.ParsePrefix(k.Text)
	if err != nil {
		return PrefixLen{}, false
	}
	return PrefixLen{IPv6: p.Addr().Is6(), Bits: uint8(p.Bits())}, true
}

// PrefixLen is a length of IP prefixes in one of the two address families.
type PrefixLen struct {
	IPv6 bool
	Bits uint8 // 0 to 32, or to 128 for IPv6
}

// names maps the values of an enumeration to their texts and back.
type names[T ~uint8] struct {
	what  string
	texts map[T]string
}

func (n names[T]) text(v T) string {
	if s, ok := n.texts[v]; ok {
		return s
	}
	return fmt.Sprintf("%s(%d)", n.what, uint8(v)) // as a number: T's String is what calls this
}

func (n names[T]) parse(s string) (T, error) {
	for v, text := range n.texts {
		if text == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q", n.what, clip(s))
}

func (n names[T]) marshal(v T) ([]byte, error) {
	if s, ok := n.texts[v]; ok {
		return []byte(s), nil
	}
	return nil, fmt.Errorf("no such %s: %d", n.what, uint8(v))
}

func (n names[T]) unmarshal(v *T, b []byte) error {
	parsed, err := n.parse(string(b))
	if err == nil {
		*v = parsed
	}
	return err
}

// clip bounds what an error repeats of its input.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}
