package sqlitestore

import (
	"context"
	"database/sql"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// banAgainAndAgain bans a prefix for a minute so many times, each as soon as
// the ban before has expired, and returns when the last one began.
func banAgainAndAgain(t testing.TB, s *Store, times int) time.Time {
	t.Helper()
	now := at
	for range times {
		now = now.Add(time.Minute)
		banForAMinute(t, s, now)
	}
	return now
}

func banForAMinute(t testing.TB, s *Store, now time.Time) {
	t.Helper()
	ban := domainBan("192.0.2.0/24")
	ban.Kind, ban.ExpiresAt = store.KindIP, now.Add(time.Minute)
	if _, err := s.CreateBan(context.Background(), ban, store.Change{At: now, Action: store.BanCreate}); err != nil {
		t.Fatal(err)
	}
}

func TestAValueBannedAgainAndAgainCarriesOneRule(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"), Options{Synchronous: SyncNormal})
	const times = 100
	banAgainAndAgain(t, s, times)
	rules, err := s.Lookup(context.Background(), []store.Key{{Kind: store.KindIP, Text: "192.0.2.0/24"}})
	if err != nil || len(rules) != 1 {
		t.Errorf("Lookup gives %d rules, %v; want 1", len(rules), err)
	}
	if n := mustCount(t, s); n != times {
		t.Errorf("there are %d bans, want %d", n, times)
	}
	mustCheck(t, s)
}

// What a creation asks of the bans of a value must not look at those that are
// over, of which there may be thousands.
func TestCreationLooksOnlyAtBansWithARule(t *testing.T) {
	s := openTemp(t)
	for what, query := range map[string]string{
		"which ban is active":      dialect.Query(`SELECT 1` + sqlbackend.ActiveBan),
		"whether there are others": dialect.Query(sqlbackend.Rivals),
		"which bans have expired":  dialect.Query(sqlbackend.RetireExpired),
	} {
		var args []any
		for n := 1; strings.Contains(query, "?"+strconv.Itoa(n)); n++ {
			args = append(args, 1)
		}
		var plan strings.Builder
		_, err := collect(context.Background(), s.readDB, func(rows *sql.Rows) (none struct{}, err error) {
			var a, b, c int
			var line string
			err = rows.Scan(&a, &b, &c, &line)
			plan.WriteString(line + "; ")
			return none, err
		}, `EXPLAIN QUERY PLAN `+query, args...)
		if err != nil || !strings.Contains(plan.String(), "ostraka_bans_ruled (kind=? AND value=?)") {
			t.Errorf("%s is asked by %q, %v; want the index of bans with a rule", what, plan.String(), err)
		}
	}
}

func TestTheHistoryOfAValueIsFoundByItsIndexes(t *testing.T) {
	s := openTemp(t)
	var plan strings.Builder
	_, err := collect(context.Background(), s.readDB, func(rows *sql.Rows) (none struct{}, err error) {
		var a, b, c int
		var line string
		err = rows.Scan(&a, &b, &c, &line)
		plan.WriteString(line + "; ")
		return none, err
	}, dialect.Query(`EXPLAIN QUERY PLAN SELECT seq FROM @bans WHERE `+sqlbackend.HistoryOf+` AND shadow = ? ORDER BY seq DESC LIMIT 50`), 1, "x", 1, "x", 0)
	for _, index := range []string{"ostraka_bans_ruled (kind=? AND value=?)", "ostraka_bans_over (kind=? AND value=?)"} {
		if err != nil || !strings.Contains(plan.String(), index) {
			t.Errorf("it is asked by %q, %v; want %s", plan.String(), err, index)
		}
	}
}

// BenchmarkCreateBanOfAValueWithAHistory bans a prefix that was banned for a
// while so many times before.
func BenchmarkCreateBanOfAValueWithAHistory(b *testing.B) {
	for _, history := range []struct {
		name  string
		times int
	}{{"none", 0}, {"2000", 2000}} {
		b.Run(history.name, func(b *testing.B) {
			s := openAt(b, filepath.Join(b.TempDir(), "x.db"), Options{Synchronous: SyncNormal})
			now := banAgainAndAgain(b, s, history.times)
			for b.Loop() {
				now = now.Add(time.Minute)
				banForAMinute(b, s, now)
			}
		})
	}
}
