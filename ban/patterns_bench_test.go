package ban_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// syllables make words and names that are alike: most of a name begins like a word.
var syllables = strings.Fields("an be co da en fi ga ho in jo ka lo ma ne or pi qu ro sa ti un va wo xi yo zu st er th ch")

func syllabic(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(syllables[rng.IntN(len(syllables))])
	}
	return b.String()
}

// mirrorWith returns a Checker with a mirror of rules of those values.
func mirrorWith(b testing.TB, kind ban.Kind, texts []string) *ban.Checker {
	b.Helper()
	st := memstore.New()
	var bans []store.Ban
	seen := make(map[string]bool)
	for _, text := range texts {
		v, err := ban.Parse(kind, text)
		if err != nil {
			b.Fatal(err)
		}
		if !seen[v.String()] {
			seen[v.String()] = true
			bans = append(bans, store.Ban{ID: uuid.New(), Kind: kind, Value: v.String(), KeyText: v.Key().Text})
		}
	}
	if _, err := st.CreateBans(b.Context(), bans, store.Change{Action: store.BanCreateMany}); err != nil {
		b.Fatal(err)
	}
	c, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// A name, and an address, are checked as fast with ten thousand patterns as with
// none, nearly.
func BenchmarkPatterns(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	words, others := make([]string, 10_000), make([]string, 10_000)
	for i := range words {
		words[i] = "*" + syllabic(rng, 3+rng.IntN(2)) + "*"
		others[i] = fmt.Sprintf("*word%d*@d%d.example", i, i%1000)
	}
	names, mails := make([]ban.Subject, 4096), make([]ban.Subject, 4096)
	for i := range names {
		names[i].Name = syllabic(rng, 3) + "-" + syllabic(rng, 2)
		mails[i].Email = syllabic(rng, 4) + fmt.Sprintf("@host%d.test", i)
	}
	for _, c := range []struct {
		name     string
		checker  *ban.Checker
		subjects []ban.Subject
	}{
		{"names, none", mirrorWith(b, ban.KindName, nil), names},
		{"names, 10000 words", mirrorWith(b, ban.KindName, words), names},
		{"addresses, none", mirrorWith(b, ban.KindEmail, nil), mails},
		{"addresses, 10000 at other domains", mirrorWith(b, ban.KindEmail, others), mails},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := c.checker.Check(b.Context(), c.subjects[i%len(c.subjects)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
