package value

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The longest domain name and label, in bytes, without the root's dot
// (RFC 1035, section 2.3.4).
const (
	maxDomain = 253
	maxLabel  = 63
)

// ParseDomain reads the value of a domain rule: "example.com" for the domain
// and all its subdomains, "*.example.com" for the subdomains alone,
// "=example.com" for that one host.
//
// The canonical form is the lower-case A-label form that UTS #46 gives for
// lookup, non-transitional ("bücher.example" is "xn--bcher-kva.example"),
// without the root's dot. It has at most 253 bytes, labels of at most 63, and
// in them, before encoding, only letters, digits and hyphens (STD 3), no hyphen
// first or last. ASCII labels may have hyphens in the third and fourth place, as
// names in use do ("r3---sn"), unless they claim to be A-labels and are not.
// A name that ends in a number is an IP address in disguise, and refused. A
// single label is a domain ("localhost").
//
// Punctuation beyond ASCII that RFC 5892 disallows is refused, although UTS #46
// maps it: the quotes of "「example.com」" are around the domain, not in it. A
// domain that has some is written in A-labels.
//
// The error is a [*ValueError].
func ParseDomain(s string) (Value, error) {
	v, f := domainValue(s)
	if !f.ok() {
		return Value{}, f.in("domain", s)
	}
	return v, nil
}

func domainValue(s string) (Value, fault) {
	s, f := clean(s)
	if !f.ok() {
		return Value{}, f
	}
	d := SplitDomain(s)
	host := d.Name
	if strings.Contains(host, "*") {
		return Value{}, fault{CodeWildcard, `use "*.example.com" for all subdomains; no other wildcard exists in domains`}
	}
	if host == "" {
		return Value{}, fault{CodeEmpty, `name a domain after "=" or "*."`}
	}
	host, f = ruleHost(host)
	if !f.ok() {
		return Value{}, f
	}
	return Value{kind: KindDomain, text: marks[d.Form] + host, key: host}, fault{}
}

// ParseHost reads a domain name by the rules of [ParseDomain], without a mark,
// and returns it in canonical form. It does not allocate if s is canonical and
// all ASCII letters, digits and hyphens. The error is a [*ValueError].
func ParseHost(s string) (string, error) {
	if isPlainHost(s) {
		return s, nil
	}
	host, f := clean(s)
	if f.ok() {
		host, f = canonicalHost(host)
	}
	if !f.ok() {
		return "", f.in("domain", s)
	}
	return host, nil
}

// canonicalHost returns the canonical form of a cleaned domain name.
func canonicalHost(s string) (string, fault) {
	if isPrintableASCII(s) {
		s = strings.ToLower(s)
	}
	if isPlainHost(s) {
		return s, fault{}
	}
	return foldHost(s)
}

// ruleHost is canonicalHost for the value of a rule.
func ruleHost(s string) (string, fault) {
	if strings.ContainsFunc(s, isStrayPunctuation) {
		return "", fault{CodeCharacter, "leave out quotes and separators; a domain name that has them is written in A-labels (xn--)"}
	}
	return canonicalHost(s)
}

// isStrayPunctuation reports whether a character is punctuation beyond ASCII that
// stands around domain names and between them, but in none: RFC 5892 disallows
// it. The full-width forms of ASCII, and the dots of IDNA, are mapped.
func isStrayPunctuation(r rune) bool {
	switch {
	case r < 0x80, 0xff01 <= r && r <= 0xff5e, r == '\u3002', r == '\uff61':
		return false
	case r == '\u00b7', r == '\u05f3', r == '\u05f4', r == '\u30fb': // contextual, RFC 5892, appendix A
		return false
	case r == '\u0f0b': // valid, RFC 5892, section 2.6
		return false
	}
	return unicode.IsPunct(r)
}

// isPlainHost reports whether s is canonical by inspection: lower-case letters,
// digits and hyphens in labels that are no A-labels.
func isPlainHost(s string) bool {
	if len(s) == 0 || len(s) > maxDomain {
		return false
	}
	start, seen := 0, byte(0)
	for i := range len(s) {
		what := hostBytes[s[i]]
		if what < hostDot {
			seen |= what
			if what == 0 {
				return false
			}
			continue
		}
		if !isPlainLabel(s[start:i]) {
			return false
		}
		start, seen = i+1, 0
	}
	return isPlainLabel(s[start:]) && seen != hostDigit
}

// isPlainLabel reports whether a label of plain characters is one.
func isPlainLabel(label string) bool {
	n := len(label)
	return n > 0 && n <= maxLabel && label[0] != '-' && label[n-1] != '-' && (label[0] != 'x' || !strings.HasPrefix(label, acePrefix))
}

// What the bytes of plain host names are; of others it is 0.
const (
	hostLetter = 1 << iota // or hyphen
	hostDigit
	hostDot
)

