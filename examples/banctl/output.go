package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// view is a result: its JSON form is that of the value, and text prints it for
// people.
type view interface {
	text(t *text)
}

// printer prints views, all of one run in the same form.
type printer struct {
	w    io.Writer
	json bool
}

func (a *app) output() *printer { return &printer{a.stdout, a.json} }
func (a *app) errors() *printer { return &printer{a.stderr, a.json} }

// columns returns how wide the terminal behind a stream is, 0 if it is none or does
// not say: as COLUMNS has it, which people set, else as the terminal itself does.
func columns(stream any) int {
	f, ok := terminal(stream)
	if !ok {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// print prints a view in one write.
func (p *printer) print(v view) error {
	var out []byte
	if p.json {
		doc, err := marshal(v)
		if err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
		out = append(escapeJSON(doc), '\n')
	} else {
		t := &text{within: columns(p.w)}
		v.text(t)
		out = t.bytes()
	}
	_, err := p.w.Write(out)
	return err
}

// marshal returns the JSON of v on one line.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// text builds lines and tables for people. Whatever stands in them may come from
// strangers, so that nothing but its own line ends and spaces reaches a terminal
// that is not a visible character.
type text struct {
	b      bytes.Buffer
	table  table // that was begun
	within int   // how many columns tables may take; 0: as many as they need
}

// endTable adds the rows of the table that was begun, if any.
func (t *text) endTable() {
	for _, line := range t.table.render(t.within) {
		t.b.WriteString(line)
		t.b.WriteByte('\n')
	}
	t.table = table{}
}

// line adds a line.
func (t *text) line(format string, args ...any) {
	t.endTable() // it is part of no table
	t.b.WriteString(visible(fmt.Sprintf(format, args...)))
	t.b.WriteByte('\n')
}

// head begins a table with the names of its columns. On a terminal it is made to
// fit.
func (t *text) head(names ...string) {
	t.endTable()
	t.row(names...)
	t.table.head = true
}

// row adds a row to the table that the rows before it, if any, began. In one with a
// head, each has as many cells as that.
func (t *text) row(cells ...string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = visible(c)
	}
	t.table.rows = append(t.table.rows, row)
}

// field adds a row of a name and a value, unless that is empty.
func (t *text) field(name, value string) {
	if value != "" {
		t.row(name+":", value)
	}
}

// bytes returns all of it, without spaces at ends of lines.
func (t *text) bytes() []byte {
	t.endTable()
	var out bytes.Buffer
	for line := range bytes.Lines(t.b.Bytes()) {
		out.Write(bytes.TrimRight(line, " \n"))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// visible returns s with all characters escaped, as in Go, that a terminal does
// not show as a character: those that move the cursor or break the line, turn the
// direction of writing, or have no width; and bytes that are not UTF-8, since
// single ones of those control some terminals.
func visible(s string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsGraphic(r) }

// escapeJSON is visible for a JSON document, whose meaning stays the same: outside
// of strings, and on one line, it has no such characters.
func escapeJSON(doc []byte) []byte {
	if !bytes.ContainsFunc(doc, hidden) {
		return doc
	}
	var out []byte
	for _, r := range string(doc) {
		switch {
		case !hidden(r):
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// moment prints a time; empty for the zero one.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// count prints a number and what it counts.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// mark returns a word if it applies.
func mark(applies bool, word string) string {
	if applies {
		return word
	}
	return ""
}

// terminal returns the file behind a stream if it is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}
