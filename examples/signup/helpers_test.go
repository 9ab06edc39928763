package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

const (
	password = "correct horse"
	// ticket is in every moderators' reason: no stranger may see it.
	ticket = "ticket 4711"
)

// rules are the bans of the tests.
var rules = []ban.CreateOptions{
	{Kind: ban.KindDomain, Value: "spam.example", Reason: ticket, PublicReason: "we had spam from there"},
	{Kind: ban.KindName, Value: "admin", Reason: ticket},
	{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review, Reason: ticket},
	{Kind: ban.KindIP, Value: "203.0.113.0/24", Reason: ticket, PublicReason: "your network is infected"},
	{Kind: ban.KindIP, Value: "198.51.100.0/24", Effect: ban.Review, Reason: ticket},
}

// letter is a message that would have been sent.
type letter struct{ to, text string }

// site is the page over a store in memory.
type site struct {
	http.Handler
	store    store.Store
	bans     *ban.Admin
	accounts *account.Admin
	letters  []letter
	log      bytes.Buffer
}

// newSite makes a site with the rules. The store of the page is what over returns,
// if it is not nil, for that of the site.
func newSite(t *testing.T, o options, over func(store.Store) store.Store) *site {
	t.Helper()
	s := &site{store: memstore.New()}
	t.Cleanup(func() { s.store.Close() })
	var err error
	if s.bans, err = ban.NewAdmin(s.store, ban.AdminOptions{Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
	if s.accounts, err = account.NewAdmin(s.store, account.AdminOptions{Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
	s.ban(t, rules...)
	st := s.store
	if over != nil {
		st = over(st)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{OnError: o.onError, Traits: o.traits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	if o.burst == 0 {
		o.burst, o.every = 1000, time.Minute
	}
	o.log = slog.New(slog.NewTextHandler(&s.log, nil))
	o.mail = func(_ context.Context, to, text string) error {
		s.letters = append(s.letters, letter{to, text})
		return nil
	}
	accounts, err := account.NewAdmin(st, account.AdminOptions{Actor: actor})
	if err != nil {
		t.Fatal(err)
	}
	if s.Handler, err = newHandler(checker, accounts, o); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) ban(t *testing.T, all ...ban.CreateOptions) {
	t.Helper()
	for _, o := range all {
		if _, err := s.bans.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// count returns how many accounts there are.
func (s *site) count(t *testing.T) int64 {
	t.Helper()
	n, err := s.accounts.Count(t.Context(), account.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// login returns what a login with the password gives.
func (s *site) login(t *testing.T, handle string) error {
	t.Helper()
	auth, err := account.NewAuth(s.store, account.AuthOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = auth.Login(t.Context(), handle, password)
	return err
}

// post returns a request of the form, from 192.0.2.1.
func post(f form) *http.Request {
	body := url.Values{fieldHandle: {f.Handle}, fieldEmail: {f.Email}, fieldPassword: {f.Password}}.Encode()
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *site) signUp(handle, email string) *httptest.ResponseRecorder {
	return s.do(post(form{handle, email, password}))
}

// wantPage checks the status of an answer, what its page says, and that it says
// nothing internal.
func wantPage(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d:\n%s", w.Code, status, w.Body)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the page does not say %q:\n%s", text, w.Body)
		}
	}
	for _, internal := range []string{ticket, errDriver.Error(), password} {
		if strings.Contains(w.Body.String(), internal) {
			t.Errorf("the page says %q", internal)
		}
	}
}
