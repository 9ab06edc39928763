package main

import (
	"context"
	"errors"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// session is the open database.
type session struct {
	file  *sqlitestore.Store // nil: the database is in no file
	store store.Store        // that of the database, or one before it that writes nothing
	bans  *ban.Admin
	lists *blocklist.Admin
	keys  ban.KeyRing
	now   func() time.Time

	accounts *account.Admin
	auth     *account.Auth
}

// use says what a command does with the database.
type use int

const (
	reads     use = iota // a database that is there
	changes              // likewise, in somebody's name
	creates              // likewise, and makes it if it is not there
	rehearses            // as changes, but what it writes stays out of the database
)

// writes returns the use of a command that writes unless it is a dry run.
func writes(dryRun bool, u use) use {
	if dryRun {
		return rehearses
	}
	return u
}

// with opens the database and closes it after use. The context that it passes on
// has the actor, if one is needed.
func (a *app) with(ctx context.Context, u use, do func(context.Context, *session) error) (err error) {
	if a.db.IsZero() {
		return errNoDatabase
	}
	options := backend.Options{Mode: backend.Existing, Missing: "add, put, import and block make one"}
	if u == creates {
		options.Mode = backend.Make
	}
	if u == creates || u == changes {
		options.Rekey = &ban.RekeyOptions{Now: a.now}
	}
	if u != reads {
		actor, err := a.who()
		if err != nil {
			return err
		}
		ctx = ban.WithActor(ctx, actor)
	}
	db, err := backend.Open(ctx, a.db, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if db.Fresh {
		a.warn("%s is a new database", a.db)
	}
	if db.Rekeyed.Moved > 0 {
		a.warn("%s was written by an older version: %d keys were made anew", a.db, db.Rekeyed.Moved)
	}
	if db.Rekeyed.Hashed > 0 {
		a.warn("%s has %d hashed bans from before the tables of this version: they keep out by the tables that they were made with", a.db, db.Rekeyed.Hashed)
	}
	s, err := a.newSession(db, u)
	if err != nil {
		return err
	}
	return do(ctx, s)
}

func (a *app) newSession(db *backend.DB, u use) (s *session, err error) {
	s = &session{file: db.File, store: db.Store, keys: a.keys.Ring, now: a.now}
	if u == rehearses {
		s.store = &rehearsal{Store: db.Store}
	}
	s.bans, err = ban.NewAdmin(s.store, ban.AdminOptions{Protected: a.protect, Keys: a.keys.Ring, HashKey: a.keys.Newest, Now: a.now})
	if err != nil {
		return nil, err
	}
	if s.accounts, err = account.NewAdmin(s.store, account.AdminOptions{Keys: a.keys.Ring, HashKey: a.keys.Newest, Now: a.now}); err != nil {
		return nil, err
	}
	if s.auth, err = account.NewAuth(s.store, account.AuthOptions{Now: a.now}); err != nil {
		return nil, err
	}
	s.lists, err = blocklist.NewAdmin(s.store, blocklist.AdminOptions{Protected: a.protect, Now: a.now})
	return s, err
}

var errNoDatabase = &usageError{errors.New("no database named"), "name it with --db DATABASE, BANCTL_DB or " + backend.Variable}

// checker returns a Checker over the database. It refuses to ask where rules are hashed
// under a key that is not there.
func (a *app) checker(ctx context.Context, s *session, o ban.CheckerOptions) (*ban.Checker, error) {
	if err := a.keys.Check(ctx, s.store); err != nil {
		return nil, err
	}
	o.Keys, o.Now = a.keys.Ring, a.now
	return ban.NewChecker(s.store, o)
}

// withFile does what only databases in a file can, which the task names.
func (a *app) withFile(ctx context.Context, task backend.Task, do func(context.Context, *session) error) error {
	if err := a.db.Can(task); err != nil {
		return err
	}
	return a.with(ctx, reads, do)
}
