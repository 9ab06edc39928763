package ban_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	_ "modernc.org/sqlite"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/sqlitestore"
)

// benchRules is how many bans the benchmarks of Check have: 70% domains, 20%
// prefixes, 9% addresses and 1% names.
const benchRules = 100_000

func benchValue(i int) (ban.Kind, string) {
	switch n := i % 100; {
	case n < 70:
		return ban.KindDomain, fmt.Sprintf("d%d.example", i)
	case n < 90:
		return ban.KindIP, fmt.Sprintf("%d.%d.%d.0/24", 32+i>>16, i>>8&255, i&255)
	case n < 99:
		return ban.KindEmail, fmt.Sprintf("u%d@gmail.com", i)
	default:
		return ban.KindName, fmt.Sprintf("name%d", i)
	}
}

// stranger is somebody whom no rule matches, another one for each n.
func stranger(n int) ban.Subject {
	s := strconv.Itoa(n)
	return ban.Subject{
		Email:  "stranger" + s + "@mail.host" + s + ".test",
		Domain: "alias.host" + s + ".test",
		IP:     fmt.Sprintf("198.%d.%d.%d", n>>16&255, n>>8&255, n&255),
		Name:   "stranger" + s,
	}
}

// openBench opens an SQLite store with the rules.
func openBench(b *testing.B) *sqlitestore.Store {
	b.Helper()
	st, err := sqlitestore.Open(b.Context(), sqlitetest.File(b), sqlitestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		b.Fatal(err)
	}
	all := make([]ban.CreateOptions, benchRules)
	for i := range all {
		all[i].Kind, all[i].Value = benchValue(i)
	}
	result, err := admin.CreateMany(ban.WithActor(b.Context(), "bench"), all)
	if err != nil || result.Created != benchRules {
		b.Fatalf("CreateMany = %d created, %v", result.Created, err)
	}
	return st
}

func BenchmarkCheck(b *testing.B) {
	checker, err := ban.NewChecker(openBench(b), ban.CheckerOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer checker.Close()

	known, refused := stranger(0), stranger(0)
	refused.Email = "somebody@mail.d0.example"
	n := 0
	next := func() ban.Subject { n++; return stranger(n) }
	b.Run("warm/nobody", func(b *testing.B) { checkEach(b, checker, ban.Allowed, func() ban.Subject { return known }) })
	b.Run("warm/denied", func(b *testing.B) { checkEach(b, checker, ban.Denied, func() ban.Subject { return refused }) })
	b.Run("cold/nobody", func(b *testing.B) { checkEach(b, checker, ban.Allowed, next) })
	b.Run("baseline/four-queries", byHand)
}

func checkEach(b *testing.B, checker *ban.Checker, want ban.Verdict, subject func() ban.Subject) {
	b.ReportAllocs()
	for b.Loop() {
		d, err := checker.Check(b.Context(), subject())
		if err != nil || d.Verdict != want {
			b.Fatalf("Check = %v, %v, want %v", d.Verdict, err, want)
		}
	}
}

// byHand is what a handler without a library does: a prepared, indexed query for
// each of the four fields, which finds exact values only.
func byHand(b *testing.B) {
	db, query := openByHand(b)
	defer db.Close()
	defer query.Close()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s := stranger(n)
		for kind, text := range [...]string{ban.KindEmail: s.Email, ban.KindDomain: s.Domain, ban.KindIP: s.IP, ban.KindName: s.Name} {
			if kind == 0 {
				continue
			}
			var count int
			if err := query.QueryRowContext(b.Context(), kind, text).Scan(&count); err != nil || count != 0 {
				b.Fatalf("count = %d, %v", count, err)
			}
		}
	}
}

// openByHand makes a table of the same values.
func openByHand(b *testing.B) (*sql.DB, *sql.Stmt) {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "hand.db")+"?_pragma=journal_mode(WAL)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		b.Helper()
		if _, err := db.ExecContext(b.Context(), query, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec("CREATE TABLE bans (kind INTEGER, value TEXT, PRIMARY KEY (kind, value)) WITHOUT ROWID")
	exec("BEGIN")
	for i := range benchRules {
		kind, value := benchValue(i)
		exec("INSERT INTO bans VALUES (?, ?)", int(kind), value)
	}
	exec("COMMIT")
	query, err := db.PrepareContext(b.Context(), "SELECT count(*) FROM bans WHERE kind = ? AND value = ?")
	if err != nil {
		b.Fatal(err)
	}
	return db, query
}
