package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const csrfKeySize = 32

// readCSRFKey returns the key of CSRF tokens that the servers of a site share: that in
// the file of the flag, or beside the database file. With neither it is nil.
func (f *serveFlags) readCSRFKey() ([]byte, error) {
	switch {
	case f.csrfKey != "":
		return sharedKey(f.csrfKey)
	case f.db.OnServer():
		return nil, nil
	}
	return csrfKey(f.db.Path())
}

// csrfKey returns the key of CSRF tokens that the servers of a database file share. It
// is in a file beside it, which the first of them makes.
func csrfKey(db string) ([]byte, error) {
	db, err := filepath.EvalSymlinks(db) // all names of a database have one key
	if err != nil {
		return nil, err
	}
	return sharedKey(db + ".csrf-key")
}

// sharedKey returns the key in a file, which it makes if it is not there.
func sharedKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the key of CSRF tokens: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others: remove it and sign in again, or chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != csrfKeySize {
		return nil, fmt.Errorf("%s holds no key: remove it, and the next server makes one", path)
	}
	return key, nil
}

// makeKey writes a new key, whole or not at all: of several servers that start at
// once, one does, and the others get fs.ErrExist.
func makeKey(path string) error {
	key := make([]byte, csrfKeySize)
	_, _ = rand.Read(key)                                    // never fails
	temp, err := os.CreateTemp(filepath.Dir(path), ".csrf-") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(hex.EncodeToString(key) + "\n")
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Link(temp.Name(), path)
}
