package value_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

// accepted is a table of values by what they show: input, canonical text, key.
type accepted map[string]struct{ in, text, key string }

func (table accepted) run(t *testing.T, kind value.Kind) {
	t.Helper()
	for rule, c := range table {
		t.Run(rule, func(t *testing.T) {
			v, err := value.Parse(kind, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind() != kind || v.String() != c.text || v.Key().Kind != kind || v.Key().Text != c.key {
				t.Errorf("Parse(%v, %q) = %v %q with key %q, want %q with key %q",
					kind, c.in, v.Kind(), v, v.Key().Text, c.text, c.key)
			}
			if again, err := value.Parse(kind, v.String()); again != v {
				t.Errorf("Parse(%v, %q) = %q, %v: not the value it is the text of", kind, v, again, err)
			}
		})
	}
}

// refused is a table of values by why they are refused: input, code.
type refused map[string]struct{ in, code string }

func (table refused) run(t *testing.T, kind value.Kind) {
	t.Helper()
	for rule, c := range table {
		t.Run(rule, func(t *testing.T) {
			v, err := value.Parse(kind, c.in)
			if v != (value.Value{}) {
				t.Errorf("Parse(%v, %q) = %q", kind, c.in, v)
			}
			wantValueError(t, err, kind.String(), c.code)
		})
	}
}

// every value of these is refused alike, whatever the kind.
func unfitForAnyKind() refused {
	return refused{
		"empty":                     {"", value.CodeEmpty},
		"white space":               {" \t\u00a0\u2028", value.CodeEmpty},
		"10 MB":                     {strings.Repeat("a", 10<<20), value.CodeTooLong},
		"10 MB of spaces":           {strings.Repeat(" ", 10<<20), value.CodeTooLong},
		"invalid UTF-8":             {"a\xffb", value.CodeInvalidUTF8},
		"cut-off UTF-8":             {"ab\xe2\x82", value.CodeInvalidUTF8},
		"NUL":                       {"a\x00b", value.CodeControl},
		"a line break inside":       {"a\nb", value.CodeControl},
		"a C1 control":              {"a\u0080b", value.CodeControl},
		"a right-to-left override":  {"a\u202eb", value.CodeInvisible},
		"a left-to-right isolate":   {"a\u2066b", value.CodeInvisible},
		"an Arabic letter mark":     {"a\u061cb", value.CodeInvisible},
		"a zero width space":        {"a\u200bb", value.CodeInvisible},
		"a zero width joiner":       {"a\u200db", value.CodeInvisible},
		"a byte order mark":         {"\ufeffab", value.CodeInvisible},
		"a soft hyphen":             {"a\u00adb", value.CodeInvisible},
		"a variation selector":      {"a\ufe0fb", value.CodeInvisible},
		"a tag":                     {"a\U000e0041b", value.CodeInvisible},
		"an interlinear annotation": {"a\ufff9b", value.CodeInvisible},
	}
}

func TestEveryKindRefuses(t *testing.T) {
	for _, kind := range []value.Kind{value.KindDomain, value.KindName} {
		t.Run(kind.String(), func(t *testing.T) { unfitForAnyKind().run(t, kind) })
	}
	t.Run("email", func(t *testing.T) {
		table := unfitForAnyKind()
		for rule, c := range table {
			if len(c.in) < 100 && strings.TrimSpace(c.in) != "" {
				c.in += "@example.com"
				table[rule] = c
			}
		}
		table.run(t, value.KindEmail)
	})
	t.Run("ip", func(t *testing.T) {
		table := unfitForAnyKind()
		delete(table, "a zero width joiner") // no rule of IP addresses is about joiners
		table.run(t, value.KindIP)
	})
}

func TestParseRefusesAKindThatIsNone(t *testing.T) {
	_, err := value.Parse(0, "x")
	wantValueError(t, err, "kind", value.CodeUnknown)
	_, err = value.Parse(200, "x")
	wantValueError(t, err, "kind", value.CodeUnknown)
}

func TestParseAnySeesTheKindFromTheForm(t *testing.T) {
	for in, want := range map[string]struct {
		kind value.Kind
		text string
	}{
		"J.Doe@Example.org":    {value.KindEmail, "j.doe@example.org"},
		"spam*@gmail.com":      {value.KindEmail, "spam*@gmail.com"},
		"203.0.113.7":          {value.KindIP, "203.0.113.7"},
		"203.0.113.7/24":       {value.KindIP, "203.0.113.0/24"},
		"2001:DB8::1":          {value.KindIP, "2001:db8::1"},
		"::/0":                 {value.KindIP, "::/0"},
		"example.com":          {value.KindDomain, "example.com"},
		"*.example.com":        {value.KindDomain, "*.example.com"},
		"domain:=localhost":    {value.KindDomain, "=localhost"},
		"admin":                {value.KindName, "admin"},
		"*admin*":              {value.KindName, "*admin*"},
		"12345":                {value.KindName, "12345"},
		"abc/24":               {value.KindName, "abc/24"},
		"name:john.doe":        {value.KindName, "john.doe"},
		"name:user@host":       {value.KindName, "user@host"},
		" Domain: localhost":   {value.KindDomain, "localhost"},
		"email:a@example.com":  {value.KindEmail, "a@example.com"},
		"IP:2001:db8::/32":     {value.KindIP, "2001:db8::/32"},
		"ip:::ffff:192.0.2.1 ": {value.KindIP, "192.0.2.1"},
		"name:phone:admin":     {value.KindName, "phone:admin"},
	} {
		t.Run(in, func(t *testing.T) {
			v, err := value.ParseAny(in)
			if err != nil || v.Kind() != want.kind || v.String() != want.text {
				t.Errorf("ParseAny(%q) = %v %q, %v; want %v %q", in, v.Kind(), v, err, want.kind, want.text)
			}
		})
	}
}

func TestParseAnyRefusesWhatIsMeantAsAnAddressAndIsNone(t *testing.T) {
	for in, field := range map[string]string{
		"1.2.3.4/33": "ip", "1.2.3": "ip", "1.2.3.4.5": "ip", "fe80::1%eth0": "ip", "[2001:db8::1]": "ip",
		"a@b@c": "email", "@example.com": "email", "foo_bar.example.com": "domain", "*.": "domain", "ip:example.com": "ip",
		"": "value", strings.Repeat("a", 10<<20): "value", "junk\xff@x": "value",
	} {
		_, err := value.ParseAny(in)
		var ve *value.ValueError
		if !errors.As(err, &ve) || ve.Field != field {
			t.Errorf("ParseAny(%.20q): %v, want a *ValueError about %s", in, err, field)
		}
	}
}

func TestAnErrorRepeatsOnlyAShortStretchOfItsValue(t *testing.T) {
	_, err := value.ParseEmail(strings.Repeat("\u202e", 1000))
	var ve *value.ValueError
	if !errors.As(err, &ve) || len([]rune(ve.Value)) > 65 {
		t.Fatalf("the error holds %v", err)
	}
	text := (&value.ValueError{Field: "name", Value: strings.Repeat("x", 10<<20), Code: "of a host", Hint: "h"}).Error()
	if len(text) > 200 || !strings.Contains(text, "name \"xxx") || !strings.HasSuffix(text, "is not valid: h") {
		t.Errorf("the text is %q", text)
	}
}

func TestTheTextOfAnError(t *testing.T) {
	_, err := value.ParsePrefix("1.2.3.4/33")
	const want = `ip "1.2.3.4/33" is out of range: the prefix of an IPv4 address is 0 to 32 bits long`
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v\nwant %s", err, want)
	}
}
