package account_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func TestAnAliasIsRefusedAsTheBansSay(t *testing.T) {
	bans := []ban.CreateOptions{
		{Kind: ban.KindName, Value: "billing", PublicReason: "That name is ours."},
		{Kind: ban.KindDomain, Value: "closed.example"},
		{Kind: ban.KindEmail, Value: "spammer@gmail.com"},
		{Kind: ban.KindIP, Value: "203.0.113.0/24"},
		{Kind: ban.KindDomain, Value: "slow.example", Effect: ban.Review},
		{Kind: ban.KindName, Value: "mailonly", Scope: ban.ScopeOf(ban.Mail)},
	}
	for _, c := range []struct {
		rule   string
		o      account.AliasOptions
		denied ban.Kind // the field of the refusal, 0 for none
		review bool
	}{
		{"nothing against it", account.AliasOptions{Address: "shop@alias.example", Destination: "me@home.example", IP: "198.51.100.1"}, 0, false},
		{"its local part", account.AliasOptions{Address: "Billing@alias.example", Destination: "me@home.example"}, ban.KindName, false},
		{"what its local part looks like", account.AliasOptions{Address: "bi11ing@alias.example", Destination: "me@home.example"}, ban.KindName, false},
		{"its domain", account.AliasOptions{Address: "shop@closed.example", Destination: "me@home.example"}, ban.KindDomain, false},
		{"a domain below", account.AliasOptions{Address: "shop@very.closed.example", Destination: "me@home.example"}, ban.KindDomain, false},
		{"its destination", account.AliasOptions{Address: "shop@alias.example", Destination: "spam.mer+x@gmail.com"}, ban.KindEmail, false},
		{"the domain of its destination", account.AliasOptions{Address: "shop@alias.example", Destination: "me@closed.example"}, ban.KindEmail, false},
		{"the client", account.AliasOptions{Address: "shop@alias.example", Destination: "me@home.example", IP: "203.0.113.9"}, ban.KindIP, false},
		{"a rule to review", account.AliasOptions{Address: "shop@slow.example", Destination: "me@home.example"}, ban.KindDomain, true},
		{"a rule about something else", account.AliasOptions{Address: "mailonly@alias.example", Destination: "me@home.example"}, 0, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				for _, b := range bans {
					must(h.bans.Create(as("root"), b))(t)
				}
				a, err := h.aliases.Create(as("bob"), c.o)
				denied, isDenied := errors.AsType[*ban.DeniedError](err)
				review, isReview := errors.AsType[*ban.ReviewError](err)
				switch {
				case c.denied == 0:
					if err != nil || !a.Active {
						t.Errorf("Create: %+v, %v", a, err)
					}
				case c.review:
					if !isReview || review.Match.Field != c.denied {
						t.Errorf("the error is %v, want a *ReviewError about the %s", err, c.denied)
					}
				case !isDenied || denied.Match.Field != c.denied:
					t.Errorf("the error is %v, want a *DeniedError about the %s", err, c.denied)
				}
				if n := must(h.aliases.Count(context.Background(), account.AliasFilter{}))(t); (n == 1) != (c.denied == 0) {
					t.Errorf("%d aliases are there", n)
				}
			})
		})
	}
}

func TestAliasesThatDoNotFit(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		for _, c := range []struct {
			rule        string
			o           account.AliasOptions
			field, code string
		}{
			{"no address", account.AliasOptions{Destination: "me@home.example"}, "address", ban.CodeEmpty},
			{"an address that is none", account.AliasOptions{Address: "shop", Destination: "me@home.example"}, "address", ban.CodeSyntax},
			{"no destination", account.AliasOptions{Address: "shop@alias.example"}, "destination", ban.CodeEmpty},
			{"a destination that is none", account.AliasOptions{Address: "shop@alias.example", Destination: "x"}, "destination", ban.CodeSyntax},
			{"itself as destination", account.AliasOptions{Address: "shop@alias.example", Destination: "SHOP@alias.example"}, "destination", ban.CodeConflict},
			{"a destination that is not the owner's", account.AliasOptions{Address: "shop@alias.example", Destination: "carol@example.org", Owner: bob.ID}, "destination", ban.CodeUnknown},
			{"a client that is no address", account.AliasOptions{Address: "shop@alias.example", Owner: bob.ID, IP: "here"}, "ip", ban.CodeSyntax},
		} {
			_, err := h.aliases.Create(as("bob"), c.o)
			if _, ok := errors.AsType[*ban.ValueError](err); !ok {
				t.Errorf("%s: the error is %v", c.rule, err)
				continue
			}
			wantValueError(t, err, c.field, c.code)
		}
		_, err := h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Owner: uuid.New()})
		wantError(t, "an owner who is not there", err, account.ErrNotFound)
		first := must(h.aliases.Create(as("bob"), account.AliasOptions{Address: "Shop@Alias.example", Owner: bob.ID}))(t)
		if first.Destination != "bob@example.org" {
			t.Errorf("the destination is %q, want the owner's primary address", first.Destination)
		}
		_, err = h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Destination: "me@home.example"})
		wantError(t, "an address that is taken", err, account.ErrExists)
	})
}

