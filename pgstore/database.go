package pgstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// newDialect returns what PostgreSQL writes its own way. The schema is as SQL has it.
func newDialect(schema string) *sqlbackend.Dialect {
	return &sqlbackend.Dialect{
		Package: "pgstore",
		Tables:  schema + ".",
		Words: map[string]string{"true": "true", "false": "false", "greatest": "greatest", "for_update": "FOR UPDATE", "unindexed": "",
			"primary": onPrimary, "last_change": `(SELECT last FROM ` + schema + `.log)`},
		Numbered: true,
		Contains: func(text string) string { return `position(CAST(? AS bytea) in convert_to(` + text + `, 'UTF8')) > 0` },
		Right:    func(text string) string { return `right(` + text + `, ?)` },
		In:       func(column string) string { return column + ` = ANY (?)` },
	}
}

// sql makes of a query of this package one for the server: see [sqlbackend.Dialect.Query].
func (s *Store) sql(query string) string { return s.dialect.Query(query) }

// database is how the operations that all SQL databases share reach this one.
type database struct{ store *Store }

var _ sqlbackend.Database = database{}

func (d database) Dialect() *sqlbackend.Dialect { return d.store.dialect }

func (d database) Read(ctx context.Context, doing string, fn func(sqlbackend.Querier) error) error {
	return d.store.read(ctx, doing, func(q querier) error { return fn(q) })
}

func (d database) Lookup(ctx context.Context, doing string, fn func(sqlbackend.Querier) error) error {
	return d.store.lookup(ctx, doing, func(q querier) error { return fn(q) })
}

func (d database) View(ctx context.Context, doing string, fn func(sqlbackend.Querier) error) error {
	return d.store.view(ctx, doing, func(q querier) error { return fn(q) })
}

func (d database) Write(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.store.write(ctx, doing, func(t *tx) error { return fn(t) })
}

func (d database) WriteTogether(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.store.writeTogether(ctx, doing, func(t *tx) error { return fn(t) })
}

// Prune is Write: rows as they were stay in the files of the server until VACUUM.
func (d database) Prune(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.Write(ctx, doing, fn)
}

// Forget is Write. Rows as they were stay in the files of the server until VACUUM, and in
// its write-ahead log, replicas and backups for as long as those are kept.
func (d database) Forget(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	return d.Write(ctx, doing, fn)
}

func (d database) Nothing(ctx context.Context, doing string) error {
	return d.store.nothing(ctx, doing)
}

// Row implements [sqlbackend.Querier].
func (q querier) Row(ctx context.Context, dest []any, query string, args ...any) error {
	return notFound(q.row(ctx, columnDests(dest), query, columnArgs(args)...))
}

// Each implements [sqlbackend.Querier].
func (q querier) Each(ctx context.Context, fn func(sqlbackend.Row) error, query string, args ...any) error {
	return q.each(ctx, func(rows pgx.Rows) error { return fn(sharedRow{rows}) }, query, columnArgs(args)...)
}

// sharedRow scans to what [sqlbackend.Querier] names.
type sharedRow struct{ rows pgx.Rows }

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
		case *sql.NullString:
			dest[i] = (*pgtype.Text)(d)
		case *sql.NullInt64:
			dest[i] = (*pgtype.Int8)(d)
		}
	}
	return dest
}

// columnArgs does so for arguments.
func columnArgs(args []any) []any {
	for i, arg := range args {
		if u, ok := arg.(uuid.UUID); ok {
			args[i] = uid(u)
		}
	}
	return args
}

// Row implements [sqlbackend.Querier].
func (t *tx) Row(ctx context.Context, dest []any, query string, args ...any) error {
	return t.querier().Row(ctx, dest, query, args...)
}

// Each implements [sqlbackend.Querier].
func (t *tx) Each(ctx context.Context, fn func(sqlbackend.Row) error, query string, args ...any) error {
	return t.querier().Each(ctx, fn, query, args...)
}

// Exec implements [sqlbackend.Tx].
func (t *tx) Exec(ctx context.Context, query string, args ...any) error {
	return t.exec(ctx, query, columnArgs(args)...)
}

// Affect implements [sqlbackend.Tx].
func (t *tx) Affect(ctx context.Context, query string, args ...any) (int64, error) {
	return t.affect(ctx, query, columnArgs(args)...)
}

// Insert implements [sqlbackend.Tx].
func (t *tx) Insert(ctx context.Context, query string, args ...any) (seq int64, err error) {
	err = t.row(ctx, []any{&seq}, query+` RETURNING seq`, columnArgs(args)...)
	return seq, err
}

// Log implements [sqlbackend.Tx].
func (t *tx) Log(_ context.Context, c store.Change) error { return t.log(c) }

// LockValue implements [sqlbackend.Tx]. The lock of another value may be the same, which
// does no harm.
func (t *tx) LockValue(ctx context.Context, b *store.Ban) error {
	return t.exec(ctx, `SELECT pg_advisory_xact_lock(?)`, t.store.lockOfValue(b))
}

func (s *Store) lockOfValue(b *store.Ban) int64 {
	return lockKey(b.Kind.String()+b.Value, s.options.Schema)
}
