package blocklist

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

const utf8BOM = "\ufeff"

// begin looks at the head of the input: whether it is text and no message that a
// server sends in place of a list, and of which format if that is to be found out.
func (p *parser) begin() error {
	if bytes.HasPrefix(p.in.peek(headSize), []byte(utf8BOM)) {
		p.in.pos += len(utf8BOM)
	}
	head := p.in.unread()
	whole := len(head) <= headSize && p.in.err != nil
	head = head[:min(len(head), headSize)]
	if hint := notText(head); hint != "" {
		return &FormatError{Format: p.Format, Code: FormatUnreadable, Hint: hint}
	}
	if isPage(head) {
		return &FormatError{Format: p.Format, Code: FormatNoList, Hint: "it looks like an HTML page: check where it was fetched from"}
	}
	if whole && p.in.failure() == nil {
		if hint := message(head, p.Kind); hint != "" {
			return &FormatError{Format: p.Format, Code: FormatNoList, Hint: hint}
		}
	}
	if p.Format == FormatAuto {
		return p.detect()
	}
	return nil
}

// magics are what files begin with that are often taken for the list that they
// hold or should have been.
var magics = []struct{ magic, hint string }{
	{"\x1f\x8b", "it is compressed with gzip: decompress it first"},
	{"PK\x03\x04", "it is a ZIP archive: unpack it first"},
	{"\xfd7zXZ\x00", "it is compressed with xz: decompress it first"},
	{"\x28\xb5\x2f\xfd", "it is compressed with zstd: decompress it first"},
	{"BZh91AY&SY", "it is compressed with bzip2: decompress it first"},
	{"%PDF-", "it is a PDF document: give it as text"},
	{"\xff\xfe\x00\x00", "it is encoded in UTF-32: encode it in UTF-8"}, // before UTF-16, which begins so too
	{"\x00\x00\xfe\xff", "it is encoded in UTF-32: encode it in UTF-8"},
	{"\xff\xfe", "it is encoded in UTF-16: encode it in UTF-8"},
	{"\xfe\xff", "it is encoded in UTF-16: encode it in UTF-8"},
}

// notText says why an input that begins with head is no text, as a hint; "" if
// it may be one.
func notText(head []byte) (hint string) {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.hint
		}
	}
	if isBinary(head) {
		return "it is binary, or encoded in UTF-16 or another encoding that is not UTF-8"
	}
	return ""
}

// tags are what pages begin with that a server sends in place of a list.
var tags = []string{"<!", "<?xml", "<html", "<head", "<body", "<title", "<script", "<center", "<h1", "<p>", "<pre", "<error"}

// isPage reports whether an input begins as a page of HTML or XML does.
func isPage(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	return slices.ContainsFunc(tags, func(tag string) bool { return hasPrefixFold(text, tag) })
}

// isBinary reports whether more than a quarter of b is no text. Less than that
// is a matter of single lines, or of comments in another encoding.
func isBinary(b []byte) bool {
	bad := 0
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
				bad++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		}
		i += size
	}
	return bad*4 > len(b)
}

// detect finds the format of the list, as [FormatAuto] describes it. It consumes
// the comments that the list begins with.
func (p *parser) detect() error {
	first := p.skipComments()
	switch {
	case len(first) == 0: // of no lines: what that means is for who reads it
	case first[0] == '{', first[0] == '[' && beginsArray(first[1:]):
		p.as = FormatJSON
	default:
		return p.detectHeader(first)
	}
	return nil
}

// beginsArray reports whether what follows a bracket on its line is the beginning
// of a JSON array of strings or objects, and not a title or an address.
func beginsArray(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t")
	return len(rest) == 0 || bytes.IndexByte([]byte(`"{[]`), rest[0]) >= 0
}

