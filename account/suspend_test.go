package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestASuspendedAccountIsOutAtOnce(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		first, second := h.login(t, "bob"), h.login(t, "bob@example.org")
		token := must(h.auth.CreateToken(as("bob"), bob.ID, account.TokenOptions{Scopes: []string{"read"}}))(t)
		must(h.auth.Session(ctx, first.Secret))(t)
		must(h.auth.Token(ctx, token.Secret))(t)

		s := must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{Reason: "spam"}))(t)
		if !s.Changed || s.CredentialsRevoked != 3 || s.Account.SuspendedBy != "alice" || s.Account.SuspendedReason != "spam" {
			t.Errorf("Suspend says %+v", s)
		}
		locked := func(when string) {
			t.Helper()
			for _, secret := range []string{first.Secret, second.Secret} {
				_, err := h.auth.Session(ctx, secret)
				wantError(t, "Session "+when, err, account.ErrInvalidCredential)
			}
			_, err := h.auth.Token(ctx, token.Secret)
			wantError(t, "Token "+when, err, account.ErrInvalidCredential)
		}
		locked("after the suspension")
		_, err := h.auth.Login(ctx, "bob", password)
		wantError(t, "Login with the right password", err, account.ErrSuspended)
		_, err = h.auth.Login(ctx, "bob", "wrong password")
		wantError(t, "Login with a wrong password", err, account.ErrBadLogin)
		_, err = h.auth.StartSession(ctx, bob) // as it was before
		wantError(t, "StartSession of the account as it was", err, account.ErrConflict)
		_, err = h.auth.CreateToken(as("alice"), bob.ID, account.TokenOptions{Scopes: []string{"read"}})
		wantError(t, "CreateToken", err, account.ErrSuspended)

		r := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t)
		if !r.Changed || !r.Account.Active() || r.Account.SuspendedReason != "" {
			t.Errorf("Reinstate says %+v", r)
		}
		locked("after the reinstatement, which brings nothing back")
		h.login(t, "bob")
	})
}

func TestSuspensionChangesNothingElse(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		before := h.create(t, "bob")
		s := must(h.admin.Suspend(as("alice"), before.ID, account.SuspendOptions{}))(t)
		after := must(h.admin.Reinstate(as("alice"), before.ID, account.ReinstateOptions{}))(t).Account
		if s.Account.Handle != before.Handle || len(s.Account.Emails) != 1 || s.Account.Emails[0] != before.Emails[0] || s.Account.PasswordHash != before.PasswordHash {
			t.Errorf("the suspended account is %+v, was %+v", s.Account, before)
		}
		if !after.SuspendedAt.IsZero() || after.SuspendedBy != "" || after.Version != before.Version+2 {
			t.Errorf("the reinstated account is %+v, was %+v", after, before)
		}
	})
}

func TestSuspendingTwiceChangesNothing(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		first := must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{Reason: "spam", BanName: true}))(t)
		again := must(h.admin.Suspend(as("carol"), bob.ID, account.SuspendOptions{Reason: "other", BanEmails: true}))(t)
		if again.Changed || again.Account.Version != first.Account.Version || again.Account.SuspendedReason != "spam" || len(again.BansCreated) != 0 {
			t.Errorf("suspended again it is %+v", again)
		}
		must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t)
		if r := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t); r.Changed {
			t.Error("reinstating an active account says that it changed")
		}
	})
}

