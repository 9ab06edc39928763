package web

import (
	"errors"
	"strings"
)

var errForwarded = errors.New("it is not of the form of RFC 7239")

// parseForwarded returns what the elements of Forwarded name by "for", nearest
// last, and "unknown" for an element that does not. Every line has to be whole by
// itself, so that a quote which a client leaves open swallows nothing that a
// proxy adds.
func parseForwarded(lines []string) ([]string, error) {
	var hops []string
	for _, line := range lines {
		p := pairs{rest: line}
		for more := true; more; {
			hop, some, err := p.element()
			if err != nil {
				return nil, err
			}
			if some {
				hops = append(hops, hop)
			}
			more = p.skip(',')
		}
	}
	return hops, nil
}

// pairs reads a line of forwarded pairs (RFC 7239, section 4).
type pairs struct{ rest string }

// element consumes one element up to the comma after it, and returns what it
// names by "for". An empty one is none.
func (p *pairs) element() (hop string, some bool, err error) {
	hop = "unknown"
	seen := false
	for {
		p.space()
		if p.rest == "" || p.rest[0] == ',' {
			return hop, some, nil
		}
		if p.rest[0] != ';' { // pairs may be missing
			name, value, err := p.pair()
			if err != nil {
				return "", false, err
			}
			some = true
			if strings.EqualFold(name, "for") {
				if seen {
					return "", false, errForwarded
				}
				hop, seen = value, true
			}
			p.space()
		}
		if p.rest != "" && p.rest[0] != ',' && !p.skip(';') {
			return "", false, errForwarded
		}
	}
}

func (p *pairs) pair() (name, value string, err error) {
	if name = p.take(isTokenByte); name == "" || !p.skip('=') {
		return "", "", errForwarded
	}
	if p.skip('"') {
		value, err = p.quoted()
		return name, value, err
	}
	if value = p.take(isValueByte); value == "" {
		return "", "", errForwarded
	}
	return name, value, nil
}

func (p *pairs) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *pairs) space() { p.rest = strings.TrimLeft(p.rest, " \t") }

// take consumes the bytes that are of a sort.
func (p *pairs) take(of func(byte) bool) string {
	n := 0
	for n < len(p.rest) && of(p.rest[n]) {
		n++
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t
}

// isTokenByte reports whether c may stand in a token of RFC 9110, section 5.6.2.
func isTokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isValueByte reports whether c may stand in a value without quotes. Addresses
// would need them for their colons and brackets, which some proxies forget.
func isValueByte(c byte) bool { return isTokenByte(c) || strings.IndexByte(":[]", c) >= 0 }

// quoted consumes the rest of a quoted string of RFC 9110, section 5.6.4.
func (p *pairs) quoted() (string, error) {
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		c := p.rest[i]
		if c == '"' {
			p.rest = p.rest[i+1:]
			return b.String(), nil
		}
		if c == '\\' {
			if i++; i == len(p.rest) {
				break
			}
			c = p.rest[i]
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			break
		}
		b.WriteByte(c)
	}
	return "", errForwarded
}