// skipComments consumes blank lines and comments up to the first line that says
// something, and returns that, as far as it is in the buffer. It is valid until
// the next fill.
func (p *parser) skipComments() []byte {
	for {
		p.in.beginLine()
		line := firstLine(p.in.peek(maxRecord))
		if len(line) == 0 && len(p.in.unread()) == 0 {
			return nil
		}
		text := bytes.TrimSpace(line)
		if len(text) > 0 && (!p.isComment(text) || isHeader(line)) {
			return text
		}
		if _, _, ok := p.in.line(); !ok {
			return nil
		}
	}
}

// isComment reports whether a line, without the white space around it, says
// nothing in any format of lines: it begins with "#", ";", "!" or "// ", or is a
// title in brackets, as "[Adblock Plus 2.0]".
func isComment(line []byte) bool {
	if len(line) == 0 {
		return true
	}
	switch line[0] {
	case '#', ';', '!':
		return true
	case '/':
		return bytes.HasPrefix(line, []byte("// ")) || string(line) == "//"
	case '[':
		return line[len(line)-1] == ']' && slices.ContainsFunc(titles, func(title string) bool { return hasPrefixFold(line, title) })
	}
	return false
}

// titles are what the first lines of lists of filters begin with.
var titles = []string{"[adblock", "[ublock", "[adguard", "[abp"}

// detectHeader finds out whether the first line that says something is the header
// of CSV, and stops if it is one that nobody knows.
func (p *parser) detectHeader(first []byte) error {
	comma, cells := splitHeader(first)
	switch {
	case len(cells) == 1:
		if p.isHeading(cells[0]) {
			p.as = FormatCSV
		}
	case !p.isTable(comma):
	case isHeader(first):
		p.as = FormatCSV
	case isStrangeHeader(comma, cells):
		text := clip(string(first))
		return &FormatError{
			Format: FormatCSV, Line: p.in.number + 1, Code: FormatUnknownHeader, Header: text,
			Hint: fmt.Sprintf("none of the columns %q is known to hold values: %s", text, knownColumns),
		}
	}
	return nil
}

// isHeading reports whether a first line of one word is a header. Where all are
// names by the options, most such words may well be one of them.
func (p *parser) isHeading(cell []byte) bool {
	if bytes.HasPrefix(cell, []byte("#")) && !isHeader(cell) {
		return false
	}
	c := columnOf(string(cell))
	if p.Kind == ban.KindName {
		return c == columnName && isUsername(cell)
	}
	return c.holdsValues()
}

// isTable reports whether most of the lines that are in the buffer have what
// separates columns: what merely begins with such a line is none.
func (p *parser) isTable(comma byte) bool {
	text := p.in.peek(headSize)
	with, all := 0, 0
	for len(text) > 0 {
		line := firstLine(text)
		if text = text[min(len(text), len(line)+1):]; len(text) == 0 && p.in.err == nil && all > 0 {
			break // the line may be cut
		}
		switch trimmed := bytes.TrimSpace(line); {
		case isComment(trimmed) && all > 0:
		case bytes.IndexByte(line, comma) >= 0:
			with++
			all++
		case len(trimmed) > 0:
			all++
		}
	}
	return 2*with >= all
}

// isStrangeHeader reports whether the cells of a line are headings rather than
// values: words of which none has the form of a value.
func isStrangeHeader(comma byte, cells [][]byte) bool {
	if comma == '|' {
		return false
	}
	for _, cell := range cells {
		cell = bytes.TrimSpace(cell)
		if len(cell) == 0 || len(cell) > 64 || bytes.ContainsAny(cell, ".@:/*=()[]{}<>") || !bytes.ContainsFunc(cell, func(r rune) bool { return r > '9' }) {
			return false
		}
		if _, err := value.ParseListed(string(cell)); err == nil {
			return false
		}
	}
	return true
}

// firstLine returns the first line of text without its end.
func firstLine(text []byte) []byte {
	if i := endOfLine(text); i >= 0 {
		return text[:i]
	}
	return text
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}
