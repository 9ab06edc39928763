package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func TestWhoIsAllowedHasAnAccount(t *testing.T) {
	s := newSite(t, options{}, nil)
	w := s.signUp(" Ann ", "Ann@Good.example")
	wantPage(t, w, http.StatusSeeOther)
	if got := w.Header().Get("Location"); got != pathWelcome {
		t.Errorf("goes on to %q", got)
	}
	a, err := s.accounts.ByEmail(t.Context(), "ann@good.example")
	if err != nil || a.Handle != "Ann" || !a.Active() || a.CreatedBy != actor {
		t.Errorf("the account is %+v, %v", a, err)
	}
	if err := s.login(t, "ann"); err != nil {
		t.Errorf("a login: %v", err)
	}
	if len(s.letters) != 1 || s.letters[0].text != mailWelcome {
		t.Errorf("mail: %v", s.letters)
	}
}

func TestWhoNeedsReviewGetsInOnceAPersonApproves(t *testing.T) {
	s := newSite(t, options{}, nil)
	w := s.signUp("bob", "bob@mail.new.example")
	wantPage(t, w, http.StatusSeeOther)
	if got := w.Header().Get("Location"); got != pathPending {
		t.Errorf("goes on to %q", got)
	}
	a, err := s.accounts.ByHandle(t.Context(), "bob")
	if err != nil || !a.Pending() || a.Hold.By != actor || a.Hold.Matched != "new.example" {
		t.Fatalf("the account is %+v, %v", a, err)
	}
	if err := s.login(t, "bob"); !errors.Is(err, account.ErrPending) {
		t.Errorf("a login before: %v", err)
	}
	if _, err := s.accounts.Approve(ban.WithActor(t.Context(), "alice"), a.ID, account.ApproveOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.login(t, "bob"); err != nil {
		t.Errorf("a login after: %v", err)
	}
	if len(s.letters) != 1 || s.letters[0].text != mailPending {
		t.Errorf("mail: %v", s.letters)
	}
}

func TestWhoIsDeniedLearnsThePublicReasonOnly(t *testing.T) {
	s := newSite(t, options{}, nil)
	for _, c := range []struct{ rule, handle, email, text string }{
		{"a domain", "eve", "eve@spam.example", "Signing up is not allowed: we had spam from there"},
		{"a subdomain", "eve", "eve@mail.spam.example", "Signing up is not allowed: we had spam from there"},
		{"a name without a public reason", "admin", "eve@good.example", "Signing up is not allowed<"},
		{"a name that looks like it", "аdmin", "eve@good.example", "Signing up is not allowed<"},
		{"deny beats review", "admin", "eve@new.example", "Signing up is not allowed<"},
	} {
		w := s.signUp(c.handle, c.email)
		wantPage(t, w, http.StatusForbidden, c.text, `role="alert"`, `value="`+c.email+`"`)
		if t.Failed() {
			t.Fatal(c.rule)
		}
	}
	if n := s.count(t); n != 0 || len(s.letters) != 0 {
		t.Errorf("%d accounts, mail %v", n, s.letters)
	}
}

// The guard passes on a client who needs review: who signs up from there does too.
func TestAClientMayBeWhatNeedsReview(t *testing.T) {
	s := newSite(t, options{}, nil)
	for peer, want := range map[string]string{"198.51.100.1:1": pathPending, "192.0.2.1:1": pathWelcome} {
		r := post(form{"user" + peer[:3], peer[:3] + "@good.example", password})
		r.RemoteAddr = peer
		if got := s.do(r).Header().Get("Location"); got != want {
			t.Errorf("%s: goes on to %q, want %q", peer, got, want)
		}
	}
}

func TestABanIsInForceAtTheNextSignUp(t *testing.T) {
	s := newSite(t, options{}, nil)
	wantPage(t, s.signUp("ann", "ann@good.example"), http.StatusSeeOther)
	s.ban(t, ban.CreateOptions{Kind: ban.KindDomain, Value: "good.example", PublicReason: "no longer good"})
	wantPage(t, s.signUp("carl", "carl@good.example"), http.StatusForbidden, "no longer good")
}

func TestATakenAddressIsAnsweredAsIfItWereFree(t *testing.T) {
	for _, domain := range []string{"good.example", "new.example"} {
		s := newSite(t, options{}, nil)
		free := s.signUp("ann", "ann@"+domain)
		taken := s.signUp("eve", "ANN@"+domain)
		if free.Code != taken.Code || free.Body.String() != taken.Body.String() {
			t.Errorf("%s: free: %d %s, taken: %d %s", domain, free.Code, free.Body, taken.Code, taken.Body)
		}
		for name := range free.Header() {
			if free.Header().Get(name) != taken.Header().Get(name) {
				t.Errorf("%s: %s is %q for a free address, %q for a taken one", domain, name, free.Header().Get(name), taken.Header().Get(name))
			}
		}
		if len(s.letters) != 2 || s.letters[1].text != mailTaken {
			t.Errorf("%s: mail %v", domain, s.letters)
		}
		if n := s.count(t); n != 1 {
			t.Errorf("%s: %d accounts", domain, n)
		}
	}
}

// Else a stranger could fill the owner's mailbox.
func TestTheOwnerOfAnAddressIsToldOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, options{}, nil)
		for i, step := range []struct {
			rule, email string
			after       time.Duration
			letters     int
		}{
			{"the account", "ann@gmail.com", 0, 1},
			{"taken", "ann@gmail.com", 0, 2},
			{"taken again", "ANN@gmail.com", 0, 2},
			{"within a day", "ann@gmail.com", tellOnce.Every - time.Second, 2},
			{"after a day", "ann@gmail.com", time.Second, 3},
		} {
			time.Sleep(step.after)
			w := s.signUp(fmt.Sprintf("user%d", i), step.email)
			if got := w.Header().Get("Location"); got != pathWelcome {
				t.Errorf("%s: goes on to %q", step.rule, got)
			}
			if len(s.letters) != step.letters {
				t.Errorf("%s: %d letters, want %d", step.rule, len(s.letters), step.letters)
			}
		}
	})
}

