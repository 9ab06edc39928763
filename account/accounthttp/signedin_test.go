package accounthttp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestWhoIsSignedIn(t *testing.T) {
	broken := &brokenCredentials{Store: memstore.New()}
	s := newSite(t, siteOptions{store: broken})
	s.create(t, account.CreateOptions{Handle: "bob"}) // who is no admin
	secret := must(s.auth.Login(t.Context(), "bob", password))(t).Secret
	who := must(accounthttp.NewAuthorizer(s.auth, accounthttp.AuthorizerOptions{
		Now: s.clock.Now, Failures: accounthttp.Rate{Burst: 2, Every: time.Hour},
	}))(t)
	ask := func(cookie string) (accounthttp.SignedIn, error) {
		r := httptest.NewRequest("GET", "/", nil)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: accounthttp.SessionCookieName, Value: cookie})
		}
		return who.SignedIn(r)
	}
	for range 5 { // to have no cookie is no try
		if got, err := ask(""); !errors.Is(err, accounthttp.ErrUnauthenticated) || got.CSRFToken != "" {
			t.Errorf("without a cookie: %+v, %v", got, err)
		}
	}
	got := must(ask(secret))(t)
	session := must(s.auth.Session(t.Context(), secret))(t)
	if got.Account.Handle != "bob" || !s.auth.CheckCSRF(session, got.CSRFToken) {
		t.Errorf("with the cookie: %+v", got)
	}
	broken.err = errDriver
	if got, err := ask(secret); !errors.Is(err, errDriver) || got.Account.ID != uuid.Nil {
		t.Errorf("beside trouble: %+v, %v", got, err)
	}
	broken.err = nil
	for range 2 {
		if got, err := ask("made up"); !errors.Is(err, accounthttp.ErrUnauthenticated) || got.Account.ID != uuid.Nil {
			t.Errorf("with a cookie that is made up: %+v, %v", got, err)
		}
	}
	if _, err := ask("made up"); err == nil || errors.Is(err, accounthttp.ErrUnauthenticated) {
		t.Errorf("the third try: %v", err)
	}
}

// unreadable is a store that reads no account once an alias was written.
type unreadable struct {
	store.Store
	written bool
}

func (s *unreadable) UpdateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	a, err := s.Store.UpdateAlias(ctx, a, c)
	s.written = err == nil
	return a, err
}

func (s *unreadable) Account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	if s.written {
		return store.Account{}, errDriver
	}
	return s.Store.Account(ctx, id)
}

// What was done is said, also if the number of the owner cannot be.
func TestAnAliasWhoseOwnerCannotBeReadIsChanged(t *testing.T) {
	st := &unreadable{Store: memstore.New()}
	s := newSite(t, siteOptions{store: st, authorize: letIn})
	s.createAdmin(t, "alice")
	s.createAliases(t, s.create(t, account.CreateOptions{Handle: "bob"}))
	w := s.do(request{target: "PATCH /api/aliases/1", body: `{"active":false}`})
	webtest.WantAnswer(t, w, 200, `{"ok":true,"created":false,"updated":true,"deleted":false,"message":"Alias turned off.","item":`+
		`{"id":1,"address":"first@alias.example","destination":"bob@example.org","user_id":null,"active":false,`+
		`"created_at":"2024-12-01T12:00:00.123Z","updated_at":"2024-12-01T12:00:00.123Z","uuid":"UUID","disabled_ban":null}}`)
	if strings.Contains(w.Body.String(), "driver") {
		t.Error("the trouble is told")
	}
}
