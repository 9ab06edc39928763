package account_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/faultsql"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

// world is a house whose database has a bit of everything, and whose statements fail
// on demand. Its checker and its bans have a connection of their own, which does not.
type world struct {
	*house
	path   string
	faults *faultsql.Faults

	bob, idle, waiting, gone account.Account // with all, with nothing, held, and suspended
	session                  account.Session
	token                    account.Token
	on, off                  account.Alias
	sweep                    uuid.UUID
}

// buildWorld makes the database that each operation gets a copy of.
func buildWorld(t *testing.T) *world {
	t.Helper()
	w := &world{path: filepath.Join(t.TempDir(), "world.db")}
	st := must(sqlitestore.Open(t.Context(), w.path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal}))(t)
	w.house = newHouse(t, st)
	w.createAdmin(t, "alice")
	must(w.admin.Create(as("root"), account.CreateOptions{Handle: "root", Email: "ro.ot@gmail.com", Password: password, Admin: true}))(t)
	must(w.admin.Create(as("root"), account.CreateOptions{Handle: "twin", Email: "root@gmail.com"}))(t)
	w.bob, w.idle = w.create(t, "bob"), w.create(t, "idle")
	w.bob = must(w.admin.AddEmail(as("root"), w.bob.ID, "second@example.org", false))(t)
	w.on = must(w.aliases.Create(as("root"), account.AliasOptions{Address: "on@alias.example", Owner: w.bob.ID}))(t)
	w.off = must(w.aliases.Create(as("root"), account.AliasOptions{Address: "off@alias.example", Owner: w.bob.ID}))(t)
	must(w.aliases.SetActive(as("root"), w.off.ID, false))(t)
	w.session = w.login(t, "bob")
	w.token = must(w.auth.CreateToken(as("root"), w.bob.ID, account.TokenOptions{Name: "t", Scopes: []string{"a"}}))(t)
	w.waiting = must(w.admin.Create(as("root"), account.CreateOptions{Handle: "waiting", Email: "waiting@example.org", Pending: true}))(t)
	w.gone = w.create(t, "gone")
	must(w.admin.Suspend(as("root"), w.gone.ID, account.SuspendOptions{BanEmails: true, BanName: true}))(t)
	w.create(t, "swept")
	must(w.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "swept", Effect: ban.Review}))(t)
	w.sweep = must(w.admin.ActOnSweep(as("root"), w.checker, account.ActOptions{Act: account.SweepHold}))(t).ID
	w.create(t, "judged")
	must(w.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "judged"}))(t)
	if err := errors.Join(w.checker.Close(), st.Close()); err != nil {
		t.Fatal(err)
	}
	return w
}

