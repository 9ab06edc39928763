package account_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func TestWhoIsLetIn(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	h.create(t, "Bob")
	must(h.admin.Create(as("root"), account.CreateOptions{Handle: "nopass", Email: "nopass@example.org"}))(t)
	for _, c := range []struct {
		rule, login, password string
		ok                    bool
	}{
		{"by handle", "bob", password, true},
		{"by handle in another case", "BOB", password, true},
		{"by address", "bob@example.org", password, true},
		{"by address in another case", "Bob@Example.Org", password, true},
		{"not with another password", "bob", password + "x", false},
		{"not with an empty password", "bob", "", false},
		{"not by a handle that looks alike", "bоb", password, false},
		{"not unknown", "carol", password, false},
		{"not by an unknown address", "carol@example.org", password, false},
		{"not by what is no login", "\x00", password, false},
		{"not by an empty login", "", password, false},
		{"not without a password on record", "nopass", "", false},
		{"not with a password of a megabyte", "bob", strings.Repeat("x", 1<<20), false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a, err := h.auth.Authenticate(context.Background(), c.login, c.password)
			if c.ok {
				if err != nil || a.Handle != "Bob" {
					t.Errorf("Authenticate: %q, %v", a.Handle, err)
				}
				return
			}
			wantError(t, "Authenticate", err, account.ErrBadLogin)
		})
	}
}

func TestALoginIsNoted(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		h.clock.advance(time.Hour)
		s := h.login(t, "bob")
		stored := must(h.admin.Get(context.Background(), bob.ID))(t)
		if !stored.LastLoginAt.Equal(h.clock.now) || stored.Version != bob.Version {
			t.Errorf("LastLoginAt is %v, Version %d", stored.LastLoginAt, stored.Version)
		}
		h.clock.advance(time.Hour)
		must(h.auth.Rotate(context.Background(), s.Secret))(t)
		if again := must(h.admin.Get(context.Background(), bob.ID))(t); !again.LastLoginAt.Equal(stored.LastLoginAt) {
			t.Error("a rotation counts as a login")
		}
	})
}

func TestAPasswordIsRehashedWhenParametersRise(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		authOf := func(p account.PasswordOptions) *account.Auth {
			return must(account.NewAuth(h.store, account.AuthOptions{Passwords: p}))(t)
		}
		hash := func() string { return must(h.admin.Get(ctx, bob.ID))(t).PasswordHash }
		first := hash()
		h.login(t, "bob")
		if hash() != first {
			t.Error("a login under the same parameters rehashed")
		}
		stronger := authOf(account.PasswordOptions{Memory: 128, Time: 1, Threads: 1})
		_, err := stronger.Authenticate(ctx, "bob", "wrong password")
		wantError(t, "a wrong password", err, account.ErrBadLogin)
		if hash() != first {
			t.Error("a wrong password rehashed")
		}
		s := must(stronger.Login(ctx, "bob", password))(t)
		second := hash()
		if !strings.Contains(second, "m=128,") {
			t.Errorf("the hash is %q, want one under m=128", second)
		}
		must(stronger.Session(ctx, s.Secret))(t)
		h.login(t, "bob") // under m=64
		if hash() != second {
			t.Error("a login under lower parameters rehashed")
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.create(t, "bob")
		auth := must(account.NewAuth(h.store, account.AuthOptions{
			Passwords: quick, Now: h.clock.Now, SessionLifetime: 10 * time.Hour, IdleTimeout: time.Hour,
		}))(t)
		idle := must(auth.Login(ctx, "bob", password))(t)
		used := must(auth.Login(ctx, "bob", password))(t)
		for range 11 {
			h.clock.advance(50 * time.Minute)
			must(auth.Session(ctx, used.Secret))(t)
		}
		_, err := auth.Session(ctx, idle.Secret)
		wantError(t, "the one that was not used", err, account.ErrInvalidCredential)
		h.clock.advance(49 * time.Minute) // 9 h 59 min in all
		must(auth.Session(ctx, used.Secret))(t)
		h.clock.advance(time.Minute)
		_, err = auth.Session(ctx, used.Secret)
		wantError(t, "the one that is 10 hours old", err, account.ErrInvalidCredential)
		if n := must(auth.Purge(ctx, h.clock.now.Add(time.Second)))(t); n != 2 {
			t.Errorf("Purge removed %d, want 2", n)
		}
	})
}

