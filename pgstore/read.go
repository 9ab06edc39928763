package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// onPrimary is a condition that fails the query on a replica, with a division by
// zero, and is true elsewhere. It is evaluated once, before any row is read.
const onPrimary = `(SELECT 1 / (CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END)) = 1`

const onPrimaryOnly = ` WHERE ` + onPrimary

// conn is what queries go to: a pool, or a connection of one.
type conn interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// querier reads.
type querier struct {
	store *Store
	conn  conn
	until time.Time // when all must have been read; zero: each statement is bounded by itself
}

func (q querier) row(ctx context.Context, dest []any, query string, args ...any) error {
	ctx, cancel := q.bound(ctx)
	defer cancel()
	return heard(ctx, q.conn.QueryRow(ctx, q.store.sql(query), args...).Scan(dest...))
}

// query returns rows to be closed after use.
func (q querier) query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	ctx, cancel := q.bound(ctx)
	rows, err := q.conn.Query(ctx, q.store.sql(query), args...)
	if err != nil {
		defer cancel()
		return nil, heard(ctx, err)
	}
	return &boundRows{Rows: rows, ctx: ctx, cancel: cancel}, nil
}

// send sends a batch, and returns the first error of its statements.
func (q querier) send(ctx context.Context, conn *pgx.Conn, b *pgx.Batch) error {
	ctx, cancel := q.bound(ctx)
	defer cancel()
	return heard(ctx, conn.SendBatch(ctx, b).Close())
}

// acquire takes a connection out of the pool, for which it waits until then.
func (s *Store) acquire(ctx context.Context, until time.Time) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithDeadlineCause(ctx, until, errSilent)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	return conn, heard(ctx, err)
}

// each calls fn for every row.
func (q querier) each(ctx context.Context, fn func(pgx.Rows) error, query string, args ...any) error {
	rows, err := q.query(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, fn)
}

// drain calls fn for every row that is left, and closes rows.
func drain(rows pgx.Rows, fn func(pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read runs fn, which only reads, as an operation.
func (s *Store) read(ctx context.Context, doing string, fn func(querier) error) error {
	return s.readUntil(ctx, doing, time.Time{}, fn)
}

// lookup is read for what somebody waits for: an answer to a check, or who it is that asks.
func (s *Store) lookup(ctx context.Context, doing string, fn func(querier) error) error {
	return s.readUntil(ctx, doing, time.Now().Add(s.options.LookupTimeout), fn)
}

// readUntil runs fn, and again where it got a connection that had been lost while it lay
// idle in the pool. A zero time is as in [querier].
func (s *Store) readUntil(ctx context.Context, doing string, until time.Time, fn func(querier) error) error {
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	defer s.life.Leave()
	q := querier{s, s.pool, until}
	err := fn(q)
	for try := 0; try < 3 && ctx.Err() == nil && wasIdle(ctx, err); try++ {
		err = fn(q)
	}
	return explain(ctx, doing, err)
}

// wasIdle reports whether the connection may have been lost before it was used.
func wasIdle(ctx context.Context, err error) bool {
	return err != nil && sentinel(ctx, err) == ErrConnection && !errors.Is(err, errSilent)
}

// view is read on one connection in a read transaction: all that fn reads is of
// one moment.
func (s *Store) view(ctx context.Context, doing string, fn func(querier) error) error {
	return s.read(ctx, doing, func(querier) error {
		conn, err := s.acquire(ctx, time.Now().Add(s.options.patience()))
		if err != nil {
			return err
		}
		defer conn.Release()
		b := new(pgx.Batch)
		b.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
		s.queueLimits(b)
		defer rollback(conn)
		q := querier{store: s, conn: conn}
		if err := q.send(ctx, conn.Conn(), b); err != nil {
			return err
		}
		return fn(q)
	})
}

// readAll is an operation that reads what scan makes of every row.
func readAll[T any](ctx context.Context, s *Store, doing string, scan func(pgx.Rows) (T, error), query string, args ...any) (all []T, err error) {
	err = s.read(ctx, doing, func(q querier) error {
		all, err = collect(ctx, q, scan, query, args...)
		return err
	})
	return all, err
}

// collect returns what scan makes of every row.
func collect[T any](ctx context.Context, q querier, scan func(pgx.Rows) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := q.each(ctx, func(rows pgx.Rows) error {
		v, err := scan(rows)
		all = append(all, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}
