package value

import (
	"strings"
	"unicode/utf8"

	"example.com/ostraka/internal/confusables"
)

// accented is [Parser.Nickname] for a name of letters, beyond ASCII too, with single
// spaces between them. It reports whether it is one.
func (f *Parser) accented(u *Username, written string) bool {
	var found [maxName]*letter // nil for ASCII
	n := 0
	for i := 0; i < len(written); n++ {
		if n == maxName {
			return false
		}
		c := written[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(written)-1 || written[i+1] == ' ') {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(written[i:])
		if found[n] = letterOf(r); found[n].name == "" {
			return false
		}
		i += size
	}
	if n == 0 {
		return false
	}
	look, ok := f.spell(written, found[:n], (*letter).named, lowerASCII)
	if !ok {
		return false
	}
	u.look, u.asWritten = look, [2]Look{}
	add := func(by func(byte) byte) {
		l, ok := f.spell(written, found[:n], (*letter).read, by)
		switch {
		case !ok, l.skeleton == u.look.skeleton, l.skeleton == u.asWritten[0].skeleton && u.asWritten[0] != (Look{}):
		case u.asWritten[0] == (Look{}):
			u.asWritten[0] = l
		default:
			u.asWritten[1] = l
		}
	}
	add(lowerASCII)
	var c casing
	each(written, found[:n], func(b byte) { c.add(rune(b)) }, func(l *letter) {
		for _, r := range l.written {
			c.add(r)
		}
	})
	switch c.reading() {
	case readsL:
		add(lowerCapitalI)
	case readsI:
		add(lowerSmallL)
	}
	return true
}

// named and read return what a letter is in the name, and in the name as it was
// written; with skeletons. What is one ASCII letter is read like those.
func (l *letter) named(func(byte) byte) (text, skeleton string) { return l.name, l.skeleton }

func (l *letter) read(by func(byte) byte) (text, skeleton string) {
	if len(l.written) == 1 {
		i := by(l.written[0])
		return asciiLetters[i : i+1], confusables.ASCII(i)
	}
	return l.small, l.seen
}

// asciiLetters has every ASCII character at its place.
var asciiLetters = func() string {
	b := make([]byte, utf8.RuneSelf)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

// spell returns the look of a name by what its letters are, and whether it is no
// longer than names are.
func (f *Parser) spell(written string, found []*letter, as func(*letter, func(byte) byte) (text, skeleton string), by func(byte) byte) (Look, bool) {
	start := len(f.buf)
	each(written, found, func(b byte) { f.buf = append(f.buf, by(b)) }, func(l *letter) {
		text, _ := as(l, by)
		f.buf = append(f.buf, text...)
	})
	text := f.since(start)
	if utf8.RuneCountInString(text) > maxName {
		return Look{}, false
	}
	start = len(f.buf)
	each(written, found, func(b byte) { f.buf = append(f.buf, confusables.ASCII(by(b))...) }, func(l *letter) {
		_, skeleton := as(l, by)
		f.buf = append(f.buf, skeleton...)
	})
	return Look{text, f.since(start)}, true
}

// each goes through the characters of a name.
func each(written string, found []*letter, ascii func(byte), beyond func(*letter)) {
	i := 0
	for _, l := range found {
		if l == nil {
			ascii(written[i])
			i++
			continue
		}
		beyond(l)
		_, size := utf8.DecodeRuneInString(written[i:])
		i += size
	}
}

// plainLocal appends a local part in canonical form to the buffer. ok is false if
// it is none, or has other characters than letters.
func (f *Parser) plainLocal(s string) (local string, ok bool) {
	start := len(f.buf)
	dot := true
	for i := 0; i < len(s); {
		c := lowerASCII(s[i])
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			l := letterOf(r)
			if l.local == "" {
				return "", false
			}
			f.buf = append(f.buf, l.local...)
			i, dot = i+size, false
			continue
		case plainAtext[c]:
			dot = false
		case c == '.' && !dot:
			dot = true
		default:
			return "", false
		}
		f.buf = append(f.buf, c)
		i++
	}
	local = f.since(start)
	return local, !dot && len(local) <= maxLocal
}

// international is [Parser.Address] for an address of letters, beyond ASCII too, or
// at a domain that has A-labels. ok is false if it is none.
func (f *Parser) international(s string) (a Address, ok bool) {
	if len(s) > 2*maxAddress {
		return Address{}, false
	}
	before, after, ok := strings.Cut(s, "@")
	if !ok {
		return Address{}, false
	}
	local, ok := f.plainLocal(before)
	if !ok {
		return Address{}, false
	}
	host, ok := f.plainHost(after)
	if !ok || len(local)+1+len(host) > maxAddress {
		return Address{}, false
	}
	text := f.join(local, host)
	if isPrintableASCII(local) {
		return Address{text, f.mailbox(text, local, host), len(local)}, true
	}
	t := f.Tables.or()
	if _, p, _ := t.subdomainUser(host); p != nil || t.provider(host) != nil {
		return Address{}, false
	}
	return Address{text, text, len(local)}, true
}
