package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

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
}

// use says what a command does with the database.
type use int

const (
	reads     use = iota // a database that is there
	creates              // one that is made if it is not there
	rehearses            // as reads, and what it writes stays out of the database
)

// writes returns the use of a command that writes unless it is a dry run.
func writes(dryRun bool, u use) use {
	if dryRun {
		return rehearses
	}
	return u
}

// with opens the database and closes it after use. The context that it passes on
// has the actor.
func (a *app) with(ctx context.Context, u use, do func(context.Context, *session) error) (err error) {
	if err := a.checkFile(u); err != nil {
		return err
	}
	actor, err := a.who()
	if err != nil {
		return err
	}
	file, err := sqlitestore.Open(ctx, a.db, sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	s := &session{file: file, store: file, now: a.now}
	if u == rehearses {
		s.store = &rehearsal{Store: file}
	}
	s.bans, err = ban.NewAdmin(s.store, ban.AdminOptions{Protected: a.protect, Now: a.now})
	if err != nil {
		return err
	}
	s.lists, err = blocklist.NewAdmin(s.store, blocklist.AdminOptions{Protected: a.protect, Now: a.now})
	if err != nil {
		return err
	}
	return do(ban.WithActor(ctx, actor), s)
}

// checkFile refuses to make a database where one is read: its name is most likely
// misspelt.
func (a *app) checkFile(u use) error {
	if a.db == "" {
		return &usageError{errors.New("no database named"), "name it with --db FILE or BANCTL_DB"}
	}
	_, err := os.Stat(a.db)
	if errors.Is(err, fs.ErrNotExist) && u != creates {
		return &usageError{fmt.Errorf("there is no database %s", a.db), "add, put, import and block make one"}
	}
	return nil
}
