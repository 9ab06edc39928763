package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// dialect is what SQLite writes its own way.
var dialect = &sqlbackend.Dialect{
	Package: "sqlitestore",
	Tables:  tablePrefix,
	// A partial index serves what has its condition to the letter.
	Words: map[string]string{"true": "1", "false": "0", "greatest": "max", "for_update": "", "unindexed": "+",
		"primary": "1", "last_change": lastChange},
	Streams: true,
	// Of texts, instr would compare characters.
	Contains: func(text string) string { return `instr(CAST(` + text + ` AS BLOB), ?) > 0` },
	Right:    func(text string) string { return `substr(` + text + `, -?)` },
	In:       func(column string) string { return column + ` IN (SELECT value FROM json_each(?))` },
}

// database is how the operations that all SQL databases share reach this one.
type database struct{ store *Store }

var _ sqlbackend.Database = database{}

func (d database) Dialect() *sqlbackend.Dialect { return dialect }

func (d database) Read(ctx context.Context, doing string, fn func(sqlbackend.Querier) error) error {
	return d.store.read(ctx, doing, func(q querier) error { return fn(sharedQuerier{q}) })
}

func (d database) Lookup(ctx context.Context, doing string, fn func(sqlbackend.Querier) error) error {
	return d.Read(ctx, doing, fn)
}

func (d database) View(ctx context.Context, doing string, fn func(sqlbackend.Querier) error) error {
	return d.store.view(ctx, doing, func(q querier) error { return fn(sharedQuerier{q}) })
}

func (d database) Write(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.store.write(ctx, doing, func(t *tx) error { return fn(t) })
}

// WriteTogether is Write: SQLite has one writer at a time.
func (d database) WriteTogether(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.Write(ctx, doing, fn)
}

func (d database) Prune(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.store.write(ctx, doing, erasing(func(t *tx) error { return fn(t) }))
}

func (d database) Forget(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.store.writeOver(ctx, doing, func(t *tx) error { return fn(t) })
}

func (d database) Nothing(ctx context.Context, doing string) error {
	return d.store.nothing(ctx, doing)
}

// sharedQuerier reads by the pool or by one connection.
type sharedQuerier struct{ q querier }

func (s sharedQuerier) Row(ctx context.Context, dest []any, query string, args ...any) error {
	return notFound(s.q.QueryRowContext(ctx, dialect.Query(query), columnArgs(args)...).Scan(columnDests(dest)...))
}

func (s sharedQuerier) Each(ctx context.Context, fn func(sqlbackend.Row) error, query string, args ...any) error {
	return each(ctx, s.q, func(rows *sql.Rows) error { return fn(sharedRow{rows}) }, dialect.Query(query), columnArgs(args)...)
}

// sharedRow scans to what [sqlbackend.Querier] names.
type sharedRow struct{ rows *sql.Rows }

func (r sharedRow) Scan(dest ...any) error { return r.rows.Scan(columnDests(dest)...) }

// columnDests puts the types of this package for the columns in the place of those that
// [sqlbackend.Querier] names, and returns its argument.
func columnDests(dest []any) []any {
	for i, d := range dest {
		switch d := d.(type) {
		case *uuid.UUID:
			dest[i] = (*id)(d)
		case *time.Time:
			dest[i] = (*micros)(d)
		case *time.Duration:
			dest[i] = (*span)(d)
		case *store.SecretHash:
			dest[i] = (*hash)(d)
		case *uint8:
			dest[i] = (*small)(d)
		case *[]string:
			dest[i] = sqlbackend.FromJSON[[]string]{To: d}
		}
	}
	return dest
}

// columnArgs does so for arguments.
func columnArgs(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case uuid.UUID:
			args[i] = v[:]
		case []int64:
			list, _ := json.Marshal(v) // numbers never fail
			args[i] = string(list)
		}
	}
	return args
}

// Row implements [sqlbackend.Querier].
func (t *tx) Row(ctx context.Context, dest []any, query string, args ...any) error {
	return notFound(t.row(ctx, columnDests(dest), dialect.Query(query), columnArgs(args)...))
}

// Each implements [sqlbackend.Querier].
func (t *tx) Each(ctx context.Context, fn func(sqlbackend.Row) error, query string, args ...any) error {
	return t.each(ctx, func(rows *sql.Rows) error { return fn(sharedRow{rows}) }, dialect.Query(query), columnArgs(args)...)
}

// Exec implements [sqlbackend.Tx].
func (t *tx) Exec(ctx context.Context, query string, args ...any) error {
	return t.exec(ctx, dialect.Query(query), columnArgs(args)...)
}

// Affect implements [sqlbackend.Tx].
func (t *tx) Affect(ctx context.Context, query string, args ...any) (int64, error) {
	return t.affect(ctx, dialect.Query(query), columnArgs(args)...)
}

// Insert implements [sqlbackend.Tx].
func (t *tx) Insert(ctx context.Context, query string, args ...any) (seq int64, err error) {
	res, err := t.run(ctx, dialect.Query(query), columnArgs(args)...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// Log implements [sqlbackend.Tx].
func (t *tx) Log(ctx context.Context, c store.Change) error { return t.log(ctx, c) }

// LockValue implements [sqlbackend.Tx]. There is one writer at a time.
func (t *tx) LockValue(context.Context, *store.Ban) error { return nil }

// notFound turns "no rows" into what callers know.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}