var hostBytes = func() (t [256]byte) {
	for c := range t {
		switch c := byte(c); {
		case 'a' <= c && c <= 'z', c == '-':
			t[c] = hostLetter
		case '0' <= c && c <= '9':
			t[c] = hostDigit
		case c == '.':
			t[c] = hostDot
		}
	}
	return t
}()

// acePrefix begins an A-label (RFC 5890, section 2.3.2.1).
const acePrefix = "xn--"

// lookup is UTS #46 without the checks of hyphens and lengths, which
// [checkLabels] does: it tells them apart, and lets hyphens stand in the third
// and fourth place.
var lookup = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(true),
	idna.BidiRule(),
	idna.CheckHyphens(false),
	idna.VerifyDNSLength(false),
)

// foldHost is canonicalHost for any name.
func foldHost(s string) (string, fault) {
	s = trimRoot(s)
	if s == "" {
		return "", fault{CodeEmpty, "the root is no domain to name"}
	}
	if f := checkHostASCII(s); !f.ok() {
		return "", f
	}
	if f := checkCodePoints(s); !f.ok() {
		return "", f
	}
	host, err := lookup.ToASCII(s)
	if err != nil {
		if hasJoiner(s) {
			return "", invisible
		}
		return "", notInternational
	}
	if f := checkLabels(host); !f.ok() {
		return "", f
	}
	if again, err := lookup.ToASCII(host); err != nil || again != host {
		return "", notInternational
	}
	return host, fault{}
}

var notInternational = fault{CodeCharacter, "use a name that is valid as an internationalized domain name (UTS #46)"}

var (
	domainTooLong = fault{CodeTooLong, "a domain name has at most 253 bytes"}
	labelTooLong  = fault{CodeTooLong, "a label of a domain name has at most 63 bytes"}
)

// checkCodePoints finds names and labels that are too long before they are encoded,
// which takes Punycode the square of their length: each code point of a name takes
// a byte of its A-labels at least, once letters are composed with their marks.
func checkCodePoints(s string) fault {
	if more(s, maxDomain) {
		return domainTooLong
	}
	for label := range strings.SplitSeq(strings.Map(plainDot, s), ".") {
		if more(label, maxLabel) {
			return labelTooLong
		}
	}
	return fault{}
}

// more reports whether s has more than n code points in normalization form C, which
// makes one of four at most.
func more(s string, n int) bool {
	has := utf8.RuneCountInString(s)
	return has > n && (has > 4*n || utf8.RuneCountInString(norm.NFC.String(s)) > n)
}

// trimRoot drops one dot from the end: any of the four characters that UTS #46
// takes for a dot.
func trimRoot(s string) string {
	for _, dot := range []string{".", "\u3002", "\uff0e", "\uff61"} {
		if t, ok := strings.CutSuffix(s, dot); ok {
			return t
		}
	}
	return s
}

// checkHostASCII finds the ASCII characters that no domain name has, to say
// more about them than idna does.
func checkHostASCII(s string) fault {
	if strings.Contains(s, "/") {
		return fault{CodeKind, "give the host alone, without the scheme and path of a URL; IP prefixes are of kind ip"}
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80, 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.':
		case c == '@':
			return fault{CodeKind, "this looks like an e-mail address: give the part after the @"}
		case c == ':', c == '[':
			return fault{CodeKind, "give the host alone, without a port; IP addresses are of kind ip"}
		case c == '_':
			return fault{CodeCharacter, "host names have letters, digits and hyphens, but no underscores (STD 3)"}
		case c == '*', c == '=':
			return fault{CodeWildcard, `"*." and "=" may only begin the value of a rule`}
		default:
			return fault{CodeCharacter, "host names have letters, digits, hyphens and dots only"}
		}
	}
	return fault{}
}

// checkLabels finds what is wrong with the lengths, hyphens and digits of a
// name in A-label form.
func checkLabels(host string) fault {
	if len(host) > maxDomain {
		return domainTooLong
	}
	var last string
	for label := range strings.SplitSeq(host, ".") {
		if label == "" {
			return fault{CodeSyntax, "a domain name has labels between its dots, and none at its start"}
		}
		if len(label) > maxLabel {
			return labelTooLong
		}
		if f := checkHyphens(label); !f.ok() {
			return f
		}
		last = label
	}
	if strings.Trim(last, "0123456789") == "" {
		return fault{CodeKind, "a domain name does not end in a number, and an IP address is none"}
	}
	return fault{}
}

// checkHyphens finds hyphens where a label may not have them, also in what an
// A-label encodes.
func checkHyphens(label string) fault {
	if strings.HasPrefix(label, acePrefix) {
		u, err := idna.Punycode.ToUnicode(label)
		if err != nil || len(u) > 4 && u[2:4] == "--" {
			return notInternational
		}
		label = u
	}
	if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
		return fault{CodeCharacter, "a label of a domain name does not begin or end with a hyphen"}
	}
	return fault{}
}
