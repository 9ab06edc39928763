package blocklist

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"example.com/ostraka/ban"
)

// jsonParser reads the elements of an array one by one. It finds where they end
// itself, as a json.Decoder would keep the whole of an element that has no end.
type jsonParser struct {
	*parser
	line int    // that of the byte last read, from 1
	buf  []byte // of the element last read
}

func (p *parser) json() error {
	j := &jsonParser{parser: p, line: 1}
	if c, ok := j.skipSpace(); !ok || c != '[' {
		return j.broken("it is to be an array: begin it with [")
	}
	c, ok := j.skipSpace()
	if ok && c == ']' {
		return j.end()
	}
	for ok {
		p.in.pos--
		more, err := j.element()
		if err != nil || p.stopped {
			return err
		}
		if !more {
			return j.end()
		}
		c, ok = j.skipSpace()
		if ok && c == ']' {
			return j.broken("an element is missing after the comma")
		}
	}
	return j.broken("the array ends with no ]")
}

// broken is the error for JSON that is none.
func (j *jsonParser) broken(hint string) error {
	return &FormatError{Format: FormatJSON, Line: j.line, Hint: hint}
}

// end reads what follows the array.
func (j *jsonParser) end() error {
	if _, ok := j.skipSpace(); ok {
		return j.broken("something follows the array")
	}
	return nil
}

// next consumes a byte.
func (j *jsonParser) next() (c byte, ok bool) {
	if j.in.pos == j.in.end && len(j.in.peek(1)) == 0 {
		return 0, false
	}
	c = j.in.buf[j.in.pos]
	j.in.pos++
	return c, true
}

// skipSpace consumes white space and the byte after it.
func (j *jsonParser) skipSpace() (c byte, ok bool) {
	for {
		c, ok = j.next()
		switch {
		case !ok:
			return 0, false
		case c == '\n':
			j.line++
			j.in.number++
		case c != ' ' && c != '\t' && c != '\r':
			return c, true
		}
	}
}

// element reads an element with the comma or bracket after it, and emits what it
// says. more says that it was a comma.
func (j *jsonParser) element() (more bool, err error) {
	begin := j.line
	end, err := j.scan()
	if err != nil {
		return false, err
	}
	l := Line{Number: begin, Effect: j.Effect, Scope: j.Scope, Shadow: j.Shadow}
	if len(j.buf) > maxRecord {
		l.Text = clip(string(j.buf[:maxText*4]))
		j.emit(l.rejected("line", l.Text, ban.CodeTooLong, "an element has at most 16 KiB"))
		return end == ',', nil
	}
	if err := j.say(l, bytes.TrimRight(j.buf, " \t\r\n")); err != nil {
		return false, err
	}
	return end == ',', nil
}

// scan reads an element into buf, as much of it as it may have and a byte more,
// and the comma or bracket after it.
func (j *jsonParser) scan() (end byte, err error) {
	j.buf = j.buf[:0]
	depth, quoted, escaped := 0, false, false
	begin := j.line
	for {
		if quoted && !escaped {
			j.skipText()
		}
		c, ok := j.next()
		if !ok {
			j.line = begin
			return 0, j.broken("the element that begins here has no end")
		}
		switch {
		case c == '\n':
			j.line++
			j.in.number++
			escaped = false
		case escaped:
			escaped = false
		case quoted:
			escaped = c == '\\'
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '[' || c == '{':
			depth++
		case depth == 0 && (c == ',' || c == ']'):
			return c, nil
		case c == ']' || c == '}':
			depth--
		}
		if len(j.buf) <= maxRecord {
			j.buf = append(j.buf, c)
		}
		if depth < 0 {
			return 0, j.broken("a } closes nothing")
		}
	}
}

// skipText reads what is in the buffer of a string up to the next byte that
// scan has to look at.
func (j *jsonParser) skipText() {
	text := j.in.unread()
	for _, c := range []byte{'"', '\\', '\n'} {
		if i := bytes.IndexByte(text, c); i >= 0 {
			text = text[:i]
		}
	}
	j.in.pos += len(text)
	j.buf = append(j.buf, text[:min(len(text), maxRecord+1-len(j.buf))]...)
}

// say emits what an element says.
func (j *jsonParser) say(l Line, raw []byte) error {
	l.Text = clip(string(raw))
	if s, ok := plainString(raw); ok {
		l.Text = clip(s)
		j.emit(l.read(j.Kind, j.withoutKind(s)))
		return nil
	}
	switch {
	case !utf8.Valid(raw) || len(raw) == 0 || raw[0] != '"' && raw[0] != '{':
		if !json.Valid(raw) {
			return j.notJSON(l)
		}
		if !utf8.Valid(raw) {
			j.emit(l.rejected("line", l.Text, ban.CodeInvalidUTF8, "encode it in UTF-8"))
		} else {
			j.emit(l.rejected("line", l.Text, ban.CodeSyntax, "an element is a string or an object"))
		}
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return j.notJSON(l)
		}
		l.Text = clip(s)
		j.emit(l.read(j.Kind, j.withoutKind(s)))
	default:
		return j.object(l, raw)
	}
	return nil
}

func (j *jsonParser) notJSON(l Line) error {
	j.line = l.Number
	return j.broken("the element that begins here is not JSON")
}

// plainString returns the string that raw is, if it takes no work to see.
func plainString(raw []byte) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	raw = raw[1 : len(raw)-1]
	for _, c := range raw {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return "", false
		}
	}
	return string(raw), true
}

// jsonEntry is an element that is an object.
type jsonEntry struct {
	Value    string `json:"value"`
	Domain   string `json:"domain"`
	IP       string `json:"ip"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Effect   string `json:"effect"`
	Severity string `json:"severity"`
	Scope    string `json:"scope"`
	Shadow   *bool  `json:"shadow"`
	Approval *bool  `json:"allow_with_approval"`
}

// object emits what an element that is an object says.
func (j *jsonParser) object(l Line, raw []byte) error {
	var e jsonEntry
	if err := json.Unmarshal(raw, &e); err != nil {
		wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
		if !ok {
			return j.notJSON(l)
		}
		j.emit(l.rejected(cmp.Or(wrong.Field, "line"), l.Text, ban.CodeSyntax, `make "shadow" and "allow_with_approval" true or false, and every other member a string`))
		return nil
	}
	r := record{
		columnValue: e.Value, columnDomain: e.Domain, columnIP: e.IP, columnEmail: e.Email, columnName: e.Name,
		columnKind: e.Kind, columnEffect: e.Effect, columnSeverity: e.Severity, columnScope: e.Scope,
	}
	if e.Shadow != nil {
		r[columnShadow] = strconv.FormatBool(*e.Shadow)
	}
	if e.Approval != nil {
		r[columnApproval] = strconv.FormatBool(*e.Approval)
	}
	j.record(l, &r)
	return nil
}
