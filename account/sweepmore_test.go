package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestASweepIsAboutWhatItNames(t *testing.T) {
	h := newHouse(t, memstore.New())
	h.crowd(t)
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Effect: ban.Review}))(t)
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "=spam.example"}))(t)
	var got []string
	for f, err := range h.admin.Sweep(t.Context(), h.checker, account.SweepOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join([]string{f.Subject.Name, f.Subject.Email, f.Subject.Domain, f.Decision.Verdict.String()}, "|"))
	}
	want := []string{
		"|y@spam.example||denied", // the worst of two, and without the handle, which was asked with the other
		"|two@spam.example||denied",
		"shop|x@mail.spam.example|alias.example|review",
	}
	if !slices.Equal(got, want) {
		t.Errorf("it asks about\n%q, want\n%q", got, want)
	}
}

func TestSweepsThatAreRefused(t *testing.T) {
	h := newHouse(t, memstore.New())
	ctx := as("alice")
	sweep := func(checker account.SweepChecker, o account.ActOptions) func() error {
		return func() error { return failed(h.admin.ActOnSweep(ctx, checker, o)) }
	}
	for name, c := range map[string]struct {
		run         func() error
		field, code string
	}{
		"without a checker":         {sweep(nil, account.ActOptions{}), "checker", ban.CodeEmpty},
		"with an action of none":    {sweep(h.checker, account.ActOptions{SweepOptions: account.SweepOptions{Action: 99}}), "Action", ban.CodeUnknown},
		"with a negative limit":     {sweep(h.checker, account.ActOptions{Limit: -1}), "limit", ban.CodeRange},
		"with an act that is none":  {sweep(h.checker, account.ActOptions{Act: account.SweepSuspend + 1}), "limit", ban.CodeRange},
		"with a reason too long":    {sweep(h.checker, account.ActOptions{Reason: strings.Repeat("x", ban.MaxReason+1)}), "reason", ban.CodeTooLong},
		"undone without an id":      {func() error { return failed(h.admin.UndoSweep(ctx, uuid.Nil, "")) }, "id", ban.CodeEmpty},
		"undone, a reason too long": {func() error { return failed(h.admin.UndoSweep(ctx, uuid.New(), strings.Repeat("x", ban.MaxReason+1))) }, "reason", ban.CodeTooLong},
	} {
		t.Run(name, func(t *testing.T) { wantValueError(t, c.run(), c.field, c.code) })
	}
}

// A sweep says by itself why somebody was suspended, however long the rule is.
func TestTheReasonOfASweepFits(t *testing.T) {
	h := newHouse(t, memstore.New())
	domain := strings.Repeat(strings.Repeat("a", 57)+".", 4) + "example" // of 239 bytes
	must(h.admin.Create(as("root"), account.CreateOptions{Handle: "bob", Email: "b@" + domain}))(t)
	must(h.admin.Create(as("root"), account.CreateOptions{Handle: "eve", Email: "e@mail." + domain}))(t)
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: domain}))(t)
	for _, act := range []account.SweepAct{account.SweepHold, account.SweepSuspend} {
		done := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: act, Reason: ""}))(t)
		if done.Held+done.Suspended != 2 || len(done.Failed) > 0 {
			t.Fatalf("the sweep did %+v", done)
		}
		if act == account.SweepSuspend {
			for _, acc := range allOf(t, h) {
				r := acc.SuspendedReason
				if n := utf8.RuneCountInString(r); n != ban.MaxReason || !strings.HasPrefix(r, "sweep: ") || !strings.HasSuffix(r, "…") {
					t.Errorf("the reason has %d characters: %s", n, r)
				}
			}
		}
		must(h.admin.UndoSweep(as("alice"), done.ID, ""))(t)
	}
}

func TestHooksHearOfASweep(t *testing.T) {
	h := newHouse(t, memstore.New())
	h.crowd(t)
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "ann"}))(t)
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "eve", Effect: ban.Review}))(t)
	errSuspend, errPending := errors.New("of a suspension"), errors.New("of a hold")
	var told []string
	admin := must(account.NewAdmin(h.store, account.AdminOptions{
		Passwords: quick, Now: h.clock.Now,
		OnSuspend: []func(context.Context, account.Suspended) error{func(_ context.Context, s account.Suspended) error {
			told = append(told, s.Account.Handle+" suspended")
			return errSuspend
		}},
		OnPending: []func(context.Context, account.Account) error{func(_ context.Context, a account.Account) error {
			told = append(told, a.Handle+" held")
			return errPending
		}},
	}))(t)
	done := must(admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepSuspend}))(t)
	if done.Suspended != 1 || done.Held != 1 || !slices.Equal(told, []string{"ann suspended", "eve held"}) {
		t.Errorf("it did %+v, and told %q", done, told)
	}
	wantError(t, "the hooks", done.HookErr, errSuspend)
	wantError(t, "the hooks", done.HookErr, errPending)
}

// What a sweep held is as it was before, once the sweep is undone.
func TestASweepThatHeldIsUndone(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.create(t, "bob")
		must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "bob"}))(t)
		done := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepHold}))(t)
		if bob := must(h.admin.ByHandle(t.Context(), "bob"))(t); !bob.Pending() || bob.Hold.Matched != "bob" {
			t.Fatalf("the sweep did %+v, bob is %+v", done, bob)
		}
		undone := must(h.admin.UndoSweep(as("carol"), done.ID, "a mistake"))(t)
		bob := must(h.admin.ByHandle(t.Context(), "bob"))(t)
		if undone.Reinstated != 1 || !bob.Active() || bob.Hold.Held() || bob.Hold.Matched != "" || bob.Sweep != uuid.Nil {
			t.Errorf("undone: %+v, bob is %+v", undone, bob)
		}
		h.login(t, "bob")
		log := must(h.admin.Log(t.Context(), bob.ID, account.Page{Limit: 1}))(t)
		if len(log) != 1 || log[0].Actor != "carol" || log[0].Reason != "a mistake" {
			t.Errorf("the log has %+v", log)
		}
	})
}
