package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
)

// read runs fn, which only reads, as an operation. It runs it again while a lock
// is in the way, as that of a commit is in the rollback-journal modes of a
// host's database; in the write-ahead-log mode of our own files readers wait for
// nobody.
func (s *Store) read(ctx context.Context, doing string, fn func(querier) error) error {
	return s.during(ctx, doing, func() error {
		return explain(ctx, doing, s.retryRead(ctx, func() error { return fn(s.readDB) }))
	})
}

// retryRead is [Store.read] within an operation that was admitted.
func (s *Store) retryRead(ctx context.Context, fn func() error) error {
	return retryBusy(ctx, s.options.BusyTimeout, fn)
}

// view is read on one connection in a read transaction: all that fn reads is of
// one moment.
func (s *Store) view(ctx context.Context, doing string, fn func(querier) error) error {
	return s.viewConn(ctx, doing, func(conn *sql.Conn) error { return fn(conn) })
}

// viewConn is view for what wants the connection itself.
func (s *Store) viewConn(ctx context.Context, doing string, fn func(*sql.Conn) error) error {
	return s.read(ctx, doing, func(querier) error {
		conn, err := s.readDB.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), `BEGIN`); err != nil {
			return err
		}
		defer rollback(conn)
		return fn(conn)
	})
}

// readAll is an operation that reads what scan makes of every row.
func readAll[T any](ctx context.Context, s *Store, doing string, scan func(*sql.Rows) (T, error), query string, args ...any) (all []T, err error) {
	err = s.read(ctx, doing, func(q querier) error {
		all, err = collect(ctx, q, scan, query, args...)
		return err
	})
	return all, err
}

// collect returns what scan makes of every row.
func collect[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := each(ctx, q, func(rows *sql.Rows) error {
		v, err := scan(rows)
		all = append(all, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// each calls fn for every row.
func each(ctx context.Context, q querier, fn func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, fn)
}

// drain calls fn for every row that is left, and closes rows.
func drain(rows *sql.Rows, fn func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// eachRow calls fn with the values of every row as the driver gives them, and returns how
// many there were. fn must not keep the slice. For as many rows as a scan of all rules has,
// database/sql takes as long as SQLite: it locks for each and converts each value.
func eachRow(ctx context.Context, conn *sql.Conn, fn func([]driver.Value) error, query string, args ...any) (n int, err error) {
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	counted := func(row []driver.Value) error {
		n++
		return fn(row)
	}
	able := false
	err = conn.Raw(func(c any) error {
		queryer, ok := c.(driver.QueryerContext)
		if !ok {
			return nil
		}
		rows, err := queryer.QueryContext(ctx, query, named)
		if able = !errors.Is(err, driver.ErrSkip); !able {
			return nil
		}
		if err != nil {
			return err
		}
		return drainDriver(rows, counted)
	})
	if err == nil && !able { // a host's driver, around that of SQLite, wants to be asked otherwise
		err = each(ctx, conn, func(rows *sql.Rows) error { return scanValues(rows, counted) }, query, args...)
	}
	if err == nil {
		err = ctx.Err()
	}
	return n, err
}

// drainDriver calls fn for every row, and closes rows.
func drainDriver(rows driver.Rows, fn func([]driver.Value) error) (err error) {
	defer func() {
		if closed := rows.Close(); err == nil {
			err = closed
		}
	}()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
}

// scanValues calls fn with the values of a row.
func scanValues(rows *sql.Rows, fn func([]driver.Value) error) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, dest := make([]driver.Value, len(columns)), make([]any, len(columns))
	for i := range row {
		dest[i] = (*any)(&row[i])
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return fn(row)
}

// lazyStmt is a statement that is prepared when it is first needed.
type lazyStmt struct{ p atomic.Pointer[sql.Stmt] }

func (l *lazyStmt) get(ctx context.Context, db *sql.DB, query func() string) (*sql.Stmt, error) {
	if stmt := l.p.Load(); stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, query())
	if err != nil {
		return nil, err
	}
	if !l.p.CompareAndSwap(nil, stmt) {
		_ = stmt.Close() // somebody else was faster
	}
	return l.p.Load(), nil
}

func (l *lazyStmt) close() error {
	if stmt := l.p.Load(); stmt != nil {
		return stmt.Close()
	}
	return nil
}
