package account_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// during is a store with something that happens right before an account is made:
// while its password was hashed.
type during struct {
	store.Store
	happens func()
}

func (d *during) CreateAccount(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
	if d.happens != nil {
		d.happens()
		d.happens = nil
	}
	return d.Store.CreateAccount(ctx, a, c)
}

func signUpOf(handle, email, ip string) account.SignUpOptions {
	return account.SignUpOptions{IP: ip, Account: account.CreateOptions{Handle: handle, Email: email, Password: password}}
}

// The ban of the middle column is made while the password is hashed.
func TestABanMadeDuringASignUpIsInForceForIt(t *testing.T) {
	for _, c := range []struct {
		rule    string
		before  []ban.CreateOptions
		during  []ban.CreateOptions
		denied  bool
		pending bool
	}{
		{"nobody is banned", nil, nil, false, false},
		{"the address", nil, []ban.CreateOptions{{Kind: ban.KindEmail, Value: "eve@example.org"}}, true, false},
		{"the domain", nil, []ban.CreateOptions{{Kind: ban.KindDomain, Value: "example.org"}}, true, false},
		{"the name", nil, []ban.CreateOptions{{Kind: ban.KindName, Value: "*eve*"}}, true, false},
		{"the client", nil, []ban.CreateOptions{{Kind: ban.KindIP, Value: "192.0.2.0/24"}}, true, false},
		{"held for review", nil, []ban.CreateOptions{{Kind: ban.KindDomain, Value: "example.org", Effect: ban.Review}}, false, true},
		{"held before", []ban.CreateOptions{{Kind: ban.KindDomain, Value: "example.org", Effect: ban.Review}}, nil, false, true},
		{"held before, denied now", []ban.CreateOptions{{Kind: ban.KindDomain, Value: "example.org", Effect: ban.Review}},
			[]ban.CreateOptions{{Kind: ban.KindName, Value: "eve"}}, true, false},
		{"somebody else", nil, []ban.CreateOptions{{Kind: ban.KindName, Value: "adam"}}, false, false},
		{"a shadow", nil, []ban.CreateOptions{{Kind: ban.KindName, Value: "eve", Shadow: true}}, false, false},
		{"those who sign in", nil, []ban.CreateOptions{{Kind: ban.KindName, Value: "eve", Scope: ban.ScopeOf(ban.SignIn)}}, false, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				banAll := func(all []ban.CreateOptions) {
					for _, o := range all {
						must(h.bans.Create(as("root"), o))(t)
					}
				}
				banAll(c.before)
				admin := must(account.NewAdmin(&during{h.store, func() { banAll(c.during) }}, account.AdminOptions{Passwords: quick, Now: h.clock.Now}))(t)
				done, err := admin.SignUp(as("signup"), h.checker, signUpOf("eve", "eve@example.org", "192.0.2.7"))
				if _, denied := errors.AsType[*ban.DeniedError](err); denied != c.denied || !denied && err != nil {
					t.Fatalf("the error is %v, want denied: %v", err, c.denied)
				}
				if (done.Decision.Verdict == ban.Denied) != c.denied || (done.Decision.Verdict == ban.NeedsReview) != c.pending {
					t.Errorf("the decision is %s", done.Decision.Verdict)
				}
				if done.Pending != c.pending {
					t.Errorf("pending: %v, want %v", done.Pending, c.pending)
				}
				_, login := h.auth.Login(t.Context(), "eve", password)
				switch {
				case c.denied:
					wantError(t, "a login", login, account.ErrBadLogin)
					_, err := h.admin.ByHandle(t.Context(), "eve")
					wantError(t, "the account", err, account.ErrNotFound)
				case c.pending:
					wantError(t, "a login", login, account.ErrPending)
				case login != nil || done.Account.Handle != "eve":
					t.Errorf("a login: %v, of %+v", login, done.Account)
				}
			})
		})
	}
}

func TestASecondLookCountsNoHit(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		b := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org", Effect: ban.Review}))(t)
		must(h.admin.SignUp(as("signup"), h.checker, signUpOf("eve", "eve@example.org", "")))(t)
		if err := h.checker.Close(); err != nil {
			t.Fatal(err)
		}
		if hits := must(h.store.HitTotal(t.Context(), b.ID))(t); hits.Uses != 1 {
			t.Errorf("%d hits", hits.Uses)
		}
	})
}

