package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// review makes a rule that holds a domain for review.
func (h *house) review(t testing.TB, domain string) ban.Ban {
	t.Helper()
	return must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: domain, Effect: ban.Review}))(t)
}

// heldSignUp signs somebody up whom a rule holds.
func (h *house) heldSignUp(t testing.TB, handle, domain, ip string) account.Account {
	t.Helper()
	o := signUpOf(handle, handle+"@"+domain, ip)
	o.Domain = "www." + handle + ".example"
	done := must(h.admin.SignUp(as("signup"), h.checker, o))(t)
	if !done.Pending || !done.Account.Pending() {
		t.Fatalf("%s is not held: %+v", handle, done)
	}
	return done.Account
}

func TestASignUpThatARuleHoldsWaits(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		rule := h.review(t, "unsure.example")
		eve := h.heldSignUp(t, "Eve", "Mail.Unsure.example", "192.0.2.77")
		want := account.Hold{
			Since: h.clock.Now(), By: "signup", Origin: store.OriginBan, Rule: rule.ID, Kind: ban.KindDomain, Matched: "unsure.example",
			Via: "parent-domain", Email: "eve@mail.unsure.example", Domain: "www.eve.example", Network: "192.0.2.0/24",
		}
		if eve.Hold != want || eve.Suspended() || eve.Active() {
			t.Errorf("the hold is %+v, want %+v", eve.Hold, want)
		}
		_, err := h.auth.Login(t.Context(), "eve", password)
		wantError(t, "a login with the right password", err, account.ErrPending)
		_, err = h.auth.Login(t.Context(), "eve", "wrong password")
		wantError(t, "a login with another password", err, account.ErrBadLogin)
		_, err = h.auth.StartSession(t.Context(), eve)
		wantError(t, "a session", err, account.ErrPending)
		_, err = h.auth.CreateToken(as("root"), eve.ID, account.TokenOptions{Name: "x", Scopes: []string{"read"}})
		wantError(t, "an API token", err, account.ErrPending)
		_, err = h.aliases.Create(as("root"), account.AliasOptions{Address: "x@alias.example", Owner: eve.ID})
		wantError(t, "an alias", err, account.ErrPending)
		if _, err := h.admin.Create(as("root"), account.CreateOptions{Handle: "EVE"}); !errors.Is(err, account.ErrExists) {
			t.Errorf("her handle: %v", err)
		}
		if _, err := h.admin.Create(as("root"), account.CreateOptions{Handle: "other", Email: "eve@mail.unsure.example"}); !errors.Is(err, account.ErrExists) {
			t.Errorf("her address: %v", err)
		}
	})
}

func TestOfAClientItsNetworkIsKept(t *testing.T) {
	h := newHouse(t, memstore.New())
	h.review(t, "unsure.example")
	for i, c := range []struct{ ip, network string }{
		{"192.0.2.255", "192.0.2.0/24"},
		{"::ffff:192.0.2.7", "192.0.2.0/24"},
		{"2001:db8:1:2::3", "2001:db8:1::/48"},
		{"", ""},
	} {
		if eve := h.heldSignUp(t, fmt.Sprint("eve", i), "unsure.example", c.ip); eve.Hold.Network != c.network {
			t.Errorf("of %q it is %q, want %q", c.ip, eve.Hold.Network, c.network)
		}
	}
}

func TestAnApprovedAccountWorksAtOnce(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.review(t, "unsure.example") // of all actions, signing in among them
		eve := h.heldSignUp(t, "eve", "unsure.example", "2001:db8:1:2::3")
		if eve.Hold.Network != "2001:db8:1::/48" {
			t.Errorf("the network is %q", eve.Hold.Network)
		}
		auth := must(account.NewAuth(h.store, account.AuthOptions{Passwords: quick, Now: h.clock.Now, Checker: h.checker}))(t)
		done := must(h.admin.Approve(as("alice"), eve.ID, account.ApproveOptions{Reason: "known to us"}))(t)
		if !done.Account.Active() || done.Account.Hold.Held() || done.Hold != eve.Hold {
			t.Errorf("approved: %+v", done)
		}
		for _, login := range []string{"eve", "eve@unsure.example"} {
			must(auth.Login(t.Context(), login, password))(t)
		}
		log := must(h.admin.Log(t.Context(), eve.ID, account.Page{}))(t)
		if log[0].Action != account.ActionApprove || log[0].Actor != "alice" || log[0].Reason != "known to us" {
			t.Errorf("the log has %+v", log[0])
		}
	})
}

