package account_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// found returns what a sweep yields, as texts: accounts by handle, aliases by
// address.
func found(t testing.TB, h *house, o account.SweepOptions) (all []string) {
	t.Helper()
	for f, err := range h.admin.Sweep(t.Context(), h.checker, o) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s%s %s", f.Account.Handle, f.Alias.Address, f.Decision.Verdict))
	}
	return all
}

// crowd makes accounts of several domains, with aliases.
func (h *house) crowd(t testing.TB) {
	t.Helper()
	for _, handle := range []string{"ann", "bob", "eve", "dan"} {
		h.create(t, handle)
	}
	spam := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "spammer", Email: "x@mail.spam.example"}))(t)
	must(h.admin.AddEmail(as("root"), spam.ID, "y@spam.example", true))(t)
	two := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "two", Email: "two@example.org"}))(t)
	must(h.admin.AddEmail(as("root"), two.ID, "two@spam.example", true))(t)
	gone := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "gone", Email: "gone@spam.example"}))(t)
	must(h.admin.Suspend(as("root"), gone.ID, account.SuspendOptions{}))(t)
	must(h.aliases.Create(as("root"), account.AliasOptions{Address: "shop@alias.example", Owner: spam.ID}))(t)
	must(h.aliases.Create(as("root"), account.AliasOptions{Address: "bob@alias.example", Owner: must(h.admin.ByHandle(t.Context(), "bob"))(t).ID}))(t)
}

func TestASweepFindsWhoWouldBeRefusedToday(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.crowd(t)
		if got := found(t, h, account.SweepOptions{}); len(got) != 0 {
			t.Errorf("without rules it finds %q", got)
		}
		spam := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}))(t)
		must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "eve", Effect: ban.Review}))(t)
		must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "ann", Scope: ban.ScopeOf(ban.SignIn)}))(t)
		must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "dan", Shadow: true}))(t)
		want := []string{"eve review", "spammer denied", "two denied", "shop@alias.example denied"}
		if got := found(t, h, account.SweepOptions{}); !slices.Equal(got, want) {
			t.Errorf("it finds %q, want %q", got, want)
		}
		if got := found(t, h, account.SweepOptions{Rule: spam.ID, AccountsOnly: true}); !slices.Equal(got, want[1:3]) {
			t.Errorf("of one rule it finds %q, want %q", got, want[1:3])
		}
		if got := found(t, h, account.SweepOptions{Action: ban.SignIn, AccountsOnly: true}); len(got) != 4 {
			t.Errorf("of those who sign in it finds %q", got)
		}
		for f, err := range h.admin.Sweep(t.Context(), h.checker, account.SweepOptions{Trace: true}) {
			if err != nil || f.Trace.Decision.Match.ID != f.Decision.Match.ID || len(f.Trace.Considered) == 0 {
				t.Errorf("the trace of %+v is %+v (%v)", f.Account, f.Trace, err)
			}
		}
		var rest []string // goes on after each
		for f, err := range h.admin.Sweep(t.Context(), h.checker, account.SweepOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			cursor := must(account.ParseSweepCursor(f.Cursor.String()))(t)
			rest = append(rest, fmt.Sprintf("%s%s %s", f.Account.Handle, f.Alias.Address, f.Decision.Verdict))
			if got := found(t, h, account.SweepOptions{After: cursor}); !slices.Equal(got, want[len(rest):]) {
				t.Errorf("after %s it finds %q, want %q", cursor, got, want[len(rest):])
			}
		}
		if err := h.checker.Close(); err != nil {
			t.Fatal(err)
		}
		if hits := must(h.store.HitTotal(t.Context(), spam.ID))(t); hits.Uses > 0 {
			t.Errorf("the sweeps counted %d hits", hits.Uses)
		}
	})
	for _, text := range []string{"", "7", "a.b", "-1.0", "1.-2", "1.2.3"} {
		_, err := account.ParseSweepCursor(text)
		wantValueError(t, err, "cursor", ban.CodeSyntax)
	}
}

