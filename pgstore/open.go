package pgstore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// Store is a store in a PostgreSQL database. It is safe for concurrent use and
// must not be copied. Make one with [Open] or [New]. Its methods do what [store.Store] says.
type Store struct {
	operations
	pool        *pgxpool.Pool
	owned       bool          // the pool is ours to close
	sockets     *sockets      // of an owned pool
	options     Options       // in force
	quoted      string        // the name of the schema, as SQL has it
	lockKey     int64         // of the advisory lock of those who write
	hitsKey     int64         // of those who add hits
	stepRows    int           // defaultStepRows, but for tests
	writers     chan struct{} // has one for each write transaction; see [mostWriters]
	dialect     *sqlbackend.Dialect
	copyTypes   sync.Map // of the columns of tables, by table: map[string]string
	life        sqlbackend.Lifecycle
	stats       stats
	subscribers changelog.Subscribers
	listener    *listener

	beforeCommit func() // of tests
}

var _ store.Store = (*Store)(nil)

// operations are the methods that are the same on every SQL database.
type operations = sqlbackend.Operations

// Open connects to the database that dsn names, makes the schema if it is not
// there, and brings it up to date. Close the store after use; until then ctx may
// end without harm.
//
// dsn is a URL (postgres://user@host/database) or a list of keywords and values,
// as libpq takes them, and what it leaves out comes from the environment (PGHOST,
// PGPASSFILE and the like). Keep passwords out of it: the list of processes shows
// arguments. No error of this package repeats it.
//
// A replica is refused ([ErrReplica]), also later on: of several hosts in dsn the
// one that takes writes is used. So is the schema of a newer version of this
// package ([ErrSchemaTooNew]), a database that is not in UTF8, and a server
// before version 14.
func Open(ctx context.Context, dsn string, options Options) (*Store, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, &OptionError{"dsn", "", "it is no connection string: see the doc of Open"}
	}
	o.configure(config.ConnConfig)
	if o.MaxConns > 0 {
		config.MaxConns = int32(o.MaxConns)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = o.LockTimeout
	}
	all := newSockets()
	config.ConnConfig.DialFunc = all.dialing(config.ConnConfig.DialFunc)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, explain(ctx, "open", err)
	}
	s, err := open(ctx, pool, all, o)
	if err != nil {
		all.close(pool)
		return nil, err
	}
	return s, nil
}

// New puts a store into a database that the host has a pool of connections to.
// The pool and its settings stay the host's: [Store.Close] leaves it open. The
// time limits are set in each transaction. A pool of one connection is enough; the
// store takes further ones from it for good while it listens, and while it reads
// all rules, which do not count against its size.
//
// It refuses what [Open] refuses.
func New(ctx context.Context, pool *pgxpool.Pool, options Options) (*Store, error) {
	if pool == nil {
		return nil, errors.New("pgstore: New: nil pool")
	}
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	return open(ctx, pool, nil, o)
}

// configure sets what every connection of ours has.
func (o *Options) configure(c *pgx.ConnConfig) {
	if c.RuntimeParams == nil {
		c.RuntimeParams = make(map[string]string)
	}
	if o.TransactionPooling {
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
	} else {
		for i, value := range o.limits() {
			c.RuntimeParams[limitNames[i]] = value
		}
		if c.RuntimeParams["application_name"] == "" {
			c.RuntimeParams["application_name"] = "ostraka"
		}
	}
	c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
}

// open opens a store on a pool, which is ours if there are sockets.
func open(ctx context.Context, pool *pgxpool.Pool, all *sockets, o Options) (*Store, error) {
	quoted := pgx.Identifier{o.Schema}.Sanitize()
	s := &Store{
		pool: pool, owned: all != nil, sockets: all, options: o, stepRows: defaultStepRows,
		writers: make(chan struct{}, mostWriters(pool.Config().MaxConns)),
		quoted:  quoted, dialect: newDialect(quoted),
		lockKey: lockKey("write", o.Schema), hitsKey: lockKey("hits", o.Schema),
	}
	s.operations = sqlbackend.NewOperations(database{s})
	if err := s.refuseServer(ctx); err != nil {
		return nil, explain(ctx, "open", err)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, explain(ctx, "open", err)
	}
	s.listen()
	return s, nil
}

// mostWriters is how many connections of a pool may be in write transactions at a time.
// The others are for reads: writes wait for each other in line, and the log must be read
// on meanwhile, or every answer of this process grows stale.
func mostWriters(conns int32) int32 { return max(conns-max(conns/4, 1), 1) }

// lockKey returns the number of an advisory lock. Those of a database are apart
// from those of others.
func lockKey(what, schema string) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "ostraka %s %s", what, schema)
	return int64(h.Sum64())
}

// oldestServer is the oldest version of PostgreSQL that is supported.
const oldestServer = 14

// refuseServer refuses a server that cannot keep a store.
func (s *Store) refuseServer(ctx context.Context) error {
	var version int
	var encoding string
	var replica bool
	err := querier{store: s, conn: s.pool, until: time.Now().Add(s.options.LookupTimeout)}.row(ctx, []any{&version, &encoding, &replica},
		`SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_encoding'), pg_is_in_recovery()`)
	switch {
	case err != nil:
		return err
	case replica:
		return ErrReplica
	case version/10000 < oldestServer:
		return fmt.Errorf("PostgreSQL %d is too old: version %d or later is needed", version/10000, oldestServer)
	case encoding != "UTF8":
		return fmt.Errorf("the database is in the encoding %s: UTF8 is needed", encoding)
	}
	return nil
}
