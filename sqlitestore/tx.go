package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/ostraka/store"
)

// tx is a write transaction, on the one connection that it holds from BEGIN to
// COMMIT.
//
// Its statements are not interrupted in the middle: each is short, and SQLite
// rolls a whole transaction back by itself when a write in it is interrupted.
// They do not start once the context has ended.
type tx struct {
	store  *Store
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt
	logged []store.Change // to tell subscribers of
}

// write runs fn in one transaction that has the write lock from its start, so
// that what fn reads stays true until it commits. An error of fn, the end of
// ctx and a panic roll it back. Subscribers are called after the commit, when
// connection and turn have been given back.
func (s *Store) write(ctx context.Context, doing string, fn func(*tx) error) error {
	return s.mutate(ctx, doing, func() ([]store.Change, error) { return s.transact(ctx, doing, fn) })
}

// writeAtOnce is write that waits for nobody: while another writes, it gives
// [store.ErrBusy].
func (s *Store) writeAtOnce(ctx context.Context, doing string, fn func(*tx) error) error {
	return s.mutate(ctx, doing, func() ([]store.Change, error) {
		return s.transactWithin(ctx, new(patience), doing, fn)
	})
}

// mutate runs an operation that may be several transactions, and tells the
// subscribers of what it logged.
func (s *Store) mutate(ctx context.Context, doing string, fn func() ([]store.Change, error)) error {
	return s.life.Mutate(func() error { return s.begin(ctx, doing) }, &s.subscribers, fn)
}

// transact is [Store.write] within an operation that was admitted.
func (s *Store) transact(ctx context.Context, doing string, fn func(*tx) error) ([]store.Change, error) {
	return s.transactWithin(ctx, s.patience(), doing, fn)
}

// transactWithin is transact that waits no longer than the patience lasts. It
// writes into no schema but that of this package.
func (s *Store) transactWithin(ctx context.Context, p *patience, doing string, fn func(*tx) error) ([]store.Change, error) {
	return s.transaction(ctx, p, doing, func(t *tx) error {
		if err := t.refuseNewerSchema(ctx); err != nil {
			return err
		}
		return fn(t)
	})
}

// transaction is transactWithin whatever the schema.
//
// It is acknowledged only if the file was in its place before the commit and
// still is after it: nobody would find what was written to another one.
func (s *Store) transaction(ctx context.Context, p *patience, doing string, fn func(*tx) error) (logged []store.Change, err error) {
	defer func() { err = explain(ctx, doing, err) }()
	conn, release, err := s.writeConn(ctx, p)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := s.beginImmediate(ctx, p, conn); err != nil {
		return nil, err
	}
	t := &tx{store: s, conn: conn, stmts: make(map[string]*sql.Stmt)}
	committed := false
	defer func() {
		t.closeStmts()
		if !committed {
			rollback(conn)
		}
	}()
	if err := fn(t); err != nil {
		return nil, err
	}
	if err := t.noteTables(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.file.inPlace(); err != nil {
		return nil, err
	}
	if err := s.commit(ctx, p, conn); err != nil {
		return nil, err
	}
	committed = true
	if err := s.file.inPlace(); err != nil {
		return nil, err
	}
	return t.logged, nil
}

// writeConn waits for the turn to write and takes a connection. Writers of one
// process queue here: they would otherwise poll for SQLite's lock, and starve
// each other.
func (s *Store) writeConn(ctx context.Context, p *patience) (conn *sql.Conn, release func(), err error) {
	if p.left <= 0 { // now or not at all
		select {
		case s.writing <- struct{}{}:
		default:
			return nil, nil, fmt.Errorf("%w: another of this process is writing", store.ErrBusy)
		}
	} else if err := p.wait(ctx, s.takeTurn); err != nil {
		return nil, nil, err
	}
	err = p.wait(ctx, func(ctx context.Context) (err error) {
		conn, err = s.writeDB.Conn(ctx)
		return err
	})
	if err != nil {
		<-s.writing
		return nil, nil, err
	}
	return conn, func() {
		_ = conn.Close() // gives it back to the pool; fails only if it was discarded
		<-s.writing
	}, nil
}

func (s *Store) takeTurn(ctx context.Context) error {
	select {
	case s.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// beginImmediate takes SQLite's write lock, waiting for other handles and
// processes.
func (s *Store) beginImmediate(ctx context.Context, p *patience, conn *sql.Conn) error {
	if p.left <= 0 {
		undo, err := withoutWaiting(conn)
		if err != nil {
			return err
		}
		defer undo()
	}
	err := p.retry(ctx, func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `BEGIN IMMEDIATE`)
		return err
	})
	if err != nil && !isBusy(err) && ctx.Err() == nil {
		rollback(conn) // what state it is in is unknown
	}
	return err
}

// withoutWaiting makes a connection, which may be a host's, wait for no lock
// until undo is called.
func withoutWaiting(conn *sql.Conn) (undo func(), err error) {
	ctx := context.Background()
	var was int
	if err := conn.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&was); err != nil {
		return nil, err
	}
	set := func(ms int) error {
		_, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, ms))
		return err
	}
	return func() { _ = set(was) }, set(0)
}

// commit waits for readers, which in a rollback-journal mode keep a commit from
// being written. Until it gets through, the transaction stays open.
func (s *Store) commit(ctx context.Context, p *patience, conn *sql.Conn) error {
	return p.retry(ctx, func() error {
		// With a context that can end, the driver could report a commit that
		// happened as cancelled.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `COMMIT`)
		return err
	})
}

// backoff is how long to wait before asking for a lock again. Chance keeps
// waiting processes out of step.
func backoff() time.Duration {
	return time.Millisecond + rand.N(4*time.Millisecond)
}

// rollback ends the transaction of the connection, if SQLite has not done so
// itself (as it does when the disk is full), and discards a connection that may
// still be in one. It happens whatever has become of the caller's context.
func rollback(conn *sql.Conn) {
	run := func(query string) error {
		_, err := conn.ExecContext(context.Background(), query)
		return err
	}
	if run(`ROLLBACK`) == nil {
		return
	}
	// BEGIN succeeds only outside a transaction.
	if run(`BEGIN`) == nil && run(`ROLLBACK`) == nil {
		return
	}
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// stmt prepares a statement once a transaction.
func (t *tx) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := t.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := t.conn.PrepareContext(ctx, query)
	if err == nil {
		t.stmts[query] = stmt
	}
	return stmt, err
}

func (t *tx) closeStmts() {
	for _, stmt := range t.stmts {
		_ = stmt.Close()
	}
}

// run executes a statement that changes rows.
func (t *tx) run(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	stmt, err := t.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// exec is run for statements of which nothing but the error matters.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.run(ctx, query, args...)
	return err
}

// affect is run for statements that are judged by how many rows they changed.
func (t *tx) affect(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.run(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row reads one row into dest; [sql.ErrNoRows] if there is none.
func (t *tx) row(ctx context.Context, dest []any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	stmt, err := t.stmt(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(dest...)
}

// each calls fn for every row. It must read them all: SQLite changes the rows
// of a RETURNING clause before it yields the first.
func (t *tx) each(ctx context.Context, fn func(*sql.Rows) error, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	stmt, err := t.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return drain(rows, fn)
}
