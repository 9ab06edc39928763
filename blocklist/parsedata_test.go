package blocklist_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/refdata"
	"example.com/ostraka/memstore"
)

func TestListsInUseAreReadWithoutRejects(t *testing.T) {
	for file, want := range map[string]struct {
		kind ban.Kind
		n    int
	}{
		"disposable-domains.txt": {ban.KindDomain, 74688},
		"datacenter-ipv4.txt":    {ban.KindIP, 42566},
		"datacenter-ipv6.txt":    {ban.KindIP, 8752},
	} {
		t.Run(file, func(t *testing.T) {
			f, err := os.Open(refdata.Path(t, file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			n := 0
			for l, err := range blocklist.Parse(f, blocklist.ParseOptions{Kind: want.kind}) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; l.Err != nil || l.Number != n || l.Value.Kind() != want.kind {
					t.Errorf("line %d is %+v", n, l)
				}
			}
			if n != want.n {
				t.Errorf("%d entries, want %d", n, want.n)
			}
		})
	}
}

// Lists in use, read without a word about them, as they are and in another order:
// what a Sync says of their format and kinds.
func TestListsInUseAreRecognised(t *testing.T) {
	for file, want := range map[string]struct {
		format blocklist.Format
		kind   ban.Kind
		n      int
	}{
		"disposable-domains.txt": {blocklist.FormatPlain, ban.KindDomain, 74670},
		"datacenter-ipv4.txt":    {blocklist.FormatNetset, ban.KindIP, 42566},
		"datacenter-ipv6.txt":    {blocklist.FormatNetset, ban.KindIP, 8752},
	} {
		t.Run(file, func(t *testing.T) {
			lines := readLines(t, file)
			for _, order := range []string{"as it is", "shuffled"} {
				a := newAdmin(t, memstore.New())
				r, err := trySync(a, "l", strings.Join(lines, "\n"), blocklist.SyncOptions{AllowWide: want.kind == ban.KindIP})
				t.Logf("%s, %s: %s, %v, %s", file, order, r.Format, r.Kinds, counts(r))
				if err != nil || r.Format != want.format || len(r.Kinds) != 1 || r.Kinds[want.kind] != want.n {
					t.Errorf("%s: %v, %s, %v; want %s with %d %s", order, err, r.Format, r.Kinds, want.format, want.n, want.kind)
				}
				rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			}
		})
	}
}

// BenchmarkParse reads the same domains in every format that has domains.
func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile(refdata.Path(b, "disposable-domains.txt"))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("auto", func(b *testing.B) { benchmarkParse(b, data, blocklist.ParseOptions{}) })
	b.Run("plain, kind known", func(b *testing.B) {
		benchmarkParse(b, data, blocklist.ParseOptions{Format: blocklist.FormatPlain, Kind: ban.KindDomain})
	})
	for _, f := range []blocklist.Format{blocklist.FormatHosts, blocklist.FormatAdblock, blocklist.FormatCSV, blocklist.FormatJSON} {
		var list bytes.Buffer
		if err := blocklist.Write(&list, f, blocklist.Parse(bytes.NewReader(data), blocklist.ParseOptions{Kind: ban.KindDomain})); err != nil {
			b.Fatal(err)
		}
		b.Run(f.String(), func(b *testing.B) { benchmarkParse(b, list.Bytes(), blocklist.ParseOptions{Format: f}) })
	}
}

func benchmarkParse(b *testing.B, list []byte, o blocklist.ParseOptions) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for l, err := range blocklist.Parse(bytes.NewReader(list), o) {
			if err != nil || l.Err != nil {
				b.Fatal(err, l.Err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
}
