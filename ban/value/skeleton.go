package value

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"example.com/ostraka/internal/confusables"
)

// Look is a name that a name may be read as, and what it looks like then. It is a
// small comparable value.
type Look struct {
	text     string
	skeleton string
}

func lookOf(text string) Look { return Look{text, skeletonOf(text)} }

// String returns the name.
func (l Look) String() string { return l.text }

// Skeleton returns what the name looks like.
func (l Look) Skeleton() string { return l.skeleton }

// Leet returns the name that this one is with its ASCII digits read as the letters
// they stand for in leetspeak ("4dm1n" is "admin"), and whether that is another
// one.
func (l Look) Leet() (Look, bool) {
	text := leetText(l.text)
	return lookOf(text), text != l.text
}

// skeletonOf returns the skeleton of a canonical name: names that look alike
// have the same one.
func skeletonOf(text string) string { return confusables.Skeleton(text) }

// read gives the name the looks that it has as it was written.
func (u *Username) read(written string) {
	looks := u.asWritten[:0]
	add := func(text string) {
		l := lookOf(text)
		if utf8.RuneCountInString(text) <= maxName && l.skeleton != u.look.skeleton && (len(looks) == 0 || looks[0].skeleton != l.skeleton) {
			looks = append(looks, l)
		}
	}
	if !isPrintableASCII(written) {
		if written = latin(written); written == "" {
			return
		}
		add(small(written))
	}
	switch readingOf(written) {
	case readsL:
		add(small(strings.ReplaceAll(written, "I", "l")))
	case readsI:
		add(small(strings.ReplaceAll(written, "l", "I")))
	}
}

// small returns a name as canonical forms have it.
func small(written string) string {
	return norm.NFC.String(strings.ToLower(strings.Join(strings.Fields(written), " ")))
}

// latin returns a name with each character that looks like a Latin letter as that
// letter. What looks like a capital I and like a small l is an I, unless it is a
// small letter.
func latin(written string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(asciiSpaces(written)) {
		to, ok := confusables.Prototype(r)
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case !ok, !isLetters(to):
			b.WriteString(norm.NFKC.String(string(r)))
		case to == "l" && !unicode.IsLower(r):
			b.WriteByte('I')
		default:
			b.WriteString(to)
		}
	}
	return norm.NFC.String(b.String())
}

// isLetters reports whether s is ASCII letters.
func isLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

// reading says how the letters of a name that look alike are read.
type reading uint8

const (
	readsAsIs reading = iota
	readsL            // a capital I as a small l
	readsI            // a small l as a capital I
)

// readingOf returns how a name is read besides as it is. "PaypaI" is written to be
// seen; so is "ADMlN". In a name all in capitals an I is an I, and a few capitals
// before an l make no such name.
func readingOf(written string) reading {
	var c casing
	for _, r := range written {
		c.add(r)
	}
	return c.reading()
}

// casing counts the capital and small letters of a name.
type casing struct {
	bigI, smallL bool
	big, little  int // letters beside those two
}

func (c *casing) add(r rune) {
	switch {
	case r == 'I':
		c.bigI = true
	case r == 'l':
		c.smallL = true
	case 'A' <= r && r <= 'Z', r >= utf8.RuneSelf && unicode.IsUpper(r):
		c.big++
	case 'a' <= r && r <= 'z', r >= utf8.RuneSelf && unicode.IsLower(r):
		c.little++
	}
}

func (c *casing) reading() reading {
	switch {
	case c.smallL && c.little == 0 && c.big >= 2:
		return readsI
	case c.bigI && (c.smallL || c.little > 0):
		return readsL
	}
	return readsAsIs
}

// leetDigits are the digits that are read as letters, by digit; 6 is none.
const leetDigits = "oizeas6tbg"

// leetText returns a canonical name with its ASCII digits read as the letters
// they stand for in leetspeak: "4dm1n" gives "admin".
func leetText(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return rune(leetDigits[r-'0'])
		}
		return r
	}, text)
}
