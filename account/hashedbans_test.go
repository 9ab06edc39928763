package account_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// wantHashed wants bans that are hashed, with the label, and whose log does not have what
// was hashed.
func (h *house) wantHashed(t *testing.T, bans []ban.Ban, label string, secrets ...string) {
	t.Helper()
	for i := range bans {
		b := &bans[i]
		if !b.Hashed() || b.Label != label || b.Rivals != nil {
			t.Errorf("the ban is %+v, want a hash with the label %q", b, label)
		}
		log := must(h.admin.Log(t.Context(), b.ID, account.Page{}))(t)
		if len(log) == 0 {
			t.Errorf("nothing is logged of ban %s", b.ID)
		}
		text := strings.ToLower(string(must(json.Marshal(log))(t)))
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("the log of the ban has %q:\n%s", s, text)
			}
		}
	}
}

func TestBansOfASuspensionMayBeHashed(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, bans, checker := h.forgetting(t)
		a := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "Mallory", Email: "mal.lory@gmail.com"}))(t)
		must(h.admin.AddEmail(as("root"), a.ID, "mallory+2@gmail.com", false))(t)
		must(h.admin.AddEmail(as("root"), a.ID, "m@mallory.example", false))(t)
		o := account.SuspendOptions{Reason: "spam", PublicReason: "no spam", BanEmails: true, BanName: true, Hashed: true, Label: "case 7", DisableAliases: true}
		done := must(people.Suspend(as("root"), a.ID, o))(t)
		if len(done.BansCreated) != 3 || len(done.BansExisting) != 0 {
			t.Fatalf("suspended: %+v, want three bans: of two mailboxes and a handle", done)
		}
		h.wantHashed(t, done.BansCreated, "case 7", "mallory", "mal.lory", "mal1ory")
		refused := func(want ban.Verdict) {
			t.Helper()
			for _, s := range []ban.Subject{{Email: "m.allory@googlemail.com"}, {Email: "m@mallory.example"}, {Name: "mal1ory"}} {
				if d, err := checker.Check(t.Context(), s); err != nil || d.Verdict != want {
					t.Errorf("%+v is %s, %v; want %s", s, d.Verdict, err, want)
				}
			}
		}
		refused(ban.Denied)
		if again := must(people.Reinstate(as("root"), a.ID, account.ReinstateOptions{LiftBans: true, Reason: "a mistake"}))(t); len(again.BansLifted) != 3 {
			t.Errorf("reinstated: %+v, want the three bans lifted", again)
		}
		refused(ban.Allowed)
		must(people.Suspend(as("root"), a.ID, o))(t)
		if again := must(people.Reinstate(as("root"), a.ID, account.ReinstateOptions{}))(t); len(again.BansLeft) != 3 {
			t.Errorf("reinstated: %+v, want the three bans left", again)
		}
		refused(ban.Denied)
		// They are in the way of others like plain ones, in whatever form.
		o.Hashed, o.Label = false, ""
		if plain := must(people.Suspend(as("root"), a.ID, o))(t); len(plain.BansCreated) != 0 || len(plain.BansExisting) != 4 {
			t.Errorf("suspended again: %+v, want no plain ban beside the hashed ones", plain)
		}
		if n := must(bans.Count(t.Context(), ban.Filter{Active: new(true), At: h.clock.Now()}))(t); n != 3 {
			t.Errorf("%d bans are active, want three", n)
		}
	})
}

func TestAHashedBanOfASuspensionKnowsOtherForms(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, bans, _ := h.forgetting(t)
		a := h.create(t, "eve")
		must(h.admin.AddEmail(as("root"), a.ID, "e.v.e@gmail.com", false))(t)
		plain := must(bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindEmail, Value: "eve+other@gmail.com"}))(t)
		old := must(must(ban.NewAdmin(h.store, ban.AdminOptions{Now: h.clock.Now, Keys: ban.KeyRing{"old": oldKey}}))(t).
			Create(as("root"), ban.CreateOptions{Kind: ban.KindEmail, Value: "eve@example.org", Hashed: true}))(t)
		done := must(people.Suspend(as("root"), a.ID, account.SuspendOptions{BanEmails: true, Hashed: true}))(t)
		if len(done.BansCreated) != 0 || len(done.BansExisting) != 2 || done.BansExisting[0].ID != old.ID || done.BansExisting[1].ID != plain.ID {
			t.Errorf("suspended: %+v, want the bans that there are, and no others", done)
		}
	})
}

