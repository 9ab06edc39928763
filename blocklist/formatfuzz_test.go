package blocklist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/ostraka/ban"
)

var listSeeds = []string{
	"", "a.example\nB.example # x\r\n1.2.3.4/24\ra@b.example\nname:x y", "\ufeff# c\n; d\n\xff\n-",
	"0.0.0.0 localhost a.example\n127.0.0.1 localhost\n:: b_c.example\nx", "fe80::1%lo0 localhost",
	"[Adblock]\n! x\n||a.example^\n@@||1.2.3.4^\n||[::1]^\n||x^$third-party\na##b", "||*.a.example^\n||^",
	"1.2.3.4\n2001:db8::/32 ; x\n1.1.1.1-1.1.1.9",
	"#domain,#severity\na.example,suspend\nb.example,\"x\"\"y\n\"\n\"c", "value,kind,effect,scope,shadow\nx,name,allow,\"mail,alias\",1\n,,,,",
	"[\"a\\u002eb\",\n{\"ip\":\"::1\",\"shadow\":true},[{}],\"]\"]", "[\"", "[1,}", "<html>", "\x1f\x8b",
}

func FuzzParsePlain(f *testing.F)   { fuzzParse(f, FormatPlain) }
func FuzzParseHosts(f *testing.F)   { fuzzParse(f, FormatHosts) }
func FuzzParseAdblock(f *testing.F) { fuzzParse(f, FormatAdblock) }
func FuzzParseNetset(f *testing.F)  { fuzzParse(f, FormatNetset) }
func FuzzParseCSV(f *testing.F)     { fuzzParse(f, FormatCSV) }
func FuzzParseJSON(f *testing.F)    { fuzzParse(f, FormatJSON) }
func FuzzParseAuto(f *testing.F)    { fuzzParse(f, FormatAuto) }

func fuzzParse(f *testing.F, format Format) {
	for _, s := range listSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		number, ended := 1, false
		for l, err := range Parse(bytes.NewReader(list), ParseOptions{Format: format}) {
			if ended {
				t.Fatalf("%q yields more after an error", list)
			}
			if ended = err != nil; ended {
				checkFormatError(t, list, err)
				continue
			}
			if l.Number < number || l.Number > 1+bytes.Count(list, []byte("\n"))+bytes.Count(list, []byte("\r")) {
				t.Fatalf("%q has line %d after line %d", list, l.Number, number)
			}
			number = l.Number
			checkLine(t, list, l)
		}
	})
}

func checkFormatError(t *testing.T, list []byte, err error) {
	t.Helper()
	var notList *FormatError
	if !errors.As(err, &notList) || notList.Hint == "" || !utf8.ValidString(err.Error()) {
		t.Fatalf("%q gives %v", list, err)
	}
}

// checkLine holds what is so for every Line.
func checkLine(t *testing.T, list []byte, l Line) {
	t.Helper()
	if l.Value.IsZero() == (l.Err == nil) {
		t.Fatalf("%q has a line with value %q and error %v", list, l.Value, l.Err)
	}
	if !utf8.ValidString(l.Text) || utf8.RuneCountInString(l.Text) > maxText+1 {
		t.Fatalf("%q has a line shown as %q", list, l.Text)
	}
	if l.Effect > ban.Allow || !l.Scope.Valid() {
		t.Fatalf("%q has %+v", list, l)
	}
	if l.Err == nil {
		if again, err := ban.Parse(l.Value.Kind(), l.Value.String()); err != nil || again != l.Value {
			t.Fatalf("%q has the value %q, which is %q, %v", list, l.Value, again, err)
		}
		return
	}
	var ve *ban.ValueError
	if !errors.As(l.Err, &ve) || ve.Field == "" || ve.Code == "" || ve.Hint == "" || !utf8.ValidString(ve.Error()) {
		t.Fatalf("%q has a line rejected for %#v", list, l.Err)
	}
}

