package ban_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// BenchmarkHashed has a Check of four fields beside 100,000 hashed bans, a tenth of them of
// names, and beside as many plain ones, which is the baseline.
func BenchmarkHashed(b *testing.B) {
	ring := ban.KeyRing{"k1": secret('a')}
	for _, hashed := range []bool{false, true} {
		st := memstore.New()
		bans := make([]store.Ban, 100_000)
		for i := range bans {
			kind, text := ban.KindEmail, fmt.Sprintf("u%d@gmail.com", i)
			if i%10 == 0 {
				kind, text = ban.KindName, fmt.Sprintf("narne%d", i)
			}
			if hashed {
				text = hashOf("k1", ring["k1"], kind.String(), text)
			}
			bans[i] = store.Ban{ID: uuid.New(), Kind: kind, Value: text, KeyText: text}
		}
		if _, err := st.CreateBans(b.Context(), bans, store.Change{Action: store.BanCreateMany}); err != nil {
			b.Fatal(err)
		}
		c, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true, Keys: ring})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		subjects := make([]ban.Subject, 1<<16)
		for i := range subjects {
			subjects[i] = stranger(i)
		}
		b.Run(fmt.Sprintf("mirror/hashed=%t", hashed), func(b *testing.B) {
			n := 0
			checkEach(b, c, ban.Allowed, func() ban.Subject { n++; return subjects[n%len(subjects)] })
		})
	}
}