func TestAliasesGoWithTheirOwner(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		bob := h.create(t, "bob")
		alias := must(h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Owner: bob.ID}))(t)
		resolves := func(when string, want bool) {
			t.Helper()
			a, err := h.aliases.Resolve(ctx, "SHOP@alias.example")
			if want && (err != nil || a.ID != alias.ID) || !want && !errors.Is(err, account.ErrNotFound) {
				t.Errorf("%s: Resolve gives %v, %v", when, a.ID, err)
			}
		}
		resolves("at first", true)
		must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{}))(t)
		resolves("while the owner is suspended", false)
		_, err := h.aliases.Create(as("bob"), account.AliasOptions{Address: "other@alias.example", Owner: bob.ID})
		wantError(t, "Create by the suspended owner", err, account.ErrSuspended)
		must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t)
		resolves("when he is reinstated", true)

		s := must(h.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{DisableAliases: true}))(t)
		if s.AliasesDisabled != 1 {
			t.Errorf("the suspension turned off %d aliases, want 1", s.AliasesDisabled)
		}
		_, err = h.aliases.SetActive(as("bob"), alias.ID, true)
		wantError(t, "SetActive by the suspended owner", err, account.ErrSuspended)
		must(h.admin.Reinstate(as("alice"), bob.ID, account.ReinstateOptions{}))(t)
		resolves("turned off with the suspension", false)
		must(h.aliases.SetActive(as("bob"), alias.ID, true))(t)
		resolves("turned on again", true)

		must(h.admin.AddEmail(as("bob"), bob.ID, "bob@new.example", true))(t)
		must(h.admin.RemoveEmail(as("bob"), bob.ID, "bob@example.org"))(t)
		resolves("when its destination is no longer the owner's", false)
		_, err = h.aliases.SetActive(as("bob"), alias.ID, true)
		wantValueError(t, err, "destination", ban.CodeUnknown)
	})
}

func TestAnAliasThatABanTurnedOffStaysOff(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		alias := must(h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Destination: "me@home.example"}))(t)
		b := must(h.bans.Create(as("alice"), ban.CreateOptions{Kind: ban.KindName, Value: "sho*", DisableMatchingAliases: true}))(t)
		off := must(h.aliases.Get(context.Background(), alias.ID))(t)
		if b.AliasesDisabled != 1 || off.Active || off.DisabledBan != b.ID {
			t.Fatalf("the ban turned off %d; the alias is %+v", b.AliasesDisabled, off)
		}
		_, err := h.aliases.SetActive(as("bob"), alias.ID, true)
		if _, ok := errors.AsType[*ban.DeniedError](err); !ok {
			t.Errorf("turning it on gives %v, want a *DeniedError", err)
		}
		must(h.bans.Revoke(as("alice"), b.ID, ""))(t)
		on := must(h.aliases.SetActive(as("bob"), alias.ID, true))(t)
		if !on.Active || on.DisabledBan != uuid.Nil {
			t.Errorf("turned on it is %+v", on)
		}
	})
}

func TestDisablingAliasesThatCannotBe(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	for _, c := range []struct {
		rule string
		o    ban.CreateOptions
		code string
	}{
		{"for a ban of an IP address", ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.9"}, ban.CodeNotForIP},
		{"for an exception", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Effect: ban.Allow}, ban.CodeNoEffect},
		{"for a review", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Effect: ban.Review}, ban.CodeNoEffect},
		{"for a shadow", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Shadow: true}, ban.CodeNoEffect},
		{"for a ban about something else", ban.CreateOptions{Kind: ban.KindName, Value: "bob", Scope: ban.ScopeOf(ban.Mail)}, ban.CodeNoEffect},
	} {
		t.Run(c.rule, func(t *testing.T) {
			c.o.DisableMatchingAliases = true
			_, err := h.bans.Create(as("alice"), c.o)
			wantValueError(t, err, "disable_matching_aliases", c.code)
			_, _, err = h.bans.Put(as("alice"), c.o)
			wantValueError(t, err, "disable_matching_aliases", c.code)
		})
	}
}

