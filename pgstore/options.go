package pgstore

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The defaults of [Options].
const (
	DefaultSchema             = "ostraka"
	DefaultStatementTimeout   = 30 * time.Second
	DefaultLookupTimeout      = 5 * time.Second
	DefaultLockTimeout        = 5 * time.Second
	DefaultTransactionTimeout = 10 * time.Second
	DefaultRetries            = 10
)

// Options adjusts [Open] and [New]. The zero value is a good default.
type Options struct {
	// Schema is the schema of the database that the tables are in: a lower-case
	// letter or underscore, then letters, digits and underscores, at most 63 bytes,
	// not beginning with pg_. Stores in different schemas have nothing in common.
	// Empty: [DefaultSchema].
	Schema string

	// StatementTimeout is the longest that the server works on one statement, its
	// waiting for locks included. Zero: [DefaultStatementTimeout]. If a second later
	// nothing has come from the server it counts as lost ([ErrConnection]). The reading
	// of all rules may take as long as it likes, while some keep coming.
	StatementTimeout time.Duration
	// LookupTimeout is the longest that is waited for what checks and sign-ins ask:
	// rules by their keys, the log, an account, a session or API token; for a
	// connection as well. Then the server counts as lost ([ErrConnection]), so that a
	// Checker answers from its cache. Zero: [DefaultLookupTimeout].
	LookupTimeout time.Duration
	// LockTimeout is the longest that a write waits for its turn, among the writes of
	// this process and for the locks of others, before it returns [store.ErrBusy],
	// having written nothing. Zero: [DefaultLockTimeout].
	LockTimeout time.Duration
	// TransactionTimeout is after which time the server ends a transaction that was
	// begun and then left alone, as by a process that is frozen: until then others
	// may wait for it. Zero: [DefaultTransactionTimeout].
	TransactionTimeout time.Duration
	// Retries is how often a transaction is tried again that the server has ended
	// for a deadlock or a serialization failure. Zero: [DefaultRetries]. When they
	// are used up, the error matches [store.ErrBusy].
	Retries int

	// MaxConns is the most connections of the pool that Open makes, beside the one
	// that listens. Zero: what the connection string says, or else the greater of 4
	// and the number of CPUs. New has the pool of its caller.
	MaxConns int

	// NoMigrate keeps Open and New from changing the schema, for a role that may
	// not: it must be there, and of this version. See [Migrate].
	NoMigrate bool

	// TransactionPooling says that connections go through a pooler that gives each
	// transaction another connection of the server, such as PgBouncer in the mode
	// "transaction". Then nothing is kept in the session: statements are not
	// prepared, and the time limits are set in each transaction. The store listens
	// on a connection of its own only if ListenDSN says how to pass by the pooler.
	TransactionPooling bool
	// ListenDSN is a connection string for the connection that listens for changes,
	// which must lead to the same database without a pooler in between. Empty: that
	// of the pool. NoListen: the store does not listen, and changes of other
	// processes are seen when the log is next read.
	ListenDSN string
	NoListen  bool
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// OptionError reports an option that is out of range.
type OptionError struct {
	Field string // of [Options]
	Value string // as it was given
	Hint  string // what it may be
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("pgstore: Options.%s: %.80q: %s", e.Field, e.Value, e.Hint)
}

// withDefaults returns the options in force, or an [*OptionError].
func (o Options) withDefaults() (Options, error) {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if !schemaName.MatchString(o.Schema) || strings.HasPrefix(o.Schema, "pg_") {
		return o, &OptionError{"Schema", o.Schema, "a schema is named by lower-case letters, digits and underscores, at most 63, and not beginning with a digit or pg_"}
	}
	for _, d := range []struct {
		field string
		value *time.Duration
		zero  time.Duration
	}{
		{"StatementTimeout", &o.StatementTimeout, DefaultStatementTimeout},
		{"LookupTimeout", &o.LookupTimeout, DefaultLookupTimeout},
		{"LockTimeout", &o.LockTimeout, DefaultLockTimeout},
		{"TransactionTimeout", &o.TransactionTimeout, DefaultTransactionTimeout},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		}
		if *d.value < time.Millisecond || *d.value > 24*time.Hour {
			return o, &OptionError{d.field, d.value.String(), "a time from 1ms to 24h"}
		}
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	if o.Retries < 0 || o.Retries > 1000 {
		return o, &OptionError{"Retries", fmt.Sprint(o.Retries), "a number from 1 to 1000"}
	}
	if o.MaxConns < 0 || o.MaxConns > 10_000 {
		return o, &OptionError{"MaxConns", fmt.Sprint(o.MaxConns), "a number from 1 to 10000"}
	}
	return o, nil
}

// limits are the time limits as settings of the server, in the order of
// [limitNames].
func (o *Options) limits() []string {
	ms := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	return []string{ms(o.StatementTimeout), ms(o.LockTimeout), ms(o.TransactionTimeout)}
}

var limitNames = []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}
