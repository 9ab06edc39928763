package blocklist_test

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

var sayingFormats = []blocklist.Format{
	blocklist.FormatPlain, blocklist.FormatHosts, blocklist.FormatAdblock,
	blocklist.FormatNetset, blocklist.FormatCSV, blocklist.FormatJSON,
}

// entryOf returns an entry with that value, as ban.ParseAny reads it.
func entryOf(t testing.TB, value string, change func(*blocklist.Line)) blocklist.Line {
	t.Helper()
	v, err := ban.ParseAny(value)
	if err != nil {
		t.Fatal(err)
	}
	l := blocklist.Line{Value: v}
	if change != nil {
		change(&l)
	}
	return l
}

func sequence(lines ...blocklist.Line) iter.Seq2[blocklist.Line, error] {
	return func(yield func(blocklist.Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	allow := func(l *blocklist.Line) { l.Effect = ban.Allow }
	review := func(l *blocklist.Line) { l.Effect = ban.Review }
	shadow := func(l *blocklist.Line) { l.Shadow = true }
	scoped := func(l *blocklist.Line) { l.Scope = mustScope(ban.SignUp, ban.Mail) }
	for name, test := range map[string]struct {
		value  string
		change func(*blocklist.Line)
		in     string // the formats that can say it; CSV and JSON always can
	}{
		"a domain":                   {"example.com", nil, "plain hosts adblock"},
		"its subdomains alone":       {"*.example.com", nil, "plain adblock"},
		"one host":                   {"=example.com", nil, "plain"},
		"a domain of one label":      {"domain:test", nil, "plain hosts adblock"},
		"the machine itself":         {"domain:localhost", nil, "plain adblock"},
		"an address":                 {"192.0.2.1", nil, "plain adblock netset"},
		"an IPv6 address":            {"2001:db8::1", nil, "plain adblock netset"},
		"a prefix":                   {"192.0.2.0/24", nil, "plain netset"},
		"an e-mail address":          {"a@example.com", nil, "plain"},
		"a pattern of addresses":     {`\*a*@example.com`, nil, "plain"},
		"a name":                     {"bob", nil, "plain"},
		"a pattern of names":         {"*admin*", nil, "plain"},
		"a name like a domain":       {"name:john.doe", nil, "plain"},
		"a name like an address":     {"name:1.2.3.4", nil, "plain"},
		"a name that says a kind":    {"name:name:x", nil, "plain"},
		"a name like a comment":      {"name:#1", nil, "plain"},
		"a name with a comment":      {"name:we are #1", nil, ""},
		"a name like a filter":       {"name:||x^", nil, "plain"},
		"a name like HTML":           {"name:<html", nil, "plain"},
		"a name with quotes":         {`name:"a", b`, nil, "plain"},
		"a name in another script":   {"имя", nil, "plain"},
		"an exception":               {"example.com", allow, "adblock"},
		"an exception of an address": {"2001:db8::1", allow, "adblock"},
		"something to review":        {"example.com", review, ""},
		"a shadow":                   {"example.com", shadow, ""},
		"a scope":                    {"example.com", scoped, ""},
		"a shadow of an exception":   {"192.0.2.1", func(l *blocklist.Line) { l.Effect, l.Shadow = ban.Allow, true }, ""},
	} {
		entry := entryOf(t, test.value, test.change)
		for _, f := range sayingFormats {
			t.Run(name+" as "+f.String(), func(t *testing.T) {
				sayable := f == blocklist.FormatCSV || f == blocklist.FormatJSON || strings.Contains(" "+test.in+" ", " "+f.String()+" ")
				checkRoundTrip(t, entry, f, sayable)
			})
		}
	}
}

// checkRoundTrip writes an entry, after one that the format can say, and reads
// it again.
func checkRoundTrip(t *testing.T, entry blocklist.Line, f blocklist.Format, sayable bool) {
	t.Helper()
	first := entryOf(t, "first.example", nil)
	if f == blocklist.FormatNetset {
		first = entryOf(t, "198.51.100.1", nil)
	}
	var out bytes.Buffer
	err := blocklist.Write(&out, f, sequence(first, entry))
	var unfit *blocklist.WriteError
	switch {
	case err != nil && !errors.As(err, &unfit):
		t.Fatal(err)
	case err != nil && (unfit.Entry != 2 || unfit.Value != entry.Value || unfit.Format != f):
		t.Errorf("the error is %+v", unfit)
	case (err == nil) != sayable:
		t.Errorf("%v is written as %q, %v", entry, out.String(), err)
	case err == nil:
		if got, want := yields(out.String(), blocklist.ParseOptions{Format: f}), said(first)+"; "+said(entry); withoutNumbers(got) != withoutNumbers(want) {
			t.Errorf("%q is read as\n%s\nwant\n%s", out.String(), got, want)
		}
	}
}

func withoutNumbers(said string) string {
	lines := strings.Split(said, "; ")
	for i, l := range lines {
		_, lines[i], _ = strings.Cut(l, " ")
	}
	return strings.Join(lines, "; ")
}

func TestAnEmptyListIsReadAgain(t *testing.T) {
	for _, f := range sayingFormats {
		var out bytes.Buffer
		if err := blocklist.Write(&out, f, sequence()); err != nil {
			t.Error(err)
		}
		if got := yields(out.String(), blocklist.ParseOptions{Format: f}); got != "" {
			t.Errorf("an empty %v list is %q, read as %s", f, out.String(), got)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	broken := errors.New("connection lost")
	failing := func(yield func(blocklist.Line, error) bool) { yield(blocklist.Line{}, broken) }
	entry := entryOf(t, "example.com", nil)
	rejected := blocklist.Line{Number: 7, Err: ban.NewValueError("line", "x", ban.CodeSyntax, "y")}
	unknown := entry
	unknown.Effect = 9
	for _, f := range sayingFormats {
		if err := blocklist.Write(io.Discard, f, failing); !errors.Is(err, broken) {
			t.Errorf("%v: the error of the entries becomes %v", f, err)
		}
		for what, l := range map[string]blocklist.Line{"a rejected line": rejected, "no value": {}, "an unknown effect": unknown} {
			var unfit *blocklist.WriteError
			if err := blocklist.Write(io.Discard, f, sequence(l)); !errors.As(err, &unfit) || unfit.Entry != 1 || unfit.Hint == "" {
				t.Errorf("%v: %s gives %v", f, what, err)
			}
		}
		if f == blocklist.FormatNetset {
			entry = entryOf(t, "1.2.3.4", nil)
		} else {
			entry = entryOf(t, "example.com", nil)
		}
		if err := blocklist.Write(full{}, f, sequence(entry)); !errors.Is(err, errFull) {
			t.Errorf("%v: a writer that fails gives %v", f, err)
		}
	}
	for _, f := range []blocklist.Format{blocklist.FormatAuto, 99} {
		var ve *ban.ValueError
		if err := blocklist.Write(io.Discard, f, sequence(entry)); !errors.As(err, &ve) {
			t.Errorf("%v: %v", f, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func BenchmarkWrite(b *testing.B) {
	entry := entryOf(b, "disposable.example", nil)
	for _, f := range []blocklist.Format{blocklist.FormatPlain, blocklist.FormatCSV, blocklist.FormatJSON} {
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			entries := func(yield func(blocklist.Line, error) bool) {
				for b.Loop() {
					if !yield(entry, nil) {
						return
					}
				}
			}
			if err := blocklist.Write(io.Discard, f, entries); err != nil {
				b.Fatal(err)
			}
		})
	}
}
