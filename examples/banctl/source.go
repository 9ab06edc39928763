package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
)

// stdinPath stands for standard input in place of a path.
const stdinPath = "-"

// source is a list to import.
type source struct {
	path string
	size int64 // in bytes; 0: unknown
	read atomic.Int64
	r    io.Reader
	end  func() error
}

// openSource opens a file, or standard input. It is closed when the context ends,
// since a read from a pipe or a terminal would go on.
func (a *app) openSource(ctx context.Context, path string) (*source, error) {
	s := &source{path: path}
	if path == stdinPath {
		// A read from a terminal ends with nothing, and so goes on behind a pipe.
		r, w := io.Pipe()
		go func() {
			_, err := io.Copy(w, a.stdin)
			w.CloseWithError(err) // io.EOF for nil
		}()
		s.r, s.end = r, r.Close
	} else {
		f, size, err := openFile(path)
		if err != nil {
			return nil, &usageError{err, "name a file that can be read, or - for standard input"}
		}
		s.r, s.size, s.end = f, size, f.Close
	}
	context.AfterFunc(ctx, func() { s.end() })
	return s, nil
}

func openFile(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return f, 0, nil
	}
	return f, info.Size(), nil
}

// Read implements [io.Reader], and counts.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read.Add(int64(n))
	return n, err
}

// name returns what matches are to show as the source: the name of the file
// without its folder, so that it stays the same wherever the file is fetched to.
// Standard input has none.
func (s *source) name() string {
	if s.path == stdinPath {
		return ""
	}
	return filepath.Base(s.path)
}