func TestARejectedAccountIsGoneWithItsBans(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.review(t, "unsure.example")
		eve := h.heldSignUp(t, "eve", "unsure.example", "")
		done := must(h.admin.Reject(as("alice"), eve.ID, account.RejectOptions{Reason: "a bot", PublicReason: "no bots", BanEmails: true, BanName: true}))(t)
		if !done.Removed || done.Account.ID != eve.ID || done.Account.Hold != eve.Hold || len(done.BansCreated) != 2 {
			t.Errorf("rejected: %+v", done)
		}
		_, err := h.admin.Get(t.Context(), eve.ID)
		wantError(t, "the account", err, account.ErrNotFound)
		_, err = h.admin.SignUp(as("signup"), h.checker, signUpOf("eve2", "eve@unsure.example", ""))
		if denied, ok := errors.AsType[*ban.DeniedError](err); !ok || denied.Match.PublicReason != "no bots" {
			t.Errorf("she signs up again: %v", err)
		}
		log := must(h.admin.Log(t.Context(), eve.ID, account.Page{}))(t)
		if log[0].Action != account.ActionReject || log[0].Reason != "a bot" || log[0].Counts["bans_created"] != 2 {
			t.Errorf("the log has %+v", log[0])
		}
	})
}

func TestWhoDecidesTooLateIsToldWhoDecidedWhat(t *testing.T) {
	approve := func(h *house, who string, id uuid.UUID) error {
		_, err := h.admin.Approve(as(who), id, account.ApproveOptions{})
		return err
	}
	reject := func(h *house, who string, id uuid.UUID) error {
		_, err := h.admin.Reject(as(who), id, account.RejectOptions{})
		return err
	}
	for _, c := range []struct {
		rule   string
		first  func(h *house, who string, id uuid.UUID) error
		action account.ChangeAction
		gone   bool
	}{
		{"approved", approve, account.ActionApprove, false},
		{"rejected", reject, account.ActionReject, true},
		{"deleted", func(h *house, who string, id uuid.UUID) error {
			_, err := h.admin.Delete(as(who), id, account.DeleteOptions{})
			return err
		}, account.ActionDelete, true},
		{"suspended", func(h *house, who string, id uuid.UUID) error {
			_, err := h.admin.Suspend(as(who), id, account.SuspendOptions{})
			return err
		}, account.ActionSuspend, false},
		{"expired", func(h *house, who string, _ uuid.UUID) error {
			h.clock.advance(account.DefaultPendingLifetime + time.Microsecond)
			_, err := h.admin.ExpirePending(as(who), h.clock.Now())
			return err
		}, account.ActionExpire, true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				h.review(t, "unsure.example")
				eve := h.heldSignUp(t, "eve", "unsure.example", "")
				if err := c.first(h, "alice", eve.ID); err != nil {
					t.Fatal(err)
				}
				for _, second := range []func(*house, string, uuid.UUID) error{approve, reject} {
					err := second(h, "bob", eve.ID)
					late, ok := errors.AsType[*account.PendingError](err)
					if !ok || late.Action != c.action || late.By != "alice" || !late.At.Equal(h.clock.Now()) || late.Gone != c.gone {
						t.Errorf("the error is %+v (%v)", late, err)
					}
					wantError(t, "the second decision", err, account.ErrConflict)
					if errors.Is(err, account.ErrNotFound) != c.gone || !strings.Contains(err.Error(), "by alice") {
						t.Errorf("the error is %v", err)
					}
				}
			})
		})
	}
	overEachStore(t, func(t *testing.T, h *house) {
		wantError(t, "nobody's ID", approve(h, "alice", uuid.New()), account.ErrNotFound)
		bob := h.create(t, "bob")
		err := reject(h, "alice", bob.ID)
		if late, ok := errors.AsType[*account.PendingError](err); !ok || late.Action != "" {
			t.Errorf("an account that never waited: %v", err)
		}
	})
}

