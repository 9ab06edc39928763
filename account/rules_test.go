package account_test

import (
	"context"
	"errors"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// TestNobodyTakesByAChangeWhatTheyCouldNotSignUpWith asks the Checker of the options
// about what is new to an account, and about nothing else.
func TestNobodyTakesByAChangeWhatTheyCouldNotSignUpWith(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		admin := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: quick, Now: h.clock.Now, Checker: h.checker}))(t)
		old := must(admin.Create(as("root"), account.CreateOptions{Handle: "veteran", Email: "old@spam.example"}))(t)
		bob := must(admin.Create(as("root"), account.CreateOptions{Handle: "bob", Email: "bob@example.org"}))(t)
		for _, o := range []ban.CreateOptions{
			{Kind: ban.KindDomain, Value: "spam.example"}, {Kind: ban.KindName, Value: "veteran"},
			{Kind: ban.KindDomain, Value: "mail.example", Scope: ban.ScopeOf(ban.Mail)},
			{Kind: ban.KindDomain, Value: "unsure.example", Effect: ban.Review},
		} {
			must(h.bans.Create(as("root"), o))(t)
		}
		ctx := as("root")
		text := func(s string) *string { return &s }
		update := func(id account.Account, p account.Patch) error { _, err := admin.Update(ctx, id.ID, p); return err }
		create := func(o account.CreateOptions) error { _, err := admin.Create(ctx, o); return err }
		add := func(f func(context.Context, account.Account, string) error, s string) error { return f(ctx, bob, s) }
		plain := func(ctx context.Context, a account.Account, s string) error {
			_, err := admin.AddEmail(ctx, a.ID, s, false)
			return err
		}
		forced := func(ctx context.Context, a account.Account, s string) error {
			_, err := admin.ForceEmail(ctx, a.ID, s, false)
			return err
		}
		for _, tt := range []struct {
			name string
			err  error
			want ban.Verdict
		}{
			{"an address of a banned domain", update(bob, account.Patch{Email: text("bob@spam.example")}), ban.Denied},
			{"a banned handle", update(bob, account.Patch{Handle: text("Veteran1")}), ban.Allowed},
			{"what looks like a banned handle", update(bob, account.Patch{Handle: text("vet\u0435ran")}), ban.Denied},
			{"another address", add(plain, "bob@spam.example"), ban.Denied},
			{"an address to review", add(plain, "bob@unsure.example"), ban.NeedsReview},
			{"a ban about something else", add(plain, "bob@mail.example"), ban.Allowed},
			{"an account that is new", create(account.CreateOptions{Handle: "eve", Email: "eve@spam.example"}), ban.Denied},
			{"one that waits for review anyway", create(account.CreateOptions{Handle: "ann", Email: "ann@unsure.example", Pending: true}), ban.Allowed},
			{"what stays is not asked about", update(old, account.Patch{Name: text("Old"), Email: text("old@spam.example"), Handle: text("Veteran")}), ban.Allowed},
			{"an address by force", add(forced, "bob2@spam.example"), ban.Allowed},
			{"a change by force", update(bob, account.Patch{Email: text("bob3@spam.example"), Force: true}), ban.Allowed},
			{"an account by force", create(account.CreateOptions{Handle: "eve", Email: "eve@spam.example", Force: true}), ban.Allowed},
		} {
			_, denied := errors.AsType[*ban.DeniedError](tt.err)
			_, held := errors.AsType[*ban.ReviewError](tt.err)
			if denied != (tt.want == ban.Denied) || held != (tt.want == ban.NeedsReview) || tt.want == ban.Allowed && tt.err != nil {
				t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
			}
		}
	})
}

func TestAnActionThatIsNoneIsNoOption(t *testing.T) {
	_, err := account.NewAdmin(newHouse(t, backends["memstore"](t)).store, account.AdminOptions{CheckAction: 99})
	wantValueError(t, err, "CheckAction", ban.CodeUnknown)
}

// TestABanMadeDuringACreationKeepsTheAccountOut: the Checker of the options is asked
// again once the account is there, since hashing a password takes its time.
func TestABanMadeDuringACreationKeepsTheAccountOut(t *testing.T) {
	for _, c := range []struct {
		rule   string
		during ban.CreateOptions
		o      account.CreateOptions
		in     bool
	}{
		{"the address", ban.CreateOptions{Kind: ban.KindEmail, Value: "eve@example.org"}, account.CreateOptions{}, false},
		{"the name", ban.CreateOptions{Kind: ban.KindName, Value: "*eve*"}, account.CreateOptions{}, false},
		{"held for review", ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org", Effect: ban.Review}, account.CreateOptions{}, false},
		{"held for review, of who waits anyway", ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org", Effect: ban.Review}, account.CreateOptions{Pending: true}, true},
		{"denied, of who waits anyway", ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org"}, account.CreateOptions{Pending: true}, false},
		{"by force", ban.CreateOptions{Kind: ban.KindName, Value: "eve"}, account.CreateOptions{Force: true}, true},
		{"about something else", ban.CreateOptions{Kind: ban.KindName, Value: "eve", Scope: ban.ScopeOf(ban.Mail)}, account.CreateOptions{}, true},
		{"somebody else", ban.CreateOptions{Kind: ban.KindName, Value: "adam"}, account.CreateOptions{}, true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				st := &during{h.store, func() { must(h.bans.Create(as("root"), c.during))(t) }}
				admin := must(account.NewAdmin(st, account.AdminOptions{Passwords: quick, Now: h.clock.Now, Checker: h.checker}))(t)
				c.o.Handle, c.o.Email, c.o.Password = "eve", "eve@example.org", password
				made, err := admin.Create(as("root"), c.o)
				_, found := h.admin.ByHandle(t.Context(), "eve")
				if c.in {
					if err != nil || found != nil || made.Handle != "eve" {
						t.Errorf("%+v, %v, %v; want the account", made, err, found)
					}
					return
				}
				_, denied := errors.AsType[*ban.DeniedError](err)
				_, held := errors.AsType[*ban.ReviewError](err)
				if !denied && !held || made.Handle != "" {
					t.Errorf("%+v, %v; want a refusal", made, err)
				}
				wantError(t, "the account", found, account.ErrNotFound)
			})
		})
	}
}

func TestAnAccountThatIsRefusedAndCannotBeRemovedIsNamed(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		denied := looks{first: ban.Decision{Verdict: ban.Allowed}, second: ban.Decision{Verdict: ban.Denied}}
		admin := must(account.NewAdmin(undeletable{h.store}, account.AdminOptions{Passwords: quick, Checker: denied}))(t)
		made, err := admin.Create(as("root"), account.CreateOptions{Handle: "eve"})
		wantError(t, "the creation", err, account.ErrBusy)
		if _, ok := errors.AsType[*ban.DeniedError](err); !ok || made.Handle != "eve" {
			t.Errorf("%+v, %v", made, err)
		}
	})
}
