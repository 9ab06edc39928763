package value

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The longest address and local part, in bytes (RFC 5321, section 4.5.3.1; the
// address is a path without its brackets).
const (
	maxAddress = 254
	maxLocal   = 64
)

// Address is the e-mail address of a person, in canonical form: a star or
// backslash has no special meaning in it, which it has in the values of rules.
// It is a small comparable value. The zero Address is none.
type Address struct {
	text    string // canonical: local@domain
	mailbox string // the canonical mailbox; equal to text for unknown providers
	at      int    // where the @ is
}

// ParseEmail reads the value of an email rule: an address, or a pattern for
// local parts at one domain, with a star at the start or end of the local part
// ("spam*@gmail.com").
//
// The canonical form of an address has its local part in lower case
// (character by character, as Unicode's simple lower-case mapping has it) and in
// normalization form C, and its domain as [ParseDomain] makes it. Local parts
// are dot-atoms of at most 64 bytes, with letters, digits, marks, punctuation
// and symbols beyond ASCII too (RFC 6531), but no spaces and nothing invisible;
// the address has at most 254. Quoted local parts, address literals and comments
// are refused. Lower case is less than case folding: "ß" and "ss"
// stay two mailboxes.
//
// In a rule, \* is a literal star. A pattern is for all domains that its
// provider takes for one, and its canonical form names the one that stands for
// them. It matches the local part of an address or of its canonical mailbox;
// against the latter, characters that the provider ignores are ignored in the
// pattern too. A star for the whole local part is refused: ban the domain.
//
// The text of a hashed value (see [Value.Hashed]) is read as that.
//
// The error is a [*ValueError].
func ParseEmail(s string) (Value, error) {
	return bundled.ParseEmail(s)
}

// Mailbox returns the canonical mailbox of an address, for hosts that store it
// to find the accounts of one person: "jdoe@gmail.com" for
// "J.Doe+news@GoogleMail.com". For a provider that is not in the table (see
// [ProvidersVersion]), it is the canonical address. A star has no special
// meaning. The error is a [*ValueError].
func Mailbox(email string) (string, error) {
	a, err := ParseAddress(email)
	return a.mailbox, err
}

func (t *Tables) emailValue(s string) (Value, fault) {
	s, f := clean(s)
	if !f.ok() {
		return Value{}, f
	}
	if v, ok := hashedValue(KindEmail, s); ok {
		return v, fault{}
	}
	local, domain, f := splitAddress(s)
	if !f.ok() {
		return Value{}, f
	}
	if strings.Trim(local, "*") == "" {
		return Value{}, fault{CodeWildcard, `to ban every address of a domain, ban the domain ("=example.com" for it alone)`}
	}
	p, f := splitStars(local)
	if !f.ok() {
		return Value{}, f
	}
	if p.wild() {
		return t.patternValue(p, domain)
	}
	if _, f := ruleHost(domain); !f.ok() {
		return Value{}, mailDomainFault(f)
	}
	a, f := t.newAddress("", p.fixed, domain)
	if !f.ok() {
		return Value{}, f
	}
	return Value{kind: KindEmail, text: escaper.Replace(a.Local()) + "@" + a.Domain(), key: a.mailbox}, fault{}
}

// patternValue returns the value of a pattern for local parts.
func (t *Tables) patternValue(p stars, domain string) (Value, fault) {
	p.fixed = foldLocal(p.fixed)
	// A dot next to a star is one inside the local parts that match.
	whole := p.fixed
	if p.before {
		whole = "x" + whole
	}
	if p.after {
		whole += "x"
	}
	if f := checkLocal(whole); !f.ok() {
		return Value{}, f
	}
	if len(p.fixed) > maxLocal {
		return Value{}, localTooLong
	}
	host, f := ruleHost(domain)
	if !f.ok() {
		return Value{}, mailDomainFault(f)
	}
	if len(p.fixed)+1+len(host) > maxAddress {
		return Value{}, addressTooLong
	}
	text := p.String() + "@" + t.canonicalDomain(host)
	return Value{kind: KindEmail, text: text}, fault{}
}

// String returns the address.
func (a Address) String() string { return a.text }

// Local returns the part before the @.
func (a Address) Local() string { return a.text[:a.at] }

// Domain returns the part after the @.
func (a Address) Domain() string {
	if a.text == "" {
		return ""
	}
	return a.text[a.at+1:]
}

// Mailbox returns the canonical mailbox; see [Mailbox].
func (a Address) Mailbox() string { return a.mailbox }

// HasMailbox reports whether the canonical mailbox is another address.
func (a *Address) HasMailbox() bool { return a.mailbox != a.text }

// MailboxParts returns the local part and the domain of the canonical mailbox.
func (a Address) MailboxParts() (local, domain string) {
	at := strings.LastIndexByte(a.mailbox, '@')
	if at < 0 {
		return "", ""
	}
	return a.mailbox[:at], a.mailbox[at+1:]
}

// ParseAddress reads the e-mail address of a person by the rules of
// [ParseEmail], but that a star is a character like others. It does not allocate
// for a canonical ASCII address that is its own mailbox. The error is a
// [*ValueError].
func ParseAddress(s string) (Address, error) {
	return bundled.ParseAddress(s)
}

func (t *Tables) subjectAddress(s string) (Address, fault) {
	if at, ok := plainAddress(s); ok {
		return Address{s, t.mailbox(s, s[:at], s[at+1:]), at}, fault{}
	}
	return t.foldAddress(s)
}

// plainAddress reports whether s is canonical by inspection, and where its @
// is: a dot-atom in lower-case ASCII, and a domain that isPlainHost says is one.
func plainAddress(s string) (at int, ok bool) {
	dot := true // whether a dot may not follow
	for ; at < len(s) && s[at] != '@'; at++ {
		switch {
		case plainAtext[s[at]]:
			dot = false
		case s[at] == '.' && !dot:
			dot = true
		default:
			return 0, false
		}
	}
	return at, !dot && at <= maxLocal && at < len(s) && len(s) <= maxAddress && isPlainHost(s[at+1:])
}

// plainAtext holds what isAtext says of each byte, but for capitals.
var plainAtext = func() (t [256]bool) {
	for c := range t {
		t[c] = isAtext(byte(c)) && !('A' <= c && c <= 'Z')
	}
	return t
}()

// foldAddress is subjectAddress for any address.
func (t *Tables) foldAddress(s string) (Address, fault) {
	s, f := clean(s)
	if !f.ok() {
		return Address{}, f
	}
	local, domain, f := splitAddress(s)
	if !f.ok() {
		return Address{}, f
	}
	return t.newAddress(s, local, domain)
}

// newAddress makes an address of its two parts, which need not be canonical.
// If they are, and s is the whole, s becomes the text.
func (t *Tables) newAddress(s, local, domain string) (Address, fault) {
	local = foldLocal(local)
	if f := checkLocal(local); !f.ok() {
		return Address{}, f
	}
	if len(local) > maxLocal {
		return Address{}, localTooLong
	}
	host, f := canonicalHost(domain)
	if !f.ok() {
		return Address{}, mailDomainFault(f)
	}
	if len(local)+1+len(host) > maxAddress {
		return Address{}, addressTooLong
	}
	if len(s) != len(local)+1+len(host) || !strings.HasPrefix(s, local) || !strings.HasSuffix(s, host) {
		s = local + "@" + host
	}
	return Address{s, t.mailbox(s, local, host), len(local)}, fault{}
}

var (
	localTooLong   = fault{CodeTooLong, "the part before the @ has at most 64 bytes"}
	addressTooLong = fault{CodeTooLong, "an address has at most 254 bytes"}
)

// mailDomainFault is f, of a domain, as the fault of an address.
func mailDomainFault(f fault) fault {
	f.hint = "after the @: " + f.hint
	return f
}

// splitAddress cuts a cleaned address at its @.
func splitAddress(s string) (local, domain string, f fault) {
	if strings.Contains(s, `"`) {
		return "", "", fault{CodeSyntax, "quoted local parts are not supported; give the bare address"}
	}
	if strings.ContainsAny(s, "<>(),;: ") {
		return "", "", fault{CodeSyntax, "give one bare address, as in name@example.com, without name, brackets or spaces"}
	}
	local, domain, ok := strings.Cut(s, "@")
	switch {
	case !ok:
		return "", "", fault{CodeSyntax, "an address has an @, as in name@example.com"}
	case strings.Contains(domain, "@"):
		return "", "", fault{CodeSyntax, "an address has only one @"}
	case local == "":
		return "", "", fault{CodeSyntax, "write a name before the @"}
	case domain == "":
		return "", "", fault{CodeSyntax, "name a domain after the @"}
	case domain[0] == '[':
		return "", "", fault{CodeSyntax, "address literals are not supported; name a domain after the @"}
	}
	return local, domain, fault{}
}

// foldLocal returns a local part in lower case and normalization form C.
func foldLocal(s string) string {
	if isPrintableASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
}

// checkLocal finds what keeps a folded local part from being a dot-atom
// (RFC 5322, section 3.2.3, with RFC 6531, section 3.3).
func checkLocal(s string) fault {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return fault{CodeSyntax, "the part before the @ has no dot at its start or end, nor two in a row"}
	}
	for _, r := range s {
		switch {
		case isJoiner(r):
			return invisible
		case r < 0x80 && !isAtext(byte(r)) && r != '.', r >= 0x80 && !unicode.IsPrint(r):
			return fault{CodeCharacter, "the part before the @ has letters, digits, dots and !#$%&'*+-/=?^_`{|}~ only"}
		}
	}
	return fault{}
}

// isAtext reports whether c is an ASCII character of an atom (RFC 5322, section
// 3.2.3).
func isAtext(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
