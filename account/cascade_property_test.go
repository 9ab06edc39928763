package account_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// What bans and aliases of the property tests are made of: few values, so that
// they meet.
var (
	somePeople  = []string{"shop", "s.hop", "sh0p", "shоp", "admin", "аdmin", "PaypaI", "paypal", "modern", "modem"}
	someLocals  = []string{"shop", "s.hop", "shop+x", "sh0p", "admin", "modern", "modem", "paypal"}
	someDomains = []string{"a.example", "b.a.example", "c.b.a.example", "gmail.com", "googlemail.com", "proton.me", "xa.example"}
	someMarks   = []string{"", "", "*.", "="}
	someNames   = []string{"shop", "=shop", "=modern", "shop*", "*op", "*ho*", "admin", "modern", "paypal", `sh\*p`}
)

// aBan draws a ban that a guard does not mind.
func aBan(rt *rapid.T, label string) ban.CreateOptions {
	pick := func(from []string) string { return rapid.SampledFrom(from).Draw(rt, label) }
	o := ban.CreateOptions{Effect: rapid.SampledFrom([]ban.Effect{ban.Deny, ban.Deny, ban.Review, ban.Allow}).Draw(rt, label), Force: true}
	switch rapid.IntRange(0, 3).Draw(rt, label) {
	case 0:
		o.Kind, o.Value = ban.KindDomain, pick(someMarks)+pick(someDomains)
	case 1:
		o.Kind, o.Value = ban.KindEmail, pick(someLocals)+"@"+pick(someDomains)
	case 2:
		o.Kind, o.Value = ban.KindEmail, pick([]string{"sh*", "*op", "*ho*"})+"@"+pick(someDomains)
	default:
		o.Kind, o.Value = ban.KindName, pick(someNames)
	}
	if rapid.IntRange(0, 4).Draw(rt, label) == 0 {
		o.Scope = ban.ScopeOf(ban.Mail)
	}
	o.Shadow = rapid.IntRange(0, 5).Draw(rt, label) == 0
	return o
}

// passedOver reports whether a case is not tried on this backend: opening a
// database takes longer than all the rest, so that one in four is.
func passedOver(rt *rapid.T, backend string) bool {
	return backend == "sqlitestore" && rapid.IntRange(0, 3).Draw(rt, "passed over") != 0
}

// TestABanTurnsOffWhatItRefuses compares the aliases that a ban turns off with
// those of which Explain says that it would keep them from being made.
func TestABanTurnsOffWhatItRefuses(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				if passedOver(rt, name) {
					return
				}
				h := newHouse(t, open(t))
				made := map[uuid.UUID]account.Alias{}
				for range rapid.IntRange(1, 12).Draw(rt, "aliases") {
					o := account.AliasOptions{
						Address:     rapid.SampledFrom(someLocals).Draw(rt, "local") + "@" + rapid.SampledFrom(someDomains).Draw(rt, "domain"),
						Destination: rapid.SampledFrom(someLocals).Draw(rt, "to") + "@" + rapid.SampledFrom(someDomains).Draw(rt, "at"),
					}
					if a, err := h.aliases.Create(as("bob"), o); err == nil {
						made[a.ID] = a
					}
				}
				for range rapid.IntRange(0, 4).Draw(rt, "bans before") {
					_, _, err := h.bans.Put(as("alice"), aBan(rt, "before"))
					if err != nil {
						t.Fatal(err)
					}
				}
				o := aBan(rt, "ban")
				o.Effect, o.Shadow, o.DisableMatchingAliases = ban.Deny, false, true
				o.Scope = rapid.SampledFrom([]ban.Scope{0, ban.ScopeOf(ban.Alias, ban.Mail)}).Draw(rt, "scope")
				b, _, err := h.bans.Put(as("alice"), o)
				if err != nil {
					t.Fatal(err)
				}
				wantTurnedOff(rt, h, made, b)
			})
		})
	}
}

