package blocklist_test

import (
	"bytes"
	"os"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/refdata"
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
