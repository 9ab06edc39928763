package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// session is the open database.
type session struct {
	file  *sqlitestore.Store
	store store.Store // that of file, or one before it that writes nothing
	bans  *ban.Admin
	lists *blocklist.Admin
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
	fresh, err := a.checkFile(u)
	if err != nil {
		return err
	}
	if u != reads {
		actor, err := a.who()
		if err != nil {
			return err
		}
		ctx = ban.WithActor(ctx, actor)
	}
	file, err := sqlitestore.Open(ctx, a.db, sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if fresh {
		a.warn("%s is a new database", a.db)
	}
	if u == creates || u == changes {
		r, err := ban.Rekey(ctx, file, ban.RekeyOptions{Now: a.now})
		if err != nil {
			return err
		}
		if r.Moved > 0 {
			a.warn("%s was written by an older version: %d keys were made anew", a.db, r.Moved)
		}
	}
	s, err := a.newSession(file, u)
	if err != nil {
		return err
	}
	return do(ctx, s)
}

func (a *app) newSession(file *sqlitestore.Store, u use) (s *session, err error) {
	s = &session{file: file, store: file, now: a.now}
	if u == rehearses {
		s.store = &rehearsal{Store: file}
	}
	s.bans, err = ban.NewAdmin(s.store, ban.AdminOptions{Protected: a.protect, Now: a.now})
	if err != nil {
		return nil, err
	}
	if s.accounts, err = account.NewAdmin(s.store, account.AdminOptions{Now: a.now}); err != nil {
		return nil, err
	}
	if s.auth, err = account.NewAuth(s.store, account.AuthOptions{Now: a.now}); err != nil {
		return nil, err
	}
	s.lists, err = blocklist.NewAdmin(s.store, blocklist.AdminOptions{Protected: a.protect, Now: a.now})
	return s, err
}

var errNoDatabase = &usageError{errors.New("no database named"), "name it with --db FILE or BANCTL_DB"}

// checkFile reports whether the database is to be made. Where one is only read, or
// changed, that is refused: its name is most likely misspelt.
func (a *app) checkFile(u use) (fresh bool, err error) {
	if a.db == "" {
		return false, errNoDatabase
	}
	if _, err := os.Stat(a.db); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // what else is wrong is said when it is opened
	}
	if u != creates {
		return false, &usageError{fmt.Errorf("there is no database %s", a.db), "add, put, import and block make one"}
	}
	return true, nil
}
