package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

func TestAnEmptyPatchIsRefused(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	bob := h.create(t, "bob")
	for _, p := range []account.Patch{{}, {Force: true}} {
		_, err := h.admin.Update(as("alice"), bob.ID, p)
		wantValueError(t, err, "patch", ban.CodeEmptyPatch)
	}
}

func TestAPatchChangesWhatItNames(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := must(h.admin.Create(as("root"), account.CreateOptions{
			Handle: "bob", Email: "bob@example.org", Name: "Bob", Bio: "…", Links: []account.Link{{Text: "me", URL: "https://bob.example"}},
		}))(t)
		h.clock.advance(1)
		empty, none := "", []account.Link{}
		u := must(h.admin.Update(as("alice"), bob.ID, account.Patch{Bio: &empty, Links: &none}))(t)
		if a := u.Account; a.Bio != "" || len(a.Links) != 0 || a.Name != "Bob" || a.Handle != "bob" || a.Version != 2 {
			t.Errorf("after the patch: %+v", a)
		}
		again := must(h.admin.Update(as("alice"), bob.ID, account.Patch{Bio: &empty, Links: &none, Name: &bob.Name, Handle: &bob.Handle}))(t)
		if again.Account.Version != 2 {
			t.Error("a patch that changes nothing was written")
		}
		if n := len(must(h.admin.Log(context.Background(), bob.ID, account.Page{}))(t)); n != 2 {
			t.Errorf("%d log entries, want 2", n)
		}
	})
}

func TestAPatchThatChangesNothingWritesNothing(t *testing.T) {
	meta := json.RawMessage(`{ "a": 1 }`)
	address, no := "bob@example.org", false
	now := time.Now() // of more precision, and in another zone, than a store keeps
	for what, p := range map[string]account.Patch{
		"roles":   {Roles: &[]account.Role{{ID: "a", Permissions: []string{}, CreatedAt: now, UpdatedAt: now.Local()}}},
		"links":   {Links: &[]account.Link{{Text: "me", URL: "https://me.example/"}}},
		"meta":    {Meta: &meta},
		"address": {Email: &address},
		"active":  {Active: &no},
	} {
		t.Run(what, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				bob := h.create(t, "bob")
				first := must(h.admin.Update(as("alice"), bob.ID, p))(t)
				again := must(h.admin.Update(as("alice"), bob.ID, p))(t)
				if again.Account.Version != first.Account.Version {
					t.Error("it was written again")
				}
			})
		})
	}
}

func TestWhatRevokesCredentials(t *testing.T) {
	yes, no, name, newPassword, hash := true, false, "Bob", "another password", ""
	for _, c := range []struct {
		rule    string
		patch   account.Patch
		revoked int64
	}{
		{"a new password does", account.Patch{Password: &newPassword}, 2},
		{"no password any more does", account.Patch{Password: &hash}, 2},
		{"becoming an admin does", account.Patch{Admin: &yes}, 2},
		{"becoming inactive does", account.Patch{Active: &no}, 2},
		{"a new name does not", account.Patch{Name: &name}, 0},
		{"staying active does not", account.Patch{Active: &yes, Admin: &no}, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				bob := h.create(t, "bob")
				s := h.login(t, "bob")
				must(h.auth.CreateToken(as("bob"), bob.ID, account.TokenOptions{Scopes: []string{"read"}}))(t)
				u := must(h.admin.Update(as("alice"), bob.ID, c.patch))(t)
				if u.CredentialsRevoked != c.revoked {
					t.Errorf("%d credentials were revoked, want %d", u.CredentialsRevoked, c.revoked)
				}
				if _, err := h.auth.Session(context.Background(), s.Secret); (err == nil) != (c.revoked == 0) {
					t.Errorf("Session: %v", err)
				}
			})
		})
	}
}

func TestTheNewPasswordLetsIn(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	bob := h.create(t, "bob")
	newPassword, none := "another password", ""
	must(h.admin.Update(as("alice"), bob.ID, account.Patch{Password: &newPassword}))(t)
	_, err := h.auth.Authenticate(context.Background(), "bob", password)
	wantError(t, "the old password", err, account.ErrBadLogin)
	must(h.auth.Authenticate(context.Background(), "BOB", newPassword))(t)
	must(h.admin.Update(as("alice"), bob.ID, account.Patch{Password: &none}))(t)
	for _, p := range []string{newPassword, ""} {
		_, err := h.auth.Authenticate(context.Background(), "bob", p)
		wantError(t, "any password", err, account.ErrBadLogin)
	}
}

