package sqlbackend

import (
	"context"

	"example.com/ostraka/store"
)

// Database is how [Operations] reach the database of a backend.
//
// Doing says in errors what is being done. Each method is a whole operation of the
// store: it is refused once the store is closed, and what goes wrong in it matches the
// sentinels of package store. The functions may be run again, where a lock or a lost
// connection was in the way: they keep nothing from a run before.
type Database interface {
	Dialect() *Dialect

	// Read runs fn, which only reads.
	Read(ctx context.Context, doing string, fn func(Querier) error) error
	// Lookup is Read for what somebody waits for, so that its time is short.
	Lookup(ctx context.Context, doing string, fn func(Querier) error) error
	// View is Read in a transaction: all that fn reads is of one moment.
	View(ctx context.Context, doing string, fn func(Querier) error) error

	// Write runs fn in a transaction beside which nobody else writes, so that what fn
	// reads stays true until it commits.
	Write(ctx context.Context, doing string, fn func(Tx) error) error
	// WriteTogether is Write beside which others may write, where the database can do
	// so: fn locks the rows that it decides on.
	WriteTogether(ctx context.Context, doing string, fn func(Tx) error) error
	// Prune is Write that overwrites what it deletes, where the database can do so.
	Prune(ctx context.Context, doing string, fn func(Tx) error) error
	// Forget is Prune that leaves nothing of it in the database's own log either, where
	// the database can do so.
	Forget(ctx context.Context, doing string, fn func(Tx) error) error

	// Nothing is an operation that has nothing to do.
	Nothing(ctx context.Context, doing string) error
}

// Querier reads. Queries are written as [Dialect.Query] takes them, and of what follows
// a backend makes what its driver takes: arguments may be a uuid.UUID, and an []int64 for
// [Dialect.In]; columns are scanned to a *uuid.UUID and a *time.Time, whose zero values
// stand for NULL, to a *time.Duration, a *store.SecretHash, to a *uint8 for the number of
// an enumeration, and to whatever both drivers take by themselves.
type Querier interface {
	// Row reads one row into dest, or fails with [store.ErrNotFound].
	Row(ctx context.Context, dest []any, query string, args ...any) error
	// Each calls fn for every row. Only one that reads may end it, with an error.
	Each(ctx context.Context, fn func(Row) error, query string, args ...any) error
}

// Row is one that is being read.
type Row interface {
	Scan(dest ...any) error
}

// Tx is a write transaction.
type Tx interface {
	Querier
	// Exec executes a statement of which nothing but the error matters.
	Exec(ctx context.Context, query string, args ...any) error
	// Affect executes one that is judged by how many rows it changed.
	Affect(ctx context.Context, query string, args ...any) (int64, error)
	// Insert executes an INSERT of one row, and returns the Seq that it got.
	Insert(ctx context.Context, query string, args ...any) (seq int64, err error)
	// Log has a change logged; the subscribers hear of it after the commit.
	Log(ctx context.Context, c store.Change) error
	// KeyTables returns the name of the tables that keys are made by, empty for none.
	KeyTables(ctx context.Context) (string, error)
	// SetKeyTables sets it.
	SetKeyTables(ctx context.Context, tables string) error
	// StepRows is how many rows one statement is given.
	StepRows() int
}

// Operations are those methods of a [store.Store] that are the same whatever the
// database: which records they read, what they refuse, what they write in which order,
// and what of it they log. A backend embeds them.
type Operations struct {
	db Database
}

// NewOperations returns those on a database.
func NewOperations(db Database) Operations { return Operations{db} }

// write is [Database.Write].
func (o Operations) write(ctx context.Context, doing string, fn func(Writer) error) error {
	return o.db.Write(ctx, doing, o.writer(fn))
}

// writer returns fn as a function of the interface.
func (o Operations) writer(fn func(Writer) error) func(Tx) error {
	return func(t Tx) error { return fn(Writer{t, o.db.Dialect()}) }
}

// Writer has what the operations have in common within their transactions.
type Writer struct {
	Tx
	dialect *Dialect
}

// NewWriter returns that of a transaction.
func NewWriter(t Tx, d *Dialect) Writer { return Writer{t, d} }

// readAll is an operation that reads what scan makes of every row.
func readAll[T any](ctx context.Context, o Operations, doing string, scan func(Row) (T, error), query string, args ...any) (all []T, err error) {
	err = o.db.Read(ctx, doing, func(q Querier) error {
		all, err = Collect(ctx, q, scan, query, args...)
		return err
	})
	return all, err
}

// readNumber is an operation that reads one number.
func (o Operations) readNumber(ctx context.Context, doing, query string, args ...any) (n int64, err error) {
	err = o.db.Read(ctx, doing, func(q Querier) error { return q.Row(ctx, []any{&n}, query, args...) })
	return n, err
}

// Collect returns what scan makes of every row.
func Collect[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := q.Each(ctx, func(row Row) error {
		v, err := scan(row)
		all = append(all, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// inOrder runs steps until one fails.
func inOrder(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// choose is a text for either case.
func choose(yes bool, ifYes, ifNo string) string {
	if yes {
		return ifYes
	}
	return ifNo
}
