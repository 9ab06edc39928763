package blocklist

import (
	"bytes"
	"cmp"
	"fmt"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

// What is wrong with a record.
const (
	csvUnclosed = "a quote opens here that is not closed, or not within 16 KiB"
	csvQuote    = `quote a whole cell, and write a quote in it twice, as in "a ""b"""`
	csvTooLong  = "a record has at most 16 KiB"
)

// csvParser reads records. Package encoding/csv would not do: it has no bound on
// a record, and a quote that is not closed makes it take all the rest for one
// cell. Here the line with the quote is rejected, and the rest is read.
type csvParser struct {
	*parser
	comma   byte // what separates cells; 0: a comma
	columns []column
	loose   bool     // the only heading says names, and may be a word of a list
	cells   [][]byte // of the record last read; valid until the next
}

func (p *parser) csv() error {
	p.as = FormatCSV
	c := &csvParser{parser: p}
	if err := c.header(); err != nil {
		return err
	}
	for {
		number := p.in.number + 1
		hint, ok := c.next()
		if !ok || !c.row(number, hint) {
			return nil
		}
	}
}

// header reads the first record that is neither blank nor a comment. It decides
// what separates cells.
func (c *csvParser) header() error {
	c.comma, _ = splitHeader(c.skipComments())
	number := c.in.number + 1
	hint, ok := c.next()
	switch {
	case !ok:
		return c.notCSV(0, "it has no header")
	case hint != "":
		return c.notCSV(number, hint)
	}
	c.columns = columnsOf(c.cells)
	c.loose = len(c.cells) == 1 && c.columns[0] == columnName && !isUsername(c.cells[0])
	return c.checkHeader(number)
}

func (c *csvParser) checkHeader(number int) error {
	values := false
	seen := make(map[column]string)
	for i, col := range c.columns {
		if col == columnOther {
			continue
		}
		name := clip(string(bytes.TrimSpace(c.cells[i])))
		if first, ok := seen[col]; ok {
			return c.notCSV(number, fmt.Sprintf("two columns are %s: %q and %q", columnNames[col][0], first, name))
		}
		seen[col] = name
		values = values || col.holdsValues()
	}
	if !values {
		text := clip(string(bytes.Join(c.cells, []byte{c.comma})))
		return &FormatError{
			Format: FormatCSV, Line: number, Code: FormatUnknownHeader, Header: text,
			Hint: fmt.Sprintf("none of the columns %q is known to hold values: %s", text, knownColumns),
		}
	}
	return nil
}

// notCSV is the error for a header that is none.
func (c *csvParser) notCSV(number int, hint string) error {
	return &FormatError{Format: FormatCSV, Line: number, Code: FormatBroken, Hint: hint}
}

func (c *csvParser) blank() bool {
	return len(c.cells) == 1 && len(bytes.TrimSpace(c.cells[0])) == 0
}

// comment reports whether the record is a comment: "#" alone or before white
// space.
func (c *csvParser) comment() bool {
	rest := bytes.TrimLeft(c.cells[0], "#")
	return len(rest) < len(c.cells[0]) && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t')
}

// row emits what the record last read says; a hint says what is wrong with it.
func (c *csvParser) row(number int, hint string) bool {
	if hint == "" && (c.blank() || c.comment()) {
		return true
	}
	l := c.entryAt(number, "")
	if len(c.cells) > 0 {
		l.Text = clip(string(c.cells[0]))
	}
	switch {
	case hint == csvTooLong:
		return c.emit(l.rejected("line", l.Text, ban.CodeTooLong, hint))
	case hint != "":
		return c.emit(l.rejected("line", l.Text, ban.CodeSyntax, hint))
	case len(c.cells) != len(c.columns):
		return c.emit(l.rejected("line", l.Text, ban.CodeSyntax, "give as many cells as the header has columns"))
	}
	var r record
	for i, col := range c.columns {
		if col != columnOther {
			r[col] = string(c.cells[i])
		}
	}
	if v, err := value.ParseListed(r[columnName]); c.loose && c.Kind == 0 && err == nil && v.Kind() != ban.KindName {
		return c.emit(l.rejected("name", l.Text, ban.CodeAmbiguous, `call the column "username" if this is a name, or write name: before it`))
	}
	return c.record(l, &r)
}

// isUsername reports whether a heading is one of user names beyond doubt.
func isUsername(cell []byte) bool { return hasPrefixFold(bytes.TrimSpace(cell), "username") }

// next consumes a record, or if there is none to be read its first line, with a
// hint why. The line is then the only cell.
func (c *csvParser) next() (hint string, ok bool) {
	c.in.beginLine()
	data := c.in.peek(maxRecord)
	data = data[:min(len(data), maxRecord)]
	if len(data) == 0 {
		return "", false
	}
	whole := len(c.in.unread()) == len(data) && c.in.err != nil
	n, hint := c.split(data, whole)
	if whole && c.in.failure() != nil && (hint == csvUnclosed || hint == "" && !endsLine(data[:n])) {
		return "", false // reading failed in this record
	}
	if hint == "" {
		c.consume(n)
		return "", true
	}
	text, _, ok := c.in.line()
	c.cells = append(c.cells[:0], text)
	return hint, ok
}

// consume consumes a record of n bytes, with the lines that it goes over.
func (c *csvParser) consume(n int) {
	for end := c.in.pos + n; c.in.pos < end; {
		i := endOfLine(c.in.buf[c.in.pos:end])
		if i < 0 {
			c.in.pos = end
			c.in.number++
			return
		}
		c.in.consumeTo(i)
		if c.in.afterCR && c.in.pos < end && c.in.buf[c.in.pos] == '\n' {
			c.in.pos++
			c.in.afterCR = false
		}
	}
}

func endsLine(record []byte) bool {
	c := record[len(record)-1]
	return c == '\n' || c == '\r'
}

// split splits the record that data begins with into cells, and returns how
// long it is with the end of its line, or a hint what is wrong with it. whole
// says that no data follows.
func (c *csvParser) split(data []byte, whole bool) (n int, hint string) {
	c.cells = c.cells[:0]
	for {
		cell, rest, hint := c.cutCell(data[n:])
		if hint == "" && rest == len(data)-n && !whole {
			hint = csvTooLong // or there is more of the cell than the limit shows
		}
		if hint == csvUnclosed && !whole && endOfLine(data) < 0 {
			hint = csvTooLong
		}
		if hint != "" {
			return 0, hint
		}
		c.cells = append(c.cells, cell)
		n += rest
		if n == len(data) {
			return n, ""
		}
		n++
		if data[n-1] != c.separator() {
			return n, ""
		}
	}
}

func (c *csvParser) separator() byte { return cmp.Or(c.comma, ',') }

// cutCell returns the cell that data begins with, and where what ends it is.
func (c *csvParser) cutCell(data []byte) (cell []byte, end int, hint string) {
	comma := c.separator()
	if len(data) == 0 || data[0] != '"' {
		end = bytes.IndexFunc(data, func(r rune) bool { return r == rune(comma) || r == '\r' || r == '\n' || r == '"' })
		if end < 0 {
			return data, len(data), ""
		}
		if data[end] == '"' {
			return nil, 0, csvQuote
		}
		return data[:end], end, ""
	}
	doubled := false
	for end = 1; ; end += 2 {
		i := bytes.IndexByte(data[end:], '"')
		if i < 0 {
			return nil, 0, csvUnclosed
		}
		end += i
		if end+1 == len(data) || data[end+1] != '"' {
			break
		}
		doubled = true
	}
	cell = data[1:end]
	if doubled {
		cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
	}
	end++
	if end < len(data) && data[end] != comma && data[end] != '\r' && data[end] != '\n' {
		return nil, 0, csvQuote
	}
	return cell, end, ""
}

// columnsOf returns the columns that the cells of a header name.
func columnsOf(cells [][]byte) []column {
	cols := make([]column, len(cells))
	for i, cell := range cells {
		cols[i] = columnOf(string(cell))
	}
	return cols
}

// splitHeader splits a line into the cells of a header, by what separates the
// most of them: a comma, semicolon, tab or pipe.
func splitHeader(line []byte) (comma byte, cells [][]byte) {
	comma = ','
	for _, by := range []byte(",;\t|") {
		c := csvParser{comma: by}
		if n, hint := c.split(line, true); hint == "" && n == len(line) && len(c.cells) > len(cells) {
			comma, cells = by, c.cells
		}
	}
	return comma, cells
}

// isHeader reports whether a line is a header of CSV beyond doubt: two or more
// headings of which one is of a column of values, or "#domain" alone. If the first
// of more begins with "#", all do.
func isHeader(line []byte) bool {
	line = bytes.TrimSpace(line)
	if bytes.EqualFold(line, []byte("#domain")) {
		return true
	}
	_, cells := splitHeader(line)
	if len(cells) < 2 {
		return false
	}
	values := false
	for i, col := range columnsOf(cells) {
		if _, err := value.ParseListed(string(cells[i])); err == nil {
			return false
		}
		if line[0] == '#' && !bytes.HasPrefix(bytes.TrimSpace(cells[i]), []byte("#")) {
			return false
		}
		values = values || col.holdsValues()
	}
	return values
}
