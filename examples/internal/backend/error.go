package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// Error reports a database that cannot be used, with what to do about it. It shows no
// password.
type Error struct {
	From string // what named the database, as a flag is called; may be empty
	Name string // of the database, as [Address.String] has it; may be empty
	Err  error
	Hint string // what to do
}

func (e *Error) Error() string {
	where := strings.TrimSpace(e.From + " " + e.Name)
	if where != "" {
		where += ": "
	}
	// pgx has a line for each address that it has tried.
	return fmt.Sprintf("%s%s; %s", where, lines.ReplaceAllString(e.Err.Error(), " "), e.Hint)
}

var lines = regexp.MustCompile(`\s*\n\s*`)

func (e *Error) Unwrap() error { return e.Err }

// Outage reports whether the same may work later on: the server does not answer, the disk
// is full, or another program keeps the file to itself.
func (e *Error) Outage() bool {
	return errors.Is(e.Err, sqlitestore.ErrDiskFull) || errors.Is(e.Err, store.ErrBusy) ||
		errors.Is(e.Err, pgstore.ErrConnection) && !refused(e.Err) ||
		errors.Is(e.Err, pgstore.ErrReplica) || errors.Is(e.Err, pgstore.ErrDiskFull)
}

// Unusable reports whether an error is an [*Error] that is no [Error.Outage]: another
// database has to be named, or something done about this one.
func Unusable(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Outage()
}

// refused reports whether the server does not let the role in.
func refused(err error) bool { return code(err) == wrongPassword || code(err) == wrongRole }

// The codes of PostgreSQL that hints are by, from its manual's appendix A.
const (
	wrongPassword = "28P01"
	wrongRole     = "28000" // or its way in is not allowed
	noDatabase    = "3D000"
	noSuchThing   = "42704" // no setting, when connecting; later on no role
	noSuchValue   = "22023" // of a setting
)

// badSetting reports whether the store or the server refused a setting of the address.
func badSetting(err error) bool {
	if _, ok := errors.AsType[*pgstore.OptionError](err); ok {
		return true
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return connecting && (code(err) == noSuchThing || code(err) == noSuchValue)
}

func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// ErrMissing: there is no file at the path.
var ErrMissing = errors.New("there is no such database")

// ErrFilesOnly: it is done for SQLite files only.
var ErrFilesOnly = errors.New("is for SQLite files")

const (
	howFile = "name a database of ostraka, or a new file in a folder that is there"
	mayFile = "let this user read and write the file, and its folder, where SQLite keeps more files, and look at the disk"
)

// fileError explains why a file cannot be opened.
func (a Address) fileError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	e := a.error(err, howFile)
	info, missing := os.Stat(a.path)
	switch {
	case errors.Is(err, sqlitestore.ErrDiskFull):
		e.Hint = "make room on the disk"
	case errors.Is(err, store.ErrBusy):
		e.Hint = "another program writes to it; try again"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, sqlitestore.ErrIO) && missing == nil && !info.IsDir():
		e.Hint = mayFile
	}
	return e
}

// serverError explains why a database on a server cannot be used.
func (a Address) serverError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	e := a.error(err, "see what the server's log says")
	switch {
	case errors.Is(err, pgstore.ErrSchemaTooNew):
		e.Hint = "run the newer program"
	case errors.Is(err, pgstore.ErrSchemaTooOld):
		e.Hint = fmt.Sprintf("make the tables with: banctl migrate --db '%s'", a.name)
	case errors.Is(err, pgstore.ErrReplica):
		e.Hint = "name the server that takes writes"
	case errors.Is(err, pgstore.ErrDenied):
		e.Hint = "migrate as a role that may, and name the other: banctl migrate --grant ROLE"
	case code(err) == wrongPassword:
		e.Hint = "is PGPASSWORD right, or the line of ~/.pgpass, or PGPASSFILE?"
	case code(err) == wrongRole:
		e.Hint = "is the role right, and does the server's pg_hba.conf let it in from here?"
	case code(err) == noDatabase:
		e.Hint = "make it with createdb, or name another"
	case badSetting(err):
		e.Hint = "correct the settings behind the ?"
	case code(err) == noSuchThing:
		e.Hint = "make that role with CREATE ROLE, or name another with --grant"
	case errors.Is(err, pgstore.ErrConnection), errors.Is(err, store.ErrUnavailable):
		e.Hint = "is the server up, the address right, and does it take writes?"
	}
	return e
}
