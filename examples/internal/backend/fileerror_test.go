package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// TestWhatIsWrongWithAFileIsSaid: a full disk does not ask for another name.
func TestWhatIsWrongWithAFileIsSaid(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path   string
		err    error
		hint   string
		outage bool
	}{
		"the disk is full":              {path, sqlitestore.ErrDiskFull, "make room on the disk", true},
		"another program writes":        {path, store.ErrBusy, "another program writes to it; try again", true},
		"it may not be written":         {path, sqlitestore.ErrIO, mayFile, false},
		"nothing may be made there":     {filepath.Join(dir, "new.db"), &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}, mayFile, false},
		"a folder":                      {dir, sqlitestore.ErrIO, howFile, false},
		"its folder is not there":       {filepath.Join(dir, "no", "x.db"), fs.ErrNotExist, howFile, false},
		"no database":                   {path, sqlitestore.ErrCorrupt, howFile, false},
		"something that nobody expects": {path, errors.New("strange"), howFile, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := File(c.path).fileError(context.Background(), fmt.Errorf("open: %w", c.err))
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Hint != c.hint || e.Outage() != c.outage || !errors.Is(err, c.err) {
				t.Errorf("error %v, outage %t; want the hint %q, outage %t", err, ok && e.Outage(), c.hint, c.outage)
			}
		})
	}
}