func TestOfTwoWhoDecideAtOnceOneDoes(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.review(t, "unsure.example")
		for i := range 10 {
			eve := h.heldSignUp(t, fmt.Sprint("eve", i), "unsure.example", "")
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for n := range errs {
				wg.Go(func() {
					who := as(fmt.Sprint("moderator", n))
					if n%2 == 0 {
						_, errs[n] = h.admin.Approve(who, eve.ID, account.ApproveOptions{})
					} else {
						_, errs[n] = h.admin.Reject(who, eve.ID, account.RejectOptions{BanName: true})
					}
				})
			}
			wg.Wait()
			winner := -1
			for n, err := range errs {
				if err == nil && winner >= 0 {
					t.Errorf("%d and %d both decided", winner, n)
				} else if err == nil {
					winner = n
				}
			}
			for n, err := range errs {
				late, ok := errors.AsType[*account.PendingError](err)
				if n != winner && (!ok || late.By != fmt.Sprint("moderator", winner)) {
					t.Errorf("moderator %d was told %v, but %d decided", n, err, winner)
				}
			}
		}
	})
}

func TestASuspensionDecidesNothingAboutWhoWaits(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.review(t, "unsure.example")
		eve := h.heldSignUp(t, "eve", "unsure.example", "")
		s := must(h.admin.Suspend(as("alice"), eve.ID, account.SuspendOptions{Reason: "wait"}))(t)
		if !s.Changed || n(t, h) != 0 {
			t.Errorf("changed: %v; %d wait", s.Changed, n(t, h))
		}
		_, err := h.auth.Login(t.Context(), "eve", password)
		wantError(t, "a login", err, account.ErrSuspended)
		r := must(h.admin.Reinstate(as("alice"), eve.ID, account.ReinstateOptions{}))(t)
		if !r.Changed || !r.Account.Pending() || r.Account.Hold != eve.Hold || n(t, h) != 1 {
			t.Errorf("reinstated: %+v", r)
		}
		if again := must(h.admin.Reinstate(as("alice"), eve.ID, account.ReinstateOptions{}))(t); again.Changed {
			t.Error("reinstating approves")
		}
		active, idle := true, false
		_, err = h.admin.Update(as("alice"), eve.ID, account.Patch{Active: &active})
		wantError(t, "a patch that makes it active", err, account.ErrPending)
		bio := "a bio"
		u := must(h.admin.Update(as("alice"), eve.ID, account.Patch{Active: &idle, Bio: &bio}))(t)
		if !u.Account.Pending() || u.Account.Bio != bio || u.Account.Suspended() {
			t.Errorf("a form sent back whole: %+v", u.Account)
		}
	})
}

func n(t testing.TB, h *house) int64 {
	t.Helper()
	return must(h.admin.CountPending(t.Context(), account.PendingFilter{}))(t)
}

func TestAnActiveAccountThatIsHeld(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		h.login(t, "bob")
		held := must(h.admin.Hold(as("alice"), bob.ID, account.HoldOptions{Reason: "look at this"}))(t)
		if !held.Changed || held.CredentialsRevoked != 1 || !held.Account.Pending() || !held.Account.Hold.LetIn {
			t.Errorf("held: %+v", held)
		}
		if again := must(h.admin.Hold(as("alice"), bob.ID, account.HoldOptions{}))(t); again.Changed {
			t.Error("held twice")
		}
		h.clock.advance(10 * account.DefaultPendingLifetime)
		if n := must(h.admin.ExpirePending(as("pruner"), h.clock.Now()))(t); n != 0 {
			t.Errorf("%d expired: who was let in stays", n)
		}
		r := must(h.admin.Reject(as("alice"), bob.ID, account.RejectOptions{Reason: "spam", BanEmails: true}))(t)
		if r.Removed || !r.Account.Suspended() || r.Account.Pending() || r.Account.SuspendedReason != "spam" || len(r.BansCreated) != 1 {
			t.Errorf("rejected: %+v", r)
		}
		back := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{LiftBans: true}))(t)
		if !back.Account.Active() || len(back.BansLifted) != 1 {
			t.Errorf("reinstated: %+v", back)
		}
		_, err := h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.admin.Hold(as("alice"), bob.ID, account.HoldOptions{})
		wantError(t, "holding a suspended account", err, account.ErrSuspended)
	})
}

