package blocklist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
	p.as = FormatJSON
	j := &jsonParser{parser: p, line: p.in.number + 1}
	switch c, ok := j.skipSpace(); {
	case ok && c == '{':
		return j.objects()
	case !ok || c != '[':
		return j.broken("it is to be an array, or an object a line: begin it with [ or {")
	}
	return j.array()
}

func (j *jsonParser) array() error {
	c, ok := j.skipSpace()
	if ok && c == ']' {
		return j.end()
	}
	for ok {
		j.in.pos--
		more, err := j.element()
		if err != nil || j.stopped {
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

// objects reads objects that follow each other, usually one a line. That the
// first is no entry and nothing about the list says that it is another document.
func (j *jsonParser) objects() error {
	for first, ok := true, true; ok; first = false {
		j.in.pos--
		begin := j.line
		if _, err := j.scan(true); err != nil {
			return err
		}
		if hint := j.otherDocument(); first && hint != "" {
			return &FormatError{Format: j.Format, Line: begin, Code: FormatNoList, Hint: hint}
		}
		if err := j.emitElement(begin); err != nil || j.stopped {
			return err
		}
		var c byte
		if c, ok = j.skipSpace(); ok && c != '{' {
			return j.broken("an object follows an object, with nothing between them")
		}
	}
	return nil
}

// otherDocument says why the object last read is no entry of a list.
func (j *jsonParser) otherDocument() (hint string) {
	if len(j.buf) > maxRecord {
		return "it is a JSON object that is no entry: give the array of the entries alone"
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(j.buf, &members) != nil {
		return "" // which is an error of its own
	}
	value, name := false, false
	for m := range members {
		c := columnOf(m)
		if raw := string(members[m]); !c.holdsValues() || raw == "null" || raw == `""` || raw[0] == '[' || raw[0] == '{' {
			continue
		}
		value = value || c != columnName
		name = name || c == columnName
	}
	for _, m := range []string{"error", "errors", "message", "status", "statusCode", "status_code", "code", "detail"} {
		if _, ok := members[m]; ok && !value {
			return "it is a JSON object that reports an error: check where it was fetched from; a list is the array of the entries alone"
		}
	}
	if !value && !name && !isMetadata(members) {
		return "it is a JSON object that is no entry: give the array of the entries alone, or an object a line with a value, domain, ip, cidr, email or name"
	}
	return ""
}

// isMetadata reports whether an object is about the list, as the last one of
// what Spamhaus publishes is.
func isMetadata(members map[string]json.RawMessage) bool {
	return string(members["type"]) == `"metadata"`
}

// broken is the error for JSON that is none.
func (j *jsonParser) broken(hint string) error {
	return &FormatError{Format: FormatJSON, Line: j.line, Code: FormatBroken, Hint: hint}
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
	end, err := j.scan(false)
	if err != nil {
		return false, err
	}
	return end == ',', j.emitElement(begin)
}

// emitElement emits what the element last read says, which begins on that line.
func (j *jsonParser) emitElement(begin int) error {
	l := j.entryAt(begin, "")
	if len(j.buf) > maxRecord {
		l.Text = clip(string(j.buf[:maxText*4]))
		j.emit(l.rejected("line", l.Text, ban.CodeTooLong, "an element has at most 16 KiB"))
		return nil
	}
	return j.say(l, bytes.TrimRight(j.buf, " \t\r\n"))
}

// scan reads an element into buf, as much of it as it may have and a byte more,
// and the comma or bracket after it; if alone, an object, and nothing after it.
func (j *jsonParser) scan(alone bool) (end byte, err error) {
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
		if alone && depth == 0 && c == '}' && !quoted {
			return c, nil
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
		j.emitValue(l, j.Kind, j.withoutKind(s))
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
		j.emitValue(l, j.Kind, j.withoutKind(s))
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

// object emits what an element that is an object says.
func (j *jsonParser) object(l Line, raw []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return j.notJSON(l)
	}
	if twice := repeatedMember(raw, len(members)); twice != "" {
		j.emit(l.rejected("line", l.Text, ban.CodeSyntax, fmt.Sprintf("give one value: the member %q is there twice", twice)))
		return nil
	}
	var r record
	from := make(map[column]string) // which member a column is from
	for _, m := range slices.Sorted(maps.Keys(members)) {
		c := columnOf(m)
		text, ok := memberText(c, members[m])
		switch first, twice := from[c]; {
		case c == columnOther:
			continue
		case !ok:
			j.emit(l.rejected(m, l.Text, ban.CodeSyntax, `make "shadow" and "allow_with_approval" true or false, and every other member a string`))
			return nil
		case twice && text != "" && r[c] != "":
			j.emit(l.rejected("line", l.Text, ban.CodeSyntax, fmt.Sprintf("give one value: %q and %q mean the same", first, m)))
			return nil
		case text != "":
			r[c], from[c] = text, m
		}
	}
	if len(from) == 0 || len(from) == 1 && from[columnType] != "" {
		if isMetadata(members) {
			return nil
		}
	}
	j.record(l, &r)
	return nil
}

// repeatedMember returns the name of a member that an object has more than once and
// that stands for a column, "" if there is none. Which of them counts is for each
// reader to say (RFC 8259, section 4), so that none is to be guessed. distinct is how
// many names there are.
func repeatedMember(object []byte, distinct int) string {
	depth, names, quoted := 0, 0, false
	for i := 0; i < len(object); i++ {
		switch c := object[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ':' && depth == 1:
			names++
		}
	}
	if names == distinct {
		return ""
	}
	seen := make(map[string]bool, distinct)
	d := json.NewDecoder(bytes.NewReader(object))
	_, _ = d.Token() // the brace: that all is JSON is known
	for d.More() {
		name, _ := d.Token()
		text, _ := name.(string)
		if seen[text] && columnOf(text) != columnOther {
			return text
		}
		seen[text] = true
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			break
		}
	}
	return ""
}

// memberText returns what a member of an object says as a column; ok is false if
// it is not of the type that the column has.
func memberText(c column, raw json.RawMessage) (text string, ok bool) {
	switch {
	case string(raw) == "null":
		return "", true
	case c == columnMask:
		return string(bytes.Trim(raw, `"`)), true
	case c == columnShadow || c == columnApproval:
		var yes bool
		err := json.Unmarshal(raw, &yes)
		return strconv.FormatBool(yes), err == nil
	}
	if text, ok = plainString(raw); ok {
		return text, true
	}
	err := json.Unmarshal(raw, &text)
	return text, err == nil || c == columnType || c == columnOther
}