func TestARotatedSessionGoesOn(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.create(t, "bob")
		old := h.login(t, "bob")
		csrf := h.auth.CSRFToken(old)
		h.clock.advance(time.Hour)
		next := must(h.auth.Rotate(ctx, old.Secret))(t)
		_, err := h.auth.Session(ctx, old.Secret)
		wantError(t, "the old secret", err, account.ErrInvalidCredential)
		s := must(h.auth.Session(ctx, next.Secret))(t)
		if s.Credential.Family != old.Credential.Family || !s.Credential.ExpiresAt.Equal(old.Credential.ExpiresAt) {
			t.Errorf("the new session is %+v, the old was %+v", s.Credential, old.Credential)
		}
		if !h.auth.CheckCSRF(s, csrf) {
			t.Error("the CSRF token no longer fits")
		}
		_, err = h.auth.Rotate(ctx, old.Secret)
		wantError(t, "Rotate of the old secret", err, account.ErrInvalidCredential)
		if err := h.auth.Logout(ctx, next.Secret); err != nil {
			t.Fatal(err)
		}
		_, err = h.auth.Session(ctx, next.Secret)
		wantError(t, "after Logout", err, account.ErrInvalidCredential)
		if err := h.auth.Logout(ctx, next.Secret); err != nil {
			t.Errorf("Logout again: %v", err)
		}
	})
}

// interrupted is a store in which something happens before the next session is
// made.
type interrupted struct {
	store.Store
	meanwhile func()
}

func (i *interrupted) CreateSession(ctx context.Context, c store.Credential, version int64) (store.Credential, error) {
	if meanwhile := i.meanwhile; meanwhile != nil {
		i.meanwhile = nil
		meanwhile()
	}
	return i.Store.CreateSession(ctx, c, version)
}

func TestRotatingRevivesNoSession(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		st := &interrupted{Store: h.store}
		auth := must(account.NewAuth(st, account.AuthOptions{Passwords: quick, Now: h.clock.Now}))(t)
		var winner account.Session
		for _, c := range []struct {
			meanwhile string
			do        func(secret string) error
			left      int
		}{
			{"it is logged out", func(secret string) error { return h.auth.Logout(ctx, secret) }, 0},
			{"all are revoked", func(string) error {
				_, err := h.auth.RevokeAll(as("bob"), bob.ID, uuid.Nil)
				return err
			}, 0},
			{"it is rotated", func(secret string) (err error) {
				winner, err = h.auth.Rotate(ctx, secret)
				return err
			}, 1},
		} {
			t.Run(c.meanwhile, func(t *testing.T) {
				old := h.login(t, "bob")
				st.meanwhile = func() {
					if err := c.do(old.Secret); err != nil {
						t.Error(err)
					}
				}
				s, err := auth.Rotate(ctx, old.Secret)
				wantError(t, "Rotate", err, account.ErrInvalidCredential)
				if s.Secret != "" {
					t.Error("there is a secret beside the error")
				}
				left := 0
				for _, c := range must(h.auth.Credentials(ctx, bob.ID, account.Page{}))(t) {
					if c.Valid(h.clock.now) {
						left++
					}
				}
				if left != c.left {
					t.Errorf("%d sessions are left, want %d", left, c.left)
				}
			})
		}
		must(h.auth.Session(ctx, winner.Secret))(t)
	})
}

func TestRotatingLooksAgainWhenTheAccountChanged(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		old := h.login(t, "bob")
		bio := "Hello."
		st := &interrupted{h.store, func() { must(h.admin.Update(as("bob"), bob.ID, account.Patch{Bio: &bio}))(t) }}
		auth := must(account.NewAuth(st, account.AuthOptions{Passwords: quick, Now: h.clock.Now}))(t)
		next := must(auth.Rotate(context.Background(), old.Secret))(t)
		must(h.auth.Session(context.Background(), next.Secret))(t)
	})
}

