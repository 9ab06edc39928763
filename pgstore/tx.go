package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ostraka/store"
)

// tx is a write transaction, on the one connection that it holds from BEGIN to
// COMMIT.
type tx struct {
	store  *Store
	conn   *pgxpool.Conn
	logged []store.Change // to log, in order; see [tx.writeLog]
	identity
}

// identity tells a transaction from others.
type identity struct {
	xid     string    // given again, by a server that has crashed, if nothing of the transaction was on disk
	started time.Time // when the server was
}

// turn says whom a write transaction keeps out.
type turn bool

const (
	// alone: what it reads stays true until it commits, since no other write is under
	// way. It is right for whatever is decided on what was read.
	alone turn = false
	// together: others that are together with it may write meanwhile. It is right for
	// writes that lock the rows that they decide on.
	together turn = true
)

// write runs fn in one transaction, alone. An error of fn, the end of ctx and a
// panic roll it back. Subscribers are called after the commit, when the
// connection has been given back.
//
// fn may be run again, after a deadlock or serialization failure: it keeps
// nothing from a run before.
func (s *Store) write(ctx context.Context, doing string, fn func(*tx) error) error {
	return s.mutate(ctx, doing, func() ([]store.Change, error) { return s.transact(ctx, doing, alone, fn) })
}

// writeTogether is write beside others.
func (s *Store) writeTogether(ctx context.Context, doing string, fn func(*tx) error) error {
	return s.mutate(ctx, doing, func() ([]store.Change, error) { return s.transact(ctx, doing, together, fn) })
}

// mutate runs an operation that may be several transactions, and tells the
// subscribers of what it logged.
func (s *Store) mutate(ctx context.Context, doing string, fn func() ([]store.Change, error)) error {
	return s.life.Mutate(func() error { return s.begin(ctx, doing) }, &s.subscribers, fn)
}

// transact is [Store.write] within an operation that was admitted.
func (s *Store) transact(ctx context.Context, doing string, with turn, fn func(*tx) error) (logged []store.Change, err error) {
	for try := 0; ; try++ {
		logged, err = s.transactOnce(ctx, with, fn)
		if !s.stats.count(err) || try >= s.options.Retries {
			return logged, explain(ctx, doing, err)
		}
		select {
		case <-time.After(backoff(try)):
		case <-ctx.Done():
			return nil, explain(ctx, doing, err)
		}
	}
}