func TestAddresses(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob, carol := h.create(t, "bob"), h.create(t, "carol")
		addresses := func() (out []string) {
			for _, e := range must(h.admin.Get(ctx, bob.ID))(t).Emails {
				mark := ""
				if !e.VerifiedAt.IsZero() {
					mark = " verified"
				}
				out = append(out, e.Address+mark)
			}
			return out
		}
		want := func(what string, want ...string) {
			t.Helper()
			if got := addresses(); !slices.Equal(got, want) {
				t.Errorf("%s: the addresses are %v, want %v", what, got, want)
			}
		}
		must(h.admin.AddEmail(as("bob"), bob.ID, "Bob@Work.example", false))(t)
		want("added", "bob@example.org", "bob@work.example")
		must(h.admin.AddEmail(as("bob"), bob.ID, "bob@work.example", false))(t)
		want("added again", "bob@example.org", "bob@work.example")
		must(h.admin.VerifyEmail(as("bob"), bob.ID, "BOB@work.example"))(t)
		want("verified", "bob@example.org", "bob@work.example verified")
		work, fresh, taken := "bob@work.example", "bob@new.example", "carol@example.org"
		must(h.admin.Update(as("bob"), bob.ID, account.Patch{Email: &work}))(t)
		want("made primary", "bob@work.example verified", "bob@example.org")
		must(h.admin.Update(as("bob"), bob.ID, account.Patch{Email: &fresh}))(t)
		want("the primary one replaced", "bob@new.example", "bob@example.org")
		must(h.admin.RemoveEmail(as("bob"), bob.ID, fresh))(t)
		want("the primary one removed", "bob@example.org")

		_, err := h.admin.RemoveEmail(as("bob"), bob.ID, taken)
		wantError(t, "RemoveEmail of somebody else's", err, account.ErrNotFound)
		_, err = h.admin.VerifyEmail(as("bob"), bob.ID, taken)
		wantError(t, "VerifyEmail of somebody else's", err, account.ErrNotFound)
		for what, do := range map[string]func() error{
			"AddEmail": func() error { _, err := h.admin.AddEmail(as("bob"), bob.ID, taken, true); return err },
			"Update":   func() error { _, err := h.admin.Update(as("bob"), bob.ID, account.Patch{Email: &taken}); return err },
		} {
			exists, ok := errors.AsType[*account.ExistsError](do())
			if !ok || exists.Field != "email" || exists.Existing != carol.ID {
				t.Errorf("%s of somebody else's: %v", what, do())
			}
		}
		want("after all that was refused", "bob@example.org")
		if found, err := h.admin.ByEmail(ctx, "BOB@example.org"); err != nil || found.ID != bob.ID {
			t.Errorf("ByEmail: %v, %v", found.ID, err)
		}
		_, err = h.admin.ByEmail(ctx, fresh)
		wantError(t, "ByEmail of one that went", err, account.ErrNotFound)
	})
}

func TestUpdatesAtOnceAreAllApplied(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				address := string(rune('a'+i)) + "@work.example"
				if _, err := h.admin.AddEmail(as("bob"), bob.ID, address, false); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := len(must(h.admin.Get(context.Background(), bob.ID))(t).Emails); n != 9 {
			t.Errorf("%d addresses, want 9", n)
		}
	})
}

// Somebody who changes their profile without pause must not keep off their
// suspension.
func TestASuspensionComesThroughBesideUpdates(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	bob := h.create(t, "bob")
	stop := make(chan struct{})
	var wait sync.WaitGroup
	defer wait.Wait()
	defer close(stop)
	for i := range 8 {
		wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				bio := fmt.Sprint(i, n)
				if _, err := h.admin.Update(as("bob"), bob.ID, account.Patch{Bio: &bio}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{BanEmails: true, BanName: true, DisableAliases: true}))(t)
		must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{LiftBans: true}))(t)
	}
}

func TestDeletingAnAccountKeepsWhatItWas(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		s := h.login(t, "bob")
		alias := must(h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Owner: bob.ID}))(t)
		d := must(h.admin.Delete(as("alice"), bob.ID, account.DeleteOptions{}))(t)
		if d.Account.ID != bob.ID || d.CredentialsRevoked != 1 || d.AliasesDisabled != 1 {
			t.Errorf("Delete says %+v", d)
		}
		_, err := h.auth.Session(ctx, s.Secret)
		wantError(t, "Session", err, account.ErrInvalidCredential)
		_, err = h.admin.ByHandle(ctx, "bob")
		wantError(t, "ByHandle", err, account.ErrNotFound)
		if log := must(h.admin.Log(ctx, bob.ID, account.Page{}))(t); log[0].Action != "account.delete" || len(log[0].Before) == 0 {
			t.Errorf("the newest log entry is %+v", log[0])
		}
		_, err = h.aliases.Resolve(ctx, alias.Address())
		wantError(t, "Resolve", err, account.ErrNotFound)
		again := h.create(t, "bob")
		_, err = h.aliases.Create(as("bob"), account.AliasOptions{Address: alias.Address(), Owner: again.ID})
		wantError(t, "Create of the alias by the next bob", err, account.ErrExists)
	})
}

func TestAPasswordIsTheSameHoweverItIsTyped(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	composed, decomposed := "caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"
	must(h.admin.Create(as("root"), account.CreateOptions{Handle: "bob", Password: composed}))(t)
	must(h.auth.Authenticate(context.Background(), "bob", decomposed))(t)
	for _, other := range []string{"CAF\u00c9 CR\u00c8ME", "cafe creme"} {
		_, err := h.auth.Authenticate(context.Background(), "bob", other)
		wantError(t, "Authenticate with "+other, err, account.ErrBadLogin)
	}
}