// copy opens a copy of a world.
func (w *world) copy(t *testing.T) *world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, must(os.ReadFile(w.path))(t), 0o600); err != nil {
		t.Fatal(err)
	}
	c := *w
	c.path, c.faults = path, new(faultsql.Faults)
	db := c.faults.Open("file:" + path + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
	st := must(sqlitestore.New(t.Context(), db))(t)
	sound := must(sqlitestore.Open(t.Context(), path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal}))(t)
	checker := must(ban.NewChecker(sound, ban.CheckerOptions{Now: w.clock.Now}))(t)
	t.Cleanup(func() {
		if err := errors.Join(checker.Close(), sound.Close(), st.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	c.house = &house{
		store: st, clock: &clock{w.clock.now.Add(2 * time.Hour)}, checker: checker,
		bans: must(ban.NewAdmin(sound, ban.AdminOptions{Now: w.clock.Now}))(t),
	}
	c.admin = must(account.NewAdmin(st, account.AdminOptions{Passwords: quick, UniqueMailbox: true, Now: c.clock.Now}))(t)
	c.auth = must(account.NewAuth(st, account.AuthOptions{Passwords: quick, Now: c.clock.Now, MaxSessions: 1}))(t)
	c.aliases = must(account.NewAliases(st, checker, account.AliasesOptions{Now: c.clock.Now}))(t)
	return &c
}

func (w *world) changes(t *testing.T) int {
	t.Helper()
	return len(must(w.store.ListChanges(t.Context(), uuid.Nil, store.Page{Limit: store.MaxPageLimit}))(t))
}

// last returns the error that a loop ends with.
func last[T any](seq iter.Seq2[T, error]) (err error) {
	for _, err = range seq {
	}
	return err
}

func failed[T any](_ T, err error) error { return err }

// An operation, one of whose statements fails, says so, and has changed nothing.
func TestEveryOperationSaysThatAStatementFailed(t *testing.T) {
	ctx := context.Background()
	none := account.Page{}
	whole := buildWorld(t)
	for name, o := range map[string]struct {
		run   func(w *world) error
		steps bool // it is several transactions, some of which may have been made
		notes bool // it ends with something that may fail: a note, a second look, the end of a look
	}{
		"Admin.Get":             {run: func(w *world) error { return failed(w.admin.Get(ctx, w.bob.ID)) }},
		"Admin.GetSeq":          {run: func(w *world) error { return failed(w.admin.GetSeq(ctx, w.bob.Seq)) }},
		"Admin.ByHandle":        {run: func(w *world) error { return failed(w.admin.ByHandle(ctx, "bob")) }},
		"Admin.ByEmail":         {run: func(w *world) error { return failed(w.admin.ByEmail(ctx, "bob@example.org")) }},
		"Admin.List":            {run: func(w *world) error { return failed(w.admin.List(ctx, account.Filter{}, none)) }},
		"Admin.Count":           {run: func(w *world) error { return failed(w.admin.Count(ctx, account.Filter{})) }},
		"Admin.Log":             {run: func(w *world) error { return failed(w.admin.Log(ctx, w.bob.ID, none)) }},
		"Admin.Pending":         {run: func(w *world) error { return failed(w.admin.Pending(ctx, account.PendingFilter{}, none)) }},
		"Admin.CountPending":    {run: func(w *world) error { return failed(w.admin.CountPending(ctx, account.PendingFilter{})) }},
		"Admin.SharedMailboxes": {notes: true, run: func(w *world) error { return last(w.admin.SharedMailboxes(ctx, "")) }},
		"Admin.Create": {run: func(w *world) error {
			return failed(w.admin.Create(as("root"), account.CreateOptions{Handle: "new", Email: "new@example.org", Password: password}))
		}},
		"Admin.Update": {run: func(w *world) error {
			email, words, off := "new@example.org", "another horse", false
			return failed(w.admin.Update(as("root"), w.bob.ID, account.Patch{Email: &email, Password: &words, Active: &off}))
		}},
		"Admin.Update of a handle": {run: func(w *world) error {
			handle := "robert"
			return failed(w.admin.Update(as("root"), w.bob.ID, account.Patch{Handle: &handle}))
		}},
		"Admin.AddEmail":    {run: func(w *world) error { return failed(w.admin.AddEmail(as("root"), w.bob.ID, "third@example.org", true)) }},
		"Admin.VerifyEmail": {run: func(w *world) error { return failed(w.admin.VerifyEmail(as("root"), w.bob.ID, "second@example.org")) }},
		"Admin.RemoveEmail": {run: func(w *world) error { return failed(w.admin.RemoveEmail(as("root"), w.bob.ID, "second@example.org")) }},
		"Admin.Suspend": {run: func(w *world) error {
			return failed(w.admin.Suspend(as("root"), w.bob.ID, account.SuspendOptions{BanEmails: true, BanName: true, DisableAliases: true}))
		}},
		"Admin.Reinstate": {run: func(w *world) error {
			return failed(w.admin.Reinstate(as("root"), w.gone.ID, account.ReinstateOptions{LiftBans: true}))
		}},
		"Admin.Delete": {run: func(w *world) error { return failed(w.admin.Delete(as("root"), w.bob.ID, account.DeleteOptions{})) }},
		"Admin.Hold":   {run: func(w *world) error { return failed(w.admin.Hold(as("root"), w.bob.ID, account.HoldOptions{})) }},
		"Admin.Approve": {run: func(w *world) error {
			return failed(w.admin.Approve(as("root"), w.waiting.ID, account.ApproveOptions{}))
		}},
		"Admin.Reject": {run: func(w *world) error {
			return failed(w.admin.Reject(as("root"), w.waiting.ID, account.RejectOptions{BanEmails: true, BanName: true}))
		}},
		"Admin.ApproveMany": {steps: true, run: func(w *world) error {
			return failed(w.admin.ApproveMany(as("root"), account.Selection{All: true}, account.ApproveOptions{}))
		}},
		"Admin.RejectMany": {steps: true, run: func(w *world) error {
			return failed(w.admin.RejectMany(as("root"), account.Selection{All: true}, account.RejectOptions{}))
		}},
		"Admin.ExpirePending": {steps: true, run: func(w *world) error {
			return failed(w.admin.ExpirePending(as("root"), w.clock.Now().Add(2*account.DefaultPendingLifetime)))
		}},
		"Admin.SignUp": {run: func(w *world) error {
			return failed(w.admin.SignUp(as("root"), w.checker, account.SignUpOptions{Account: account.CreateOptions{Handle: "new", Email: "new@example.org"}}))
		}},
		"Admin.Sweep": {run: func(w *world) error { return last(w.admin.Sweep(ctx, w.checker, account.SweepOptions{})) }},
		"Admin.ActOnSweep": {steps: true, run: func(w *world) error {
			return failed(w.admin.ActOnSweep(as("root"), w.checker, account.ActOptions{Act: account.SweepSuspend}))
		}},
		"Admin.ActOnSweep that holds": {steps: true, run: func(w *world) error {
			return failed(w.admin.ActOnSweep(as("root"), w.checker, account.ActOptions{Act: account.SweepHold, Force: true}))
		}},
		"Admin.UndoSweep": {steps: true, run: func(w *world) error { return failed(w.admin.UndoSweep(as("root"), w.sweep, "")) }},

		"Auth.Find":               {run: func(w *world) error { return failed(w.auth.Find(ctx, "bob")) }},
		"Auth.Find of an address": {run: func(w *world) error { return failed(w.auth.Find(ctx, "bob@example.org")) }},
		"Auth.Authenticate":       {run: func(w *world) error { return failed(w.auth.Authenticate(ctx, "bob", password)) }},
		"Auth.Login":              {run: func(w *world) error { return failed(w.auth.Login(ctx, "bob", password)) }, steps: true, notes: true},
		"Auth.StartSession":       {run: func(w *world) error { return failed(w.auth.StartSession(ctx, w.bob)) }, steps: true, notes: true},
		"Auth.Session":            {run: func(w *world) error { return failed(w.auth.Session(ctx, w.session.Secret)) }, notes: true},
		"Auth.Rotate":             {run: func(w *world) error { return failed(w.auth.Rotate(ctx, w.session.Secret)) }, steps: true, notes: true},
		"Auth.Logout":             {notes: true, run: func(w *world) error { return w.auth.Logout(ctx, w.session.Secret) }},
		"Auth.LogoutAll":          {run: func(w *world) error { return failed(w.auth.LogoutAll(ctx, w.session.Secret)) }, notes: true},
		"Auth.ChangePassword": {run: func(w *world) error {
			return failed(w.auth.ChangePassword(ctx, w.session.Secret, password, "another horse"))
		}, notes: true},
		"Auth.CreateToken": {run: func(w *world) error {
			return failed(w.auth.CreateToken(as("root"), w.bob.ID, account.TokenOptions{Name: "u", Scopes: []string{"b"}}))
		}},
		"Auth.Token":       {run: func(w *world) error { return failed(w.auth.Token(ctx, w.token.Secret)) }, notes: true},
		"Auth.Credentials": {run: func(w *world) error { return failed(w.auth.Credentials(ctx, w.bob.ID, none)) }},
		"Auth.All":         {run: func(w *world) error { return last(w.auth.All(ctx, w.bob.ID)) }},
		"Auth.RevokeAll":   {run: func(w *world) error { return failed(w.auth.RevokeAll(as("root"), w.bob.ID, uuid.Nil)) }},
		"Auth.Revoke":      {run: func(w *world) error { return w.auth.Revoke(as("root"), w.token.Credential.ID) }},
		"Auth.RevokeOf":    {run: func(w *world) error { return w.auth.RevokeOf(as("root"), w.bob.ID, w.token.Credential.ID) }},
		"Auth.Purge":       {run: func(w *world) error { return failed(w.auth.Purge(ctx, w.clock.Now())) }},

		"Aliases.Create": {notes: true, run: func(w *world) error {
			return failed(w.aliases.Create(as("root"), account.AliasOptions{Address: "new@alias.example", Owner: w.bob.ID}))
		}},
		"Aliases.Get":       {run: func(w *world) error { return failed(w.aliases.Get(ctx, w.on.ID)) }},
		"Aliases.GetSeq":    {run: func(w *world) error { return failed(w.aliases.GetSeq(ctx, w.on.Seq)) }},
		"Aliases.ByAddress": {run: func(w *world) error { return failed(w.aliases.ByAddress(ctx, "on@alias.example")) }},
		"Aliases.Resolve":   {run: func(w *world) error { return failed(w.aliases.Resolve(ctx, "on@alias.example")) }},
		"Aliases.List":      {run: func(w *world) error { return failed(w.aliases.List(ctx, account.AliasFilter{}, none)) }},
		"Aliases.Count":     {run: func(w *world) error { return failed(w.aliases.Count(ctx, account.AliasFilter{})) }},
		"Aliases.SetActive": {run: func(w *world) error { return failed(w.aliases.SetActive(as("root"), w.on.ID, false)) }},
		"Aliases.SetActive to on": {notes: true, run: func(w *world) error {
			return failed(w.aliases.SetActive(as("root"), w.off.ID, true))
		}},
		"Aliases.Delete": {run: func(w *world) error { return failed(w.aliases.Delete(as("root"), w.on.ID)) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := whole.copy(t)
			for n := 1; ; n++ {
				before := w.changes(t)
				w.faults.Arm(n, nil)
				err := o.run(w)
				fired := w.faults.Disarm()
				switch {
				case !fired && err != nil:
					t.Fatalf("nothing fails, and the error is %v", err)
				case !fired && n == 1:
					t.Fatal("it asks the store nothing")
				case !fired:
					return
				case err == nil && o.notes:
					w = whole.copy(t) // it is done
					continue
				case err == nil:
					t.Fatalf("statement %d failed, and nothing says so", n)
				case !errors.Is(err, storetest.ErrFault):
					t.Errorf("statement %d failed, and the error is %v", n, err)
				}
				if o.steps {
					w = whole.copy(t)
				} else if after := w.changes(t); after != before {
					t.Fatalf("statement %d failed, and %d changes were made: %v", n, after-before, err)
				}
				if n > 300 {
					t.Fatal("it makes no end of statements")
				}
			}
		})
	}
}