func TestACommonPasswordIsRefusedWithWhatIsWrong(t *testing.T) {
	s := newSite(t, options{}, nil)
	w := s.do(post(form{"ann", "ann@good.example", "iloveyou1"}))
	wantPage(t, w, http.StatusUnprocessableEntity, "Choose one that fewer people have", `id="password-fault"`)
	if n := s.count(t); n != 0 {
		t.Errorf("%d accounts", n)
	}
}

// A ban that is made while the password is hashed is in force: the answer is that
// of any other who is denied.
func TestABanMadeDuringASignUp(t *testing.T) {
	var s *site
	s = newSite(t, options{}, func(st store.Store) store.Store {
		return banning{st, func() {
			s.ban(t, ban.CreateOptions{Kind: ban.KindDomain, Value: "good.example", PublicReason: "no longer good"})
		}}
	})
	wantPage(t, s.signUp("ann", "ann@good.example"), http.StatusForbidden, "no longer good")
	if n := s.count(t); n != 0 || len(s.letters) != 0 {
		t.Errorf("%d accounts, mail %v", n, s.letters)
	}
}

// banning is a store where something happens before an account is made.
type banning struct {
	store.Store
	happens func()
}

func (b banning) CreateAccount(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
	b.happens()
	return b.Store.CreateAccount(ctx, a, c)
}

func TestATakenNameIsSaid(t *testing.T) {
	s := newSite(t, options{}, nil)
	wantPage(t, s.signUp("ann", "ann@good.example"), http.StatusSeeOther)
	for name, f := range map[string]form{
		"the same":                  {"ann", "eve@good.example", password},
		"in another case":           {"ANN", "eve@good.example", password},
		"one that looks like it":    {"аnn", "eve@good.example", password},
		"with an address taken too": {"ann", "ann@good.example", password},
	} {
		w := s.do(post(f))
		wantPage(t, w, http.StatusUnprocessableEntity, "This user name is taken", `aria-describedby="handle-fault handle-hint"`)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	if len(s.letters) != 1 {
		t.Errorf("mail: %v", s.letters)
	}
}

var errDriver = errors.New("driver: disk on fire")

// outage is a store that cannot read its rules.
type outage struct{ store.Store }

func (outage) Lookup(context.Context, []store.Key) ([]store.Rule, error) { return nil, errDriver }

func TestAnOutageOfTheRules(t *testing.T) {
	broken := func(st store.Store) store.Store { return outage{st} }
	for name, c := range map[string]struct {
		onError  ban.OnError
		status   int
		accounts int64
	}{
		"refuses whom it cannot check":            {ban.FailClosed, http.StatusServiceUnavailable, 0},
		"lets in whom it cannot check, with open": {ban.FailOpen, http.StatusSeeOther, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, options{onError: c.onError}, broken)
			w := s.signUp("ann", "ann@good.example")
			wantPage(t, w, c.status)
			if c.status == http.StatusServiceUnavailable {
				wantPage(t, w, c.status, "not possible at the moment", `value="ann"`)
				if w.Header().Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			}
			if n := s.count(t); n != c.accounts {
				t.Errorf("%d accounts, want %d", n, c.accounts)
			}
			if !strings.Contains(s.log.String(), errDriver.Error()) {
				t.Errorf("the log does not say why:\n%s", &s.log)
			}
		})
	}
}

func TestTheFormIsShownInAnOutage(t *testing.T) {
	s := newSite(t, options{}, func(st store.Store) store.Store { return outage{st} })
	wantPage(t, s.do(get("/")), http.StatusOK, "<form")
}

// full is a store that makes no accounts.
type full struct{ store.Store }

func (full) CreateAccount(context.Context, store.Account, store.Change) (store.Account, error) {
	return store.Account{}, errDriver
}

func TestAnAccountThatCannotBeMadeIsNotPromised(t *testing.T) {
	s := newSite(t, options{onError: ban.FailOpen}, func(st store.Store) store.Store { return full{st} })
	wantPage(t, s.signUp("ann", "ann@good.example"), http.StatusServiceUnavailable, "not possible at the moment")
	if len(s.letters) != 0 {
		t.Errorf("mail: %v", s.letters)
	}
	if !strings.Contains(s.log.String(), errDriver.Error()) {
		t.Errorf("the log does not say why:\n%s", &s.log)
	}
}

func TestAClientWithoutAnAddress(t *testing.T) {
	for onError, status := range map[ban.OnError]int{
		ban.FailClosed: http.StatusServiceUnavailable,
		ban.FailOpen:   http.StatusSeeOther,
	} {
		s := newSite(t, options{onError: onError}, nil)
		r := post(form{"ann", "ann@good.example", password})
		r.RemoteAddr = "@" // a Unix socket
		wantPage(t, s.do(r), status)
	}
}

func TestTraitsOfAddresses(t *testing.T) {
	s := newSite(t, options{traits: ban.TraitOptions{Free: ban.PolicyDeny, Role: ban.PolicyReview}}, nil)
	wantPage(t, s.signUp("ann", "ann@gmail.com"), http.StatusForbidden, "not of a public mail provider")
	wantPage(t, s.signUp("bob", "info@good.example"), http.StatusSeeOther)
	if n := s.count(t); n != 1 {
		t.Errorf("%d accounts, want that of whom a person looks at", n)
	}
}
