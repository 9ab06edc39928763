package account_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// sweepWorld is a file with so many accounts, past the Admin, and a list of domains.
func sweepWorld(b *testing.B, accounts, domains int) (path string, st *sqlitestore.Store) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "sweep.db")
	st = must(sqlitestore.Open(b.Context(), path, sqlitestore.Options{}))(b)
	b.Cleanup(func() { st.Close() })
	now := time.Now()
	delta := store.ListDelta{List: store.List{ID: uuid.New(), Name: "listed", CreatedAt: now, SyncedAt: now}}
	for i := range domains {
		domain := fmt.Sprintf("listed%d.example", i)
		delta.Add = append(delta.Add, store.Entry{ID: uuid.New(), Key: store.Key{Kind: ban.KindDomain, Text: domain}, Value: domain})
	}
	must(st.ApplyList(b.Context(), delta, store.Change{At: now, Actor: "bench", Action: store.ListSync}))(b)
	fill(b, path, accounts)
	return path, st
}

// fill adds accounts in one transaction.
func fill(b *testing.B, path string, accounts int) {
	b.Helper()
	db := must(sql.Open("sqlite", path))(b)
	defer db.Close()
	tx := must(db.Begin())(b)
	acc := must(tx.Prepare(`INSERT INTO ostraka_accounts (id, version, handle, handle_fold, name, bio, admin, verified, password_hash, created_by,
		suspended_by, suspended_reason) VALUES (?, 1, ?, ?, '', '', 0, '', '', 'bench', '', '')`))(b)
	email := must(tx.Prepare(`INSERT INTO ostraka_account_emails (account, position, id, address, mailbox, host, shared) VALUES (?, 0, ?, ?, ?, ?, 0)`))(b)
	for i := range accounts {
		id := uuid.Must(uuid.NewV7())
		handle, host := "user"+strconv.Itoa(i), fmt.Sprintf("provider%d.example", i%1000)
		if i%1000 == 7 {
			host = fmt.Sprintf("mail.listed%d.example", i%70000)
		}
		seq, err := must(acc.Exec(id[:], handle, handle))(b).LastInsertId()
		if err != nil {
			b.Fatal(err)
		}
		must(email.Exec(seq, id[:], handle+"@"+host, handle+"@"+host, host))(b)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSweep sweeps all accounts of a file, against a mirror and by look-ups of the
// store. The metric "x" is how long that takes beside one scan of the same texts in SQL:
// the median of the rounds, each of which has both. OSTRAKA_SWEEP is how many accounts
// there are, 20000 by default.
//
//	OSTRAKA_SWEEP=1000000 go test ./account -run '^$' -bench Sweep -benchtime 7x
func BenchmarkSweep(b *testing.B) {
	accounts, domains := 20_000, 75_000
	if n, err := strconv.Atoi(os.Getenv("OSTRAKA_SWEEP")); err == nil {
		accounts = n
	}
	path, st := sweepWorld(b, accounts, domains)
	for _, mirror := range []bool{true, false} {
		b.Run(map[bool]string{true: "mirror", false: "store"}[mirror], func(b *testing.B) {
			checker := must(ban.NewChecker(st, ban.CheckerOptions{Mirror: mirror}))(b)
			defer checker.Close()
			admin := must(account.NewAdmin(st, account.AdminOptions{}))(b)
			var ratios, each []float64
			for b.Loop() {
				began := time.Now()
				if texts := scanTexts(b, path); texts != accounts {
					b.Fatalf("%d accounts scanned", texts)
				}
				scanned := time.Since(began)
				began = time.Now()
				findings := 0
				for f, err := range admin.Sweep(context.Background(), checker, account.SweepOptions{AccountsOnly: true}) {
					if err != nil || f.Decision.Match.Origin != store.OriginList("listed") {
						b.Fatal(err, f)
					}
					findings++
				}
				swept := time.Since(began)
				if findings != accounts/1000 {
					b.Fatalf("%d accounts found", findings)
				}
				ratios = append(ratios, float64(swept)/float64(scanned))
				each = append(each, float64(swept)/float64(accounts))
			}
			b.ReportMetric(median(ratios), "x")
			b.ReportMetric(median(each), "ns/account")
		})
	}
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// scanTexts reads the texts of all accounts, as one statement. Its connection is
// gone afterwards: those of a process share SQLite's cache of pages, and one that has
// filled it takes it from the others.
func scanTexts(b *testing.B, path string) (n int) {
	b.Helper()
	db := must(sql.Open("sqlite", path))(b)
	defer db.Close()
	rows := must(db.Query(`SELECT a.seq, a.id, a.handle, e.address FROM ostraka_accounts a LEFT JOIN ostraka_account_emails e ON e.account = a.seq
		WHERE a.suspended_at IS NULL AND a.hold_since IS NULL ORDER BY a.seq, e.position`))(b)
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var id []byte
		var handle string
		var address sql.NullString
		if err := rows.Scan(&seq, &id, &handle, &address); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
}