func TestWhoNobodyLookedAtExpires(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.review(t, "unsure.example")
		var told []string
		admin := must(account.NewAdmin(h.store, account.AdminOptions{
			Passwords: quick, Now: h.clock.Now, PendingLifetime: time.Hour,
			OnReject: []func(context.Context, account.Rejected) error{func(_ context.Context, r account.Rejected) error {
				told = append(told, fmt.Sprint(r.Account.Handle, r.Expired))
				return errors.New("no mail")
			}},
		}))(t)
		h.heldSignUp(t, "eve", "unsure.example", "")
		h.clock.advance(time.Minute)
		h.heldSignUp(t, "adam", "unsure.example", "")
		h.clock.advance(time.Hour - time.Minute)
		if n := must(admin.ExpirePending(as("pruner"), h.clock.Now()))(t); n != 0 {
			t.Errorf("%d expired after just an hour", n)
		}
		h.clock.advance(time.Microsecond)
		n, err := admin.ExpirePending(as("pruner"), h.clock.Now())
		if n != 1 || err == nil || strings.Join(told, " ") != "evetrue" {
			t.Errorf("%d expired (%v), told %v", n, err, told)
		}
		_, err = h.admin.ByHandle(t.Context(), "eve")
		wantError(t, "eve", err, account.ErrNotFound)
		must(h.admin.ByHandle(t.Context(), "adam"))(t)
		forever := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: quick, Now: h.clock.Now, PendingLifetime: -1}))(t)
		h.clock.advance(1000 * time.Hour)
		if n := must(forever.ExpirePending(as("pruner"), h.clock.Now()))(t); n != 0 {
			t.Errorf("%d expired where none should", n)
		}
	})
	_, err := account.NewAdmin(newHouse(t, openSQLite(t)).store, account.AdminOptions{PendingLifetime: time.Second})
	wantValueError(t, err, "PendingLifetime", ban.CodeRange)
}

func TestHooksHearOfWhoWaitsAndOfDecisions(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	rule := h.review(t, "unsure.example")
	var heard []string
	admin := must(account.NewAdmin(h.store, account.AdminOptions{
		Passwords: quick,
		OnPending: []func(context.Context, account.Account) error{func(_ context.Context, a account.Account) error {
			heard = append(heard, fmt.Sprint("pending ", a.Handle, a.Hold.Rule == rule.ID))
			return nil
		}},
		OnApprove: []func(context.Context, account.Approved) error{func(_ context.Context, a account.Approved) error {
			heard = append(heard, fmt.Sprint("approve ", a.Account.Handle, a.Hold.Rule == rule.ID))
			panic("trouble")
		}},
		OnReject: []func(context.Context, account.Rejected) error{func(_ context.Context, r account.Rejected) error {
			heard = append(heard, fmt.Sprint("reject ", r.Account.Handle, r.Account.Hold.Rule == rule.ID))
			return nil
		}},
	}))(t)
	eve := must(admin.SignUp(as("signup"), h.checker, signUpOf("eve", "eve@unsure.example", "")))(t)
	adam := must(admin.SignUp(as("signup"), h.checker, signUpOf("adam", "adam@unsure.example", "")))(t)
	done := must(admin.Approve(as("alice"), eve.Account.ID, account.ApproveOptions{}))(t)
	if done.HookErr == nil || !done.Account.Active() {
		t.Errorf("approved: %+v", done)
	}
	must(admin.Reject(as("alice"), adam.Account.ID, account.RejectOptions{}))(t)
	want := "pending evetrue, pending adamtrue, approve evetrue, reject adamtrue"
	if got := strings.Join(heard, ", "); got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}