func TestLogoutLeavesOtherSessions(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	h.create(t, "bob")
	here, there := h.login(t, "bob"), h.login(t, "bob")
	if err := h.auth.Logout(context.Background(), here.Secret); err != nil {
		t.Fatal(err)
	}
	must(h.auth.Session(context.Background(), there.Secret))(t)
}

func TestCSRFTokens(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	h.create(t, "bob")
	key := []byte(strings.Repeat("k", 32))
	keyed := func(key []byte) *account.Auth {
		return must(account.NewAuth(h.store, account.AuthOptions{CSRFKey: key, Passwords: quick}))(t)
	}
	one, other := h.login(t, "bob"), h.login(t, "bob")
	token := keyed(key).CSRFToken(one)
	for _, c := range []struct {
		rule  string
		auth  *account.Auth
		s     account.Session
		token string
		want  bool
	}{
		{"the session's own fits", keyed(key), one, token, true},
		{"that of another session does not", keyed(key), other, token, false},
		{"one under another key does not", keyed([]byte(strings.Repeat("K", 32))), one, token, false},
		{"an empty one does not", keyed(key), one, "", false},
		{"one that is cut off does not", keyed(key), one, token[:len(token)-2], false},
		{"what is no base64 does not", keyed(key), one, "%%%", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := c.auth.CheckCSRF(c.s, c.token); got != c.want {
				t.Errorf("CheckCSRF says %v, want %v", got, c.want)
			}
		})
	}
	_, err := account.NewAuth(h.store, account.AuthOptions{CSRFKey: key[:31]})
	wantValueError(t, err, "CSRFKey", ban.CodeRange)
}

func TestTokens(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		token := must(h.auth.CreateToken(as("alice"), bob.ID, account.TokenOptions{
			Name: "ci", Scopes: []string{"admin:read", "write"}, ExpiresAt: h.clock.now.Add(time.Hour),
		}))(t)
		if !strings.HasPrefix(token.Secret, "ostraka_") || len(token.Secret) < 50 {
			t.Errorf("the secret is %q", token.Secret)
		}
		got := must(h.auth.Token(ctx, token.Secret))(t)
		for scope, want := range map[string]bool{
			"admin:read": true, "admin:read:bans": true, "write": true, "write:x": true,
			"admin": false, "admin:reader": false, "admin:write": false, "": false, "read": false,
		} {
			if got.Allows(scope) != want {
				t.Errorf("Allows(%q) is %v", scope, !want)
			}
		}
		_, err := h.auth.Session(ctx, token.Secret)
		wantError(t, "a token as a session", err, account.ErrInvalidCredential)
		_, err = h.auth.Token(ctx, h.login(t, "bob").Secret)
		wantError(t, "a session as a token", err, account.ErrInvalidCredential)
		for _, secret := range []string{"", "ostraka_", token.Secret + "x", strings.ToUpper(token.Secret), strings.Repeat("x", 1<<20)} {
			_, err = h.auth.Token(ctx, secret)
			wantError(t, "another secret", err, account.ErrInvalidCredential)
		}
		h.clock.advance(time.Hour)
		_, err = h.auth.Token(ctx, token.Secret)
		wantError(t, "at its end", err, account.ErrInvalidCredential)
	})
}

