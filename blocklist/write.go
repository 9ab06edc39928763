package blocklist

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"strconv"

	"example.com/ostraka/ban"
)

// WriteError reports an entry that a format has no way to say.
type WriteError struct {
	Format Format
	Entry  int       // which of the sequence, from 1
	Value  ban.Value // zero if the entry is none, but a rejected line
	Hint   string    // what the format can say, as a phrase
}

// Error returns, for example:
//
//	entry 3, ip "203.0.113.0/24", cannot be written as adblock: it has domains with their subdomains, and single addresses, to deny or allow
func (e *WriteError) Error() string {
	what := "a rejected line"
	if !e.Value.IsZero() {
		what = fmt.Sprintf("%s %q", e.Value.Kind(), e.Value)
	}
	return fmt.Sprintf("entry %d, %s, cannot be written as %s: %s", e.Entry, what, e.Format, e.Hint)
}

// Write writes a list in a format, not [FormatAuto], such that [Parse] with that
// format and no other options reads the same values, effects, scopes and
// shadows. Of a Line, Number and Text do not matter.
//
// CSV and JSON can say every entry. The others have entries that deny, and
// Adblock exceptions, with all actions in scope and no shadow; plain has values
// of every kind (a name with " #" or " ;" in it aside), hosts has domains with
// their subdomains, Adblock those and single addresses, netset addresses and
// prefixes. At the first entry that the format cannot say, or that has an Err,
// Write stops with a [*WriteError]; at the first error of lines, with that. What
// it has written by then is a part of the list: whoever must not see one writes
// to a temporary place first.
func Write(w io.Writer, f Format, lines iter.Seq2[Line, error]) error {
	buffer := bufio.NewWriter(w)
	out, err := newListWriter(f, buffer)
	if err != nil {
		return err
	}
	if err := out.begin(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	n := 0
	for l, err := range lines {
		if err != nil {
			return err
		}
		n++
		if l.Err != nil || l.Value.IsZero() {
			return &WriteError{Format: f, Entry: n, Hint: "write the entries alone"}
		}
		if hint := out.unfit(&l); hint != "" {
			return &WriteError{Format: f, Entry: n, Value: l.Value, Hint: hint}
		}
		if err := out.entry(&l); err != nil {
			return fmt.Errorf("writing the list: %w", err)
		}
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	if err := buffer.Flush(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}

// listWriter writes the entries of a list in one format.
type listWriter interface {
	begin() error
	unfit(l *Line) (hint string) // why an entry cannot be said; "" if it can
	entry(l *Line) error         // of one that can
	end() error
}

func newListWriter(f Format, w *bufio.Writer) (listWriter, error) {
	switch f {
	case FormatPlain, FormatHosts, FormatAdblock, FormatNetset:
		return &lineWriter{w: w, format: f}, nil
	case FormatCSV:
		return &csvWriter{w: csv.NewWriter(w)}, nil
	case FormatJSON:
		return &jsonWriter{w: w}, nil
	}
	return nil, optionError("format", f.String(), ban.CodeUnknown, "use plain, hosts, adblock, netset, csv or json")
}

// lineWriter writes the formats of one entry a line.
type lineWriter struct {
	w      *bufio.Writer
	format Format
	text   string // of the entry that unfit has last looked at
}

func (*lineWriter) begin() error { return nil }
func (*lineWriter) end() error   { return nil }

// says is what these formats can say.
var says = [...]string{
	FormatPlain:   "it has values to deny, and no comments in them",
	FormatHosts:   "it has domains with their subdomains, to deny",
	FormatAdblock: "it has domains with their subdomains, and single addresses, to deny or allow",
	FormatNetset:  "it has addresses and prefixes, to deny",
}

// unfit reads the text of the entry back: no rule of what the format can say is
// as sure as that. A plain value says its kind if it has to.
func (lw *lineWriter) unfit(l *Line) string {
	texts := []string{lw.textOf(l)}
	if lw.format == FormatPlain {
		texts = append(texts, l.Value.Kind().String()+":"+l.Value.String())
	}
	for _, lw.text = range texts {
		if lw.readsBack(l) && len(lw.text) <= maxLine {
			return ""
		}
	}
	return says[lw.format]
}

// readsBack reports whether the text is read as the entry and nothing else.
func (lw *lineWriter) readsBack(l *Line) bool {
	same, n := false, 0
	p := &parser{ParseOptions: ParseOptions{Format: lw.format}, in: &input{}, as: lw.format}
	p.yield = func(got Line, _ error) bool {
		same = got.Err == nil && got.Value == l.Value && got.Effect == l.Effect && got.Scope == l.Scope && got.Shadow == l.Shadow
		n++
		return true
	}
	lineFormats[lw.format](p, []byte(lw.text))
	p.release()
	return same && n == 1
}

func (lw *lineWriter) textOf(l *Line) string {
	value := l.Value.String()
	switch lw.format {
	case FormatHosts:
		return "0.0.0.0 " + value
	case FormatAdblock:
		return adblockText(l.Effect, value)
	}
	return value
}

func adblockText(effect ban.Effect, host string) string {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	filter := "||" + host + "^"
	if effect == ban.Allow {
		return "@@" + filter
	}
	return filter
}

func (lw *lineWriter) entry(*Line) error {
	if _, err := lw.w.WriteString(lw.text); err != nil {
		return err
	}
	return lw.w.WriteByte('\n')
}

// unsayable is the hint for an effect or scope that is none.
func unsayable(l *Line) string {
	if l.Effect > ban.Allow || !l.Scope.Valid() {
		return "its effect or scope does not exist"
	}
	return ""
}

type csvWriter struct{ w *csv.Writer }

func (c *csvWriter) begin() error {
	return c.w.Write([]string{"kind", "value", "effect", "scope", "shadow"})
}

func (c *csvWriter) unfit(l *Line) string { return unsayable(l) }

func (c *csvWriter) entry(l *Line) error {
	return c.w.Write([]string{
		l.Value.Kind().String(), l.Value.String(), l.Effect.String(), l.Scope.String(), strconv.FormatBool(l.Shadow),
	})
}

func (c *csvWriter) end() error {
	c.w.Flush()
	return c.w.Error()
}

// jsonWriter writes an array with an element a line.
type jsonWriter struct {
	w     *bufio.Writer
	begun bool
}

func (j *jsonWriter) begin() error {
	_, err := j.w.WriteString("[")
	return err
}

func (j *jsonWriter) unfit(l *Line) string { return unsayable(l) }

func (j *jsonWriter) entry(l *Line) error {
	before := ",\n"
	if !j.begun {
		before, j.begun = "\n", true
	}
	element, err := json.Marshal(struct {
		Kind   ban.Kind   `json:"kind"`
		Value  string     `json:"value"`
		Effect ban.Effect `json:"effect"`
		Scope  ban.Scope  `json:"scope"`
		Shadow bool       `json:"shadow"`
	}{l.Value.Kind(), l.Value.String(), l.Effect, l.Scope, l.Shadow})
	if err != nil {
		return err
	}
	if _, err := j.w.WriteString(before); err != nil {
		return err
	}
	_, err = j.w.Write(element)
	return err
}

func (j *jsonWriter) end() error {
	_, err := j.w.WriteString("\n]\n")
	return err
}
