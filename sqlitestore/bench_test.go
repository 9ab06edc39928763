package sqlitestore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// BenchmarkLookup looks up 16 keys, 4 of which a rule carries, among 100,000
// rules. "bare" is the prepared statement that a hand-written program would
// have: the bar is twice its time.
func BenchmarkLookup(b *testing.B) {
	ctx := context.Background()
	s := openTemp(b)
	const rules = 100_000
	if _, err := s.CreateBans(ctx, domainBans(rules), by(store.BanCreateMany)); err != nil {
		b.Fatal(err)
	}
	sets := make([][]store.Key, 1000)
	for i := range sets {
		for j := range 16 {
			format := "host-%d.example"
			if j%4 != 0 {
				format = "miss-%d.example"
			}
			sets[i] = append(sets[i], store.Key{Kind: store.KindDomain, Text: fmt.Sprintf(format, rand.IntN(rules))})
		}
	}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		stmt, err := s.readDB.Prepare(`SELECT key, id, value, effect, scope, shadow, expires_at, origin, reason, public_reason
			FROM ostraka_rules WHERE key IN (?` + strings.Repeat(`, ?`, 15) + `)`)
		if err != nil {
			b.Fatal(err)
		}
		defer stmt.Close()
		for i := 0; b.Loop(); i++ {
			args := make([]any, 0, 16)
			for _, k := range sets[i%len(sets)] {
				args = append(args, "d:"+k.Text)
			}
			rows, err := stmt.QueryContext(ctx, args...)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for rows.Next() {
				var key, reason, public string
				var id []byte
				var value *string
				var effect, scope, origin int
				var shadow bool
				var expires *int64
				if err := rows.Scan(&key, &id, &value, &effect, &scope, &shadow, &expires, &origin, &reason, &public); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if err := rows.Err(); err != nil || n == 0 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("Lookup", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if found, err := s.Lookup(ctx, sets[i%len(sets)]); err != nil || len(found) == 0 {
				b.Fatal(len(found), err)
			}
		}
	})
}

// BenchmarkCreateBans creates 10,000 bans at a time in a new file. "bare" is a
// loop of prepared inserts into the two tables that hold a ban, without the
// check for an active one.
func BenchmarkCreateBans(b *testing.B) {
	ctx := context.Background()
	const n = 10_000
	rate := func(b *testing.B) {
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "bans/s")
	}
	fresh := func(b *testing.B) *Store {
		return openAt(b, filepath.Join(b.TempDir(), uuid.NewString()), Options{})
	}
	b.Run("bare", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			s, bans := fresh(b), domainBans(n)
			b.StartTimer()
			tx, err := s.writeDB.Begin()
			if err != nil {
				b.Fatal(err)
			}
			insertBan, err := tx.Prepare(`INSERT INTO ostraka_bans (` + sqlbackend.BanColumns + `, ruled) VALUES (?` + strings.Repeat(`, ?`, 20) + `, 1)`)
			if err != nil {
				b.Fatal(err)
			}
			insertRule, err := tx.Prepare(`INSERT INTO ostraka_rules (` + sqlbackend.RuleColumns + `) VALUES (?` + strings.Repeat(`, ?`, 10) + `)`)
			if err != nil {
				b.Fatal(err)
			}
			for i := range bans {
				ban := &bans[i]
				ban.Version = 1
				if _, err := insertBan.Exec(columnArgs(sqlbackend.BanArgs(ban))...); err != nil {
					b.Fatal(err)
				}
				if _, err := insertRule.Exec("d:"+ban.KeyText, ban.ID[:], nil, 0, 0, false, nil, 0, ban.Reason, ban.PublicReason); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
	b.Run("CreateBans", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			s, bans := fresh(b), domainBans(n)
			b.StartTimer()
			if _, err := s.CreateBans(ctx, bans, by(store.BanCreateMany)); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
}

// BenchmarkScan reads 100,000 rules, as a mirror does when it starts.
func BenchmarkScan(b *testing.B) {
	ctx := context.Background()
	s := openTemp(b)
	if _, err := s.CreateBans(ctx, domainBans(100_000), by(store.BanCreateMany)); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			rows, err := s.readDB.Query(`SELECT ` + ruleColumns + rulesInForce)
			if err != nil {
				b.Fatal(err)
			}
			if found, err := new(ruleScanner).appendRules(nil, rows); err != nil || len(found) != 100_000 {
				b.Fatal(len(found), err)
			}
		}
	})
	b.Run("Scan", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for _, err := range s.Scan(ctx, 0) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 100_000 {
				b.Fatal(n)
			}
		}
	})
}
