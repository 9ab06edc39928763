package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.com/ostraka/store"
	"example.com/ostraka/store/storecopy"
)

// copySuffix is what the name of a database in the making ends with.
const copySuffix = ".copying"

// Draft is a copy in the making, in a file beside that of the database which it
// becomes. See package storecopy. It is not safe for concurrent use.
type Draft struct {
	*Store
	place  string
	origin string
}

var _ storecopy.Draft = (*Draft)(nil)

// OpenDraft opens the unfinished copy from the origin that is beside path, or begins
// one. It fails with [storecopy.ErrNotEmpty] if there is a database at path that has
// something, [storecopy.ErrDone] if that is a copy from the origin, and
// [storecopy.ErrOtherDraft] if the unfinished copy is another one, see [DropDraft].
func OpenDraft(ctx context.Context, path, origin string, options Options) (*Draft, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := finishLink(path); err != nil {
		return nil, err
	}
	if err := emptyPlace(ctx, path, origin, options); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	options.Synchronous = SyncNormal // what a loss of power takes is copied again
	st, err := Open(ctx, path+copySuffix, options)
	if err != nil {
		return nil, err
	}
	d := &Draft{st, path, origin}
	if err := d.begin(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return d, nil
}

// finishLink removes the draft's name from a file that has been given its own, where
// the process ended in between.
func finishLink(path string) error {
	draft, err := os.Stat(path + copySuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if there, err := os.Stat(path); err == nil && os.SameFile(there, draft) {
		return os.Remove(path + copySuffix)
	}
	return nil
}

// emptyPlace fails unless there is nothing at path, or a database that has nothing.
func emptyPlace(ctx context.Context, path, origin string, options Options) error {
	version, err := SchemaVersion(ctx, path)
	if err != nil || version == 0 {
		return err
	}
	st, err := Open(ctx, path, options)
	if err != nil {
		return err
	}
	return errors.Join(storecopy.Place(ctx, st, origin), st.Close())
}

// DropDraft removes the unfinished copy beside path, if there is one. Nobody may be
// writing it.
func DropDraft(path string) error { return removeDatabase(path + copySuffix) }

// begin marks a new draft with its origin, where the name of the tables of keys will be.
func (d *Draft) begin(ctx context.Context) error {
	if errors.Is(storecopy.Place(ctx, d, d.origin), storecopy.ErrDone) {
		return nil // it is to be published only
	}
	state, err := d.CopyState(ctx)
	switch {
	case err != nil:
		return err
	case state.KeyTables == "" && len(state.Given) == 0:
		return d.write(ctx, "begin a copy", func(t *tx) error { return t.SetKeyTables(ctx, d.origin) })
	case state.KeyTables != d.origin:
		return fmt.Errorf("%s: %w", d.path, storecopy.ErrOtherDraft)
	}
	return nil
}

// Last implements [storecopy.Draft].
func (d *Draft) Last(ctx context.Context, t storecopy.Table) (storecopy.Row, error) {
	rows, err := d.copyRows(ctx, t, `SELECT `+strings.Join(t.Columns, ", ")+` FROM `+tablePrefix+t.Name+
		` ORDER BY `+strings.Join(t.Columns[:t.Key], " DESC, ")+` DESC LIMIT 1`, nil)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// Add implements [storecopy.Draft].
func (d *Draft) Add(ctx context.Context, t storecopy.Table, rows []storecopy.Row) error {
	insert := `INSERT INTO ` + tablePrefix + t.Name + ` (` + strings.Join(t.Columns, ", ") + `) VALUES (?` + strings.Repeat(", ?", len(t.Columns)-1) + `)`
	return d.write(ctx, "write rows of "+t.Name, func(x *tx) error {
		for _, r := range rows {
			if err := x.exec(ctx, insert, r...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Publish implements [storecopy.Draft]. The draft is closed with it.
func (d *Draft) Publish(ctx context.Context, state storecopy.State, change store.Change) error {
	if !errors.Is(storecopy.Place(ctx, d, d.origin), storecopy.ErrDone) {
		if err := d.finish(ctx, state, change); err != nil {
			return err
		}
	}
	if err := d.Close(); err != nil { // what is in the write-ahead log is in the file then
		return err
	}
	from := d.place + copySuffix
	if err := syncFile(from); err != nil {
		return err
	}
	if err := emptyPlace(ctx, d.place, d.origin, d.options); err != nil {
		return err
	}
	if err := removeDatabase(d.place); err != nil {
		return err
	}
	if err := publish(from, d.place); err != nil {
		return err
	}
	return errors.Join(removeDatabase(from), syncDir(filepath.Dir(d.place)))
}

// finish gives the draft the state of what it is a copy of, and logs the change.
func (d *Draft) finish(ctx context.Context, state storecopy.State, change store.Change) error {
	return d.write(ctx, "finish a copy", func(t *tx) error {
		for table, given := range state.Given {
			name := tablePrefix + table
			if n, err := t.affect(ctx, `UPDATE sqlite_sequence SET seq = ? WHERE name = ?`, given, name); err != nil {
				return err
			} else if n > 0 {
				continue
			}
			if err := t.exec(ctx, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, name, given); err != nil {
				return err
			}
		}
		if err := t.SetKeyTables(ctx, state.KeyTables); err != nil {
			return err
		}
		return t.log(ctx, change)
	})
}
