package value

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"example.com/ostraka/internal/confusables"
)

// A Parser reads what belongs to a person as [ParseAddress], [ParseHost],
// [ParseAddr] and [ParseNickname] do, without allocating: what has to be written
// differently is written into its buffer, which is used again. This is for who
// asks about very many, as a check from memory does. It has ways of its own for
// ASCII only, which nearly everything is; for anything else, and for what does
// not parse, those functions are asked, and are the measure of what it does.
//
// What it returns is good until [Parser.Reset]: whoever keeps it longer copies
// the strings. The zero Parser is ready. It is not safe for concurrent use.
type Parser struct {
	// Tables are those to read by; nil: the bundled ones.
	Tables *Tables

	buf []byte
}

// Reset makes room for what is read next. What was returned before is void.
func (f *Parser) Reset() { f.buf = f.buf[:0] }

// since returns what was written from a place on. The bytes are not written
// again before the reset, even if the buffer has to grow.
func (f *Parser) since(start int) string {
	b := f.buf[start:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// lower returns an ASCII string with small letters. ok is false if there is a
// byte that is no printable ASCII.
func (f *Parser) lower(s string) (folded string, ok bool) {
	capitals := false
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' {
			return "", false
		}
		capitals = capitals || 'A' <= c && c <= 'Z'
	}
	if !capitals {
		return s, true
	}
	return f.replace(s, lowerASCII), true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// replace returns s with each byte replaced.
func (f *Parser) replace(s string, by func(byte) byte) string {
	start := len(f.buf)
	for i := range len(s) {
		f.buf = append(f.buf, by(s[i]))
	}
	return f.since(start)
}

// join returns an address.
func (f *Parser) join(local, domain string) string {
	start := len(f.buf)
	f.buf = append(append(append(f.buf, local...), '@'), domain...)
	return f.since(start)
}

// Address is [ParseAddress].
func (f *Parser) Address(s string) (Address, error) {
	at, ok := plainAddress(s)
	if !ok && len(s) <= maxAddress {
		if folded, ascii := f.lower(s); ascii {
			if at, ok = plainAddress(folded); ok {
				s = folded
			}
		}
	}
	if !ok {
		if a, ok := f.international(s); ok {
			return a, nil
		}
		return f.Tables.ParseAddress(s)
	}
	return Address{s, f.mailbox(s, s[:at], s[at+1:]), at}, nil
}

// mailbox is [Tables.mailbox] for an ASCII address.
func (f *Parser) mailbox(text, written, at string) string {
	t := f.Tables.or()
	p, local, domain := t.provider(at), written, at
	if p == nil {
		if local, p, domain = t.subdomainUser(at); p == nil {
			return text
		}
	}
	folded := f.without(p.cut(local), p.DropChars)
	to := p.canonicalDomain(domain)
	switch {
	case folded == written && to == at, folded != local && !isASCIIDotAtom(folded):
		return text
	}
	return f.join(folded, to)
}

// without returns s without the characters in drop.
func (f *Parser) without(s, drop string) string {
	if drop == "" || !strings.ContainsAny(s, drop) {
		return s
	}
	start := len(f.buf)
	for i := range len(s) {
		if strings.IndexByte(drop, s[i]) < 0 {
			f.buf = append(f.buf, s[i])
		}
	}
	return f.since(start)
}

// Host is [ParseHost].
func (f *Parser) Host(s string) (string, error) {
	if isPlainHost(s) {
		return s, nil
	}
	if len(s) <= maxDomain+1 {
		if folded, ok := f.lower(s); ok {
			if folded = strings.TrimSuffix(folded, "."); isPlainHost(folded) {
				return folded, nil
			}
		}
	}
	if host, ok := f.plainHost(s); ok {
		return host, nil
	}
	return ParseHost(s)
}

// Nickname sets u to what [ParseNickname] returns.
func (f *Parser) Nickname(u *Username, written string) (err error) {
	text := written
	what := nameBytes(text)
	if what == 0 && len(written) <= maxName {
		if folded, ascii := f.lower(written); ascii {
			text, what = folded, nameBytes(folded)
		}
	}
	if what == 0 {
		if len(written) <= maxName*utf8.UTFMax && f.accented(u, written) {
			return nil
		}
		*u, err = ParseNickname(written)
		return err
	}
	u.look, u.asWritten = Look{text, text}, [2]Look{}
	if what&nameDressed != 0 {
		u.look.skeleton = f.skeleton(text)
	}
	if text != written {
		switch readingOf(written) {
		case readsL:
			f.read(u, f.replace(written, lowerCapitalI))
		case readsI:
			f.read(u, f.replace(written, lowerSmallL))
		}
	}
	return nil
}

// read gives a name a look that it has as it was written.
func (f *Parser) read(u *Username, text string) {
	if l := (Look{text, f.skeleton(text)}); l.skeleton != u.look.skeleton {
		u.asWritten[0] = l
	}
}

// Leet is [Look.Leet].
func (f *Parser) Leet(l Look) (Look, bool) {
	switch {
	case !strings.ContainsAny(l.text, "012345789"):
		return l, false
	case !isPrintableASCII(l.text):
		return l.Leet()
	}
	text := f.replace(l.text, leetLetter)
	return Look{text, f.skeleton(text)}, true
}

// skeleton is [skeletonOf] for ASCII.
func (f *Parser) skeleton(text string) string {
	start := len(f.buf)
	f.buf = confusables.AppendASCII(f.buf, text)
	return f.since(start)
}

func lowerCapitalI(c byte) byte {
	if c == 'I' {
		return 'l'
	}
	return lowerASCII(c)
}

func lowerSmallL(c byte) byte {
	if c == 'l' {
		return 'i'
	}
	return lowerASCII(c)
}

func leetLetter(c byte) byte {
	if '0' <= c && c <= '9' {
		return leetDigits[c-'0']
	}
	return c
}