// The lines of a list without a header are the same entries in any order.
func FuzzParseShuffled(f *testing.F) {
	for i, s := range listSeeds {
		f.Add(s, uint64(i))
	}
	f.Add("||a.example^\n||b.a.example^$important\n@@||a.example^\n||c.example^$badfilter\n||c.example^\n203.0.113.1-203.0.113.9\n", uint64(1))
	f.Add("user\na.example\n0 b.example\nAS1\n1.2.3.4\t5\n.c.example\nname:x\n'd.example',\n", uint64(2))
	f.Fuzz(func(t *testing.T, list string, seed uint64) {
		lines := slices.DeleteFunc(strings.FieldsFunc(strings.TrimPrefix(list, utf8BOM), func(r rune) bool { return r == '\n' || r == '\r' }), headsAList)
		// The first line says that these are lines, and no message.
		lines = append(lines, "first.example")
		last := len(lines) - 1
		lines[0], lines[last] = lines[last], lines[0]
		want := entrySet(lines)
		rest := lines[1:]
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		if got := entrySet(lines); !maps.Equal(got, want) {
			t.Fatalf("%q shuffled to %q gives %v, want %v", list, lines, got, want)
		}
	})
}

// headsAList reports whether a line makes what is below it something else than
// lines, wherever it comes first.
func headsAList(line string) bool {
	return strings.HasPrefix(line, utf8BOM) || isHeader([]byte(line))
}

// entrySet returns what the lines mean, nil if they are no list.
func entrySet(lines []string) map[string]bool {
	all := make(map[string]bool)
	for l, err := range Parse(strings.NewReader(strings.Join(lines, "\n")), ParseOptions{}) {
		if err != nil {
			return nil
		}
		if l.Err == nil {
			all[fmt.Sprint(l.Value.Kind(), l.Value, l.Effect, l.Scope, l.Shadow, l.Format)] = true
		}
	}
	return all
}

// Whatever a list of any format says, Write says so that Parse reads the same.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range listSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		var entries []Line
		for l, err := range Parse(bytes.NewReader(list), ParseOptions{}) {
			if err == nil && l.Err == nil {
				entries = append(entries, Line{Value: l.Value, Effect: l.Effect, Scope: l.Scope, Shadow: l.Shadow})
			}
		}
		for format := FormatPlain; format.valid(); format++ {
			written, out := writable(t, entries, format)
			var got []Line
			for l, err := range Parse(bytes.NewReader(out), ParseOptions{Format: format}) {
				if err != nil || l.Err != nil {
					t.Fatalf("%q is written as %q, which gives %v, %v", list, out, err, l.Err)
				}
				got = append(got, Line{Value: l.Value, Effect: l.Effect, Scope: l.Scope, Shadow: l.Shadow})
			}
			if !slices.Equal(got, written) {
				t.Fatalf("%v is written as %q, which is read as %v", written, out, got)
			}
		}
	})
}

// writable returns those of the entries that the format can say, and them
// written.
func writable(t *testing.T, entries []Line, format Format) (written []Line, out []byte) {
	var buf bytes.Buffer
	for {
		buf.Reset()
		err := Write(&buf, format, func(yield func(Line, error) bool) {
			for _, l := range entries {
				if !yield(l, nil) {
					return
				}
			}
		})
		var unfit *WriteError
		if err == nil {
			return entries, buf.Bytes()
		}
		if !errors.As(err, &unfit) || format == FormatCSV || format == FormatJSON {
			t.Fatal(err)
		}
		entries = slices.Delete(slices.Clone(entries), unfit.Entry-1, unfit.Entry)
	}
}

// Records are split as encoding/csv splits them, where it takes them at all.
// Only CR alone ends a line here and none there.
func FuzzSplitRecord(f *testing.F) {
	for _, s := range listSeeds {
		f.Add(s)
	}
	f.Add("\"a\"\"b\",c\n\n,\n\"\n\n\",")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\r") {
			return
		}
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || len(text) > maxRecord {
			return
		}
		c := &csvParser{parser: &parser{in: newInput(strings.NewReader(text))}}
		var got [][]string
		for {
			hint, ok := c.next()
			if !ok {
				break
			}
			if hint != "" {
				t.Fatalf("%q: %s", text, hint)
			}
			var cells []string
			for _, cell := range c.cells {
				cells = append(cells, string(cell))
			}
			if len(cells) > 1 || cells[0] != "" {
				got = append(got, cells)
			}
		}
		// A quoted cell that is empty, alone on its line, is a record there.
		want = slices.DeleteFunc(want, func(cells []string) bool { return len(cells) == 1 && cells[0] == "" })
		if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Fatalf("%q is split into %q, want %q", text, got, want)
		}
		if n := strings.Count(text, "\n"); c.in.number != n && c.in.number != n+1 {
			t.Fatalf("%q has %d lines", text, c.in.number)
		}
	})
}
