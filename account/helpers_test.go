package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// as returns a context to change things in.
func as(actor string) context.Context { return ban.WithActor(context.Background(), actor) }

// quick makes hashing fast: these tests are not about how long it takes.
var quick = account.PasswordOptions{Memory: 64, Time: 1, Threads: 1}

const password = "correct horse"

// clock is a clock that stands until it is moved.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// house is all of the package over one store.
type house struct {
	store   store.Store
	clock   *clock
	admin   *account.Admin
	auth    *account.Auth
	bans    *ban.Admin
	checker *ban.Checker
	aliases *account.Aliases
}

// backends open an empty store each.
var backends = map[string]func(t testing.TB) store.Store{
	"memstore":    func(testing.TB) store.Store { return memstore.New() },
	"sqlitestore": openSQLite,
}

// overEachStore runs a test over each backend.
func overEachStore(t *testing.T, test func(t *testing.T, h *house)) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) { test(t, newHouse(t, open(t))) })
	}
}

func newHouse(t testing.TB, st store.Store) *house {
	t.Helper()
	h := &house{store: st, clock: newClock()}
	h.admin = must(account.NewAdmin(st, account.AdminOptions{Passwords: quick, Now: h.clock.Now}))(t)
	h.auth = must(account.NewAuth(st, account.AuthOptions{Passwords: quick, Now: h.clock.Now}))(t)
	h.bans = must(ban.NewAdmin(st, ban.AdminOptions{Now: h.clock.Now}))(t)
	h.checker = must(ban.NewChecker(st, ban.CheckerOptions{Now: h.clock.Now}))(t)
	t.Cleanup(func() {
		if err := h.checker.Close(); err != nil {
			t.Error(err)
		}
	})
	h.aliases = must(account.NewAliases(st, h.checker, account.AliasesOptions{Now: h.clock.Now}))(t)
	return h
}

// must returns the value, or ends the test with the error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// create makes an account with the password, and the address handle@example.org.
func (h *house) create(t testing.TB, handle string) account.Account {
	t.Helper()
	return must(h.admin.Create(as("root"), account.CreateOptions{
		Handle: handle, Email: handle + "@example.org", Password: password,
	}))(t)
}

func (h *house) createAdmin(t testing.TB, handle string) account.Account {
	t.Helper()
	return must(h.admin.Create(as("root"), account.CreateOptions{
		Handle: handle, Email: handle + "@example.org", Password: password, Admin: true,
	}))(t)
}

func (h *house) login(t testing.TB, handle string) account.Session {
	t.Helper()
	return must(h.auth.Login(context.Background(), handle, password))(t)
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: the error is %v, want %v", what, err, want)
	}
}

func wantValueError(t *testing.T, err error, field, code string) {
	t.Helper()
	v, ok := errors.AsType[*ban.ValueError](err)
	if !ok {
		t.Errorf("the error is %T (%v), want a *ban.ValueError about %s", err, err, field)
		return
	}
	if v.Field != field || v.Code != code || v.Hint == "" {
		t.Errorf("the error has field %q, code %q and hint %q, want field %q, code %q and a hint", v.Field, v.Code, v.Hint, field, code)
	}
}
