package ban_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// BenchmarkHashed has a Check of four fields of strangers beside 100,000 hashed bans, and
// beside as many plain ones. Both take turns; x is how many times as long the hashed one
// takes, and floor-x what it would be if nothing but the HMACs came to the plain check, one
// for each field that is hashed. Cold is a look-up in SQLite for every check.
func BenchmarkHashed(b *testing.B) {
	ring := ban.KeyRing{"k1": secret('a')}
	for name, c := range map[string]struct {
		names int // every so many bans is of a name; 0: none is
		cold  bool
	}{
		"mirror/of addresses":       {},
		"mirror/and names, a tenth": {names: 10},
		"cold/of addresses":         {cold: true},
		"cold/and names, a tenth":   {names: 10, cold: true},
	} {
		b.Run(name, func(b *testing.B) {
			var stores [2]store.Store // with plain and hashed bans
			for i, hashed := range []bool{false, true} {
				stores[i] = hashedStore(b, c.cold, func(st store.Store) { fillHashed(b, st, ring, c.names, hashed) })
			}
			var checkers [2]*ban.Checker
			for i, st := range stores {
				o := ban.CheckerOptions{Mirror: !c.cold}
				if i == 1 {
					o.Keys = ring // a Checker that has keys hashes for every look-up in a store
				}
				if c.cold {
					o.CacheSize = 1
				}
				var err error
				if checkers[i], err = ban.NewChecker(st, o); err != nil {
					b.Fatal(err)
				}
				defer checkers[i].Close()
			}
			subjects := make([]ban.Subject, 1<<16)
			for i := range subjects {
				subjects[i] = stranger(i)
			}
			bare := hmac.New(sha256.New, ring["k1"])
			var sum [sha256.Size]byte
			const turn = 64
			var took [2]time.Duration
			var floor time.Duration
			n := 0
			for b.Loop() {
				for i := range checkers {
					i ^= n / turn & 1 // each goes first as often as the other
					checker := checkers[i]
					began := time.Now()
					for k := range turn {
						if d, err := checker.Check(b.Context(), subjects[(n+k)%len(subjects)]); err != nil || d.Verdict != ban.Allowed {
							b.Fatalf("Check = %v, %v", d.Verdict, err)
						}
					}
					took[i] += time.Since(began)
				}
				began := time.Now()
				for k := range turn {
					who := &subjects[(n+k)%len(subjects)]
					texts := []string{who.Email, who.Name}
					if c.names == 0 {
						texts = texts[:1]
					}
					for _, text := range texts {
						bare.Reset()
						_, _ = io.WriteString(bare, text)
						bare.Sum(sum[:0])
					}
				}
				floor += time.Since(began)
				n += turn
			}
			b.ReportMetric(float64(took[0].Nanoseconds())/float64(n), "plain-ns/check")
			b.ReportMetric(float64(took[1].Nanoseconds())/float64(n), "hashed-ns/check")
			b.ReportMetric(float64(took[1])/float64(took[0]), "x")
			b.ReportMetric(float64(took[0]+floor)/float64(took[0]), "floor-x")
		})
	}
}

// hashedStore returns a store that was filled: one in memory, or a file that was opened
// anew since. What is in the write-ahead log takes longer to read.
func hashedStore(b *testing.B, cold bool, fill func(store.Store)) store.Store {
	b.Helper()
	if !cold {
		st := memstore.New()
		fill(st)
		return st
	}
	path := sqlitetest.File(b)
	open := func() *sqlitestore.Store {
		st, err := sqlitestore.Open(b.Context(), path, sqlitestore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return st
	}
	st := open()
	fill(st)
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
	st = open()
	b.Cleanup(func() { st.Close() })
	return st
}

// fillHashed puts 100,000 bans into a store.
func fillHashed(b *testing.B, st store.Store, ring ban.KeyRing, names int, hashed bool) {
	b.Helper()
	bans := make([]store.Ban, 100_000)
	for i := range bans {
		kind, text := ban.KindEmail, fmt.Sprintf("u%d@gmail.com", i)
		if names > 0 && i%names == 0 {
			kind, text = ban.KindName, fmt.Sprintf("narne%d", i)
		}
		if hashed {
			text = hashOf("k1", ring["k1"], kind.String(), text)
		}
		bans[i] = store.Ban{ID: uuid.New(), Kind: kind, Value: text, KeyText: text}
	}
	for n := 0; n < len(bans); n += 10_000 {
		if _, err := st.CreateBans(b.Context(), bans[n:n+10_000], store.Change{Action: store.BanCreateMany}); err != nil {
			b.Fatal(err)
		}
	}
}
