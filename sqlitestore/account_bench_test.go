package sqlitestore

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const benchAliases = 200_000 // and sessions

// fillBench fills a store with a million accounts: three in ten have an
// address at gmail.com, one in twenty a second address, the others are spread
// over 20,000 hosts. One in five has an alias and a session, which has its number
// for a hash.
func fillBench(b *testing.B, s *Store) {
	b.Helper()
	indexes, err := readAll(context.Background(), s, "list the indexes", func(rows *sql.Rows) (i struct{ name, sql string }, err error) {
		return i, rows.Scan(&i.name, &i.sql)
	}, `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		b.Fatal(err)
	}
	for _, i := range indexes { // which are faster made afterwards
		mustExec(b, s.writeDB, `DROP INDEX `+i.name)
	}
	for _, query := range []string{
		`PRAGMA synchronous = OFF`, `PRAGMA cache_size = -500000`, `PRAGMA foreign_keys = 0`,
		`CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)
			SELECT i, CAST(printf('%016d', i) AS BLOB) AS id, 'user-' || i AS handle,
				iif(i % 10 < 3, 'gmail.com', 'host-' || (i % 20000) || '.example') AS domain,
				iif(i % 10 < 3, 'com.gmail.', 'example.host-' || (i % 20000) || '.') AS host FROM n`,
		`INSERT INTO ostraka_accounts (seq, id, version, handle, handle_fold, name, bio, admin, verified, password_hash,
				joined_at, created_at, created_by, updated_at, suspended_by, suspended_reason)
			SELECT i, id, 1, handle, handle, 'User ' || i, 'I have nothing to say.', i <= 10, '', printf('%097d', i),
				i, i, 'alice', i, '', '' FROM n`,
		`INSERT INTO ostraka_handle_keys (account, position, key) SELECT i, 0, handle FROM n`,
		`INSERT INTO ostraka_account_emails (account, position, id, address, mailbox, host, shared, created_at)
			SELECT i, 0, id, handle || '@' || domain, handle || '@' || domain, host, 0, i FROM n`,
		`INSERT INTO ostraka_account_emails (account, position, id, address, mailbox, host, shared, created_at)
			SELECT i, 1, id, 'second-' || i || '@gmail.com', 'second-' || i || '@gmail.com', 'com.gmail.', iif(i % 10 < 3, 2, 0), i
			FROM n WHERE i % 20 = 1`,
		`INSERT INTO ostraka_credentials (seq, id, kind, account, hash, name, created_at, idle_timeout)
			SELECT i / 5, id, 1, id, CAST(printf('%032d', i / 5) AS BLOB), '', i, 0 FROM n WHERE i % 5 = 0`,
		`INSERT INTO ostraka_aliases (seq, id, version, local, local_key, domain, host, destination, mailbox, destination_host,
				owner, active, created_at, created_by, updated_at)
			SELECT i / 5, id, 1, 'alias-' || i, 'alias-' || i, 'alias.example', 'example.alias.', handle || '@' || domain,
				handle || '@' || domain, host, id, 1, i, '', i FROM n WHERE i % 5 = 0`,
		`DROP TABLE n`,
	} {
		mustExec(b, s.writeDB, query)
	}
	for _, i := range indexes {
		mustExec(b, s.writeDB, i.sql)
	}
	for _, query := range []string{
		`PRAGMA wal_checkpoint(TRUNCATE)`, `PRAGMA foreign_keys = 1`, `PRAGMA cache_size = -16384`, `PRAGMA synchronous = FULL`,
	} {
		mustExec(b, s.writeDB, query)
	}
}

// BenchmarkAccounts is about a million accounts. "bare" is the SQL, on the same
// tables, that a hand-written program would have.
func BenchmarkAccounts(b *testing.B) {
	s := openTemp(b)
	fillBench(b, s)
	b.Run("Affected", func(b *testing.B) { benchAffected(b, s) })
	b.Run("CredentialByHash", func(b *testing.B) { benchCredentialByHash(b, s) })
	b.Run("UseCredential", func(b *testing.B) { benchUseCredential(b, s) })
	b.Run("ListAccounts", func(b *testing.B) { benchListAccounts(b, s) })
	b.Run("disable", func(b *testing.B) { benchDisable(b, s) })
}

func benchAffected(b *testing.B, s *Store) {
	ctx := context.Background()
	for _, bench := range []struct {
		name           string
		key            store.Key
		bare           string
		args           []any
		least, aliases int64
	}{
		{"domain", store.Key{Kind: store.KindDomain, Text: "gmail.com"},
			`SELECT count(*), count(DISTINCT account), (
					SELECT count(*) FROM ostraka_aliases WHERE active = 1 AND destination_host >= ?1 AND destination_host < ?2)
				FROM ostraka_account_emails WHERE host >= ?1 AND host < ?2`,
			[]any{"com.gmail.", "com.gmail/"}, 300_000, 30_000},
		{"mailbox", store.Key{Kind: store.KindEmail, Text: "user-10@gmail.com"},
			`SELECT count(*), count(DISTINCT account), (SELECT count(*) FROM ostraka_aliases WHERE active = 1 AND mailbox = ?1)
				FROM ostraka_account_emails WHERE mailbox = ?1`,
			[]any{"user-10@gmail.com"}, 1, 1},
		{"name", store.Key{Kind: store.KindName, Text: "user-1000"},
			`SELECT 0, count(*), (SELECT count(*) FROM ostraka_aliases WHERE active = 1 AND local_key = ?1)
				FROM ostraka_handle_keys WHERE key = ?1`,
			[]any{"user-1000"}, 1, 0},
	} {
		b.Run(bench.name+"/bare", func(b *testing.B) {
			for b.Loop() {
				var addresses, accounts, aliases int64
				err := s.readDB.QueryRow(bench.bare, bench.args...).Scan(&addresses, &accounts, &aliases)
				if err != nil || accounts < bench.least || aliases < bench.aliases {
					b.Fatal(addresses, accounts, aliases, err)
				}
			}
		})
		count := func(b *testing.B, test func(store.Kind, string) bool) {
			for b.Loop() {
				got, err := s.Affected(ctx, store.Selector{Key: bench.key, Test: test}, 10)
				if err != nil || got.Accounts < bench.least || got.Aliases < bench.aliases {
					b.Fatal(got, err)
				}
			}
		}
		b.Run(bench.name+"/Affected", func(b *testing.B) { count(b, nil) })
		b.Run(bench.name+"/Affected with a Test", func(b *testing.B) {
			count(b, func(store.Kind, string) bool { return true })
		})
	}
}

// benchHash returns the hash of the session of that number.
func benchHash(number int) (hash store.SecretHash) {
	for i := len(hash) - 1; i >= 0; i-- {
		hash[i] = byte('0' + number%10)
		number /= 10
	}
	return hash
}

func benchCredentialByHash(b *testing.B, s *Store) {
	ctx := context.Background()
	bare := func(query string, columns int) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			stmt, err := s.readDB.Prepare(query)
			if err != nil {
				b.Fatal(err)
			}
			defer stmt.Close()
			dest := make([]any, columns)
			for i := range dest {
				dest[i] = new(sql.RawBytes)
			}
			for b.Loop() {
				hash := benchHash(1 + rand.IntN(benchAliases))
				rows, err := stmt.QueryContext(ctx, hash[:])
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				if err := drain(rows, func(rows *sql.Rows) error { n++; return rows.Scan(dest...) }); err != nil || n != 1 {
					b.Fatal(n, err)
				}
			}
		}
	}
	b.Run("bare, the session alone", bare(`SELECT account, expires_at, revoked_at FROM ostraka_credentials WHERE hash = ?`, 3))
	b.Run("bare, with the row of the account", bare(`SELECT c.seq, `+sqlbackend.Qualified("c", sqlbackend.CredentialColumns)+`, a.seq, `+sqlbackend.Qualified("a", sqlbackend.AccountColumns)+`
		FROM ostraka_credentials c JOIN ostraka_accounts a ON a.id = c.account WHERE c.hash = ?`, 13+23))
	b.Run("CredentialByHash", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, a, err := s.CredentialByHash(ctx, benchHash(1+rand.IntN(benchAliases))); err != nil || len(a.Emails) == 0 {
				b.Fatal(a, err)
			}
		}
	})
}

func benchUseCredential(b *testing.B, s *Store) {
	ctx := context.Background()
	id := func() (id uuid.UUID) {
		hash := benchHash(5 * (1 + rand.IntN(benchAliases)))
		copy(id[:], hash[16:])
		return id
	}
	now := at
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			now = now.Add(time.Second)
			u := id()
			if _, err := s.writeDB.Exec(`UPDATE ostraka_credentials SET last_used_at = ? WHERE id = ?`, now.UnixMicro(), u[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("UseCredential", func(b *testing.B) {
		for b.Loop() {
			now = now.Add(time.Second)
			if err := s.UseCredential(ctx, id(), now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("UseCredential, used later", func(b *testing.B) {
		u := id()
		if err := s.UseCredential(ctx, u, now.Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := s.UseCredential(ctx, u, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchListAccounts(b *testing.B, s *Store) {
	ctx := context.Background()
	b.Run("page/bare, the rows of the accounts", func(b *testing.B) {
		dest := make([]any, 23)
		for i := range dest {
			dest[i] = new(sql.RawBytes)
		}
		for b.Loop() {
			rows, err := s.readDB.Query(`SELECT seq, `+sqlbackend.AccountColumns+` FROM ostraka_accounts WHERE seq < ? ORDER BY seq DESC LIMIT 50`, 1000+rand.IntN(900_000))
			if err != nil {
				b.Fatal(err)
			}
			if err := drain(rows, func(rows *sql.Rows) error { return rows.Scan(dest...) }); err != nil {
				b.Fatal(err)
			}
		}
	})
	yes, no := true, false
	for _, bench := range []struct {
		name   string
		filter store.AccountFilter
		want   int
	}{
		{"page", store.AccountFilter{}, 50},
		{"admins", store.AccountFilter{Admin: &yes, Active: &yes}, 10},
		{"suspended", store.AccountFilter{Active: &no}, 0},
		{"handle with a rare text", store.AccountFilter{HandleContains: "user-123456"}, 1},
		{"address with a rare text", store.AccountFilter{EmailContains: "user-123456@"}, 1},
	} {
		b.Run(bench.name+"/ListAccounts", func(b *testing.B) {
			for b.Loop() {
				page := store.Page{}
				if bench.want == 50 {
					page.Before = int64(1000 + rand.IntN(900_000))
				}
				got, err := s.ListAccounts(ctx, bench.filter, page)
				if err != nil || len(got) != bench.want {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}

// benchDisable turns off the aliases that forward to gmail.com.
func benchDisable(b *testing.B, s *Store) {
	ctx := context.Background()
	mustExec(b, s.writeDB, `CREATE TEMP TABLE was AS SELECT seq FROM ostraka_aliases WHERE destination_host = 'com.gmail.'`)
	again := func(b *testing.B) {
		b.StopTimer()
		mustExec(b, s.writeDB, `UPDATE ostraka_aliases SET active = 1 WHERE seq IN (SELECT seq FROM was)`)
		mustExec(b, s.writeDB, `PRAGMA wal_checkpoint(TRUNCATE)`)
		b.StartTimer()
	}
	b.Run("bare", func(b *testing.B) {
		for range b.N {
			again(b)
			mustExec(b, s.writeDB, `UPDATE ostraka_aliases SET active = 0, disabled_ban = zeroblob(16), updated_at = 1, version = version + 1
				WHERE active = 1 AND destination_host >= 'com.gmail.' AND destination_host < 'com.gmail/'`)
		}
	})
	for name, test := range map[string]func(store.Kind, string) bool{
		"CreateBanDisabling":             nil,
		"CreateBanDisabling with a Test": func(store.Kind, string) bool { return true },
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				again(b)
				ban := domainBan(uuid.NewString() + ".example")
				selector := store.Selector{Key: store.Key{Kind: store.KindDomain, Text: "gmail.com"}, Test: test}
				if ban, err := s.CreateBanDisabling(ctx, ban, selector, by(store.BanCreate)); err != nil || ban.AliasesDisabled < 30_000 {
					b.Fatal(ban.AliasesDisabled, err)
				}
			}
		})
	}
}