func TestPutTurnsOffAliasesOfABanThatIsThere(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		o := ban.CreateOptions{Kind: ban.KindDomain, Value: "home.example", Reason: "spam"}
		must(h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Destination: "me@mail.home.example"}))(t)
		must(h.bans.Create(as("alice"), o))(t)
		o.DisableMatchingAliases = true
		for want := range []int64{1, 0} { // the second time there is none left
			b, created, err := h.bans.Put(as("alice"), o)
			if err != nil || created || b.AliasesDisabled != int64(1-want) {
				t.Errorf("Put: %d aliases, created %v, %v", b.AliasesDisabled, created, err)
			}
		}
		log := must(h.bans.Log(context.Background(), uuid.Nil, ban.Page{}))(t)
		if log[1].Counts["aliases_disabled"] != 1 || log[0].Counts != nil {
			t.Errorf("the log has the counts %v and %v", log[1].Counts, log[0].Counts)
		}
	})
}

// forgetful is a store that lets a ban be made between the check of an alias and
// its creation.
type forgetful struct {
	store.Store
	meanwhile func()
}

func (f *forgetful) CreateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	f.meanwhile()
	return f.Store.CreateAlias(ctx, a, c)
}

func TestABanBetweenCheckAndCreationIsNotMissed(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		var b ban.Ban
		st := &forgetful{h.store, func() {
			b = must(h.bans.Create(as("alice"), ban.CreateOptions{Kind: ban.KindName, Value: "shop", DisableMatchingAliases: true}))(t)
		}}
		aliases := must(account.NewAliases(st, h.checker, account.AliasesOptions{}))(t)
		a, err := aliases.Create(as("bob"), account.AliasOptions{Address: "shop@alias.example", Destination: "me@home.example"})
		if _, ok := errors.AsType[*ban.DeniedError](err); !ok {
			t.Errorf("Create: %v, want a *DeniedError", err)
		}
		stored := must(aliases.ByAddress(context.Background(), "shop@alias.example"))(t)
		if stored.Active || a.Active || stored.DisabledBan != b.ID {
			t.Errorf("the alias is %+v", stored)
		}
	})
}

func TestABanIsNotMissedByWhoHangsUp(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		ctx, hangUp := context.WithCancel(as("bob"))
		var st *forgetful
		st = &forgetful{h.store, func() {
			must(h.bans.Create(as("alice"), ban.CreateOptions{Kind: ban.KindName, Value: "shop", DisableMatchingAliases: true}))(t)
			st.Store = hangingUp{h.store, hangUp}
		}}
		aliases := must(account.NewAliases(st, h.checker, account.AliasesOptions{}))(t)
		_, err := aliases.Create(ctx, account.AliasOptions{Address: "shop@alias.example", Destination: "me@home.example"})
		if _, ok := errors.AsType[*ban.DeniedError](err); !ok {
			t.Errorf("Create: %v, want a *DeniedError", err)
		}
		if stored := must(aliases.ByAddress(context.Background(), "shop@alias.example"))(t); stored.Active {
			t.Error("the alias is there")
		}
	})
}

// hangingUp is a store whose caller goes when an alias is made.
type hangingUp struct {
	store.Store
	hangUp func()
}

func (h hangingUp) CreateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	defer h.hangUp()
	return h.Store.CreateAlias(ctx, a, c)
}

func TestAliasesMayWantVerifiedAddresses(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		aliases := must(account.NewAliases(h.store, h.checker, account.AliasesOptions{RequireVerified: true}))(t)
		bob := h.create(t, "bob")
		wish := account.AliasOptions{Address: "shop@alias.example", Owner: bob.ID}
		_, err := aliases.Create(as("bob"), wish)
		wantValueError(t, err, "destination", account.CodeNotVerified)
		must(h.admin.VerifyEmail(as("bob"), bob.ID, "bob@example.org"))(t)
		must(aliases.Create(as("bob"), wish))(t)
	})
}