func (s *Store) transactOnce(ctx context.Context, with turn, fn func(*tx) error) ([]store.Change, error) {
	until := time.Now().Add(s.options.LockTimeout)
	if err := s.takeTurn(ctx, until); err != nil {
		return nil, err
	}
	defer func() { <-s.writers }()
	// Whose turn has come in the last moment is told by the server that it is over: a
	// connection that is there is no silent server.
	conn, err := s.acquire(ctx, until.Add(grace))
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	t := &tx{store: s, conn: conn}
	if err := t.begin(ctx, with, until); err != nil {
		rollback(conn)
		return nil, err
	}
	committed := false
	defer func() {
		if !committed {
			rollback(conn)
		}
	}()
	if err := fn(t); err != nil {
		return nil, err
	}
	if err := t.writeLog(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.beforeCommit != nil {
		s.beforeCommit()
	}
	committed = true
	return t.logged, s.commit(ctx, t)
}

// takeTurn waits in the line of those who write, until then.
func (s *Store) takeTurn(ctx context.Context, until time.Time) error {
	select {
	case s.writers <- struct{}{}:
		return nil
	default:
	}
	over := time.NewTimer(time.Until(until))
	defer over.Stop()
	select {
	case s.writers <- struct{}{}:
		return nil
	case <-over.C:
		s.stats.lockTimeouts.Add(1)
		return fmt.Errorf("%w: other writes of this process did not end in time", store.ErrBusy)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin begins the transaction in one round trip, with the store's lock, for which it
// waits until then. Only then are the schema's version, and all that follows, read: each
// statement sees what was committed before it began.
func (t *tx) begin(ctx context.Context, with turn, until time.Time) error {
	s := t.store
	var version int
	b := new(pgx.Batch)
	b.Queue(`BEGIN ISOLATION LEVEL READ COMMITTED`)
	s.queueLimits(b)
	// It has waited in line before, so that less is left for the lock.
	left, waited := time.Until(until), false
	if waited = left < s.options.LockTimeout-lineTime; waited {
		b.Queue(setLockTimeout, fmt.Sprint(max(left, time.Millisecond).Milliseconds()))
	}
	lock := `SELECT pg_advisory_xact_lock(?)`
	if with == together {
		lock = `SELECT pg_advisory_xact_lock_shared(?)`
	}
	b.Queue(s.sql(lock), s.lockKey)
	if waited {
		b.Queue(setLockTimeout, fmt.Sprint(s.options.LockTimeout.Milliseconds()))
	}
	b.Queue(s.sql(`SELECT schema_version, CAST(pg_current_xact_id() AS text), pg_postmaster_start_time() FROM @log`)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&version, &t.xid, &t.started) })
	if err := (querier{store: s, conn: t.conn, until: until.Add(grace)}).send(ctx, t.conn.Conn(), b); err != nil {
		return err
	}
	if want := len(migrations); version > want {
		return &SchemaError{Schema: s.options.Schema, Have: version, Want: want}
	}
	return nil
}

const setLockTimeout = `SELECT set_config('lock_timeout', $1, true)`

// lineTime is how long a write may have waited in line without its being told to the
// server, which costs two statements.
const lineTime = 20 * time.Millisecond

// queueLimits sets the time limits for the transaction, where the connection may
// not have them.
func (s *Store) queueLimits(b *pgx.Batch) {
	if s.owned && !s.options.TransactionPooling {
		return
	}
	l := s.options.limits()
	b.Queue(setLimits, l[0], l[1], l[2])
}

const setLimits = `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
	set_config('idle_in_transaction_session_timeout', $3, true)`

// commit commits, whatever has become of the caller's context, so that what
// happened is known.
func (s *Store) commit(ctx context.Context, t *tx) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), s.options.patience(), errSilent)
	defer cancel()
	tag, err := t.conn.Exec(ctx, `COMMIT`)
	err = heard(ctx, err)
	switch {
	case err == nil && tag.String() != "COMMIT":
		return fmt.Errorf("%w: the server rolled the transaction back", ErrConnection)
	case err == nil || code(err) != "":
		return err
	}
	t.conn.Release() // it may be the only one of the pool, and asking wants another
	return s.outcome(ctx, t, err)
}

// rollback ends the transaction of the connection, whatever has become of the
// caller's context. If that fails the pool discards the connection, and the server
// the transaction with it.
func rollback(conn *pgxpool.Conn) {
	if conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, `ROLLBACK`); err != nil {
		_ = conn.Conn().Close(ctx)
	}
}

// exec executes a statement of which nothing but the error matters.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.affect(ctx, query, args...)
	return err
}

// affect is exec for statements that are judged by how many rows they changed.
func (t *tx) affect(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := t.querier().bound(ctx)
	defer cancel()
	var tag pgconn.CommandTag
	tag, err := t.conn.Exec(ctx, t.store.sql(query), args...)
	return tag.RowsAffected(), heard(ctx, err)
}

// row reads one row into dest; [pgx.ErrNoRows] if there is none.
func (t *tx) row(ctx context.Context, dest []any, query string, args ...any) error {
	return t.querier().row(ctx, dest, query, args...)
}

// each calls fn for every row.
func (t *tx) each(ctx context.Context, fn func(pgx.Rows) error, query string, args ...any) error {
	return t.querier().each(ctx, fn, query, args...)
}

func (t *tx) querier() querier { return querier{store: t.store, conn: t.conn} }
