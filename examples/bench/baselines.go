package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"
	_ "modernc.org/sqlite"

	"example.com/ostraka/ban"
)

// plainMaps is what a program has that keeps the same keys in maps and in a
// table of prefixes, and nothing beside: no effects, scopes, expiries, reasons.
type plainMaps struct {
	emails, domains, names map[string]uint32
	prefixes               bart.Table[uint32]
}

func newPlainMaps(rules []rule) *plainMaps {
	p := &plainMaps{emails: make(map[string]uint32), domains: make(map[string]uint32), names: make(map[string]uint32)}
	for i, r := range rules {
		switch r.kind {
		case ban.KindEmail:
			p.emails[r.text] = uint32(i)
		case ban.KindDomain:
			p.domains[r.text] = uint32(i)
		case ban.KindName:
			p.names[r.text] = uint32(i)
		case ban.KindIP:
			prefix, err := netip.ParsePrefix(r.text)
			if err != nil {
				prefix = netip.PrefixFrom(netip.MustParseAddr(r.text), 32)
			}
			p.prefixes.Insert(prefix, uint32(i))
		}
	}
	return p
}

// find looks for the keys of an asker, which are given as they are stored:
// nothing is parsed, folded or cut.
func (p *plainMaps) find(a *asker) (found int) {
	if _, ok := p.emails[a.subject.Email]; ok {
		found++
	}
	for _, d := range a.domains {
		if _, ok := p.domains[d]; ok {
			found++
		}
	}
	if _, ok := p.names[a.subject.Name]; ok {
		found++
	}
	if _, ok := p.prefixes.Lookup(a.addr); ok {
		found++
	}
	return found
}

// which is find that tells the number of a rule.
func (p *plainMaps) which(a *asker) (rule uint32, found bool) {
	if n, ok := p.emails[a.subject.Email]; ok {
		rule, found = n, true
	}
	for _, d := range a.domains {
		if n, ok := p.domains[d]; ok {
			rule, found = n, true
		}
	}
	if n, ok := p.names[a.subject.Name]; ok {
		rule, found = n, true
	}
	if n, ok := p.prefixes.Lookup(a.addr); ok {
		rule, found = n, true
	}
	return rule, found
}

// byHand is the table of a handler that was written by hand, with an indexed
// query for each of four fields that finds exact values only.
type byHand struct {
	db    *sql.DB
	query *sql.Stmt
}

func newByHand(ctx context.Context, path string, rules []rule) (*byHand, error) {
	db, err := openBare(ctx, path, "CREATE TABLE bans (kind INTEGER, value TEXT, PRIMARY KEY (kind, value)) WITHOUT ROWID")
	if err != nil {
		return nil, err
	}
	h := &byHand{db: db}
	if err = insertAll(ctx, db, "INSERT INTO bans VALUES (?, ?)", rules, func(_ int, r *rule) []any {
		return []any{int(r.kind), r.text}
	}); err == nil {
		h.query, err = db.PrepareContext(ctx, "SELECT count(*) FROM bans WHERE kind = ? AND value = ?")
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *byHand) find(ctx context.Context, a *asker) (found int, err error) {
	s := &a.subject
	for kind, text := range [...]string{ban.KindEmail: s.Email, ban.KindDomain: s.Domain, ban.KindIP: s.IP, ban.KindName: s.Name} {
		if kind == 0 {
			continue
		}
		var n int
		if err := h.query.QueryRowContext(ctx, kind, text).Scan(&n); err != nil {
			return 0, err
		}
		found += n
	}
	return found, nil
}

func (h *byHand) close() {
	if h.query != nil {
		_ = h.query.Close()
	}
	_ = h.db.Close()
}

// inLookup is one prepared look-up of all keys of an asker in the table of the
// store.
type inLookup struct {
	db   *sql.DB
	stmt *sql.Stmt
}

const ruleColumns = "key, id, value, effect, scope, shadow, expires_at, origin, reason, public_reason, line, list"

func newInLookup(ctx context.Context, path string, keys int) (*inLookup, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	stmt, err := db.PrepareContext(ctx, "SELECT "+ruleColumns+" FROM ostraka_rules WHERE key IN (?"+strings.Repeat(", ?", keys-1)+")")
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &inLookup{db, stmt}, nil
}

func (l *inLookup) find(ctx context.Context, keys []any) (int, error) {
	rows, err := l.stmt.QueryContext(ctx, keys...)
	if err != nil {
		return 0, err
	}
	return readRules(rows)
}

func (l *inLookup) close() {
	_ = l.stmt.Close()
	_ = l.db.Close()
}

// scanAll reads the rows of all rules.
func scanAll(ctx context.Context, path string) (int, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT "+ruleColumns+" FROM ostraka_rules")
	if err != nil {
		return 0, err
	}
	return readRules(rows)
}

func readRules(rows *sql.Rows) (n int, err error) {
	defer rows.Close()
	var key, reason, public string
	var id []byte
	var value *string
	var effect, scope, origin, line int
	var shadow bool
	var expires, list *int64
	for ; rows.Next(); n++ {
		if err := rows.Scan(&key, &id, &value, &effect, &scope, &shadow, &expires, &origin, &reason, &public, &line, &list); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// insertBare inserts rules in a loop of one prepared statement.
func insertBare(ctx context.Context, path string, rules []rule) error {
	db, err := openBare(ctx, path, `CREATE TABLE entries (kind INTEGER NOT NULL, value TEXT NOT NULL, list INTEGER NOT NULL,
		effect INTEGER NOT NULL, line INTEGER, PRIMARY KEY (kind, value, list)) STRICT, WITHOUT ROWID`)
	if err != nil {
		return err
	}
	defer db.Close()
	return insertAll(ctx, db, "INSERT INTO entries VALUES (?, ?, 1, 0, ?)", rules, func(i int, r *rule) []any {
		return []any{int(r.kind), r.text, i + 1}
	})
}

func openBare(ctx context.Context, path, table string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, table); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("create a table: %w", err)
	}
	return db, nil
}

func insertAll(ctx context.Context, db *sql.DB, query string, rules []rule, args func(int, *rule) []any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	insert, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer insert.Close()
	for i := range rules {
		if _, err := insert.ExecContext(ctx, args(i, &rules[i])...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
