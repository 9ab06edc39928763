// Package faultsql makes statements of SQLite go wrong, for tests that want to see
// every one of them fail:
//
//	var f faultsql.Faults
//	db := f.Open("file:" + path)
//	f.Arm(3, nil) // the third statement from now on fails
//	err := operation(db)
//	reached := f.Disarm()
//
// A statement that reads may go wrong where it begins, and at each of its rows: that is
// where one that was cut off goes wrong. Which statements and rows have been left open
// is counted, see [Faults.Unclosed].
//
// It stands between database/sql and the driver.
package faultsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"

	"modernc.org/sqlite"

	"example.com/ostraka/store/storetest"
)

// Faults says which statement goes wrong. The zero value lets all pass. It is safe
// for concurrent use.
type Faults struct {
	mu      sync.Mutex
	left    int // statements until the one that goes wrong; 0: none does
	instead func()
	fired   bool
	open    int // statements and rows that were not closed yet
}

// Open opens a database whose statements f has go wrong. The name is one of
// modernc.org/sqlite.
func (f *Faults) Open(name string) *sql.DB { return sql.OpenDB(connector{f, name}) }

// Arm has the n-th statement from now on, counted from 1, fail with
// [storetest.ErrFault]. If instead is given, that is called before the statement,
// which is then made. Asking for the next row counts as a statement, also where there
// is none.
func (f *Faults) Arm(n int, instead func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.instead, f.fired = n, instead, false
}

// Disarm has all statements pass again, and reports whether one went wrong since Arm.
func (f *Faults) Disarm() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = 0
	return f.fired
}

// Unclosed returns how many statements and rows are open: prepared or asked for, and not
// yet closed. Those that a connection has are closed with it.
func (f *Faults) Unclosed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// opened notes that a statement or rows were opened, or with -1 that they were closed.
func (f *Faults) opened(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open += n
}

// statement is called before each statement.
func (f *Faults) statement() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return nil
	}
	if f.left--; f.left > 0 {
		return nil
	}
	f.fired = true
	if f.instead == nil {
		return storetest.ErrFault
	}
	f.instead()
	return nil
}

// connector opens connections of the driver.
type connector struct {
	faults *Faults
	name   string
}

func (c connector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	made, err := c.Driver().Open(c.name)
	if err != nil {
		return nil, err
	}
	return &conn{made.(sqliteConn), c.faults}, nil
}

// sqliteConn is what database/sql uses of a connection of the driver.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type conn struct {
	sqliteConn
	faults *Faults
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.faults.statement(); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.faults.statement(); err != nil {
		return nil, err
	}
	return c.faults.rows(c.sqliteConn.QueryContext(ctx, query, args))
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.faults.statement(); err != nil {
		return nil, err
	}
	made, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.faults.opened(1)
	return &stmt{made.(sqliteStmt), c.faults}, nil
}

// sqliteStmt is what database/sql uses of a statement of the driver.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type stmt struct {
	sqliteStmt
	faults *Faults
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.faults.statement(); err != nil {
		return nil, err
	}
	return s.sqliteStmt.ExecContext(ctx, args)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.faults.statement(); err != nil {
		return nil, err
	}
	return s.faults.rows(s.sqliteStmt.QueryContext(ctx, args))
}

func (s *stmt) Close() error {
	s.faults.opened(-1)
	return s.sqliteStmt.Close()
}

// rows are what a statement returned, of which each may be the one that goes wrong.
type rows struct {
	driver.Rows
	faults *Faults
}

func (f *Faults) rows(made driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	f.opened(1)
	return &rows{made, f}, nil
}

func (r *rows) Next(dest []driver.Value) error {
	if err := r.faults.statement(); err != nil {
		return err
	}
	return r.Rows.Next(dest)
}

func (r *rows) Close() error {
	r.faults.opened(-1)
	return r.Rows.Close()
}
