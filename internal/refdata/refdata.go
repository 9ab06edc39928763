// Package refdata finds the reference data that some tests compare with. The
// data is no part of the project: it lies in a folder shared/data beside the
// project's root, or in the folder that the environment variable OSTRAKA_DATA
// names.
package refdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of the reference file of that name, and skips the test
// if there is none.
func Path(tb testing.TB, name string) string {
	tb.Helper()
	if dir := os.Getenv("OSTRAKA_DATA"); dir != "" {
		return filepath.Join(dir, name)
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Skipf("no shared/data/%s beside the project, nor OSTRAKA_DATA set: nothing to compare with", name)
		}
		dir = parent
	}
}
