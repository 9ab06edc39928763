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
	placed
	beside []placed // what SQLite keeps beside it; empty: not watched
}

// placed is a file at a path.
type placed struct {
	path string
	info os.FileInfo
}

// watch returns the file that is at the path now.
func watch(path string) (watchedFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return watchedFile{}, err
	}
	return watchedFile{placed: placed{path, info}}, nil
}

// watchBeside also watches the write-ahead log and its index, from when they are
// there: they stay the same files while any connection is open. In the index are the
// locks: processes that have different ones write over each other's commits.
func (f *watchedFile) watchBeside() {
	real, err := filepath.EvalSymlinks(f.path) // beside which SQLite puts them
	if err != nil {
		return
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if info, err := os.Stat(real + suffix); err == nil {
			f.beside = append(f.beside, placed{real + suffix, info})
		}
	}
}

// inPlace gives [ErrFileReplaced] unless the file is at its path, with what belongs
// to it.
func (f *watchedFile) inPlace() error {
	if f.info == nil {
		return nil
	}
	if err := f.same(); err != nil {
		return err
	}
	for i := range f.beside {
		if err := f.beside[i].same(); err != nil {
			return err
		}
	}
	return nil
}

// same gives [ErrFileReplaced] unless the file is at its path.
func (p *placed) same() error {
	have, err := os.Stat(p.path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFileReplaced, err)
	}
	if !os.SameFile(have, p.info) {
		return fmt.Errorf("%w: another file is at %s", ErrFileReplaced, p.path)
	}
	return nil
}