// The oracle asks Check about each account, one by one.
func TestASweepFindsJustWhomChecksWouldNotLetIn(t *testing.T) {
	for _, mirror := range []bool{false, true} {
		t.Run(fmt.Sprint("mirror ", mirror), func(t *testing.T) {
			h := newHouse(t, openSQLite(t))
			rng := rand.New(rand.NewPCG(9, 9))
			domains := []string{"a.example", "b.example", "mail.b.example", "googlemail.com", "c.example"}
			for i := range 300 {
				o := account.CreateOptions{Handle: fmt.Sprint([]string{"user", "admin", "x"}[rng.IntN(3)], i), Email: fmt.Sprintf("u%d+%d@%s", i%7, i, domains[rng.IntN(len(domains))])}
				acc := must(h.admin.Create(as("root"), o))(t)
				if rng.IntN(4) == 0 {
					must(h.admin.AddEmail(as("root"), acc.ID, fmt.Sprintf("second%d@%s", i, domains[rng.IntN(len(domains))]), false))(t)
				}
			}
			for _, o := range []ban.CreateOptions{
				{Kind: ban.KindDomain, Value: "b.example", Effect: ban.Review}, {Kind: ban.KindDomain, Value: "mail.b.example"},
				{Kind: ban.KindEmail, Value: "u3@gmail.com"}, {Kind: ban.KindName, Value: "admin*"}, {Kind: ban.KindEmail, Value: "u1*@c.example", Effect: ban.Allow, Force: true},
				{Kind: ban.KindName, Value: "x1*", Effect: ban.Review, Force: true},
			} {
				must(h.bans.Create(as("root"), o))(t)
			}
			checker := must(ban.NewChecker(h.store, ban.CheckerOptions{Mirror: mirror, Now: h.clock.Now}))(t)
			defer checker.Close()
			var want, got []string
			for _, acc := range allOf(t, h) {
				worst := ban.Decision{Verdict: ban.Allowed}
				for i, e := range acc.Emails {
					s := ban.Subject{Email: e.Address}
					if i == 0 {
						s.Name = acc.Handle
					}
					if d := must(checker.Check(t.Context(), s))(t); d.Verdict < worst.Verdict {
						worst = d
					}
				}
				if worst.Verdict != ban.Allowed {
					want = append(want, fmt.Sprint(acc.Handle, worst.Verdict, worst.Match.ID))
				}
			}
			for f, err := range h.admin.Sweep(t.Context(), checker, account.SweepOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(f.Account.Handle, f.Decision.Verdict, f.Decision.Match.ID))
			}
			if len(want) < 50 || !slices.Equal(got, want) {
				t.Errorf("it finds\n%q\nand checks refuse\n%q", got, want)
			}
		})
	}
}

func allOf(t testing.TB, h *house) []account.Account {
	t.Helper()
	return must(h.admin.List(t.Context(), account.Filter{}, account.Page{OldestFirst: true, Limit: store.MaxPageLimit}))(t)
}

func TestASweepActsAndIsUndone(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		h.crowd(t)
		must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}))(t)
		must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "eve", Effect: ban.Review}))(t)
		before := must(h.store.LastChange(t.Context()))(t)

		report := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{}))(t)
		if report.Accounts != 3 || report.Aliases != 1 || report.Suspended+report.Held != 0 {
			t.Errorf("a report: %+v", report)
		}
		_, err := h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepSuspend, Limit: 2})
		if limit, ok := errors.AsType[*account.SweepLimitError](err); !ok || limit.Limit != 2 {
			t.Errorf("three where two may be: %v", err)
		}
		if now := must(h.store.LastChange(t.Context()))(t); now != before {
			t.Error("a sweep that may not act has acted")
		}
		done := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepSuspend, Limit: 3}))(t)
		if done.Suspended != 2 || done.Held != 1 || len(done.Failed) != 0 {
			t.Fatalf("the sweep did %+v", done)
		}
		log := must(h.store.Changes(t.Context(), before, 0))(t)
		if len(log) != 3 {
			t.Errorf("the log has %d entries, want one for each", len(log))
		}
		spammer := must(h.admin.ByHandle(t.Context(), "spammer"))(t)
		eve := must(h.admin.ByHandle(t.Context(), "eve"))(t)
		if !spammer.Suspended() || spammer.Sweep != done.ID || spammer.SuspendedReason == "" {
			t.Errorf("the spammer is %+v", spammer)
		}
		if !eve.Pending() || eve.Sweep != done.ID || !eve.Hold.LetIn || eve.Hold.Matched != "eve" {
			t.Errorf("eve is %+v", eve)
		}
		again := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepHold, Force: true}))(t)
		if again.Accounts != 0 {
			t.Errorf("a second sweep finds %+v", again)
		}
		must(h.admin.Approve(as("bob"), eve.ID, account.ApproveOptions{}))(t) // which the undoing leaves
		must(h.admin.Suspend(as("bob"), eve.ID, account.SuspendOptions{}))(t)
		undone := must(h.admin.UndoSweep(as("alice"), done.ID, "a mistake"))(t)
		if undone.Reinstated != 2 || len(undone.Failed) != 0 {
			t.Errorf("undone: %+v", undone)
		}
		for handle, active := range map[string]bool{"spammer": true, "two": true, "eve": false, "gone": false} {
			if acc := must(h.admin.ByHandle(t.Context(), handle))(t); acc.Active() != active || acc.Sweep != uuid.Nil {
				t.Errorf("%s is %+v", handle, acc)
			}
		}
		if undone := must(h.admin.UndoSweep(as("alice"), done.ID, ""))(t); undone.Reinstated != 0 {
			t.Errorf("undone twice: %+v", undone)
		}
	})
}

// slowChecker is one whose answer about a handle comes late, the second time.
type slowChecker struct {
	account.SweepChecker
	handle    string
	meanwhile func()
	asked     int
}

