package blocklist

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// endless reads a piece of text as often as it takes to be so long.
type endless struct {
	piece string
	left  int64
	at    int
}

func (e *endless) Read(b []byte) (n int, err error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for n < len(b) && int64(n) < e.left {
		k := copy(b[n:min(int64(len(b)), e.left)], e.piece[e.at:])
		e.at = (e.at + k) % len(e.piece)
		n += k
	}
	e.left -= int64(n)
	return n, nil
}

const hugeSize = 200 << 20

// huge are inputs of 200 MB that are one line, record or element, between two
// that are not.
var huge = map[string]struct {
	format               Format
	before, piece, after string
}{
	"a plain line":           {FormatPlain, "a.example\n", "x", "\nb.example\n"},
	"a comment":              {FormatNetset, "1.2.3.4\n#", "x", "\n1.2.3.5\n"},
	"a line of hosts":        {FormatHosts, "0.0.0.0 a.example\n", "0.0.0.0 ", "\n0.0.0.0 b.example\n"},
	"an Adblock filter":      {FormatAdblock, "||a.example^\n", "||", "\n||b.example^\n"},
	"a CSV record":           {FormatCSV, "domain\na.example\n", "x,", "\nb.example\n"},
	"a CSV record in quotes": {FormatCSV, "domain\na.example\n\"", "x", "\"\nb.example\n"},
	"a JSON string":          {FormatJSON, "[\"a.example\",\"", "x", "\",\"b.example\"]"},
	"nested JSON":            {FormatJSON, "[\"a.example\",[[", "[],", "0]],\"b.example\"]"},
}

func TestMemoryDoesNotDependOnTheLengthOfALine(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 200 MB per format: not in short mode")
	}
	for name, test := range huge {
		t.Run(name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(test.before), &endless{piece: strings.Repeat(test.piece, 10_000), left: hugeSize}, strings.NewReader(test.after))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			entries, rejects := 0, 0
			for l, err := range Parse(in, ParseOptions{Format: test.format}) {
				switch {
				case err != nil:
					t.Fatal(err)
				case l.Err == nil:
					entries++
				default:
					if rejects++; !strings.Contains(l.Err.Error(), "too long") || len(l.Text) > 4*maxText+3 {
						t.Errorf("%+v", l)
					}
				}
			}
			runtime.ReadMemStats(&after)
			if entries != 2 || rejects != 1 {
				t.Errorf("%d entries and %d rejects, want 2 and 1", entries, rejects)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
				t.Errorf("reading it allocated %d bytes", used)
			}
		})
	}
}

func TestLinesUpToTheLimitAreRead(t *testing.T) {
	for n := maxLine - 2; n <= maxLine+2; n++ {
		for _, end := range []string{"", "\n", "\r", "\r\n", "\nx"} {
			in := newInput(strings.NewReader(strings.Repeat("a", n) + end))
			text, long, ok := in.line()
			if !ok || long != (n > maxLine) || !long && len(text) != n {
				t.Errorf("%d bytes before %q: %d bytes, long: %v, %v", n, end, len(text), long, ok)
			}
			if _, _, ok := in.line(); ok != (end == "\nx") {
				t.Errorf("%d bytes before %q: another line: %v", n, end, ok)
			}
		}
	}
}

// However the bytes arrive, the lines are the same.
func TestLinesDoNotDependOnReads(t *testing.T) {
	lists := map[Format]string{
		FormatPlain: "a.example\r\nb.example\rc.example\r\n\r\nd.example\n\n\re.example",
		FormatCSV:   "domain,x\r\na.example,\"1\r\n2\r\"\r\nb.example,\rc.example,\r\n",
		FormatJSON:  "[\"a.example\",\r\n{\"ip\":\"1.2.3.4\"}]\r\n",
	}
	for f, list := range lists {
		// Far more than the buffer holds.
		if f == FormatPlain {
			list = strings.Repeat(list+"\n", 3000)
		}
		want := collect(t, strings.NewReader(list), f)
		for name, r := range map[string]io.Reader{
			"a byte at a time":            iotest.OneByteReader(strings.NewReader(list)),
			"half of what is asked for":   iotest.HalfReader(strings.NewReader(list)),
			"the end with the last bytes": iotest.DataErrReader(strings.NewReader(list)),
		} {
			got := collect(t, r, f)
			if len(got) != len(want) {
				t.Fatalf("%s of %v: %d lines, want %d", name, f, len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%s of %v: line %d is %+v, want %+v", name, f, i, got[i], want[i])
				}
			}
		}
	}
}