func TestARejectedAccountWithHashedBansLeavesNothingThatNamesIt(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		var told []account.Rejected
		ring := ban.KeyRing{"new": newKey}
		people := must(account.NewAdmin(h.store, account.AdminOptions{
			Passwords: quick, Now: h.clock.Now, Keys: ring,
			OnReject: []func(context.Context, account.Rejected) error{func(_ context.Context, r account.Rejected) error { told = append(told, r); return nil }},
		}))(t)
		checker := must(ban.NewChecker(h.store, ban.CheckerOptions{Now: h.clock.Now, Keys: ring}))(t)
		t.Cleanup(func() { checker.Close() })
		h.review(t, "unsure.example")
		eve := h.heldSignUp(t, "evelyn", "unsure.example", "")
		first := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "evelyn", Reason: "earlier"}))(t)
		must(h.bans.Revoke(as("root"), first.ID, ""))(t)
		done := must(people.Reject(as("alice"), eve.ID, account.RejectOptions{Reason: "a bot", PublicReason: "no bots", BanEmails: true, BanName: true, Hashed: true, Label: "case 9"}))(t)
		if !done.Removed || len(done.BansCreated) != 2 || done.Account.Handle != "evelyn" {
			t.Errorf("rejected: %+v", done)
		}
		h.wantHashed(t, done.BansCreated, "case 9")
		if held := h.held(t); strings.Contains(strings.ToLower(held), "evelyn") {
			t.Errorf("the store still names the account:\n%s", held)
		}
		if len(told) != 1 || told[0].Account.Emails[0].Address != "evelyn@unsure.example" {
			t.Errorf("the hook was told %+v, want whom to write to", told)
		}
		log := must(people.Log(t.Context(), eve.ID, account.Page{}))(t)
		if log[0].Action != account.ActionReject || log[0].Reason != "a bot" || log[0].Counts["bans_created"] != 2 {
			t.Errorf("the log has %+v", log[0])
		}
		for _, s := range []ban.Subject{{Email: "Evelyn@unsure.example"}, {Name: "eve1yn"}} {
			if d, err := checker.Check(t.Context(), s); err != nil || d.Verdict != ban.Denied || d.Match.PublicReason != "no bots" {
				t.Errorf("%+v is %s, %v", s, d.Verdict, err)
			}
		}
	})
}

func TestManyRejectedWithHashedBans(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, _, _ := h.forgetting(t)
		h.review(t, "unsure.example")
		var ids []uuid.UUID
		for _, handle := range []string{"anneliese", "bernhard"} {
			ids = append(ids, h.heldSignUp(t, handle, "unsure.example", "").ID)
		}
		letIn := h.create(t, "caroline")
		must(people.Hold(as("root"), letIn.ID, account.HoldOptions{}))(t)
		ids = append(ids, letIn.ID)
		o := account.RejectOptions{BanEmails: true, Hashed: true}
		_, err := h.admin.RejectMany(as("alice"), account.Selection{IDs: ids}, o)
		wantValueError(t, err, "hashed", ban.CodeNotSupported)
		done := must(people.RejectMany(as("alice"), account.Selection{IDs: ids}, o))(t)
		if len(done.Accounts) != 3 || len(done.Failed) != 0 || len(done.Bans) != 3 {
			t.Errorf("rejected: %+v", done)
		}
		h.wantHashed(t, done.Bans, "", "anneliese", "bernhard", "caroline")
		held := h.held(t)
		for name, want := range map[string]bool{"anneliese": false, "bernhard": false, "caroline": true} { // who was let in is suspended
			if strings.Contains(held, name) != want {
				t.Errorf("the store names %s: %t, want %t", name, !want, want)
			}
		}
	})
}

func TestHashedBansOfAccountsAreRefused(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, _, _ := h.forgetting(t)
		a := h.create(t, "bob")
		h.review(t, "unsure.example")
		waits := h.heldSignUp(t, "evelyn", "unsure.example", "")
		before := h.held(t)
		for name, c := range map[string]struct {
			admin       *account.Admin
			opts        account.RejectOptions
			field, code string
		}{
			"without keys":                             {h.admin, account.RejectOptions{BanEmails: true, Hashed: true}, "hashed", ban.CodeNotSupported},
			"without a ban":                            {people, account.RejectOptions{Hashed: true}, "hashed", ban.CodeNoEffect},
			"a label of what is not hashed":            {people, account.RejectOptions{BanEmails: true, Label: "x"}, "label", ban.CodeNoEffect},
			"a label with the handle":                  {people, account.RejectOptions{BanEmails: true, Hashed: true, Label: "bob or Evelyn"}, "label", ban.CodeConflict},
			"a label of two lines":                     {people, account.RejectOptions{BanEmails: true, Hashed: true, Label: "a\nb"}, "label", ban.CodeControl},
			"a reason with the address":                {people, account.RejectOptions{BanEmails: true, Hashed: true, Reason: "bob@example.org, evelyn@unsure.example"}, "reason", ban.CodeConflict},
			"a public reason with what the name looks": {people, account.RejectOptions{BanName: true, Hashed: true, PublicReason: "b0b, eve1yn b\u043eb"}, "public_reason", ban.CodeConflict},
		} {
			t.Run(name, func(t *testing.T) {
				o := c.opts
				_, err := c.admin.Suspend(as("alice"), a.ID, account.SuspendOptions{
					Reason: o.Reason, BanEmails: o.BanEmails, BanName: o.BanName, Hashed: o.Hashed, Label: o.Label, PublicReason: o.PublicReason,
				})
				wantValueError(t, err, c.field, c.code)
				_, err = c.admin.Reject(as("alice"), waits.ID, o)
				wantValueError(t, err, c.field, c.code)
				if strings.Contains(err.Error(), "unsure.example") {
					t.Errorf("the error names the address: %v", err)
				}
			})
		}
		if now := h.held(t); now != before {
			t.Errorf("what was refused changed the store:\n%s\nIt was\n%s", now, before)
		}
	})
}