func TestSuspensionMayBan(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "b*b", Email: "b.ob+x@gmail.com"}))(t)
		must(h.admin.AddEmail(as("root"), bob.ID, "bob@example.org", false))(t)
		had := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@example.org"}))(t)

		s := must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{
			Reason: "spam", PublicReason: "You were banned.", BanEmails: true, BanName: true,
		}))(t)
		if len(s.BansCreated) != 2 || len(s.Account.SuspensionBans) != 2 {
			t.Fatalf("bans made: %+v; noted: %v; want those of the other address and of the name", s.BansCreated, s.Account.SuspensionBans)
		}
		if len(s.BansExisting) != 1 || s.BansExisting[0].ID != had.ID {
			t.Errorf("bans that were there: %+v, want %s", s.BansExisting, had.ID)
		}
		for _, subject := range []ban.Subject{{Email: "bob@gmail.com"}, {Email: "bob@example.org"}, {Name: "B*B"}} {
			if d := must(h.checker.Check(ctx, subject))(t); d.Verdict != ban.Denied {
				t.Errorf("%+v is %v", subject, d.Verdict)
			}
		}
		if d := must(h.checker.Check(ctx, ban.Subject{Name: "bulb"}))(t); d.Verdict != ban.Allowed {
			t.Error("the star of the handle works as a wildcard")
		}

		left := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t)
		if len(left.BansLeft) != 2 || len(left.BansLifted) != 0 {
			t.Errorf("Reinstate without lifting: %+v", left)
		}
		must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
		if r := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{LiftBans: true}))(t); len(r.BansLifted) != 0 {
			t.Errorf("bans of another suspension were lifted: %+v", r.BansLifted)
		}
		for _, id := range left.BansLeft {
			must(h.bans.Revoke(as("alice"), id, ""))(t)
		}
		must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{BanEmails: true, BanName: true}))(t)
		r := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{LiftBans: true, Reason: "a mistake"}))(t)
		if len(r.BansLifted) != 2 || r.BansLifted[0].RevokedReason != "a mistake" || r.BansLifted[0].RevokedBy != "alice" {
			t.Errorf("lifted: %+v", r.BansLifted)
		}
		if d := must(h.checker.Check(ctx, ban.Subject{Email: "bob@gmail.com", Name: "b*b"}))(t); d.Verdict != ban.Allowed {
			t.Errorf("after lifting: %v", d.Verdict)
		}
		if b := must(h.bans.Get(ctx, had.ID))(t); !b.RevokedAt.IsZero() {
			t.Error("the ban that was there before was lifted")
		}
	})
}

func TestHooksRunAfterTheSuspension(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	bob := h.create(t, "bob")
	trouble := errors.New("trouble")
	var seen []string
	hook := func(name string, err error) func(context.Context, account.Suspended) error {
		return func(ctx context.Context, s account.Suspended) error {
			if stored := must(h.admin.Get(ctx, s.Account.ID))(t); stored.Active() {
				t.Error("the hook ran before the account was suspended")
			}
			if ctx.Err() != nil {
				t.Error("the hook's context has ended")
			}
			seen = append(seen, name+" "+ban.ActorFrom(ctx))
			return err
		}
	}
	admin := must(account.NewAdmin(h.store, account.AdminOptions{
		OnSuspend: []func(context.Context, account.Suspended) error{hook("first", trouble), hook("second", nil)},
	}))(t)
	s := must(admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
	wantError(t, "HookErr", s.HookErr, trouble)
	must(admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
	yes, no := true, false
	must(admin.Update(as("alice"), bob.ID, account.Patch{Active: &yes}))(t)
	u := must(admin.Update(as("alice"), bob.ID, account.Patch{Active: &no}))(t)
	wantError(t, "HookErr of a patch", u.HookErr, trouble)
	if len(seen) != 4 || seen[0] != "first alice" || seen[1] != "second alice" {
		t.Errorf("hooks that ran: %v", seen)
	}
}

func TestAHookThatPanicsHidesNothing(t *testing.T) {
	h := newHouse(t, memstore.New())
	bob := h.create(t, "bob")
	ran := false
	admin := must(account.NewAdmin(h.store, account.AdminOptions{OnSuspend: []func(context.Context, account.Suspended) error{
		func(context.Context, account.Suspended) error { panic("trouble") },
		func(context.Context, account.Suspended) error { ran = true; return nil },
	}}))(t)
	s := must(admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
	if s.HookErr == nil || !strings.Contains(s.HookErr.Error(), "trouble") {
		t.Errorf("HookErr is %v", s.HookErr)
	}
	if !s.Changed || !ran {
		t.Errorf("Changed is %v; the other hook ran: %v", s.Changed, ran)
	}
}

func TestNobodyLocksThemselvesOutByAccident(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		alice := h.createAdmin(t, "Alice")
		h.createAdmin(t, "bob")
		no := false
		for _, actor := range []string{"alice", "ALICE", alice.ID.String(), "alice@EXAMPLE.org"} {
			_, err := h.admin.Suspend(as(actor), alice.ID, account.SuspendOptions{})
			wantError(t, "Suspend as "+actor, err, account.ErrOwnAccount)
			_, err = h.admin.Update(as(actor), alice.ID, account.Patch{Admin: &no})
			wantError(t, "demotion as "+actor, err, account.ErrOwnAccount)
			_, err = h.admin.Update(as(actor), alice.ID, account.Patch{Active: &no})
			wantError(t, "patch to inactive as "+actor, err, account.ErrOwnAccount)
			_, err = h.admin.Delete(as(actor), alice.ID, account.DeleteOptions{})
			wantError(t, "Delete as "+actor, err, account.ErrOwnAccount)
		}
		must(h.admin.Suspend(as("alice"), alice.ID, account.SuspendOptions{Force: true}))(t)
	})
}

func TestThereIsAlwaysAnActiveAdmin(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		alice, bob := h.createAdmin(t, "alice"), h.createAdmin(t, "bob")
		h.create(t, "carol")
		must(h.admin.Suspend(as("root"), bob.ID, account.SuspendOptions{}))(t)
		no := false
		for what, do := range map[string]func() error{
			"Suspend":  func() error { _, err := h.admin.Suspend(as("root"), alice.ID, account.SuspendOptions{}); return err },
			"demotion": func() error { _, err := h.admin.Update(as("root"), alice.ID, account.Patch{Admin: &no}); return err },
			"inactive": func() error { _, err := h.admin.Update(as("root"), alice.ID, account.Patch{Active: &no}); return err },
			"Delete":   func() error { _, err := h.admin.Delete(as("root"), alice.ID, account.DeleteOptions{}); return err },
			"own Delete": func() error {
				_, err := h.admin.Delete(as("alice"), alice.ID, account.DeleteOptions{Force: true})
				return err
			},
		} {
			wantError(t, what+" of the last active admin", do(), account.ErrLastAdmin)
		}
		must(h.admin.Reinstate(as("root"), bob.ID, account.ReinstateOptions{}))(t)
		must(h.admin.Update(as("root"), alice.ID, account.Patch{Admin: &no}))(t)
	})
}

