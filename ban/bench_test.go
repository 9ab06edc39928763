package ban_test

import (
	"context"
	"fmt"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

const benchRules = 100_000

// benchStore returns a store of domains, addresses, prefixes and names.
func benchStore(b *testing.B) *memstore.Store {
	b.Helper()
	st := memstore.New()
	all := make([]ban.CreateOptions, 0, benchRules)
	for i := range benchRules {
		o := ban.CreateOptions{Force: true}
		switch {
		case i%10 < 7:
			o.Kind, o.Value = ban.KindDomain, fmt.Sprintf("d%d.example", i)
		case i%10 < 9:
			o.Kind, o.Value = ban.KindIP, fmt.Sprintf("%d.%d.%d.0/24", 1+i>>16&127, i>>8&255, i&255)
		case i%100 < 99:
			o.Kind, o.Value = ban.KindEmail, fmt.Sprintf("user%d@gmail.com", i)
		default:
			o.Kind, o.Value = ban.KindName, fmt.Sprintf("name%d", i)
		}
		all = append(all, o)
	}
	if result, err := newAdmin(b, st).CreateMany(as("bench"), all); err != nil || len(result.Rejected) > 0 {
		b.Fatal(err, result.Rejected)
	}
	return st
}

// BenchmarkCheck times a subject with all four fields that no rule matches: of
// one that was asked about before, and of one never seen.
func BenchmarkCheck(b *testing.B) {
	st := benchStore(b)
	ctx := context.Background()
	run := func(b *testing.B, opts ban.CheckerOptions, subject func(i int) ban.Subject) {
		c := newChecker(b, st, opts)
		check(b, c, subject(0))
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			if d, err := c.Check(ctx, subject(i)); err != nil || d.Verdict != ban.Allowed {
				b.Fatal(d, err)
			}
		}
	}
	same := ban.Subject{Email: "somebody@mail.example.net", Domain: "www.example.org", IP: "198.51.100.7", Name: "somebody"}
	b.Run("warm", func(b *testing.B) {
		run(b, ban.CheckerOptions{}, func(int) ban.Subject { return same })
	})
	b.Run("cold", func(b *testing.B) {
		subjects := make([]ban.Subject, 1<<16)
		for i := range subjects {
			subjects[i] = ban.Subject{
				Email: fmt.Sprintf("s%d@mail%d.example.net", i, i), Domain: fmt.Sprintf("www%d.example.org", i),
				IP: fmt.Sprintf("198.51.%d.%d", i>>8, i&255), Name: fmt.Sprintf("somebody%d", i),
			}
		}
		run(b, ban.CheckerOptions{CacheSize: 16}, func(i int) ban.Subject { return subjects[i%len(subjects)] })
	})
}
