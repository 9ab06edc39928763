package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// Errors of this package, beside those of package store.
var (
	// ErrCorrupt: the file is damaged, or is no SQLite database.
	ErrCorrupt = errors.New("database corrupt, or not an SQLite database")
	// ErrForeign: the file is the SQLite database of another application.
	ErrForeign = errors.New("database of another application")
	// ErrSchemaTooNew: a newer version of this package has migrated the
	// database. The error is a [*SchemaError]. Of a store that was open already
	// it matches [store.ErrUnavailable] as well: it still reads, and writes no
	// more.
	ErrSchemaTooNew = errors.New("database schema too new")
)

// Errors of the machine. They match [store.ErrUnavailable] as well.
var (
	// ErrDiskFull: there is no room for what was to be written, which was not. For a
	// list that is written in steps that is so while 16 MiB are left, which other
	// writes may need.
	ErrDiskFull error = outage("disk full")
	// ErrIO: the operating system could not read or write the file, or does not
	// let this process do so.
	ErrIO error = outage("input/output error")
	// ErrFileReplaced: at the path there is no file, or another one than was
	// opened: it was moved, deleted or replaced, or its -wal or -shm file was. The
	// store reads and writes nothing any more, since nobody else would see it; close it
	// and open the path anew, or start the program anew if it was the -shm file. A write that was under way just then may be in the
	// file that was moved.
	ErrFileReplaced error = outage("database file moved, deleted or replaced since it was opened")
)

// outage is a sentinel of what keeps the store from working for now.
type outage string

func (o outage) Error() string { return string(o) }

// Is reports whether target is [store.ErrUnavailable].
func (o outage) Is(target error) bool { return target == store.ErrUnavailable }

// SchemaError reports a database that a newer version of this package has
// migrated. It matches [ErrSchemaTooNew].
type SchemaError struct {
	Have int // the version of the database's schema
	Want int // the newest version that this package knows
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("%s: it has version %d, this program knows up to %d; run the newer program, or restore a backup",
		ErrSchemaTooNew, e.Have, e.Want)
}

// Is reports whether target is [ErrSchemaTooNew] or [store.ErrUnavailable].
func (e *SchemaError) Is(target error) bool {
	return target == ErrSchemaTooNew || target == store.ErrUnavailable
}

// CheckError reports what [Store.Check] found. It matches [ErrCorrupt].
type CheckError struct {
	Problems []string // one line each, for an operator
}

func (e *CheckError) Error() string {
	return "database check: " + strings.Join(e.Problems, "; ")
}

// Is reports whether target is [ErrCorrupt].
func (e *CheckError) Is(target error) bool { return target == ErrCorrupt }

// explain wraps an error with what was being done, and makes it match the
// sentinel that its code calls for.
func explain(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if s := sentinel(ctx, err); s != nil && !errors.Is(err, s) {
		return fmt.Errorf("sqlitestore: %s: %w: %w", doing, s, err)
	}
	return fmt.Errorf("sqlitestore: %s: %w", doing, err)
}

// sentinel returns what the error should match, or nil for an error that speaks
// for itself.
func sentinel(ctx context.Context, err error) error {
	if errors.Is(err, errDBClosed) || errors.Is(err, sql.ErrConnDone) {
		return store.ErrClosed
	}
	if errors.Is(err, sqlbackend.ErrCorrupt) {
		return ErrCorrupt
	}
	if errors.Is(err, syscall.ENOSPC) {
		return ErrDiskFull
	}
	code, ok := resultCode(err)
	if !ok {
		return nil
	}
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return store.ErrExists
	}
	switch code & 0xff { // the low byte is the primary code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return store.ErrBusy
	case sqlite3.SQLITE_INTERRUPT:
		return ctx.Err()
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	case sqlite3.SQLITE_FULL:
		return ErrDiskFull
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM:
		return ErrIO
	}
	return nil
}

// resultCode returns the extended result code of SQLite.
func resultCode(err error) (int, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code(), true
}

func isBusy(err error) bool {
	code, ok := resultCode(err)
	return ok && (code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED)
}

// errDBClosed is what a closed sql.DB returns. database/sql does not export it,
// so it is asked of one.
var errDBClosed = func() error {
	db := sql.OpenDB(unconnected{})
	db.Close()
	return db.Ping()
}()

// unconnected is a connector that never connects.
type unconnected struct{}

func (unconnected) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }
func (unconnected) Driver() driver.Driver                        { return nil }