func TestOfTwoDemotionsAtOnceOneSucceeds(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				demoteBoth(t, newHouse(t, open(t)))
			}
		})
	}
}

func demoteBoth(t *testing.T, h *house) {
	t.Helper()
	alice, bob := h.createAdmin(t, "alice"), h.createAdmin(t, "bob")
	no := false
	errs := make(chan error, 2)
	go func() {
		_, err := h.admin.Update(as("root"), alice.ID, account.Patch{Admin: &no})
		errs <- err
	}()
	go func() {
		_, err := h.admin.Suspend(as("root"), bob.ID, account.SuspendOptions{})
		errs <- err
	}()
	first, second := <-errs, <-errs
	if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), account.ErrLastAdmin) {
		t.Errorf("two demotions of the last two admins: %v and %v, want one to succeed", first, second)
	}
	yes := true
	left := must(h.admin.Count(context.Background(), account.Filter{Admin: &yes, Active: &yes}))(t)
	if left != 1 {
		t.Errorf("%d active admins are left, want 1", left)
	}
}

func TestReasonsOfASuspensionAreCleaned(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		o := account.SuspendOptions{Reason: "one\r\ntwo", PublicReason: "three\r\nfour", BanName: true}
		s := must(h.admin.Suspend(as("alice"), bob.ID, o))(t)
		if s.Account.SuspendedReason != "one\ntwo" || s.BansCreated[0].Reason != "one\ntwo" || s.BansCreated[0].PublicReason != "three\nfour" {
			t.Errorf("kept are %q, %+v", s.Account.SuspendedReason, s.BansCreated)
		}
		r := must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{Reason: "five\r\nsix", LiftBans: true}))(t)
		if len(r.BansLifted) != 1 || r.BansLifted[0].RevokedReason != "five\nsix" {
			t.Errorf("lifted are %+v", r.BansLifted)
		}
		o.PublicReason = "a\u202eb"
		_, err := h.admin.Suspend(as("alice"), bob.ID, o)
		wantValueError(t, err, "public_reason", ban.CodeInvisible)
	})
}

