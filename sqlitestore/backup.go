package sqlitestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the database to a new file at path, while
// the store stays in use. The copy is compact, needs no -wal file, and can be
// opened by [Open] or put back by [Restore]. A store made by [New] copies the
// host's whole database.
//
// Copying the file with cp, rsync or a snapshot of a folder is no backup: what is
// still in the -wal file is missing from it, and a file that is written meanwhile
// comes out torn.
//
// An error matching [fs.ErrExist] says that there is a file at path, which is
// never touched. The copy appears at path whole, or not at all: it is written
// beside it first, under a name that begins with ".ostraka-". What a backup that
// was killed has left under such a name in the same folder is removed. Only the
// owner of the copy may read it.
func (s *Store) Backup(ctx context.Context, path string) error {
	doing := "back up to " + path
	if err := checkPath(path); err != nil {
		return err
	}
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	defer s.life.Leave()
	return explain(ctx, doing, s.backup(ctx, path))
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); err == nil { // before the long work; publish decides
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	draft, err := newDraft(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, draft.discard()) }()
	if err := s.vacuumInto(ctx, draft.path); err != nil {
		return err
	}
	if err := s.file.inPlace(); err != nil { // else it may be a copy of another file
		return err
	}
	return draft.publish(path)
}

// vacuumInto needs a connection that may write, if only elsewhere. A store of
// its own file opens one more, so that neither readers nor writers wait.
func (s *Store) vacuumInto(ctx context.Context, file string) error {
	db := s.writeDB
	if s.owned {
		own, err := openPool(s.path, writePragmas(s.options), 1)
		if err != nil {
			return err
		}
		defer own.Close()
		db = own
	}
	return retryBusy(ctx, s.options.BusyTimeout, func() error {
		_, err := db.ExecContext(ctx, `VACUUM INTO ?`, file)
		return err
	})
}