func wantTurnedOff(rt *rapid.T, h *house, made map[uuid.UUID]account.Alias, b ban.Ban) {
	var got, want []string
	for id, a := range made {
		now, err := h.aliases.Get(context.Background(), id)
		if err != nil {
			rt.Fatal(err)
		}
		if !now.Active {
			got = append(got, a.Address()+" to "+a.Destination)
			if now.DisabledBan != b.ID {
				rt.Errorf("%s was turned off by %s", a.Address(), now.DisabledBan)
			}
		}
		if refusedBy(rt, h, &a, b.ID) {
			want = append(want, a.Address()+" to "+a.Destination)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || b.AliasesDisabled != int64(len(want)) {
		rt.Fatalf("the ban of %s %q turned off %d: %q, want %q", b.Kind, b.Value, b.AliasesDisabled, got, want)
	}
}

// refusedBy reports whether the ban matches a field of the alias that, by all
// rules there are, is denied.
func refusedBy(rt *rapid.T, h *house, a *account.Alias, id uuid.UUID) bool {
	trace, err := h.checker.Explain(context.Background(), ban.Subject{
		Email: a.Destination, Domain: a.Domain, Name: a.Local, Action: ban.Alias,
	})
	if err != nil {
		rt.Fatal(err)
	}
	matched, denied := map[ban.Kind]bool{}, map[ban.Kind]bool{}
	for _, c := range trace.Considered {
		if c.ID == id {
			matched[c.Field] = true
		}
		if c.Outcome == ban.OutcomeDecided || c.Outcome == ban.OutcomeOverruled {
			denied[c.Field] = c.Effect == ban.Deny
		}
	}
	for field := range matched {
		if denied[field] {
			return true
		}
	}
	return false
}

// TestPreviewCountsWhatCheckDecides compares the accounts, addresses and aliases
// of a Preview with those of which Explain says, once the ban is there, that it
// decides their field.
func TestPreviewCountsWhatCheckDecides(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				if passedOver(rt, name) {
					return
				}
				h := newHouse(t, open(t))
				accounts, aliases := population(rt, h)
				for range rapid.IntRange(0, 4).Draw(rt, "bans before") {
					if _, _, err := h.bans.Put(as("alice"), aBan(rt, "before")); err != nil {
						t.Fatal(err)
					}
				}
				o := aBan(rt, "ban")
				o.Scope, o.Shadow = 0, false
				p, err := h.bans.Preview(context.Background(), o)
				if err != nil {
					t.Fatal(err)
				}
				if p.Existing != nil {
					return // Create would refuse, and the existing one is among the rivals of none
				}
				b, err := h.bans.Create(as("alice"), o)
				if err != nil {
					t.Fatal(err)
				}
				got := fmt.Sprint(p.Affected.Accounts, p.Affected.Addresses, p.Affected.Aliases)
				if want := counts(rt, h, accounts, aliases, b.ID); got != want {
					rt.Fatalf("Preview of %s %s %q counts %s accounts, addresses and aliases, want %s", b.Effect, b.Kind, b.Value, got, want)
				}
				if n := len(p.Affected.AccountSample); int64(n) != min(p.Affected.Accounts, ban.PreviewSample) {
					rt.Fatalf("%d accounts are sampled of %d", n, p.Affected.Accounts)
				}
			})
		})
	}
}

func population(rt *rapid.T, h *house) (accounts []account.Account, aliases []account.Alias) {
	for _, handle := range somePeople {
		o := account.CreateOptions{Handle: handle}
		if rapid.Bool().Draw(rt, "has an address") {
			o.Email = rapid.SampledFrom(someLocals).Draw(rt, "local") + "@" + rapid.SampledFrom(someDomains).Draw(rt, "domain")
		}
		a, err := h.admin.Create(as("root"), o)
		if errors.Is(err, account.ErrExists) {
			continue
		}
		if err != nil {
			rt.Fatal(err)
		}
		accounts = append(accounts, a)
	}
	for range rapid.IntRange(0, 6).Draw(rt, "aliases") {
		a, err := h.aliases.Create(as("bob"), account.AliasOptions{
			Address:     rapid.SampledFrom(someLocals).Draw(rt, "alias") + "@" + rapid.SampledFrom(someDomains).Draw(rt, "of"),
			Destination: rapid.SampledFrom(someLocals).Draw(rt, "to") + "@" + rapid.SampledFrom(someDomains).Draw(rt, "at"),
		})
		if err == nil {
			aliases = append(aliases, a)
		}
	}
	return accounts, aliases
}

// counts is what a preview should say, by Explain of everything.
func counts(rt *rapid.T, h *house, accounts []account.Account, aliases []account.Alias, id uuid.UUID) string {
	var hit struct{ accounts, addresses, aliases int }
	for _, a := range accounts {
		selected := decides(rt, h, ban.Subject{Name: a.Handle}, id)
		for _, e := range a.Emails {
			if decides(rt, h, ban.Subject{Email: e.Address}, id) {
				hit.addresses++
				selected = true
			}
		}
		if selected {
			hit.accounts++
		}
	}
	for _, a := range aliases {
		for _, s := range []ban.Subject{{Email: a.Destination}, {Domain: a.Domain}, {Name: a.Local}} {
			if decides(rt, h, s, id) {
				hit.aliases++
				break
			}
		}
	}
	return fmt.Sprint(hit.accounts, hit.addresses, hit.aliases)
}

// decides reports whether the rule matches the one field of the subject, and no
// rule of another effect goes before it, for any action.
func decides(rt *rapid.T, h *house, s ban.Subject, id uuid.UUID) bool {
	verdicts := map[bool]bool{}
	for _, s.Action = range []ban.Action{ban.SignUp, ban.Mail} { // all and some of the scopes there are
		trace, err := h.checker.Explain(context.Background(), s)
		if err != nil {
			rt.Fatal(err)
		}
		var mine ban.Effect
		matched := false
		for _, c := range trace.Considered {
			if c.ID == id {
				mine, matched = c.Effect, true
			}
		}
		for _, c := range trace.Considered {
			if c.Outcome == ban.OutcomeDecided || c.Outcome == ban.OutcomeOverruled {
				verdicts[matched && c.Effect == mine] = true
			}
		}
		if !matched {
			return false
		}
	}
	return !slices.Contains(slices.Collect(maps.Keys(verdicts)), false)
}
