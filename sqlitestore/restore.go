package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"example.com/ostraka/store"
)

// Restore makes the database at path what the backup is, whole or not at all. The
// backup is a file that [Store.Backup] made, or any other database of ostraka
// that nobody writes to; it is only read. Where there is no file at path, it is
// made, and only its owner may read it.
//
// Programs that have the database open may go on: in one transaction all of it
// is replaced, beside those who read, in turn with those who write. Their
// Checkers notice within their poll interval, and read everything anew. What was
// written since the backup was made is gone: bans, accounts and the log since
// then, and with them the fact that sessions and tokens were revoked, which let
// people in again. Make a backup of what is there first.
//
// Never put a backup back with cp or mv while a program has the database open:
// it would go on with the old file, or with a -wal file that does not belong to
// the new one.
//
// The backup is checked first, see [Store.Check], and brought to the schema of
// today. One that is no database of ostraka, damaged or too new is refused, and
// so is such a file at path, with the errors of [Open] and a [*CheckError]: a
// damaged one has to be moved away first, with its -wal and -shm files. A path at
// which others hold the write lock for longer than [Options.BusyTimeout] is
// [store.ErrBusy]. After an error the database is as it was.
//
// change gives At and Actor of the entry by which the log of the restored
// database says so, with the action [store.StoreRestore].
func Restore(ctx context.Context, path, backup string, change store.Change, options Options) error {
	doing := fmt.Sprintf("restore %s from %s", path, backup)
	o, err := options.withDefaults()
	if err != nil {
		return err
	}
	for _, p := range []string{path, backup} {
		if err := checkPath(p); err != nil {
			return err
		}
	}
	if path, err = filepath.Abs(path); err == nil {
		backup, err = filepath.Abs(backup)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = restore(ctx, path, backup, change, o)
	}
	return explain(ctx, doing, err)
}

func restore(ctx context.Context, path, backup string, change store.Change, o Options) (err error) {
	exists, err := restorable(ctx, path, backup, o)
	if err != nil {
		return err
	}
	draft, err := newDraft(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, draft.discard()) }()
	if err := prepare(ctx, draft.path, backup, change, o); err != nil {
		return err
	}
	if !exists {
		return draft.publish(path)
	}
	return replaceContent(ctx, path, draft.path, o)
}

// restorable refuses files that are not ours, before anything is changed, and
// reports whether there is one at path.
func restorable(ctx context.Context, path, backup string, o Options) (exists bool, err error) {
	from, err := os.Stat(backup)
	if err != nil {
		return false, err
	}
	if err := probe(ctx, backup, o); err != nil {
		return false, fmt.Errorf("the backup: %w", err)
	}
	to, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, noStrayLog(path)
	}
	if err != nil {
		return false, err
	}
	if os.SameFile(from, to) {
		return false, errors.New("the backup is the database itself")
	}
	if err := probe(ctx, path, o); err != nil {
		return false, fmt.Errorf("the database: %w", err)
	}
	return true, nil
}

// noStrayLog refuses a place where the write-ahead log of a file that is gone has
// stayed behind: SQLite would take it for that of the new one.
func noStrayLog(path string) error {
	if _, err := os.Lstat(path + "-wal"); err == nil {
		return &fs.PathError{Op: "create a database beside", Path: path + "-wal", Err: fs.ErrExist}
	}
	return nil
}

// prepare makes the draft a copy of the backup, with the schema of today and the
// change in its log, and checks it.
func prepare(ctx context.Context, draft, backup string, change store.Change, o Options) error {
	from, err := openPool(backup, pragmas{busyTimeout(o.BusyTimeout)}, 1)
	if err != nil {
		return err
	}
	defer from.Close()
	tables := 0
	err = from.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'ostraka_schema'`).Scan(&tables)
	if err != nil {
		return fmt.Errorf("the backup: %w", err)
	}
	if tables == 0 {
		return fmt.Errorf("the backup: %w: it has no tables of ostraka", ErrForeign)
	}
	if _, err := from.ExecContext(ctx, `VACUUM INTO ?`, draft); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	s, err := Open(ctx, draft, o)
	if err != nil {
		return fmt.Errorf("the backup: %w", err)
	}
	if err = s.Check(ctx); err == nil {
		err = s.write(ctx, "log the restoration", func(t *tx) error {
			return t.log(ctx, store.Change{At: change.At, Actor: change.Actor, Action: store.StoreRestore, Bulk: true})
		})
	}
	if err != nil {
		err = fmt.Errorf("the backup: %w", err)
	}
	return errors.Join(err, s.Close())
}

// replaceContent writes all pages of the draft over those of the database, in one
// transaction.
func replaceContent(ctx context.Context, path, draft string, o Options) error {
	from, err := openPool(draft, pragmas{busyTimeout(o.BusyTimeout)}, 1)
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := watch(path)
	if err != nil {
		return err
	}
	err = retryBusy(ctx, o.BusyTimeout, func() error {
		conn, err := from.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return conn.Raw(func(c any) error { return copyPages(ctx, c, path, o) })
	})
	if err != nil {
		return err
	}
	return errors.Join(file.inPlace(), foldLog(ctx, path, o))
}

// copyPages copies the database of a connection over that at path.
func copyPages(ctx context.Context, conn any, path string, o Options) error {
	source, ok := conn.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return errors.New("the driver cannot copy databases")
	}
	target := dsn(path, writePragmas(o)) + "&mode=rw"
	b, err := source.NewBackup(target)
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		if err = ctx.Err(); err == nil {
			more, err = b.Step(restorePages)
		}
	}
	// It commits if all pages were copied, and else rolls back.
	return errors.Join(err, b.Finish())
}

// restorePages is how many pages are copied between two looks at the context.
const restorePages = 4096

// foldLog moves the restored pages from the write-ahead log into the file. A
// reader may keep it from doing so now; then a later checkpoint does it.
func foldLog(ctx context.Context, path string, o Options) error {
	db, err := openPool(path, writePragmas(o), 1)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err = emptyLog(ctx, db); isBusy(err) {
		return nil
	}
	return err
}
