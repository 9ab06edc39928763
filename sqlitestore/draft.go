package sqlitestore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// draft is a file that is being written beside the place where it is to be. Its
// process holds a lock on a second file for as long, by which others tell a draft
// that somebody works on from what a killed process has left.
//
// The lock is not on the file itself: SQLite locks that, and on some network file
// systems the two would be one.
type draft struct {
	path string
	lock *os.File
}

const (
	draftPrefix = ".ostraka-draft-"
	lockSuffix  = ".lock"

	// oldPrefix is what drafts of earlier versions were called, which held no
	// lock: they count as left behind once they are older than oldDraft.
	oldPrefix = ".ostraka-backup-"
	oldDraft  = 24 * time.Hour
)

// newDraft makes an empty draft that only its owner may read, and removes what
// killed processes have left in the folder.
func newDraft(dir string) (*draft, error) {
	sweepDrafts(dir)
	lock, err := os.CreateTemp(dir, draftPrefix+"*"+lockSuffix) // mode 0600
	if err != nil {
		return nil, err
	}
	d := &draft{strings.TrimSuffix(lock.Name(), lockSuffix), lock}
	// Should another sweep now, before the lock is held, it removes the lock file
	// alone. The draft is then one that nobody can take for left behind.
	_ = tryLock(lock)
	f, err := os.OpenFile(d.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, errors.Join(err, d.discard())
	}
	return d, nil
}

// discard removes what is left of the draft, published or not.
func (d *draft) discard() error {
	return errors.Join(removeDatabase(d.path), ignoreMissing(os.Remove(d.lock.Name())), d.lock.Close())
}

// publish puts the finished draft on disk and gives it its name, unless the name
// is taken: a rename would replace what is there.
func (d *draft) publish(path string) error {
	if err := syncFile(d.path); err != nil {
		return err
	}
	if err := publish(d.path, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// sweepDrafts removes the drafts of processes that are gone. What cannot be
// removed is left to the next one.
func sweepDrafts(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch name := e.Name(); {
		case strings.HasPrefix(name, draftPrefix) && strings.HasSuffix(name, lockSuffix):
			sweepDraft(path)
		case strings.HasPrefix(name, oldPrefix):
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > oldDraft {
				_ = removeDatabase(path)
			}
		}
	}
}

func sweepDraft(lockPath string) {
	lock, err := os.OpenFile(lockPath, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer lock.Close()
	if tryLock(lock) {
		_ = removeDatabase(strings.TrimSuffix(lockPath, lockSuffix))
		_ = os.Remove(lockPath)
	}
}

// removeDatabase removes a database file that nobody has open, and what SQLite
// puts beside it.
func removeDatabase(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		errs = append(errs, ignoreMissing(os.Remove(path+suffix)))
	}
	return errors.Join(errs...)
}

// syncFile puts a file on disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// publish gives a finished file its name, unless the name is taken.
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
