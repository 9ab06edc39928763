package ban_test

import (
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// BenchmarkCheckMailHosts times a check of an address that was seen before, without
// MX as the baseline, and with its two mail hosts and their three addresses.
func BenchmarkCheckMailHosts(b *testing.B) {
	for _, mode := range []struct {
		name   string
		mirror bool
		mx     ban.MXOptions
	}{
		{"cached/off", false, ban.MXOptions{}},
		{"cached/on", false, ban.MXOptions{Resolver: exampleZone()}},
		{"mirror/off", true, ban.MXOptions{}},
		{"mirror/on", true, ban.MXOptions{Resolver: exampleZone()}},
	} {
		b.Run(mode.name, func(b *testing.B) {
			c := newChecker(b, memstore.New(), ban.CheckerOptions{Mirror: mode.mirror, MX: mode.mx})
			b.ReportAllocs()
			for b.Loop() {
				if d, err := c.Check(b.Context(), ban.Subject{Email: "ann@two.example"}); err != nil || d.Verdict != ban.Allowed {
					b.Fatal(d.Verdict, err)
				}
			}
		})
	}
}
