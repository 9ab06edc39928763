package sqlbackend

import (
	"context"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
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

	// Entries returns a function that reads a page of the entries of a list that are in force,
	// and none after the last, at each call. Between two calls the list stays as it is.
	Entries() func(ctx context.Context, q Querier, list *ListRow) ([]store.Entry, error)

	// FindEntries returns the Seqs of the entries of the log, of those after one and through
	// another, that the redaction may have to change. The names are those of the account that
	// goes, in the spellings in which the log has them.
	FindEntries(ctx context.Context, q Querier, r *changelog.Redaction, names []string, after, through int64) ([]int64, error)

	// Nothing is an operation that has nothing to do.
	Nothing(ctx context.Context, doing string) error

	// StepRows is how many rows one statement, or one of several transactions, is given.
	StepRows() int

	Steps
}

// Steps are for operations of several transactions. Within Mutate and Tidy, the others
// are called any number of times.
type Steps interface {
	// Mutate runs an operation, and tells the subscribers of what it logged.
	Mutate(ctx context.Context, doing string, fn func() ([]store.Change, error)) error
	// Tidy runs what an operation that has succeeded leaves to be cleaned. How that ends
	// does not matter to the caller, whose work is done.
	Tidy(ctx context.Context, doing string, fn func() error)

	// Step runs fn in a transaction as Write does, and returns what it logged.
	Step(ctx context.Context, doing string, fn func(Tx) error) ([]store.Change, error)
	// StepTogether runs fn, which logs nothing, as WriteTogether does.
	StepTogether(ctx context.Context, doing string, fn func(Tx) error) error
	// StepRead runs fn, which reads.
	StepRead(ctx context.Context, fn func(Querier) error) error
	// Fits fails if an entry of a list that is in force, and stays, has the ID or the value
	// of one that comes: see [Newcomers.Fit]. Those that do not stay are marked already.
	Fits(ctx context.Context, list *ListRow, delta *Delta, coming *Newcomers) error
	// Pause lets other writers in.
	Pause(ctx context.Context)
	// RulesChanged is told how many rules came or went at once.
	RulesChanged(ctx context.Context, rules int64) error
	// Explain says in an error what was being done, and makes it match the sentinels.
	Explain(ctx context.Context, doing string, err error) error
}

// Querier reads. Queries are written as [Dialect.Query] takes them, and of what follows
// a backend makes what its driver takes: arguments may be a uuid.UUID, and an []int64 for
// [Dialect.In]; columns are scanned to a *uuid.UUID and a *time.Time, whose zero values
// stand for NULL, to a *time.Duration, a *store.SecretHash, to a *[]string where [Tx.KeepKeys] wrote it, to a *uint8 for the number of
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
	// RemoveEntries marks entries of a list as gone from the version on that follows the one
	// in force, and fails with [store.ErrConflict] for one that is not in the list.
	RemoveEntries(ctx context.Context, list *ListRow, entries []*store.Entry) error
	// AddEntries adds entries to that version. It counts their prefix lengths with them: a
	// length must be known before the first of its rules is seen.
	AddEntries(ctx context.Context, list *ListRow, entries []*store.Entry) error
	// LockValue keeps those who are together with it from writing bans of the same kind and
	// value.
	LockValue(ctx context.Context, b *store.Ban) error
	// ReplaceKeptKey replaces a key of a rule, as [RuleKey] makes it, in those kept of bulk
	// changes.
	ReplaceKeptKey(ctx context.Context, from, to string) error
	// AddHits adds hits, but for those of rules that no record has, or that are no longer in
	// force in their list.
	AddHits(ctx context.Context, folded []*RuleHits) error
	// KeepKeys keeps one of the parts of the keys of a bulk change, as [RuleKey] makes them.
	KeepKeys(ctx context.Context, seq int64, part int, keys []string) error
	// ForgetKeys forgets the keys of all changes that are older than the newest ones with
	// that many together.
	ForgetKeys(ctx context.Context, most int64) error
	// ForgetHits forgets what those of the rules caught that are in @rules no more.
	ForgetHits(ctx context.Context, rules []uuid.UUID) error
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
func (o Operations) write(ctx context.Context, doing string, fn func(writer) error) error {
	return o.db.Write(ctx, doing, o.writer(fn))
}

// writer returns fn as a function of the interface.
func (o Operations) writer(fn func(writer) error) func(Tx) error {
	return func(t Tx) error { return fn(writer{t, o.db}) }
}

// writer has what the operations have in common within their transactions.
type writer struct {
	Tx
	db Database
}

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
