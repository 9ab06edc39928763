package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync"
	"testing"

	"modernc.org/sqlite"

	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

// faults makes statements go wrong, between database/sql and the driver.
type faults struct {
	mu      sync.Mutex
	left    int // statements until the one that goes wrong; 0: none does
	instead func()
	fired   bool
}

func (f *faults) Arm(n int, instead func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.instead, f.fired = n, instead, false
}

func (f *faults) Disarm() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = 0
	return f.fired
}

// statement is called before each statement.
func (f *faults) statement() error {
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

// faultyConnector opens connections of the driver whose statements go wrong.
type faultyConnector struct {
	*faults
	dsn string
}

func (c faultyConnector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c faultyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn.(sqliteConn), c.faults}, nil
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

type faultyConn struct {
	sqliteConn
	faults *faults
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.faults.statement(); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.faults.statement(); err != nil {
		return nil, err
	}
	return c.sqliteConn.QueryContext(ctx, query, args)
}

func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.faults.statement(); err != nil {
		return nil, err
	}
	stmt, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &faultyStmt{stmt.(sqliteStmt), c.faults}, nil
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type faultyStmt struct {
	sqliteStmt
	faults *faults
}

func (s *faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.faults.statement(); err != nil {
		return nil, err
	}
	return s.sqliteStmt.ExecContext(ctx, args)
}

func (s *faultyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.faults.statement(); err != nil {
		return nil, err
	}
	return s.sqliteStmt.QueryContext(ctx, args)
}

func TestStatementsThatFail(t *testing.T) {
	t.Parallel()
	storetest.RunFaults(t, func(t *testing.T) (store.Store, storetest.Faults) {
		f := new(faults)
		db := sql.OpenDB(faultyConnector{f, dsn(filepath.Join(t.TempDir(), "host.db"), pragmas{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(OFF)"})})
		t.Cleanup(func() { db.Close() })
		s, err := New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		s.stepRows = 1 // so that lists are written in several transactions
		return s, f
	})
}
