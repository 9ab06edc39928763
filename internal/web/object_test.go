package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// wantCode wants a ValueError about the field with the code; no code wants no
// error.
func wantCode(t *testing.T, err error, field, code string) {
	t.Helper()
	wrong, ok := errors.AsType[*ban.ValueError](err)
	switch {
	case code == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case code != "" && (!ok || wrong.Field != field || wrong.Code != code || wrong.Hint == ""):
		t.Errorf("the error is %#v, want one about %q of code %q with a hint", err, field, code)
	}
}

func TestParseObject(t *testing.T) {
	long := strings.Repeat("ü", 100)
	tests := []struct {
		name, text, field, code string
	}{
		{"an object", `{"a": 1, "b": "x"}`, "", ""},
		{"an empty object", ` {} `, "", ""},
		{"nothing", ``, "body", ban.CodeSyntax},
		{"an array", `[]`, "body", web.CodeType},
		{"null", `null`, "body", web.CodeType},
		{"a text", `"a"`, "body", web.CodeType},
		{"something after it", `{"a":1} {}`, "body", ban.CodeSyntax},
		{"garbage after it", `{"a":1}x`, "body", ban.CodeSyntax},
		{"cut short", `{"a":1`, "body", ban.CodeSyntax},
		{"cut within a value", `{"a":[1,`, "body", ban.CodeSyntax},
		{"no value", `{"a"}`, "body", ban.CodeSyntax},
		{"a comma too many", `{"a":1,}`, "body", ban.CodeSyntax},
		{"a name without quotes", `{a:1}`, "body", ban.CodeSyntax},
		{"a name that is a number", `{1:1}`, "body", ban.CodeSyntax},
		{"not a number", `{"a":NaN}`, "body", ban.CodeSyntax},
		{"a byte order mark", "\ufeff{}", "body", ban.CodeSyntax},
		{"not UTF-8", "{\"a\":\"\xff\"}", "body", ban.CodeInvalidUTF8},
		{"a name twice", `{"a":1,"a":1}`, "a", ban.CodeDuplicate},
		{"a name twice, once in disguise", `{"a":1,"\u0061":1}`, "a", ban.CodeDuplicate},
		{"another name", `{"a":1,"c":1}`, "c", ban.CodeUnknown},
		{"another case", `{"A":1}`, "A", ban.CodeUnknown},
		{"a long name", `{"` + long + `":1}`, strings.Repeat("ü", 32) + "…", ban.CodeUnknown},
		{"10,001 levels", `{"a":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`, "body", ban.CodeSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := web.ParseObject([]byte(tt.text), "a", "b")
			wantCode(t, err, tt.field, tt.code)
		})
	}
}

