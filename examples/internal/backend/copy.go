package backend

import (
	"context"
	"errors"
	"fmt"
	"os"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storecopy"
)

// CopyOptions adjusts [Copy].
type CopyOptions struct {
	Change  store.Change // gives At and Actor of the entry in the log of the copy
	Restart bool         // an unfinished copy that is there is thrown away
	DryRun  bool         // nothing is written
	// Progress, if not nil, is told of what was done so far.
	Progress func(table string, rows int64)
}

// Copy copies all of one database to another place, where nothing is but perhaps an
// unfinished copy of it, which it goes on with. See package storecopy.
func Copy(ctx context.Context, from, to Address, o CopyOptions) ([]storecopy.Sum, error) {
	if from.same(to) {
		return nil, to.error(errors.New("FROM and TO are the same database"), "name another place")
	}
	db, err := Open(ctx, from, Options{Mode: Existing, Missing: "name the database to copy"})
	if err != nil {
		return nil, err
	}
	source, ok := db.Store.(storecopy.Source)
	if !ok {
		return nil, errors.Join(from.error(errors.New("it cannot be copied"), "name a file or a PostgreSQL server"), db.Close())
	}
	sums, err := copyTo(ctx, source, to, o)
	return sums, errors.Join(to.copyError(ctx, err), db.Close())
}

func copyTo(ctx context.Context, from storecopy.Source, to Address, o CopyOptions) ([]storecopy.Sum, error) {
	origin, err := storecopy.Origin(ctx, from)
	if err != nil {
		return nil, err
	}
	if o.DryRun {
		if err := to.place(ctx, origin); err != nil {
			return nil, err
		}
		return storecopy.Sums(ctx, from, o.Progress)
	}
	if o.Restart {
		if err := to.dropDraft(ctx); err != nil {
			return nil, err
		}
	}
	draft, err := to.openDraft(ctx, origin)
	if err != nil {
		return nil, err
	}
	sums, err := storecopy.Copy(ctx, from, draft, storecopy.Options{Change: o.Change, Progress: o.Progress})
	return sums, errors.Join(err, draft.Close())
}

// same reports whether two addresses lead to one database, as far as they tell.
func (a Address) same(b Address) bool {
	if a.OnServer() || b.OnServer() {
		return a.tools == b.tools && a.options.Schema == b.options.Schema
	}
	x, err1 := os.Stat(a.path)
	y, err2 := os.Stat(b.path)
	return a.path == b.path || err1 == nil && err2 == nil && os.SameFile(x, y)
}

type draft interface {
	storecopy.Draft
	Close() error
}

func (a Address) openDraft(ctx context.Context, origin string) (draft, error) {
	if a.OnServer() {
		return pgstore.OpenDraft(ctx, a.dsn, a.options, origin)
	}
	return sqlitestore.OpenDraft(ctx, a.path, origin, sqlitestore.Options{})
}

func (a Address) dropDraft(ctx context.Context) error {
	if a.OnServer() {
		return pgstore.DropDraft(ctx, a.dsn, a.options)
	}
	return sqlitestore.DropDraft(a.path)
}

// Absent reports whether an error of [Open] says that nothing is at the address yet: no
// file, or no tables.
func Absent(err error) bool {
	schema, ok := errors.AsType[*pgstore.SchemaError](err)
	return errors.Is(err, ErrMissing) || ok && schema.Have == 0
}

// place fails if there is something at the address.
func (a Address) place(ctx context.Context, origin string) error {
	options := Options{Mode: Existing}
	db, err := Open(ctx, a, options)
	if Absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	err = storecopy.ErrNotEmpty
	if at, ok := db.Store.(storecopy.Source); ok {
		err = storecopy.Place(ctx, at, origin)
	}
	return errors.Join(err, db.Close())
}

// copyError explains what keeps a copy from being made.
func (a Address) copyError(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, storecopy.ErrDone) {
		return err
	}
	if _, ok := errors.AsType[*Error](err); ok || ctx.Err() != nil {
		return err
	}
	hint := ""
	switch {
	case errors.Is(err, storecopy.ErrChanged), errors.Is(err, storecopy.ErrDiffers):
		hint = "stop the programs that write to FROM, and copy again with --restart"
	case errors.Is(err, storecopy.ErrOtherDraft):
		hint = "--restart throws it away"
	case errors.Is(err, storecopy.ErrNotEmpty):
		hint = "name a place where nothing is"
	case errors.Is(err, storecopy.ErrLayout):
		hint = "run banctl migrate on both"
	case errors.Is(err, store.ErrExists):
		hint = "is another copy to the same place under way?"
	case errors.Is(err, pgstore.ErrDenied):
		hint = fmt.Sprintf("copy as a role that has the CREATE privilege on the database, and owns the schema %s if it is there", a.options.Schema)
	case a.OnServer():
		return a.serverError(ctx, err)
	default:
		return a.fileError(ctx, err)
	}
	return a.error(err, hint)
}
