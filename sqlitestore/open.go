package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// applicationID marks the files that Open creates ("ostr"), for file(1) and
// against opening the database of another program by mistake.
const applicationID = 0x6f737472

// Store is a store in an SQLite database. It is safe for concurrent use and
// must not be copied. Make one with [Open] or [New]. Its methods do what [store.Store] says.
type Store struct {
	operations
	readDB, writeDB *sql.DB
	owned           bool                                       // the pools are ours to close
	path            string                                     // of the file, if owned
	file            watchedFile                                // what the store was opened on
	options         Options                                    // in force
	stepRows        int                                        // defaultStepRows, but for tests
	free            func(dir string) (bytes int64, known bool) // freeBytes, but for tests
	writing         chan struct{}                              // holds the turn of the process to write
	life            sqlbackend.Lifecycle
	lookups         [lookupSizes]lazyStmt
	byHash          lazyStmt
	known           credentialCache // of owned files
	subscribers     changelog.Subscribers
}

var _ store.Store = (*Store)(nil)

// operations are the methods that are the same on every SQL database.
type operations = sqlbackend.Operations

// Open opens the database file at path, creating it if it is not there, and
// brings its schema up to date. The file keeps to ostraka alone. Close the
// store after use; until then ctx may end without harm.
//
// A path that names no file (empty, or ":memory:") is refused. So is a file
// that is no SQLite database ([ErrCorrupt]), one that another application has
// marked as its own ([ErrForeign]) and one with the schema of a newer version
// of this package ([ErrSchemaTooNew]); none of them is changed.
func Open(ctx context.Context, path string, options Options) (*Store, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkPath(path); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: open %s: %w", path, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlitestore: open %s: %w", path, err)
	}
	if err := createFile(abs); err != nil {
		return nil, explain(ctx, "create the database", err)
	}
	file, err := watch(abs)
	if err == nil {
		err = file.usable()
	}
	if err != nil {
		return nil, explain(ctx, "open "+path, err)
	}
	if err := probe(ctx, abs, o); err != nil {
		return nil, explain(ctx, "open "+path, err)
	}
	s := &Store{owned: true, path: abs, options: o, stepRows: defaultStepRows, free: freeBytes, writing: make(chan struct{}, 1), file: file}
	s.operations = sqlbackend.NewOperations(database{s})
	if err := s.connect(ctx); err != nil {
		_ = s.Close()
		return nil, explain(ctx, "open "+path, err)
	}
	if err := s.migrate(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	if err := s.file.watchBeside(); err != nil {
		_ = s.Close()
		return nil, explain(ctx, "open "+path, err)
	}
	return s, nil
}

// New puts a store into a database that the host has open with the driver
// modernc.org/sqlite, creating and migrating the tables prefixed ostraka_ there.
// The handle and its settings stay the host's: [Store.Close] leaves it open.
//
// The journal mode WAL serves the store best: in the others, reads and commits
// keep each other waiting. Any of them waits for a lock up to
// [DefaultBusyTimeout]; a wait within the driver, as long as the host's
// busy_timeout, does not end with the context.
// The handle may be limited to one connection, and must be if the database is
// in memory. The host must not call the store while it holds the only
// connection, for example in a transaction.
func New(ctx context.Context, db *sql.DB) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlitestore: New: nil handle")
	}
	o, _ := Options{}.withDefaults() // the zero value is valid
	var file string
	err := retryBusy(ctx, o.BusyTimeout, func() error {
		return db.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file)
	})
	if err != nil {
		return nil, explain(ctx, "look at the host's database", err)
	}
	if file == "" && db.Stats().MaxOpenConnections != 1 {
		return nil, errors.New("sqlitestore: New: every connection to a database in memory may have a database of its own; call SetMaxOpenConns(1) first")
	}
	s := &Store{readDB: db, writeDB: db, options: o, stepRows: defaultStepRows, free: freeBytes, writing: make(chan struct{}, 1)}
	s.operations = sqlbackend.NewOperations(database{s})
	if file != "" {
		// A file system of the host's own may have no such path: that is not watched.
		s.file, _ = watch(file)
	}
	if err := s.migrate(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// creating keeps other stores of the process from opening a file while
// createFile has it open: closing any descriptor of a file drops the POSIX locks
// that SQLite holds on it in the same process.
var creating sync.Mutex

// createFile makes an empty file that only its owner may read, unless there is
// a file.
func createFile(path string) error {
	creating.Lock()
	defer creating.Unlock()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return f.Close()
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) { // a link to a file that is yet to be made
		if f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err == nil {
			err = f.Close()
		}
		return err
	}
	if err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	return err
}

// probe refuses a file that is not ours, before anything is changed in it.
func probe(ctx context.Context, path string, o Options) error {
	db, err := openPool(path, probePragmas(o), 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var id int32
	if err := retryBusy(ctx, o.BusyTimeout, func() error {
		return db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id)
	}); err != nil {
		return err
	}
	if id != 0 && id != applicationID {
		return fmt.Errorf("%w: its application_id is %#x", ErrForeign, uint32(id))
	}
	_, err = schemaVersion(ctx, db)
	return err
}

// connect opens the pools: one connection that writes, several that read.
func (s *Store) connect(ctx context.Context) error {
	var err error
	if s.writeDB, err = openPool(s.path, writePragmas(s.options), 1); err != nil {
		return err
	}
	// The first connection switches the file to WAL, which several processes
	// may try at once.
	var mode string
	if err := retryBusy(ctx, s.options.BusyTimeout, func() error {
		return s.writeDB.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode)
	}); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not support journal mode WAL (the file is in mode %q)", mode)
	}
	s.readDB, err = openPool(s.path, readPragmas(s.options), s.options.ReadConns)
	if err != nil {
		return err
	}
	return s.readDB.PingContext(ctx)
}

// openPool opens a file that is there. It never makes one: connections are
// opened whenever one is needed, and the file may be gone by then.
func openPool(path string, p pragmas, size int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, p)+"&mode=rw")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// retryBusy calls fn again while it fails for a lock, for as long as timeout
// says or the context lasts.
func retryBusy(ctx context.Context, timeout time.Duration, fn func() error) error {
	deadline := time.Now().Add(timeout)
	for {
		err := fn()
		if err == nil || !isBusy(err) {
			return err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return err
		}
		pause := time.NewTimer(min(left, backoff()))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}
