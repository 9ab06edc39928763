package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the database to a new file at path, while
// the store stays in use. The copy is compact, needs no -wal file, and can be
// opened by [Open]. A store made by [New] copies the host's whole database.
//
// An error matching [fs.ErrExist] says that there is a file at path, which is
// never touched. The copy appears at path whole, or not at all: it is written
// beside it first. Only its owner may read it.
func (s *Store) Backup(ctx context.Context, path string) error {
	doing := "back up to " + path
	if err := checkPath(path); err != nil {
		return err
	}
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	defer s.life.leave()
	return explain(ctx, doing, s.backup(ctx, path))
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); err == nil { // before the long work; publish decides
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".ostraka-backup-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(temp.Name()))) }()
	if err := temp.Close(); err != nil {
		return err
	}
	if err := s.vacuumInto(ctx, temp.Name()); err != nil {
		return err
	}
	if err := syncFile(temp.Name()); err != nil {
		return err
	}
	if err := publish(temp.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
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

// syncFile puts a file on disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// publish gives a finished file its name, unless the name is taken: a rename
// would replace what is there.
func publish(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without hard links: take the name with an empty file, and
	// replace that.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), os.Rename(temp, path)); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(path)))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Vacuum rebuilds the file, which gives the space of deleted records back to
// the file system. It takes as long as copying the database, needs free space
// of twice its size, and keeps writers waiting meanwhile.
func (s *Store) Vacuum(ctx context.Context) error {
	const doing = "vacuum"
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	defer s.life.leave()
	return explain(ctx, doing, s.vacuum(ctx))
}

func (s *Store) vacuum(ctx context.Context) error {
	conn, release, err := s.writeConn(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := retryBusy(ctx, s.options.BusyTimeout, func() error {
		_, err := conn.ExecContext(ctx, `VACUUM`)
		return err
	}); err != nil || !s.owned {
		return err
	}
	// The rebuilt file is still in the log. A reader may keep it from being
	// folded in whole now; then a later checkpoint does it.
	var busy, inLog, folded int
	return conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &folded)
}

// maxProblems bounds what Check reports.
const maxProblems = 100

// Check reads the whole database and reports damage as a [*CheckError]: pages
// and indexes that SQLite finds malformed, and records that contradict each
// other. It may take minutes for a large file, and blocks nobody.
func (s *Store) Check(ctx context.Context) error {
	const doing = "check the database"
	var problems []string
	err := s.view(ctx, doing, func(q querier) (err error) {
		if problems, err = integrity(ctx, q); err != nil || len(problems) > 0 {
			return err // what damaged pages say of records is worth nothing
		}
		problems, err = contradictions(ctx, q)
		return err
	})
	if err == nil && len(problems) > 0 {
		err = explain(ctx, doing, &CheckError{Problems: problems})
	}
	return err
}

func integrity(ctx context.Context, q querier) ([]string, error) {
	lines, err := collect(ctx, q, func(rows *sql.Rows) (line string, err error) {
		return line, rows.Scan(&line)
	}, fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxProblems))
	if len(lines) == 1 && lines[0] == "ok" {
		lines = nil
	}
	return lines, err
}

// syncDir puts the names in a directory on disk. Systems where a directory
// cannot be opened or synced have no need of it, or no way.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return nil
	}
	_ = d.Sync()
	return d.Close()
}
