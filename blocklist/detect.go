package blocklist

import (
	"bytes"
	"unicode/utf8"

	"example.com/ostraka/ban"
)

const utf8BOM = "\ufeff"

// begin looks at the head of the input: whether it is text, and of which format
// if that is to be found out.
func (p *parser) begin() error {
	if bytes.HasPrefix(p.in.peek(headSize), []byte(utf8BOM)) {
		p.in.pos += len(utf8BOM)
	}
	head := p.in.unread()
	whole := len(head) <= headSize && p.in.err != nil
	head = head[:min(len(head), headSize)]
	if hint := notText(head); hint != "" {
		return &FormatError{Format: p.Format, Hint: hint}
	}
	if p.Format != FormatAuto {
		return nil
	}
	format, hint := detect(head, whole)
	if hint != "" {
		return &FormatError{Hint: hint}
	}
	if format == FormatNetset && p.Kind != 0 && p.Kind != ban.KindIP {
		format = FormatPlain // which rejects every line, with the reason
	}
	p.Format = format
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
	{"\xff\xfe", "it is encoded in UTF-16: encode it in UTF-8"},
	{"\xfe\xff", "it is encoded in UTF-16: encode it in UTF-8"},
}

// notText says why an input that begins with head is no list in any format, as
// a hint; "" if it may be one.
func notText(head []byte) (hint string) {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.hint
		}
	}
	if isBinary(head) {
		return "it is binary, or not encoded in UTF-8"
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	for _, tag := range tags {
		if hasPrefixFold(text, tag) {
			return "it looks like an HTML page: check where it was fetched from"
		}
	}
	return ""
}

// tags are what pages begin with that a server sends in place of a list.
var tags = []string{"<!", "<?xml", "<html", "<head", "<body", "<title", "<script", "<center", "<h1", "<p>", "<pre", "<error"}

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

// detect finds the format of the list that begins with head, as [FormatAuto]
// describes it, or a hint why it has none. whole says that head is all of it.
func detect(head []byte, whole bool) (f Format, hint string) {
	text := bytes.TrimSpace(head)
	switch {
	case len(text) == 0:
		return FormatPlain, "" // of no lines: what that means is for who reads it
	case text[0] == '[':
		if hasPrefixFold(text, "[adblock") {
			return FormatAdblock, ""
		}
		return FormatJSON, ""
	case text[0] == '{' && bytes.IndexByte(text, '"') > 0:
		return 0, "it looks like a JSON object: give the array of the entries alone"
	case text[0] == '!':
		return FormatAdblock, ""
	case isHeader(firstLine(text)):
		return FormatCSV, ""
	}
	if end := bytes.LastIndexAny(head, "\r\n"); end >= 0 && !whole {
		head = head[:end] // not the line that is cut
	}
	return detectLines(head), ""
}

// detectLines finds the format by what most of the lines are.
func detectLines(head []byte) Format {
	var filters, hosts, addrs, others int
	for len(head) > 0 {
		line := firstLine(head)
		head = head[min(len(head), len(line)+1):]
		switch entry := uncomment(line); {
		case isFilter(bytes.TrimSpace(line)):
			filters++
		case len(entry) == 0:
		case isMapping(entry):
			hosts++
		case isNet(entry):
			addrs++
		default:
			others++
		}
	}
	switch {
	case filters > hosts+addrs+others:
		return FormatAdblock
	case hosts > filters+addrs+others:
		return FormatHosts
	case addrs > 0 && filters+hosts+others == 0:
		return FormatNetset
	}
	return FormatPlain
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
