package account_test

import (
	"errors"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

func TestALoginEndsTheOldestSessionsBeyondTheBound(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		auth := must(account.NewAuth(h.store, account.AuthOptions{Passwords: quick, MaxSessions: 3, Now: h.clock.Now}))(t)
		bob := h.create(t, "bob")
		h.create(t, "ann")
		ann := h.login(t, "ann")
		token := must(auth.CreateToken(as("root"), bob.ID, account.TokenOptions{Name: "t", Scopes: []string{"a"}}))(t)
		last := must(h.store.LastChange(t.Context()))(t)
		var all []account.Session
		for range 10 {
			all = append(all, must(auth.Login(t.Context(), "bob", password))(t))
			for i, s := range all {
				_, err := auth.Session(t.Context(), s.Secret)
				if open := i >= len(all)-3; open && err != nil || !open && !errors.Is(err, account.ErrInvalidCredential) {
					t.Fatalf("session %d of %d: %v", i+1, len(all), err)
				}
			}
			// Who signs in and out leaves no more than that behind either.
			if err := auth.Logout(t.Context(), must(auth.Login(t.Context(), "bob", password))(t).Secret); err != nil {
				t.Fatal(err)
			}
			all = all[max(len(all)-2, 0):] // that login ended one more
		}
		if n := len(must(auth.Credentials(t.Context(), bob.ID, account.Page{}))(t)); n > 7 {
			t.Errorf("%d credentials are kept of 3 sessions and a token", n)
		}
		if now := must(h.store.LastChange(t.Context()))(t); now != last {
			t.Errorf("20 logins and 10 logouts logged %d changes", now-last)
		}
		must(auth.Session(t.Context(), ann.Secret))(t)
		must(auth.Token(t.Context(), token.Secret))(t)
	})
}

func TestRulesAboutSigningInAreAskedAtTheLogin(t *testing.T) {
	signIn, signUp := ban.ScopeOf(ban.SignIn), ban.ScopeOf(ban.SignUp)
	for _, c := range []struct {
		rule   string
		ban    ban.CreateOptions
		denied bool
	}{
		{"the handle", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Scope: signIn}, true},
		{"what looks like it", ban.CreateOptions{Kind: ban.KindName, Value: "b0b", Scope: signIn}, true},
		{"the primary address", ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@example.org", Scope: signIn}, true},
		{"another address", ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@example.net", Scope: signIn}, true},
		{"a domain", ban.CreateOptions{Kind: ban.KindDomain, Value: "example.net", Scope: signIn}, true},
		{"all actions", ban.CreateOptions{Kind: ban.KindName, Value: "bob"}, true},
		{"signing up", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Scope: signUp}, false},
		{"a shadow", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Scope: signIn, Shadow: true}, false},
		{"review", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Scope: signIn, Effect: ban.Review}, false},
		{"somebody else", ban.CreateOptions{Kind: ban.KindName, Value: "ann", Scope: signIn}, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				auth := must(account.NewAuth(h.store, account.AuthOptions{Passwords: quick, Checker: h.checker, Now: h.clock.Now}))(t)
				bob := h.create(t, "bob")
				bob = must(h.admin.AddEmail(as("root"), bob.ID, "bob@example.net", true))(t)
				before := must(auth.Login(t.Context(), "bob", password))(t)
				must(h.bans.Create(as("root"), c.ban))(t)
				_, login := auth.Login(t.Context(), "bob", password)
				_, start := auth.StartSession(t.Context(), must(h.admin.Get(t.Context(), bob.ID))(t))
				for how, err := range map[string]error{"Login": login, "StartSession": start} {
					if _, denied := errors.AsType[*ban.DeniedError](err); denied != c.denied || !denied && err != nil {
						t.Errorf("%s: %v, want denied: %v", how, err, c.denied)
					}
				}
				if _, err := auth.Login(t.Context(), "bob", "wrong"); !errors.Is(err, account.ErrBadLogin) {
					t.Errorf("a wrong password: %v", err)
				}
				must(auth.Session(t.Context(), before.Secret))(t)   // goes on
				must(h.auth.Login(t.Context(), "bob", password))(t) // without a Checker nobody asks
			})
		})
	}
}

// Whether somebody gets in who cannot be checked is up to the Checker.
func TestALoginThatCannotBeChecked(t *testing.T) {
	outage := errors.New("outage")
	h := newHouse(t, openSQLite(t))
	h.create(t, "bob")
	for verdict, want := range map[ban.Verdict]error{ban.Allowed: nil, ban.Denied: outage} {
		auth := must(account.NewAuth(h.store, account.AuthOptions{
			Passwords: quick, Checker: looks{first: ban.Decision{Verdict: verdict}, err1: outage},
		}))(t)
		_, err := auth.Login(t.Context(), "bob", password)
		if !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", verdict, err, want)
		}
	}
}

func TestMaxSessionsIsNotNegative(t *testing.T) {
	_, err := account.NewAuth(openSQLite(t), account.AuthOptions{MaxSessions: -1})
	wantValueError(t, err, "MaxSessions", ban.CodeRange)
}
