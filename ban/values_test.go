package ban_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban"
)

// accepted is a table of values by what they show: input, canonical text, key.
type accepted map[string]struct{ in, text, key string }

func (table accepted) run(t *testing.T, kind ban.Kind) {
	t.Helper()
	for rule, c := range table {
		t.Run(rule, func(t *testing.T) {
			v, err := ban.Parse(kind, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind() != kind || v.String() != c.text || v.Key().Kind != kind || v.Key().Text != c.key {
				t.Errorf("Parse(%v, %q) = %v %q with key %q, want %q with key %q",
					kind, c.in, v.Kind(), v, v.Key().Text, c.text, c.key)
			}
			if again, err := ban.Parse(kind, v.String()); again != v {
				t.Errorf("Parse(%v, %q) = %q, %v: not the value it is the text of", kind, v, again, err)
			}
		})
	}
}

// refused is a table of values by why they are refused: input, code.
type refused map[string]struct{ in, code string }

func (table refused) run(t *testing.T, kind ban.Kind) {
	t.Helper()
	for rule, c := range table {
		t.Run(rule, func(t *testing.T) {
			v, err := ban.Parse(kind, c.in)
			if v != (ban.Value{}) {
				t.Errorf("Parse(%v, %q) = %q", kind, c.in, v)
			}
			wantValueError(t, err, kind.String(), c.code)
		})
	}
}

// every value of these is refused alike, whatever the kind.
func unfitForAnyKind() refused {
	return refused{
		"empty":                     {"", ban.CodeEmpty},
		"white space":               {" \t\u00a0\u2028", ban.CodeEmpty},
		"10 MB":                     {strings.Repeat("a", 10<<20), ban.CodeTooLong},
		"10 MB of spaces":           {strings.Repeat(" ", 10<<20), ban.CodeTooLong},
		"invalid UTF-8":             {"a\xffb", ban.CodeInvalidUTF8},
		"cut-off UTF-8":             {"ab\xe2\x82", ban.CodeInvalidUTF8},
		"NUL":                       {"a\x00b", ban.CodeControl},
		"a line break inside":       {"a\nb", ban.CodeControl},
		"a C1 control":              {"a\u0080b", ban.CodeControl},
		"a right-to-left override":  {"a\u202eb", ban.CodeInvisible},
		"a left-to-right isolate":   {"a\u2066b", ban.CodeInvisible},
		"an Arabic letter mark":     {"a\u061cb", ban.CodeInvisible},
		"a zero width space":        {"a\u200bb", ban.CodeInvisible},
		"a zero width joiner":       {"a\u200db", ban.CodeInvisible},
		"a byte order mark":         {"\ufeffab", ban.CodeInvisible},
		"a soft hyphen":             {"a\u00adb", ban.CodeInvisible},
		"a variation selector":      {"a\ufe0fb", ban.CodeInvisible},
		"a tag":                     {"a\U000e0041b", ban.CodeInvisible},
		"an interlinear annotation": {"a\ufff9b", ban.CodeInvisible},
	}
}

func TestEveryKindRefuses(t *testing.T) {
	for _, kind := range []ban.Kind{ban.KindDomain, ban.KindName} {
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
		table.run(t, ban.KindEmail)
	})
	t.Run("ip", func(t *testing.T) {
		table := unfitForAnyKind()
		delete(table, "a zero width joiner") // no rule of IP addresses is about joiners
		table.run(t, ban.KindIP)
	})
}

func TestParseRefusesAKindThatIsNone(t *testing.T) {
	_, err := ban.Parse(0, "x")
	wantValueError(t, err, "kind", ban.CodeUnknown)
	_, err = ban.Parse(200, "x")
	wantValueError(t, err, "kind", ban.CodeUnknown)
}

func TestParseAnySeesTheKindFromTheForm(t *testing.T) {
	for in, want := range map[string]struct {
		kind ban.Kind
		text string
	}{
		"J.Doe@Example.org":    {ban.KindEmail, "j.doe@example.org"},
		"spam*@gmail.com":      {ban.KindEmail, "spam*@gmail.com"},
		"203.0.113.7":          {ban.KindIP, "203.0.113.7"},
		"203.0.113.7/24":       {ban.KindIP, "203.0.113.0/24"},
		"2001:DB8::1":          {ban.KindIP, "2001:db8::1"},
		"::/0":                 {ban.KindIP, "::/0"},
		"example.com":          {ban.KindDomain, "example.com"},
		"*.example.com":        {ban.KindDomain, "*.example.com"},
		"=localhost":           {ban.KindDomain, "=localhost"},
		"admin":                {ban.KindName, "admin"},
		"*admin*":              {ban.KindName, "*admin*"},
		"12345":                {ban.KindName, "12345"},
		"abc/24":               {ban.KindName, "abc/24"},
		"name:john.doe":        {ban.KindName, "john.doe"},
		"name:user@host":       {ban.KindName, "user@host"},
		" Domain: localhost":   {ban.KindDomain, "localhost"},
		"email:a@example.com":  {ban.KindEmail, "a@example.com"},
		"IP:2001:db8::/32":     {ban.KindIP, "2001:db8::/32"},
		"ip:::ffff:192.0.2.1 ": {ban.KindIP, "192.0.2.1"},
		"phone:admin":          {ban.KindName, "phone:admin"},
	} {
		t.Run(in, func(t *testing.T) {
			v, err := ban.ParseAny(in)
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
		_, err := ban.ParseAny(in)
		var ve *ban.ValueError
		if !errors.As(err, &ve) || ve.Field != field {
			t.Errorf("ParseAny(%.20q): %v, want a *ValueError about %s", in, err, field)
		}
	}
}

func TestAnErrorRepeatsOnlyAShortStretchOfItsValue(t *testing.T) {
	_, err := ban.ParseEmail(strings.Repeat("\u202e", 1000))
	var ve *ban.ValueError
	if !errors.As(err, &ve) || len([]rune(ve.Value)) > 65 {
		t.Fatalf("the error holds %v", err)
	}
	text := (&ban.ValueError{Field: "name", Value: strings.Repeat("x", 10<<20), Code: "of a host", Hint: "h"}).Error()
	if len(text) > 200 || !strings.Contains(text, "name \"xxx") || !strings.HasSuffix(text, "is not valid: h") {
		t.Errorf("the text is %q", text)
	}
}

func TestTheTextOfAnError(t *testing.T) {
	_, err := ban.ParsePrefix("1.2.3.4/33")
	const want = `ip "1.2.3.4/33" is out of range: the prefix of an IPv4 address is 0 to 32 bits long`
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v\nwant %s", err, want)
	}
}