func TestObjectMembers(t *testing.T) {
	read := map[string]func(o *web.Object) any{
		"string":  func(o *web.Object) any { return o.String("a") },
		"trimmed": func(o *web.Object) any { return o.Trimmed("a") },
		"bool":    func(o *web.Object) any { return o.Bool("a") },
		"time":    func(o *web.Object) any { return o.Time("a") },
		"int":     func(o *web.Object) any { return o.Int("a") },
	}
	christmas := time.Date(2024, 12, 25, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		name, as, value string
		want            any // nil for a nil pointer
		code            string
	}{
		{"a string", "string", `"x\u00fc"`, "xü", ""},
		{"null is an empty string", "string", `null`, "", ""},
		{"a number is no string", "string", `5`, nil, web.CodeType},
		{"an object is no string", "string", `{}`, nil, web.CodeType},
		{"a surrogate pair", "string", `"\ud83d\ude00"`, "😀", ""},
		{"half a surrogate pair", "string", `"a\ud800"`, nil, ban.CodeInvalidUTF8},
		{"true", "bool", `true`, true, ""},
		{"1", "bool", `1`, true, ""},
		{"false", "bool", `false`, false, ""},
		{"0", "bool", `0`, false, ""},
		{"null is no bool", "bool", `null`, nil, ""},
		{"a word for true", "bool", `"yes"`, true, ""},
		{"in any case", "bool", `"On"`, true, ""},
		{"a word for false", "bool", `"no"`, false, ""},
		{"a number in quotes", "bool", `"0"`, false, ""},
		{"another word is no bool", "bool", `"maybe"`, nil, web.CodeType},
		{"an empty one neither", "bool", `""`, nil, web.CodeType},
		{"nor one with half a surrogate pair", "bool", `"\ud800"`, nil, ban.CodeInvalidUTF8},
		{"nor an object", "bool", `{}`, nil, web.CodeType},
		{"2 is no bool", "bool", `2`, nil, web.CodeType},
		{"1e999 is no bool", "bool", `1e999`, nil, web.CodeType},
		{"a number", "int", `7`, int64(7), ""},
		{"the highest number", "int", `9223372036854775807`, int64(math.MaxInt64), ""},
		{"a number above it is out of range", "int", `9223372036854775808`, nil, web.CodeType},
		{"0 is no number of a record", "int", `0`, nil, web.CodeType},
		{"nor is -1", "int", `-1`, nil, web.CodeType},
		{"nor 1.5", "int", `1.5`, nil, web.CodeType},
		{"nor 1e3", "int", `1e3`, nil, web.CodeType},
		{"a string is no number", "int", `"7"`, nil, web.CodeType},
		{"null is no number", "int", `null`, nil, ""},
		{"a time", "time", `"2024-12-25T10:00:00Z"`, christmas, ""},
		{"a time elsewhere", "time", `"2024-12-25T11:00:00.000+01:00"`, christmas, ""},
		{"null is no time", "time", `null`, time.Time{}, ""},
		{"a date is its midnight in UTC", "time", `"2024-12-25"`, christmas.Add(-10 * time.Hour), ""},
		{"a date that there is not", "time", `"2024-02-30"`, nil, ban.CodeSyntax},
		{"a date with blanks", "time", `" 2024-12-25"`, nil, ban.CodeSyntax},
		{"a time without zone is none", "time", `"2024-12-25T10:00"`, nil, ban.CodeSyntax},
		{"an hour of one digit is no time", "time", `"2024-12-25T1:00:00Z"`, nil, ban.CodeSyntax},
		{"nor is a comma before the fraction", "time", `"2024-12-25T10:00:00,5Z"`, nil, ban.CodeSyntax},
		{"an empty string is no time", "time", `""`, time.Time{}, ""},
		{"a number is no time", "time", `1735120800`, nil, web.CodeType},
		{"the zero time does not mean none", "time", `"0001-01-01T00:00:00Z"`, nil, ban.CodeInPast},
		{"nor does its date", "time", `"0001-01-01"`, nil, ban.CodeInPast},
		{"blanks around a text are cut off", "trimmed", `" x y\n"`, "x y", ""},
		{"blanks alone are none", "trimmed", `"\t "`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := web.ParseObject([]byte(`{"a":`+tt.value+`}`), "a")
			if err != nil {
				t.Fatal(err)
			}
			got := reflect.ValueOf(read[tt.as](o))
			wantCode(t, o.Err(), "a", tt.code)
			switch {
			case got.IsNil():
				if tt.want != nil {
					t.Errorf("nil, want %v", tt.want)
				}
			case tt.as == "time":
				if at := got.Elem().Interface().(time.Time); tt.want == nil || !at.Equal(tt.want.(time.Time)) {
					t.Errorf("%v, want %v", at, tt.want)
				}
			case got.Elem().Interface() != tt.want:
				t.Errorf("%v, want %v", got.Elem(), tt.want)
			}
		})
	}
	for as, read := range read {
		o, _ := web.ParseObject([]byte(`{}`), "a")
		if got := read(o); !reflect.ValueOf(got).IsNil() || o.Err() != nil {
			t.Errorf("a missing %s is %v, %v", as, got, o.Err())
		}
	}
}

func TestTheFirstErrorSticks(t *testing.T) {
	o, err := web.ParseObject([]byte(`{"a":1,"b":2}`), "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	o.String("a")
	o.String("b")
	o.Fail(io.EOF)
	wantCode(t, o.Err(), "a", web.CodeType)
}

// FuzzParseObject compares with package encoding/json, which takes more: it is
// right about what is JSON, and about the values.
func FuzzParseObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":"x","b":null}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `[{}]`, `{"a":1}{}`, `{"a":{"a":[]}}`, ` { "a" : "\u0061" } `, "{\"a\xff\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := web.ParseObject(text)
		var std map[string]json.RawMessage
		stdErr := json.Unmarshal(text, &std)
		if err != nil {
			wrong, ok := errors.AsType[*ban.ValueError](err)
			if !ok || wrong.Field == "" && wrong.Code != ban.CodeDuplicate || len(wrong.Field) > 80 || wrong.Hint == "" {
				t.Fatalf("the error is %#v", err)
			}
			if stdErr == nil && std != nil && wrong.Code != ban.CodeDuplicate && wrong.Code != ban.CodeInvalidUTF8 {
				t.Errorf("%q is an object, but: %v", text, err)
			}
			return
		}
		if stdErr != nil || std == nil {
			t.Fatalf("%q is taken for an object; %v", text, stdErr)
		}
		var values map[string]any
		if d := json.NewDecoder(bytes.NewReader(text)); d.Decode(&values) != nil {
			return // a number out of range
		}
		for name, want := range values {
			got := o.String(name)
			if s, isText := want.(string); isText && got != nil && *got != s {
				t.Errorf("%q: %q is %q, want %q", text, name, *got, s)
			}
			if _, isText := want.(string); !isText && want != nil && got != nil {
				t.Errorf("%q: %q is taken for the text %q", text, name, *got)
			}
		}
	})
}
