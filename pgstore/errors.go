package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// Errors of this package, beside those of package store.
var (
	// ErrCorrupt: what the database holds cannot have been written by this package.
	ErrCorrupt = errors.New("database corrupt")
	// ErrSchemaTooNew: a newer version of this package has migrated the schema. The
	// error is a [*SchemaError]. Of a store that was open already it matches
	// [store.ErrUnavailable] as well: it still reads, and writes no more.
	ErrSchemaTooNew = errors.New("database schema too new")
	// ErrSchemaTooOld: with [Options.NoMigrate], the schema is not there, or is that of
	// an older version. The error is a [*SchemaError].
	ErrSchemaTooOld = errors.New("database schema missing or too old")
	// ErrText: a text holds a NUL byte or is not valid UTF-8, which PostgreSQL does
	// not keep. Nothing was written.
	ErrText = errors.New("text with a NUL byte, or not in UTF-8")
	// ErrOutcome: the connection was lost while a write was being committed, and it
	// could not be found out whether it was. Read what it was to write. As long as the
	// server cannot be reached, the error matches [store.ErrUnavailable] as well.
	ErrOutcome = errors.New("connection lost during a commit: it is not known whether the write took place")
)

// Errors of the machine or of the server. They match [store.ErrUnavailable] as
// well.
var (
	// ErrReplica: the server is a replica, which may lag behind the log. Answers from
	// it would bring back what was revoked, so that none is read from it.
	ErrReplica error = outage("the server is a replica")
	// ErrDiskFull: the server has no room for what was to be written, which was not.
	ErrDiskFull error = outage("disk of the server full")
	// ErrDenied: the role may not do what was asked. See the doc of the package for
	// what it has to be granted.
	ErrDenied error = outage("role lacks a privilege")
	// ErrConnection: the server cannot be reached, refuses the connection, or has
	// broken it off.
	ErrConnection error = outage("no connection to the server")
)

// outage is a sentinel of what keeps the store from working for now.
type outage string

func (o outage) Error() string { return string(o) }

// Is reports whether target is [store.ErrUnavailable].
func (o outage) Is(target error) bool { return target == store.ErrUnavailable }

// SchemaError reports a schema that this version of the package cannot use. It
// matches [ErrSchemaTooNew] or [ErrSchemaTooOld].
type SchemaError struct {
	Schema string
	Have   int // the version of the schema; 0: there is none
	Want   int // the version that this package needs
}

func (e *SchemaError) Error() string {
	if e.Have > e.Want {
		return fmt.Sprintf("%s: %s has version %d, this program knows up to %d; run the newer program, or restore a backup",
			ErrSchemaTooNew, e.Schema, e.Have, e.Want)
	}
	return fmt.Sprintf("%s: %s has version %d, this program needs %d; migrate it by a role that may",
		ErrSchemaTooOld, e.Schema, e.Have, e.Want)
}

// Is reports whether target is [ErrSchemaTooNew], [ErrSchemaTooOld] or
// [store.ErrUnavailable].
func (e *SchemaError) Is(target error) bool {
	if target == ErrSchemaTooNew {
		return e.Have > e.Want
	}
	return target == store.ErrUnavailable || target == ErrSchemaTooOld && e.Have < e.Want
}

// explain wraps an error with what was being done, and makes it match the
// sentinel that its code calls for.
func explain(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if s := sentinel(ctx, err); s != nil && !errors.Is(err, s) {
		return fmt.Errorf("pgstore: %s: %w: %w", doing, s, err)
	}
	return fmt.Errorf("pgstore: %s: %w", doing, err)
}

// The codes of PostgreSQL that mean something here, by its manual's appendix A.
const (
	codeUniqueViolation      = "23505"
	codeSerialization        = "40001"
	codeDeadlock             = "40P01"
	codeLockNotAvailable     = "55P03"
	codeObjectInUse          = "55006"
	codeQueryCanceled        = "57014"
	codeDiskFull             = "53100"
	codeDivisionByZero       = "22012" // see onPrimary
	codeReadOnlyTransaction  = "25006"
	codeIdleInTransaction    = "25P03"
	codeInsufficientPrivs    = "42501"
	codeInvalidText          = "22021"
	codeInvalidParameter     = "22023"
	codeUntranslatable       = "22P05"
	codeInvalidPassword      = "28P01"
	codeInvalidAuthorization = "28000"
)

// sentinel returns what the error should match, or nil for an error that speaks
// for itself.
func sentinel(ctx context.Context, err error) error {
	if errors.Is(err, sqlbackend.ErrCorrupt) {
		return ErrCorrupt
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return connectionSentinel(ctx, err)
	}
	switch pg.Code {
	case codeUniqueViolation:
		return store.ErrExists
	case codeSerialization, codeDeadlock, codeLockNotAvailable, codeObjectInUse:
		return store.ErrBusy
	case codeQueryCanceled:
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return store.ErrBusy // the statement timeout
	case codeDiskFull:
		return ErrDiskFull
	case codeDivisionByZero, codeReadOnlyTransaction:
		return ErrReplica
	case codeInsufficientPrivs:
		return ErrDenied
	case codeInvalidText, codeUntranslatable:
		return ErrText
	case codeIdleInTransaction, codeInvalidPassword, codeInvalidAuthorization:
		return ErrConnection
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "08", "53", "57", "58": // connections, resources, an operator, the system
		return ErrConnection
	case "XX":
		return ErrCorrupt
	}
	return nil
}

// connectionSentinel judges an error that the server did not send.
func connectionSentinel(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.Is(err, puddle.ErrClosedPool):
		return store.ErrClosed
	case errors.As(err, &connect), errors.As(err, &network), broken(err):
		return ErrConnection
	}
	return nil
}

// broken reports whether the connection was lost.
func broken(err error) bool {
	if pgconn.SafeToRetry(err) {
		return true
	}
	for _, lost := range []error{pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}

// notFound turns "no rows" into what callers know.
func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

// code returns PostgreSQL's code of an error, empty if it has none.
func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
