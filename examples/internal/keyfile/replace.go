package keyfile

import (
	"errors"
	"os"
	"path/filepath"
)

// replace writes a file whole or not at all: a key that is lost cannot be made again.
// A file that is new is for its owner alone; one that was there keeps its rights.
func replace(path string, data []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the link stays
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".key-") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if info, statErr := os.Stat(path); err == nil && statErr == nil {
		err = temp.Chmod(info.Mode().Perm())
	}
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