func TestReasonsThatDoNotFit(t *testing.T) {
	h := newHouse(t, memstore.New())
	bob, gone := h.create(t, "bob"), h.create(t, "gone")
	must(h.admin.Suspend(as("alice"), gone.ID, account.SuspendOptions{BanName: true}))(t)
	waiting := must(h.admin.Create(as("alice"), account.CreateOptions{Handle: "waiting", Pending: true}))(t)
	all := account.Selection{All: true}
	ctx := as("alice")
	for what, do := range map[string]func(reason string) error{
		"Suspend": func(r string) error { return failed(h.admin.Suspend(ctx, bob.ID, account.SuspendOptions{Reason: r})) },
		"Reinstate": func(r string) error {
			return failed(h.admin.Reinstate(ctx, gone.ID, account.ReinstateOptions{Reason: r}))
		},
		"Hold": func(r string) error { return failed(h.admin.Hold(ctx, bob.ID, account.HoldOptions{Reason: r})) },
		"Approve": func(r string) error {
			return failed(h.admin.Approve(ctx, waiting.ID, account.ApproveOptions{Reason: r}))
		},
		"Reject": func(r string) error { return failed(h.admin.Reject(ctx, waiting.ID, account.RejectOptions{Reason: r})) },
		"ApproveMany": func(r string) error {
			return failed(h.admin.ApproveMany(ctx, all, account.ApproveOptions{Reason: r}))
		},
		"RejectMany": func(r string) error {
			return failed(h.admin.RejectMany(ctx, all, account.RejectOptions{Reason: r}))
		},
	} {
		t.Run(what, func(t *testing.T) {
			before := must(h.store.LastChange(t.Context()))(t)
			wantValueError(t, do(strings.Repeat("x", ban.MaxReason+1)), "reason", ban.CodeTooLong)
			wantValueError(t, do("a\x00b"), "reason", ban.CodeControl)
			if must(h.store.LastChange(t.Context()))(t) != before {
				t.Error("something was done all the same")
			}
		})
	}
}

func TestTheLogSaysWhatBecameOfAnAccount(t *testing.T) {
	h := newHouse(t, memstore.New())
	bob := h.create(t, "bob")
	secret := h.login(t, "bob").Secret
	last := func() account.Change {
		return must(h.admin.Log(t.Context(), bob.ID, account.Page{Limit: 1}))(t)[0]
	}
	h.clock.advance(time.Hour)
	must(h.auth.ChangePassword(t.Context(), secret, password, "another horse"))(t)
	got := must(h.admin.Get(t.Context(), bob.ID))(t)
	if c := last(); c.Action != store.AccountUpdate || c.Actor != "bob" || !c.At.Equal(h.clock.Now()) || !got.UpdatedAt.Equal(h.clock.Now()) {
		t.Errorf("a password changed: %+v, updated at %v", c, got.UpdatedAt)
	}
	must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
	if c := last(); c.Action != store.AccountSuspend || c.Actor != "alice" {
		t.Errorf("suspended: %+v", c)
	}
	must(h.admin.Reinstate(as("carol"), bob.ID, account.ReinstateOptions{}))(t)
	if c := last(); c.Action != store.AccountReinstate || c.Actor != "carol" {
		t.Errorf("reinstated: %+v", c)
	}
}

func TestLeavingWithASecretOfNone(t *testing.T) {
	h := newHouse(t, memstore.New())
	if err := h.auth.Logout(t.Context(), "made up"); err != nil {
		t.Errorf("Logout: %v", err)
	}
	_, err := h.auth.LogoutAll(t.Context(), "made up")
	wantError(t, "LogoutAll", err, account.ErrInvalidCredential)
	h.create(t, "bob")
	secret := h.login(t, "bob").Secret
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	wantError(t, "Logout from a closed store", h.auth.Logout(t.Context(), secret), store.ErrClosed)
	_, err = h.auth.LogoutAll(t.Context(), secret)
	wantError(t, "LogoutAll from a closed store", err, store.ErrClosed)
}