func TestTokensThatAreRefused(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	bob := h.create(t, "bob")
	_, err := h.auth.CreateToken(as("alice"), uuid.New(), account.TokenOptions{Scopes: []string{"x"}})
	wantError(t, "for nobody", err, account.ErrNotFound)
	for _, c := range []struct {
		rule        string
		o           account.TokenOptions
		field, code string
	}{
		{"without scopes", account.TokenOptions{}, "scopes", ban.CodeEmpty},
		{"with an empty scope", account.TokenOptions{Scopes: []string{""}}, "scopes", ban.CodeSyntax},
		{"with an empty part of a scope", account.TokenOptions{Scopes: []string{"admin:"}}, "scopes", ban.CodeSyntax},
		{"with a space in a scope", account.TokenOptions{Scopes: []string{"a b"}}, "scopes", ban.CodeSyntax},
		{"with too many scopes", account.TokenOptions{Scopes: make([]string, 65)}, "scopes", ban.CodeRange},
		{"with an end that JSON cannot write", account.TokenOptions{Scopes: []string{"x"}, ExpiresAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}, "expires_at", ban.CodeRange},
		{"with an end that has passed", account.TokenOptions{Scopes: []string{"x"}, ExpiresAt: h.clock.now}, "expires_at", ban.CodeInPast},
	} {
		t.Run(c.rule, func(t *testing.T) {
			_, err := h.auth.CreateToken(as("alice"), bob.ID, c.o)
			wantValueError(t, err, c.field, c.code)
		})
	}
}

func TestRevoking(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		keep, other := h.login(t, "bob"), h.login(t, "bob")
		token := must(h.auth.CreateToken(as("bob"), bob.ID, account.TokenOptions{Scopes: []string{"x"}}))(t)
		carols := h.create(t, "carol")
		h.login(t, "carol")
		if err := h.auth.Revoke(as("bob"), token.Credential.ID); err != nil {
			t.Fatal(err)
		}
		wantError(t, "Revoke again", h.auth.Revoke(as("bob"), token.Credential.ID), account.ErrNotFound)
		if n := must(h.auth.RevokeAll(as("bob"), bob.ID, keep.Credential.ID))(t); n != 1 {
			t.Errorf("RevokeAll but one revoked %d, want 1", n)
		}
		must(h.auth.Session(ctx, keep.Secret))(t)
		_, err := h.auth.Session(ctx, other.Secret)
		wantError(t, "Session", err, account.ErrInvalidCredential)
		for _, c := range must(h.auth.Credentials(ctx, carols.ID, account.Page{}))(t) {
			if !c.RevokedAt.IsZero() {
				t.Error("somebody else's session was revoked")
			}
		}
	})
}

// The zero UUID, of a variable that nobody set, must not mean everybody.
func TestTheZeroUUIDIsNobody(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.create(t, "bob")
		s := h.login(t, "bob")
		wantError(t, "Revoke", h.auth.Revoke(as("alice"), uuid.Nil), account.ErrNotFound)
		if n := must(h.auth.RevokeAll(as("alice"), uuid.Nil, uuid.Nil))(t); n != 0 {
			t.Errorf("RevokeAll revoked %d", n)
		}
		if found := must(h.auth.Credentials(ctx, uuid.Nil, account.Page{}))(t); len(found) != 0 {
			t.Errorf("Credentials returns %d", len(found))
		}
		must(h.auth.Session(ctx, s.Secret))(t)
	})
}

// A login that has seen the account active, or the old password right, must not
// leave a session behind once the account was suspended.
func TestNoLoginSlipsPastASuspension(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		var wait sync.WaitGroup
		var mu sync.Mutex
		var secrets []string
		stop := make(chan struct{})
		for range 4 {
			wait.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					s, err := h.auth.Login(ctx, "bob", password)
					if err == nil {
						mu.Lock()
						secrets = append(secrets, s.Secret)
						mu.Unlock()
					} else if !errors.Is(err, account.ErrSuspended) && !errors.Is(err, account.ErrConflict) {
						t.Error(err)
					}
				}
			})
		}
		for range 10 {
			must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
			live := must(h.store.ListCredentials(ctx, store.CredentialFilter{Account: bob.ID}, store.Page{Limit: store.MaxPageLimit}))(t)
			for _, c := range live {
				if c.RevokedAt.IsZero() {
					t.Error("a session of the suspended account is not revoked")
				}
			}
			must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t)
		}
		must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
		close(stop)
		wait.Wait()
		for _, secret := range secrets {
			_, err := h.auth.Session(ctx, secret)
			wantError(t, "Session", err, account.ErrInvalidCredential)
		}
	})
}
