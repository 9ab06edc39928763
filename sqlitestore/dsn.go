package sqlitestore

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// lockSlice is how long SQLite itself waits for a lock on connections that
// write. It is short because that wait cannot be cancelled; the longer one, up
// to Options.BusyTimeout, is a loop of ours that heeds the context.
const lockSlice = 20 * time.Millisecond

// checkPath refuses what SQLite would take for something else than a file.
func checkPath(path string) error {
	switch {
	case path == "", path == ":memory:":
		return fmt.Errorf("sqlitestore: path %q names no file; for a store in memory use package memstore", path)
	case strings.HasPrefix(path, "file:"):
		return fmt.Errorf("sqlitestore: path %q is a DSN; give the plain path of a file, or open it yourself and use New", path)
	case strings.ContainsRune(path, 0):
		return errors.New("sqlitestore: path has a NUL byte")
	}
	return nil
}

// pragmas are the settings of one connection, run in order when it is opened.
type pragmas []string

// dsn returns the data source name of the file, as a URI in which no character
// of the path means anything. The path must be absolute: pooled connections are
// opened whenever one is needed, wherever the process has moved by then.
func dsn(path string, p pragmas) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/x becomes file:///C:/x
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": p}.Encode()}
	return u.String()
}

func busyTimeout(d time.Duration) string {
	return fmt.Sprintf("busy_timeout(%d)", d.Milliseconds())
}

// probePragmas change nothing in the file, which may not be ours.
func probePragmas(o Options) pragmas {
	return pragmas{busyTimeout(o.BusyTimeout), "query_only(1)"}
}

func writePragmas(o Options) pragmas {
	sync := "synchronous(FULL)"
	if o.Synchronous == SyncNormal {
		sync = "synchronous(NORMAL)"
	}
	return pragmas{
		busyTimeout(min(lockSlice, o.BusyTimeout)),
		"journal_mode(WAL)",
		sync,
		"foreign_keys(1)",
		"secure_delete(FAST)", // overwrites what leaves a page that is written anyway; see writeOver
		"temp_store(MEMORY)",
		"cache_size(-16384)",           // KiB
		"journal_size_limit(67108864)", // gives back what a bulk write took
	}
}

// readPragmas use query_only and not mode=ro: a reader of a write-ahead log
// writes to the shared memory beside it.
func readPragmas(o Options) pragmas {
	return pragmas{
		busyTimeout(o.BusyTimeout),
		"foreign_keys(1)",
		"temp_store(MEMORY)",
		"cache_size(-16384)", // KiB
		"query_only(1)",
	}
}