func (c *slowChecker) PeekEach(ctx context.Context, subjects []ban.Subject) iter.Seq2[ban.Decision, error] {
	if slices.ContainsFunc(subjects, func(s ban.Subject) bool { return s.Name == c.handle }) {
		if c.asked++; c.asked == 2 {
			c.meanwhile()
		}
	}
	return c.SweepChecker.PeekEach(ctx, subjects)
}

// TestASweepLeavesWhomNothingKeepsOutAnyMore: between the look and the act there may be an
// hour, in which somebody lifts the rule.
func TestASweepLeavesWhomNothingKeepsOutAnyMore(t *testing.T) {
	for _, act := range []account.SweepAct{account.SweepHold, account.SweepSuspend} {
		for name, tt := range map[string]struct {
			meanwhile func(*testing.T, *house, uuid.UUID, uuid.UUID)
			touched   int64
		}{
			"the rule was lifted": {func(t *testing.T, h *house, rule, _ uuid.UUID) {
				must(h.bans.Revoke(as("bob"), rule, ""))(t)
			}, 0},
			"the account gave up the address": {func(t *testing.T, h *house, _, acc uuid.UUID) {
				must(h.admin.RemoveEmail(as("bob"), acc, "lone@spam.example"))(t)
			}, 0},
			"nothing": {func(*testing.T, *house, uuid.UUID, uuid.UUID) {}, 1},
		} {
			t.Run(fmt.Sprint(act, " ", name), func(t *testing.T) {
				overEachStore(t, func(t *testing.T, h *house) {
					lone := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "lone", Email: "fine@example.org"}))(t)
					must(h.admin.AddEmail(as("root"), lone.ID, "lone@spam.example", true))(t)
					rule := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}))(t)
					slow := &slowChecker{SweepChecker: h.checker, handle: "lone", meanwhile: func() { tt.meanwhile(t, h, rule.ID, lone.ID) }}
					done := must(h.admin.ActOnSweep(as("alice"), slow, account.ActOptions{Act: act}))(t)
					if done.Accounts != 1 || done.Held+done.Suspended != tt.touched || len(done.Failed) != 0 {
						t.Errorf("the sweep did %+v, want to touch %d", done, tt.touched)
					}
					if acc := must(h.admin.ByHandle(t.Context(), "lone"))(t); acc.Active() != (tt.touched == 0) {
						t.Errorf("the account is %+v", acc)
					}
				})
			})
		}
	}
}

func TestASweepSparesTheLastAdminAndWhoSweeps(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	h.createAdmin(t, "alice")
	h.createAdmin(t, "bob")
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org"}))(t)
	done := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepHold, Force: true}))(t)
	if done.Held != 1 || len(done.Failed) != 1 {
		t.Fatalf("the sweep did %+v", done)
	}
	wantError(t, "the sweeper", done.Failed[0], account.ErrOwnAccount)
	done = must(h.admin.ActOnSweep(as("root"), h.checker, account.ActOptions{Act: account.SweepSuspend}))(t)
	if len(done.Failed) != 1 {
		t.Fatalf("the sweep did %+v", done)
	}
	wantError(t, "the last admin", done.Failed[0], account.ErrLastAdmin)
	h.createAdmin(t, "carol")
	done = must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{Act: account.SweepSuspend}))(t)
	for _, f := range done.Failed {
		wantError(t, "who suspends themselves", f, account.ErrOwnAccount)
	}
	if done.Suspended != 1 || len(done.Failed) != 1 {
		t.Errorf("the sweep did %+v", done)
	}
}

// failing is a Checker that fails after so many answers.
type failing struct {
	*ban.Checker
	left int
}

func (f *failing) PeekEach(ctx context.Context, subjects []ban.Subject) iter.Seq2[ban.Decision, error] {
	return func(yield func(ban.Decision, error) bool) {
		for d, err := range f.Checker.PeekEach(ctx, subjects) {
			if f.left--; f.left < 0 {
				d, err = ban.Decision{}, account.ErrBusy
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func TestASweepThatFailsIsGoneOnWith(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	for i := range 10 {
		h.create(t, fmt.Sprint("user", i))
	}
	must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org"}))(t)
	done, err := h.admin.ActOnSweep(as("alice"), &failing{h.checker, 2 * 4}, account.ActOptions{Act: account.SweepSuspend, Force: true})
	wantError(t, "the sweep", err, account.ErrBusy)
	if done.Suspended != 4 {
		t.Fatalf("it did %+v", done)
	}
	rest := must(h.admin.ActOnSweep(as("alice"), h.checker, account.ActOptions{
		Act: account.SweepSuspend, Force: true, ID: done.ID, SweepOptions: account.SweepOptions{After: done.Cursor},
	}))(t)
	if rest.Suspended != 6 || rest.ID != done.ID {
		t.Errorf("the rest: %+v", rest)
	}
	if undone := must(h.admin.UndoSweep(as("alice"), done.ID, ""))(t); undone.Reinstated != 10 {
		t.Errorf("undone: %+v", undone)
	}
}