func collect(t *testing.T, r io.Reader, f Format) []Line {
	t.Helper()
	var lines []Line
	for l, err := range Parse(r, ParseOptions{Format: f}) {
		if err != nil || l.Err != nil {
			t.Fatal(err, l.Err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestAFailureOfTheReaderEndsTheList(t *testing.T) {
	broken := errors.New("connection lost")
	for f, list := range map[Format]string{
		FormatAuto:    "a.example\nb.exam",
		FormatPlain:   "a.example\nb.exam",
		FormatHosts:   "0.0.0.0 a.example\n0.0.0.0 b.exam",
		FormatAdblock: "||a.example^\n||b.exam",
		FormatNetset:  "1.2.3.4\n5.6.7.",
		FormatCSV:     "domain,x\na.example,\nb.exam",
		FormatJSON:    "[\"a.example\",\"b.exam",
	} {
		for name, list := range map[string]string{"in a line": list, "at once": ""} {
			t.Run(f.String()+" "+name, func(t *testing.T) {
				n := 0
				var last error
				for l, err := range Parse(io.MultiReader(strings.NewReader(list), iotest.ErrReader(broken)), ParseOptions{Format: f}) {
					if last = err; err == nil {
						n++
						if l.Err != nil {
							t.Errorf("a part of a line gives %v", l.Err)
						}
					}
				}
				if !errors.Is(last, broken) || n != min(1, len(list)) {
					t.Errorf("%d entries, then %v", n, last)
				}
			})
		}
	}
	for _, quoted := range []string{"domain,x\na.example,\"1", "domain,x\na.example,1"} {
		for l, err := range Parse(io.MultiReader(strings.NewReader(quoted), iotest.ErrReader(broken)), ParseOptions{Format: FormatCSV}) {
			if !errors.Is(err, broken) {
				t.Errorf("%q gives %+v, %v", quoted, l, err)
			}
		}
	}
}

func TestAReaderThatReadsNothingEndsTheList(t *testing.T) {
	for _, err := range Parse(stuck{}, ParseOptions{}) {
		if !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("the error is %v", err)
		}
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// Who leaves the loop gets no more lines, and has no more read for it.
func TestWhoLeavesTheLoopHasNothingMoreRead(t *testing.T) {
	for f, line := range map[Format]string{
		FormatPlain: "a%d.example\n", FormatHosts: "0.0.0.0 a%d.example b%[1]d.example\n", FormatAdblock: "||a%d.example^\n",
		FormatNetset: "192.0.2.0/2%d\n", FormatCSV: "a%d.example,x\n", FormatJSON: `"a%d.example",`,
	} {
		t.Run(f.String(), func(t *testing.T) {
			head := map[Format]string{FormatCSV: "domain,reason\n", FormatJSON: "["}[f]
			for leave := 1; leave <= 3; leave++ {
				list := io.Reader(&repeated{line: line})
				if f == FormatAdblock { // whose filters may be taken back until the end
					list = io.LimitReader(list, bufSize)
				}
				r := &counted{r: io.MultiReader(strings.NewReader(head), list)}
				got := 0
				for l, err := range Parse(r, ParseOptions{Format: f}) {
					if err != nil || l.Err != nil {
						t.Fatalf("%+v, %v", l, err)
					}
					if got++; got == leave {
						break
					}
				}
				if got != leave || r.n > 2*bufSize {
					t.Errorf("%d lines came of %d bytes, want %d lines", got, r.n, leave)
				}
			}
		})
	}
}

// repeated is a list without an end.
type repeated struct {
	line string
	n    int
	left []byte
}

func (e *repeated) Read(p []byte) (int, error) {
	if len(e.left) == 0 {
		e.left = fmt.Appendf(nil, e.line, e.n%9)
		e.n++
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
