package value

import (
	"strings"
)

// Parse reads the value of a rule of that kind, with [ParseEmail],
// [ParseDomain], [ParsePrefix] or [ParseName]. The error is a [*ValueError],
// also for a kind that is none.
func Parse(kind Kind, s string) (Value, error) { return bundled.Parse(kind, s) }

// ParseAny reads the value of a rule whose kind is seen from its form. It may
// say its kind itself ("name:john.doe"); otherwise
//
//   - what has an @ is an e-mail value,
//   - what looks like an IP address or prefix is one,
//   - what begins with "*." or "=", or has a dot, is a domain,
//   - all else is a name.
//
// Meant for input by hand and lists without kinds. The text of the Value does
// not say its kind: parse it again with [Parse]. The error is a [*ValueError].
func ParseAny(s string) (Value, error) {
	text, f := clean(s)
	if !f.ok() {
		return Value{}, f.in("value", s) // junk is of no kind
	}
	for _, kind := range []Kind{KindEmail, KindDomain, KindIP, KindName} {
		prefix := kind.String() + ":"
		if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			return Parse(kind, text[len(prefix):])
		}
	}
	return Parse(kindOf(text), text)
}

// kindOf guesses the kind of a value from its form.
func kindOf(s string) Kind {
	switch {
	case strings.Contains(s, "@"):
		return KindEmail
	case looksLikeIP(s):
		return KindIP
	case strings.HasPrefix(s, "*."), strings.HasPrefix(s, "="), strings.Contains(s, "."):
		return KindDomain
	}
	return KindName
}

// looksLikeIP reports whether s is meant as an address or prefix, right or not:
// digits with dots, or hexadecimal digits with colons.
func looksLikeIP(s string) bool {
	addr, _, _ := strings.Cut(s, "/")
	addr, _, _ = strings.Cut(addr, "%")
	addr = strings.Trim(addr, "[]")
	v4 := strings.Contains(addr, ".") && strings.Trim(addr, "0123456789.") == ""
	v6 := strings.Contains(addr, ":") && strings.Trim(addr, "0123456789abcdefABCDEF:.") == ""
	return v4 || v6
}
