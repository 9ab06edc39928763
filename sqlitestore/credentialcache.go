package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// maxKnown bounds how many credentials are kept. Beyond it all are forgotten.
const maxKnown = 1024

// credentialCache keeps credentials, with their accounts, for as long as nobody
// commits anything to the file: programs ask for the same token with every request,
// and to read a whole account takes twice as long as to ask whether there is news.
//
// It has a connection of its own, since what SQLite says of news is told to each
// connection by itself: PRAGMA data_version of a connection is another number once any
// other connection has committed, be it of this process or not. The connection never
// writes. So a revocation is seen by the next request after its commit.
type credentialCache struct {
	mu      sync.Mutex // held while the connection is in use
	db      *sql.DB    // of one connection; nil: not open
	conn    *sql.Conn
	version *sql.Stmt
	byHash  *sql.Stmt
	seen    int64 // the data_version before the known ones were read
	known   map[store.SecretHash]holder
}

// holder is a credential and its account.
type holder struct {
	credential store.Credential
	account    store.Account
}

// find returns the credential that has the hash, and its account. The caller holds mu.
func (c *credentialCache) find(ctx context.Context, s *Store, hash store.SecretHash) (holder, error) {
	h, err := c.ask(ctx, s, hash)
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrNotFound) {
		_ = c.close() // a connection in trouble says nothing about news
	}
	return h, err
}

func (c *credentialCache) ask(ctx context.Context, s *Store, hash store.SecretHash) (holder, error) {
	if err := c.open(ctx, s); err != nil {
		return holder{}, err
	}
	var version int64
	if err := c.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return holder{}, err
	}
	if version != c.seen {
		clear(c.known)
		c.seen = version
	}
	h, ok := c.known[hash]
	if !ok {
		var err error
		if h, err = readHolder(ctx, c.byHash, hash); err != nil {
			return holder{}, err
		}
		if len(c.known) >= maxKnown {
			clear(c.known)
		}
		c.known[hash] = h
	}
	return holder{h.credential.Clone(), h.account.Clone()}, nil
}

// open opens the connection, if it is not open.
func (c *credentialCache) open(ctx context.Context, s *Store) (err error) {
	if c.byHash != nil {
		return nil
	}
	defer func() {
		if err != nil {
			_ = c.close()
		}
	}()
	if c.db, err = openPool(s.path, readPragmas(s.options), 1); err != nil {
		return err
	}
	if c.conn, err = c.db.Conn(ctx); err != nil {
		return err
	}
	if c.version, err = c.conn.PrepareContext(ctx, `PRAGMA data_version`); err != nil {
		return err
	}
	c.known = make(map[store.SecretHash]holder)
	c.byHash, err = c.conn.PrepareContext(ctx, dialect.Query(sqlbackend.CredentialByHash))
	return err
}

// close closes the connection and forgets everything.
func (c *credentialCache) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{c.version, c.byHash} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	if c.conn != nil {
		errs = append(errs, c.conn.Close())
	}
	if c.db != nil {
		errs = append(errs, c.db.Close())
	}
	c.db, c.conn, c.version, c.byHash, c.known, c.seen = nil, nil, nil, nil, nil, 0
	return errors.Join(errs...)
}

// readHolder reads a credential with its account.
func readHolder(ctx context.Context, byHash *sql.Stmt, hash store.SecretHash) (h holder, err error) {
	rows, err := byHash.QueryContext(ctx, hash[:])
	if err != nil {
		return holder{}, err
	}
	var found sqlbackend.CredentialReader
	if err := drain(rows, func(rows *sql.Rows) error { return found.Read(sharedRow{rows}) }); err != nil {
		return holder{}, err
	}
	h.credential, h.account, err = found.Only()
	return h, err
}
