package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/ostraka/ban"
)

// FieldBody is the field of errors about a body as a whole.
const FieldBody = "body"

// CodeType is the code of a value of a JSON type that the field does not have.
const CodeType = "wrong_type"

// Object is a JSON object whose members are read one by one. The first error
// sticks: read all, then look at Err. Every error is a [*ban.ValueError].
type Object struct {
	members map[string]json.RawMessage
	err     error
}

// JSONObject reads the body as a JSON object that has no members but those
// named, or any if none are, each at most once.
func (r *Request) JSONObject(names ...string) (*Object, error) {
	media, _, err := r.MediaType()
	if err != nil {
		return nil, err
	}
	if media != "application/json" {
		return nil, ErrMediaType
	}
	body, err := r.ReadBody()
	if err != nil {
		return nil, err
	}
	return ParseObject(body, names...)
}

// ParseObject reads a text as a JSON object that has no members but those
// named, or any if none are, each at most once.
func ParseObject(text []byte, names ...string) (*Object, error) {
	if !utf8.Valid(text) {
		return nil, ban.NewValueError(FieldBody, "", ban.CodeInvalidUTF8, "send JSON in UTF-8")
	}
	members, err := readMembers(json.NewDecoder(bytes.NewReader(text)))
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !slices.Contains(names, name) {
				return nil, ban.NewValueError(clipName(name), "", ban.CodeUnknown, "leave it out; fields are "+strings.Join(names, ", "))
			}
		}
	}
	return &Object{members: members}, nil
}

// readMembers reads one object and nothing after it.
func readMembers(d *json.Decoder) (map[string]json.RawMessage, error) {
	malformed := ban.NewValueError(FieldBody, "", ban.CodeSyntax, "send one JSON object")
	if open, err := d.Token(); err != nil {
		return nil, malformed
	} else if open != json.Delim('{') {
		return nil, ban.NewValueError(FieldBody, "", CodeType, "send one JSON object")
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, malformed
		}
		name, ok := token.(string)
		if !ok {
			return nil, malformed
		}
		if _, twice := members[name]; twice {
			return nil, ban.NewValueError(clipName(name), "", ban.CodeDuplicate, "name each field once")
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, malformed
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, malformed
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ban.NewValueError(FieldBody, "", ban.CodeSyntax, "send nothing after the JSON object")
	}
	return members, nil
}

// clipName bounds what an answer repeats of a name that is not known.
func clipName(name string) string {
	const limit = 64
	if len(name) > limit {
		return strings.ToValidUTF8(name[:limit], "") + "…"
	}
	return name
}

// Err returns the first error.
func (o *Object) Err() error { return o.err }

// Fail makes an error the one that sticks, unless there is one already.
func (o *Object) Fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// Has reports whether there is a member of that name.
func (o *Object) Has(name string) bool {
	_, ok := o.members[name]
	return ok
}

func (o *Object) wrongType(name, hint string) {
	o.Fail(ban.NewValueError(name, string(o.members[name]), CodeType, hint))
}

// Null reports whether the member of that name is null.
func (o *Object) Null(name string) bool { return string(o.members[name]) == "null" }

// String returns a text, which null says as "", or nil if there is no such
// member.
func (o *Object) String(name string) *string {
	raw, ok := o.members[name]
	if !ok {
		return nil
	}
	var s string
	if !o.Null(name) {
		if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
			o.wrongType(name, "give a string")
			return nil
		}
		// What stands for half a surrogate pair is no text.
		if strings.ContainsRune(s, utf8.RuneError) && !bytes.ContainsRune(raw, utf8.RuneError) {
			o.Fail(ban.NewValueError(name, s, ban.CodeInvalidUTF8, `escape characters above \uffff as whole surrogate pairs`))
			return nil
		}
	}
	return &s
}

// Strings returns a list of texts, nil if there is no such member.
func (o *Object) Strings(name string) []string {
	raw, ok := o.members[name]
	if !ok {
		return nil
	}
	var list []string
	var elements []json.RawMessage
	if o.Null(name) || json.Unmarshal(raw, &elements) != nil {
		o.wrongType(name, "give a list of strings")
		return nil
	}
	for _, e := range elements {
		one := Object{members: map[string]json.RawMessage{name: e}}
		s := one.String(name)
		if s == nil || one.Null(name) {
			o.wrongType(name, "give a list of strings")
			return nil
		}
		list = append(list, *s)
	}
	return list
}

// Trimmed is String without the blanks around the text.
func (o *Object) Trimmed(name string) *string {
	s := o.String(name)
	if s != nil {
		*s = strings.TrimSpace(*s)
	}
	return s
}

// Scalar returns a member as the text that a form would have for it: a string as
// it is, anything else as JSON writes it. Null and a missing member are none.
func (o *Object) Scalar(name string) (text string, ok bool) {
	raw, ok := o.members[name]
	if !ok || o.Null(name) {
		return "", false
	}
	if raw[0] != '"' {
		return string(raw), true
	}
	s := o.String(name)
	if s == nil {
		return "", false
	}
	return *s, true
}

// Bool returns true or false, which may also be written 1 or 0, or as a word that
// [parseBool] knows, or nil if there is no such member, or null.
func (o *Object) Bool(name string) *bool {
	text, ok := o.Scalar(name)
	if !ok {
		return nil
	}
	b, ok := parseBool(text)
	if !ok {
		o.wrongType(name, "give true or false")
		return nil
	}
	return &b
}

// Int returns a whole number of at least 1, such as the id of a record, or nil if
// there is no such member, or null.
func (o *Object) Int(name string) *int64 {
	if !o.Has(name) || o.Null(name) {
		return nil
	}
	n, err := strconv.ParseInt(string(o.members[name]), 10, 64)
	if err != nil || n < 1 {
		o.wrongType(name, "give a whole number from 1")
		return nil
	}
	return &n
}

// Time returns an RFC 3339 date-time, or a date, which is its midnight in UTC.
// Null and "" say the zero time. It is nil if there is no such member.
func (o *Object) Time(name string) *time.Time {
	s := o.String(name)
	if s == nil {
		return nil
	}
	if *s == "" {
		return new(time.Time)
	}
	t, ok := parseTime(*s)
	if !ok {
		o.Fail(ban.NewValueError(name, *s, ban.CodeSyntax, "give a date-time of RFC 3339, such as 2030-12-25T10:00:00Z, a date, such as 2030-12-25, or null for none"))
		return nil
	}
	if t.IsZero() { // it would be taken for none
		o.Fail(ban.NewValueError(name, *s, ban.CodeInPast, "give a time in the future, or null for none"))
		return nil
	}
	return &t
}

// parseTime reads a date-time of RFC 3339, or a date.
func parseTime(s string) (t time.Time, ok bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, s)
	// It takes "T1:00:00" and "00,5" as well, which are none of RFC 3339.
	return t, err == nil && s[len("2006-01-02T15")] == ':' && !strings.Contains(s, ",")
}

// parseBool reads the words for true and false, in any case.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on":
		return true, true
	case "false", "0", "no", "off":
		return false, true
	}
	return false, false
}