// looks is a Checker whose first and second look are given.
type looks struct {
	first, second ban.Decision
	err1, err2    error
}

func (l looks) Check(context.Context, ban.Subject) (ban.Decision, error) { return l.first, l.err1 }
func (l looks) Explain(context.Context, ban.Subject) (ban.Trace, error) {
	return ban.Trace{Decision: l.second}, l.err2
}

func TestASignUpThatCannotBeCheckedIsUpToOnError(t *testing.T) {
	open, closed, outage := ban.Decision{Verdict: ban.Allowed}, ban.Decision{Verdict: ban.Denied}, errors.New("outage")
	for _, c := range []struct {
		rule string
		looks
		in bool
	}{
		{"closed, at the first look", looks{first: closed, err1: outage}, false},
		{"closed, at the second look", looks{first: open, second: closed, err2: outage}, false},
		{"open, at the first look", looks{first: open, err1: outage, second: open}, true},
		{"open, at the second look", looks{first: open, second: open, err2: outage}, true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				done, err := h.admin.SignUp(as("signup"), c.looks, signUpOf("eve", "", ""))
				if c.in {
					if err != nil || done.Account.Handle != "eve" || !errors.Is(done.CheckErr, outage) {
						t.Errorf("%+v, %v", done, err)
					}
					return
				}
				wantError(t, "the sign-up", err, outage)
				_, err = h.admin.ByHandle(t.Context(), "eve")
				wantError(t, "the account", err, account.ErrNotFound)
			})
		})
	}
}

// undeletable is a store that removes no accounts.
type undeletable struct{ store.Store }

func (undeletable) DeleteAccount(context.Context, uuid.UUID, store.Change) (store.AccountWritten, error) {
	return store.AccountWritten{}, store.ErrBusy
}

func TestAnAccountThatCannotBeRemovedAgainIsNamed(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		denied := looks{first: ban.Decision{Verdict: ban.Allowed}, second: ban.Decision{Verdict: ban.Denied}}
		admin := must(account.NewAdmin(undeletable{h.store}, account.AdminOptions{Passwords: quick}))(t)
		done, err := admin.SignUp(as("signup"), denied, signUpOf("eve", "", ""))
		wantError(t, "the sign-up", err, account.ErrBusy)
		if _, ok := errors.AsType[*ban.DeniedError](err); !ok || done.Account.Handle != "eve" || done.Decision.Verdict != ban.Denied {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

func TestASignUpWantsAChecker(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	_, err := h.admin.SignUp(as("signup"), nil, signUpOf("eve", "", ""))
	wantValueError(t, err, "checker", ban.CodeEmpty)
}

func TestWordsOfTheHostAreNoPasswords(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	admin := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: account.PasswordOptions{
		Memory: 64, Time: 1, Refuse: []string{"Acme Forum"}, AllowCommon: true,
	}}))(t)
	for i, c := range []struct{ password, code string }{
		{"acme forum", account.CodeCommon}, {"ACME FORUM", account.CodeCommon}, {"acme forum 7", ""}, {"password", ""},
	} {
		_, err := admin.Create(as("root"), account.CreateOptions{Handle: "user" + string(rune('a'+i)), Password: c.password})
		if c.code != "" {
			wantValueError(t, err, "password", c.code)
		} else if err != nil {
			t.Errorf("%q: %v", c.password, err)
		}
	}
	bob := h.create(t, "bob")
	common := "password123"
	_, err := h.admin.Update(as("root"), bob.ID, account.Patch{Password: &common})
	wantValueError(t, err, "password", account.CodeCommon)
	_, err = account.NewAdmin(h.store, account.AdminOptions{Passwords: account.PasswordOptions{Refuse: []string{"\x00"}}})
	wantValueError(t, err, "Passwords.Refuse", ban.CodeCharacter)
}

// Who has a common password from before signs in with it, and its hash is renewed.
func TestACommonPasswordFromBeforeStillLetsIn(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	lax := quick
	lax.AllowCommon = true
	admin := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: lax}))(t)
	before := must(admin.Create(as("root"), account.CreateOptions{Handle: "bob", Password: "password"}))(t)
	stronger := must(account.NewAuth(h.store, account.AuthOptions{Passwords: account.PasswordOptions{Memory: 128, Time: 1}}))(t)
	after := must(stronger.Authenticate(t.Context(), "bob", "password"))(t)
	if after.PasswordHash == before.PasswordHash {
		t.Error("the hash has the old parameters")
	}
}
