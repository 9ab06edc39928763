// Package backend opens the database that a command line names, whichever backend it
// is on.
//
//	address, err := backend.Named("-db", *dbFlag, backend.Variable)
//	…
//	db, err := backend.Open(ctx, address, backend.Options{Mode: backend.Serve})
//	if err != nil {
//		return err
//	}
//	defer db.Close()
//	checker, err := ban.NewChecker(db.Store, ban.CheckerOptions{})
//
// # Addresses
//
// A path names an SQLite file, and
//
//	postgres://USER@HOST:PORT/DATABASE?SETTING=VALUE&…
//
// a database on a PostgreSQL server; postgresql:// is the same. What is left out comes
// from the environment, PGHOST and the like. Settings are those of pgx and the server
// (sslmode, connect_timeout, pool_max_conns, application_name), and
//
//	schema=NAME                 the schema that the tables are in; default ostraka
//	pool_mode=transaction       there is a pooler in between that hands out connections for a transaction
//	listen=HOST:PORT            the server itself, to hear of changes past such a pooler
//
// On a command line an address has no password.
package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// Mode says what to do about a database that is not there yet.
type Mode int

const (
	// Existing refuses it.
	Existing Mode = iota
	// Serve makes a file, but no tables on a server: servers run as a role that may not.
	Serve
	// Make makes a file, and tables on a server.
	Make
)

// Options adjusts [Open].
type Options struct {
	Mode Mode
	// Wait is how long a write waits for others. Zero: as the backend has it.
	Wait time.Duration
	// Rekey, unless nil, has keys made anew that other tables have made.
	Rekey *ban.RekeyOptions
	// Temporary: a file need not outlive a loss of power.
	Temporary bool
	// Missing is what the refusal of a file that is not there advises.
	Missing string
}

// DB is an open database.
type DB struct {
	Store store.Store
	// File is the store if it is in an SQLite file, and Server if it is on a PostgreSQL
	// server; the other one is nil.
	File   *sqlitestore.Store
	Server *pgstore.Store

	Fresh   bool            // it was made just now
	Rekeyed ban.RekeyResult // what [Options.Rekey] did
}

// Close closes the store.
func (d *DB) Close() error { return d.Store.Close() }

// Open opens a database. The error is an [*Error] if it cannot be used, and that of
// the context if that has ended.
func Open(ctx context.Context, a Address, o Options) (*DB, error) {
	open := a.openFile
	if a.OnServer() {
		open = a.openServer
	}
	db, err := open(ctx, o)
	if err != nil || o.Rekey == nil {
		return db, err
	}
	result, err := ban.Rekey(ctx, db.Store, *o.Rekey)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.Rekeyed = result
	return db, nil
}

func (a Address) openFile(ctx context.Context, o Options) (*DB, error) {
	_, err := os.Stat(a.path)
	fresh := errors.Is(err, fs.ErrNotExist) // what else is wrong is said when it is opened
	if fresh && o.Mode == Existing {
		return nil, a.error(ErrMissing, o.Missing)
	}
	options := sqlitestore.Options{BusyTimeout: o.Wait}
	if o.Temporary {
		options.Synchronous = sqlitestore.SyncNormal
	}
	st, err := sqlitestore.Open(ctx, a.path, options)
	if err != nil {
		return nil, a.fileError(ctx, err)
	}
	return &DB{Store: st, File: st, Fresh: fresh}, nil
}

func (a Address) openServer(ctx context.Context, o Options) (*DB, error) {
	options := a.options
	options.LockTimeout, options.NoMigrate = o.Wait, true
	st, err := pgstore.Open(ctx, a.dsn, options)
	fresh := false
	if schema, ok := errors.AsType[*pgstore.SchemaError](err); ok && schema.Have == 0 && o.Mode == Make {
		fresh, options.NoMigrate = true, false
		st, err = pgstore.Open(ctx, a.dsn, options)
	}
	if err != nil {
		return nil, a.serverError(ctx, err)
	}
	return &DB{Store: st, Server: st, Fresh: fresh}, nil
}

// Task is what some backends do themselves, and others leave to programs of their own.
type Task string

// The tasks.
const (
	Backup  Task = "backup"
	Restore Task = "restore"
	Verify  Task = "verify"
	Vacuum  Task = "vacuum"
)

// Can returns nil if the backend does the task itself: [DB.File] has it. Else the
// error is an [*Error] that says which program does.
func (a Address) Can(t Task) error {
	if !a.OnServer() {
		return nil
	}
	hint := map[Task]string{
		Backup:  fmt.Sprintf("use PostgreSQL's: pg_dump --format=custom --schema=%s --file=FILE '%s'", a.options.Schema, a.tools),
		Restore: fmt.Sprintf("use PostgreSQL's, while no program has the database open: pg_restore --clean --if-exists --single-transaction --dbname='%s' FILE", a.tools),
		Verify:  fmt.Sprintf("use PostgreSQL's: pg_amcheck '%s'", a.tools),
		Vacuum:  "PostgreSQL does so by itself, see autovacuum in its manual",
	}[t]
	return a.error(fmt.Errorf("%s %w", t, ErrFilesOnly), hint)
}
