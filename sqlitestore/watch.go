package sqlitestore

import (
	"fmt"
	"os"
	"path/filepath"
)

// watchedFile is the file that a store was opened on. The zero value is none, and
// always in its place.
//
// Connections go on with a file after it was renamed, deleted or replaced, as
// with all files of Unix. Only the path tells whether others would find it there.
type watchedFile struct {
	path    string
	info    os.FileInfo
	logPath string
	logInfo os.FileInfo // nil: not watched
}

// watch returns the file that is at the path now.
func watch(path string) (watchedFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return watchedFile{}, err
	}
	return watchedFile{path: path, info: info}, nil
}

// watchLog also watches the write-ahead log, from when it is there: it stays the
// same file while any connection is open.
func (f *watchedFile) watchLog() {
	real, err := filepath.EvalSymlinks(f.path) // beside which SQLite puts it
	if err != nil {
		return
	}
	if info, err := os.Stat(real + "-wal"); err == nil {
		f.logPath, f.logInfo = real+"-wal", info
	}
}

// inPlace gives [ErrFileReplaced] unless the file is at its path.
func (f *watchedFile) inPlace() error {
	if f.info == nil {
		return nil
	}
	if err := same(f.path, f.info); err != nil || f.logInfo == nil {
		return err
	}
	return same(f.logPath, f.logInfo)
}

func same(path string, want os.FileInfo) error {
	have, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFileReplaced, err)
	}
	if !os.SameFile(have, want) {
		return fmt.Errorf("%w: another file is at %s", ErrFileReplaced, path)
	}
	return nil
}
