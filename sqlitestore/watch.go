package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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
// locks: processes that have different ones write over each other's commits. So one
// that others of this process may have, but is not at its path, is refused.
func (f *watchedFile) watchBeside() error {
	real, err := filepath.EvalSymlinks(f.path) // beside which SQLite puts them
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFileReplaced, err)
	}
	for _, suffix := range []string{logSuffix, indexSuffix} {
		info, err := os.Stat(real + suffix)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFileReplaced, err)
		}
		f.beside = append(f.beside, placed{real + suffix, info})
	}
	return nil
}

// What SQLite keeps beside a database.
const (
	logSuffix   = "-wal"
	indexSuffix = "-shm"
)

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

// indexLost reports whether only the index of the log is no longer in its place.
func (f *watchedFile) indexLost() bool {
	if f.info == nil || len(f.beside) == 0 || f.same() != nil {
		return false
	}
	index := &f.beside[len(f.beside)-1]
	return index.same() != nil
}

// abandoned are the files of which the index was lost while a store had them open.
// What others commit by another index is not in that of the store: the last
// connection of a process must not be closed, since SQLite would then fold in the log
// as far as it knows of it, and delete it. All that was committed is in the log, where
// it is found by who opens the file once the process has ended.
var abandoned struct {
	sync.Mutex
	files []os.FileInfo
}

func (f *watchedFile) abandon() {
	abandoned.Lock()
	defer abandoned.Unlock()
	abandoned.files = append(abandoned.files, f.info)
}

// errAbandoned says why a process cannot open such a file again.
var errAbandoned = errors.New("this program had it open when its -shm file was moved or deleted, and has to be started anew")

// usable gives [ErrFileReplaced] if this process had to abandon the file.
func (f *watchedFile) usable() error {
	abandoned.Lock()
	defer abandoned.Unlock()
	for _, info := range abandoned.files {
		if os.SameFile(info, f.info) {
			return fmt.Errorf("%w: %w", ErrFileReplaced, errAbandoned)
		}
	}
	return nil
}
