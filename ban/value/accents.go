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
	n, runes := 0, 0
	others, hooks := false, false
	start := len(f.buf)
	for i := 0; i < len(written); n++ {
		if n == maxName {
			return false
		}
		c := written[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(written)-1 || written[i+1] == ' ') {
				return false
			}
			hooks = hooks || c == 'I' || c == 'l'
			f.buf = append(f.buf, lowerASCII(c))
			i++
			runes++
			continue
		}
		r, size := utf8.DecodeRuneInString(written[i:])
		l := letterOf(r)
		if l.name == "" {
			return false
		}
		found[n] = l
		others, hooks = others || l.others, hooks || l.hook
		f.buf = append(f.buf, l.name...)
		i += size
		runes += l.runes
	}
	if n == 0 || runes > maxName {
		return false
	}
	u.look, u.asWritten = Look{text: f.since(start)}, [2]Look{}
	start = len(f.buf)
	for i, at := 0, 0; i < n; i++ {
		if l := found[i]; l != nil {
			f.buf = append(f.buf, l.skeleton...)
			at += len(l.name)
		} else {
			f.buf = confusables.AppendASCII(f.buf, u.look.text[at:at+1])
			at++
		}
	}
	u.look.skeleton = f.since(start)
	if !others && !hooks { // it reads as it is
		return true
	}
	add := func(by func(byte) byte) {
		l, ok := f.spell(written, found[:n], by)
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

// read returns what a letter is in the name as it was written, with its skeleton.
// What is one ASCII letter is read like those.
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

// spell returns the look of a name as it was written, and whether it is no longer
// than names are.
func (f *Parser) spell(written string, found []*letter, by func(byte) byte) (Look, bool) {
	start := len(f.buf)
	each(written, found, func(b byte) { f.buf = append(f.buf, by(b)) }, func(l *letter) {
		text, _ := l.read(by)
		f.buf = append(f.buf, text...)
	})
	text := f.since(start)
	if utf8.RuneCountInString(text) > maxName {
		return Look{}, false
	}
	start = len(f.buf)
	each(written, found, func(b byte) { f.buf = append(f.buf, confusables.ASCII(by(b))...) }, func(l *letter) {
		_, skeleton := l.read(by)
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
