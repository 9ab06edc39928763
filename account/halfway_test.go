package account_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// looked is a store that calls back once an account was found by its handle.
type looked struct {
	store.Store
	then func()
}

func (s *looked) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	a, err := s.Store.AccountByHandleKey(ctx, key)
	if s.then != nil {
		s.then()
	}
	return a, err
}

// Whoever gives up while others hash is not told that their password is wrong, which
// would count against them.
func TestWhoGivesUpWhileOthersHashHasNoWrongPassword(t *testing.T) {
	s := &looked{Store: memstore.New()}
	h := newHouse(t, s)
	h.create(t, "bob")
	for range 50 { // where a slot is free, chance has it
		ctx, cancel := context.WithCancel(t.Context())
		s.then = cancel
		_, err := h.auth.Authenticate(ctx, "bob", password)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("the error is %v", err)
		}
	}
}

func TestARotationThatLosesEveryRace(t *testing.T) {
	s, h := newTroubled(t)
	h.create(t, "bob")
	old := h.login(t, "bob")
	s.createSession = store.ErrConflict
	got, err := h.auth.Rotate(t.Context(), old.Secret)
	wantError(t, "Rotate", err, account.ErrConflict)
	if got.Secret != "" || got.Credential.ID != uuid.Nil {
		t.Errorf("there is a session all the same: %+v", got)
	}
	s.createSession = nil
	must(h.auth.Rotate(t.Context(), old.Secret))(t)
}

// halting is a store that, once it is broken, can neither say which tables made its
// keys nor find a credential.
type halting struct {
	store.Store
	broken bool
}

func (s *halting) KeyTables(ctx context.Context) (string, error) {
	if s.broken {
		return "", errDisk
	}
	return s.Store.KeyTables(ctx)
}

func (s *halting) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	if s.broken {
		return store.Credential{}, store.Account{}, errDisk
	}
	return s.Store.CredentialByHash(ctx, hash)
}

// Whose session cannot be read is not signed out, and nobody else is in their place.
func TestALogoutThatCannotReadTheSessionEndsNone(t *testing.T) {
	s := &halting{Store: memstore.New()}
	h := newHouse(t, s)
	h.create(t, "bob")
	h.create(t, "eve")
	bob, eve := h.login(t, "bob"), h.login(t, "eve")
	s.broken = true
	wantError(t, "Logout", h.auth.Logout(t.Context(), bob.Secret), store.ErrUnavailable)
	_, err := h.auth.LogoutAll(t.Context(), bob.Secret)
	wantError(t, "LogoutAll", err, store.ErrUnavailable)
	s.broken = false
	for _, session := range []account.Session{bob, eve} {
		must(h.auth.Session(t.Context(), session.Secret))(t)
	}
}

// That nobody has a handle is said only where everybody could be looked at.
func TestAHandleThatCannotBeLookedForIsNotUnknown(t *testing.T) {
	s := &halting{Store: memstore.New()}
	h := newHouse(t, s)
	s.broken = true
	for name, find := range map[string]func() error{
		"Admin.ByHandle": func() error { return failed(h.admin.ByHandle(t.Context(), "nobody")) },
		"Auth.Find":      func() error { return failed(h.auth.Find(t.Context(), "nobody")) },
	} {
		err := find()
		wantError(t, name, err, store.ErrUnavailable)
		if errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: it looks as if nobody had it", name)
		}
	}
}

func TestAnAccountHasNotTooManyRoles(t *testing.T) {
	h := newHouse(t, memstore.New())
	bob := h.create(t, "bob")
	roles := func(n int) account.Patch {
		all := make([]account.Role, n)
		for i := range all {
			all[i].ID = fmt.Sprint("r", i)
		}
		return account.Patch{Roles: &all}
	}
	_, err := h.admin.Update(as("root"), bob.ID, roles(account.MaxRoles+1))
	wantValueError(t, err, "roles", ban.CodeRange)
	if got := must(h.admin.Update(as("root"), bob.ID, roles(account.MaxRoles)))(t); len(got.Account.Roles) != account.MaxRoles {
		t.Errorf("%d roles were kept, want %d", len(got.Account.Roles), account.MaxRoles)
	}
}

// A sweep that came to its end is gone on with from there.
func TestASweepSaysHowFarItCame(t *testing.T) {
	h := newHouse(t, memstore.New())
	for i := range 3 {
		h.create(t, fmt.Sprint("user", i))
	}
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org"}))(t)
	for name, act := range map[string]account.SweepAct{"that reports": account.SweepReport, "that holds": account.SweepHold} {
		done := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: act}))(t)
		if done.Accounts != 3 {
			t.Fatalf("a sweep %s found %+v", name, done)
		}
		h.create(t, "new"+fmt.Sprint(act))
		var names []string
		for f, err := range h.admin.Sweep(t.Context(), h.checker, account.SweepOptions{After: done.Cursor}) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, f.Account.Handle)
		}
		if len(names) != 1 {
			t.Errorf("after a sweep %s there are %q, want the one who came since", name, names)
		}
		must(h.admin.UndoSweep(as("alice"), done.ID, ""))(t)
		must(h.admin.Delete(as("root"), must(h.admin.ByHandle(t.Context(), "new"+fmt.Sprint(act)))(t).ID, account.DeleteOptions{}))(t)
	}
}
