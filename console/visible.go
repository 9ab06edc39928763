package console

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/ostraka/internal/confusables"
)

// mostMarks is how many combining marks may follow each other before the rest are
// shown by their code points: a pile of them covers the lines above.
const mostMarks = 4

// hidden reports whether a character is shown by its code point: it is not seen, or
// turns the direction of others, or looks like a space without being one. A line feed
// and a tab are not among them.
func hidden(r rune) bool {
	switch {
	case r < 0x7f:
		return r < ' ' && r != '\n' && r != '\t'
	case r == utf8.RuneError, r == 0x2800, r == 0xfffc: // the blank of braille, an object that is not there
		return true
	case 0xfdd0 <= r && r <= 0xfdef, r&0xfffe == 0xfffe: // no characters
		return true
	}
	return confusables.Invisible(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zs, unicode.Zl, unicode.Zp)
}

// pieces cuts a text into stretches that are shown as they are and characters that
// are shown by their code points, in order. Bytes that are no UTF-8 are told as
// utf8.RuneError.
func pieces(s string, plain func(string), point func(rune)) {
	start, marks := 0, 0
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		if !hidden(r) && marks <= mostMarks {
			continue
		}
		if start < i {
			plain(s[start:i])
		}
		point(r)
		start = i + size
	}
	if start < len(s) {
		plain(s[start:])
	}
}

// codePoint names a character: "U+202E".
func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }

// visible returns a text of somebody else for a page: escaped, apart from the
// direction of what is around it, and with the code points of what is not seen.
func visible(s string) template.HTML {
	var b strings.Builder
	b.WriteString("<bdi>")
	pieces(s, func(plain string) { b.WriteString(template.HTMLEscapeString(plain)) }, func(r rune) {
		fmt.Fprintf(&b, `<span class="point">%s</span>`, codePoint(r))
	})
	b.WriteString("</bdi>")
	return template.HTML(b.String())
}

// visibleText is visible for places that take no markup: titles, options, labels.
func visibleText(s string) string {
	var b strings.Builder
	pieces(s, func(plain string) { b.WriteString(plain) }, func(r rune) {
		fmt.Fprintf(&b, "[%s]", codePoint(r))
	})
	return b.String()
}
