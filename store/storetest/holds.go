package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var holdClauses = []clause{
	{"An account that waits keeps its handle and its addresses",
		"If another account has one of its HandleKeys or Emails, whatever its state, the error is an *AccountExistsError: a hold frees neither.",
		func(t reporter, s store.Store) {
			waits := createAccount(t, s, held(newAccount("waits")))
			_, err := s.CreateAccount(t.Context(), withKeys(newAccount("new"), waits.HandleKeys[1]), change(store.AccountCreate))
			wantAccountExists(t, "CreateAccount with a key of one who waits", err, "handle", "new", waits)
			_, err = s.CreateAccount(t.Context(), withEmails(newAccount("new"), "waits@two.example"), change(store.AccountCreate))
			wantAccountExists(t, "CreateAccount with an address of one who waits", err, "email", "waits@two.example", waits)
		}},
	{"An admin who waits is no active admin",
		"It is ErrLastAdmin if the account was an active admin, no longer is, and no other account is one: an account that is held is not active.",
		heldAdmins},
	{"An alias of an owner who waits is refused",
		"An active alias whose owner is not active is ErrConflict, and an owner who is held is not active.",
		func(t reporter, s store.Store) {
			waits := createAccount(t, s, held(newAccount("waits")))
			_, err := s.CreateAlias(t.Context(), newAlias("a", waits), change(store.AliasCreate))
			wantError(t, "CreateAlias of an owner who is held", err, store.ErrConflict)
		}},
	{"ListAccounts and CountAccounts select by what holds an account",
		"AccountFilter selects by Pending, Suspended, Sweep and Hold exactly as AccountFilter.Match says: domains on label boundaries, networks within a prefix.",
		holdFilters},
	{"ActiveAccountTexts returns what checks ask about of every active account",
		"ActiveAccountTexts returns ID, Seq, handle as shown and addresses in order of the active accounts above a Seq, oldest first, a page at a time.",
		activeTexts},
	{"RemoveAccount removes just the version that was read",
		"It is ErrConflict if the Version is another, and nothing is done; Version 0 is whatever it is now.",
		removeVersion},
	{"RemoveAccount makes its bans in the same step",
		"RemoveAccount does what DeleteAccount does and makes the bans of the removal, passing over one that an active ban stands in the way of; if a ban is refused, nothing is done.",
		removeWithBans},
	{"RemoveAccount logs its change and then one for each ban",
		"RemoveAccount logs the change that DeleteAccount would with its counts, and after it, for each ban, the change that UpdateAccount would log; the Reason of the change is that of the caller.",
		removeLogged},
	{"The last active admin is not removed",
		"RemoveAccount is ErrLastAdmin as for DeleteAccount.",
		func(t reporter, s store.Store) {
			admin := createAccount(t, s, newAdmin("admin"))
			createAccount(t, s, held(newAdmin("waits")))
			verify := unchanged(t, s)
			_, err := s.RemoveAccount(t.Context(), store.AccountRemoval{ID: admin.ID, Version: admin.Version}, change(store.AccountReject))
			wantError(t, "RemoveAccount of the last active admin", err, store.ErrLastAdmin)
			verify("a refused RemoveAccount")
			_, err = s.RemoveAccount(t.Context(), store.AccountRemoval{ID: newID()}, change(store.AccountReject))
			wantError(t, "RemoveAccount of an account that is not there", err, store.ErrNotFound)
		}},
	{"A change keeps the reason that its caller gave",
		"The Reason of a change of an account is that of the caller, byte for byte, in Changes and in ListChanges.",
		func(t reporter, s store.Store) {
			a := createAccount(t, s, held(newAccount("a")))
			given := change(store.AccountApprove)
			given.Reason = " 'quoted' \"text\"; -- 🦉\n%s ? $1 "
			a.Hold = store.Hold{}
			if _, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: a}, given); err != nil {
				t.Fatalf("UpdateAccount: %v", err)
			}
			log, err := s.ListChanges(t.Context(), a.ID, store.Page{})
			if err != nil || len(log) != 2 {
				t.Fatalf("ListChanges = %+v, %v; want two", log, err)
			}
			for _, got := range []store.Change{log[0], changes(t, s, 0)[1]} {
				if got.Reason != given.Reason || log[1].Reason != "" {
					t.Errorf("the reasons are %q and %q, want %q and none", got.Reason, log[1].Reason, given.Reason)
				}
			}
		}},
}

func heldAdmins(t reporter, s store.Store) {
	last := createAccount(t, s, newAdmin("last"))
	other := createAccount(t, s, held(newAdmin("other")))
	verify := unchanged(t, s)
	_, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: held(last)}, change(store.AccountHold))
	wantError(t, "holding the last active admin", err, store.ErrLastAdmin)
	_, err = s.DeleteAccount(t.Context(), last.ID, change(store.AccountDelete))
	wantError(t, "deleting the last admin who does not wait", err, store.ErrLastAdmin)
	verify("a refused write")
	other.Hold = store.Hold{}
	updateAccount(t, s, other)
	updateAccount(t, s, held(last)) // now there is another
}

// heldAccounts creates accounts that differ in what filters ask of holds.
func heldAccounts(t reporter, s store.Store, rng *rand.Rand, rules, sweeps []uuid.UUID) (all []store.Account) {
	t.Helper()
	emails := []string{"", "a@held.example", "b@mail.held.example", "c@notheld.example", "ü@xheld.example", "held.example@other.example"}
	domains := []string{"", "held.example", "www.held.example", "notheld.example"}
	networks := []string{"", "192.0.2.0/24", "192.0.3.0/24", "198.51.100.0/24", "2001:db8:1::/48", "2001:db8:2::/48", "no network"}
	for i := range 80 {
		a := newAccount(fmt.Sprint("account ", i))
		if rng.IntN(4) == 0 {
			a = suspended(a)
		}
		if rng.IntN(4) > 0 {
			a.Hold = heldBy(rules[rng.IntN(len(rules))], emails[rng.IntN(len(emails))], domains[rng.IntN(len(domains))], networks[rng.IntN(len(networks))])
			a.Hold.Since = after(time.Duration(rng.IntN(5)) * time.Microsecond)
			a.Hold.LetIn = rng.IntN(2) == 0
		}
		if rng.IntN(3) == 0 {
			a.Sweep = sweeps[rng.IntN(len(sweeps))]
		}
		all = append(all, createAccount(t, s, a))
	}
	return all
}

func holdFilters(t reporter, s store.Store) {
	rng := rand.New(rand.NewPCG(7, 8))
	rules, sweeps := []uuid.UUID{{}, newID(), newID()}, []uuid.UUID{newID(), newID()}
	all := heldAccounts(t, s, rng, rules, sweeps)
	prefixes := []string{"192.0.2.0/24", "192.0.2.7/32", "192.0.0.0/16", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8:1::/48"}
	for range 150 {
		var f store.AccountFilter
		set := func() bool { return rng.IntN(4) == 0 }
		if set() {
			f.Active = new(rng.IntN(2) == 0)
		}
		if set() {
			f.Pending = new(rng.IntN(2) == 0)
		}
		if set() {
			f.Suspended = new(rng.IntN(2) == 0)
		}
		if set() {
			f.Sweep = sweeps[rng.IntN(len(sweeps))]
		}
		if set() {
			f.Hold.Rule = rules[rng.IntN(len(rules))]
		}
		if set() {
			f.Hold.Domain = []string{"held.example", "mail.held.example", "example", "other.example"}[rng.IntN(4)]
		}
		if set() {
			f.Hold.Network = netip.MustParsePrefix(prefixes[rng.IntN(len(prefixes))])
		}
		if set() {
			f.Hold.Before = after(time.Duration(rng.IntN(6)) * time.Microsecond)
		}
		if set() {
			f.Hold.LetIn = new(rng.IntN(2) == 0)
		}
		wantFiltered(t, s, all, f, store.Page{Limit: 1 + rng.IntN(30), OldestFirst: rng.IntN(2) == 0})
	}
}

// wantFiltered wants the accounts that the filter matches, a page of them and their
// number.
func wantFiltered(t reporter, s store.Store, all []store.Account, f store.AccountFilter, page store.Page) {
	t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatalf("the filter as JSON: %v", err)
	}
	selected := slices.DeleteFunc(slices.Clone(all), func(a store.Account) bool { return !f.Match(&a) })
	if n, err := s.CountAccounts(t.Context(), f); err != nil || n != int64(len(selected)) {
		t.Errorf("CountAccounts(%s) = %d, %v; want %d", text, n, err, len(selected))
	}
	wantSameList(t, fmt.Sprintf("the accounts of ListAccounts(%s, %+v)", text, page),
		listAccounts(t, s, f, page), pageOf(selected, page, accountSeq))
}

func activeTexts(t reporter, s store.Store) {
	if got, err := s.ActiveAccountTexts(t.Context(), 0, 0); err != nil || len(got) != 0 {
		t.Errorf("ActiveAccountTexts of an empty store = %+v, %v; want none", got, err)
	}
	all := randomAccounts(t, s, 60)
	waits := createAccount(t, s, held(newAccount("waits")))
	bare := newAccount("bare")
	bare.Emails = nil
	all = append(all, waits, createAccount(t, s, bare))
	removeAccount(t, s, all[20]) // so that Seqs have a gap
	all = slices.Delete(all, 20, 21)
	for _, after := range []int64{-1, 0, all[0].Seq, all[30].Seq, all[len(all)-1].Seq} {
		for _, limit := range []int{-1, 0, 1, 7, store.MaxPageLimit + 1} {
			var want []store.AccountTexts
			for i := range all {
				if a := &all[i]; a.Active() && a.Seq > after && len(want) < (store.Page{Limit: limit}.Size()) {
					texts := store.AccountTexts{ID: a.ID, Seq: a.Seq, Handle: a.Handle}
					for _, e := range a.Emails {
						texts.Emails = append(texts.Emails, e.Address)
					}
					want = append(want, texts)
				}
			}
			got, err := s.ActiveAccountTexts(t.Context(), after, limit)
			same := func(a, b store.AccountTexts) bool {
				return a.ID == b.ID && a.Seq == b.Seq && a.Handle == b.Handle && slices.Equal(a.Emails, b.Emails)
			}
			if err != nil || !slices.EqualFunc(got, want, same) {
				t.Errorf("ActiveAccountTexts(%d, %d) = %+v, %v; want %+v", after, limit, got, err, want)
			}
		}
	}
}

func removeVersion(t reporter, s store.Store) {
	a := createAccount(t, s, held(newAccount("a")))
	now := updateAccount(t, s, a)
	verify := unchanged(t, s)
	for _, v := range []int64{a.Version, now.Version + 1, -1} {
		_, err := s.RemoveAccount(t.Context(), store.AccountRemoval{ID: a.ID, Version: v, CreateBans: bansOf(lasting(domainBan("x.example")))}, change(store.AccountReject))
		wantError(t, "RemoveAccount of another version", err, store.ErrConflict)
		verify("a refused RemoveAccount")
	}
	b := createAccount(t, s, newAccount("b"))
	for _, r := range []store.AccountRemoval{{ID: a.ID, Version: now.Version}, {ID: b.ID}} {
		if _, err := s.RemoveAccount(t.Context(), r, change(store.AccountReject)); err != nil {
			t.Fatalf("RemoveAccount(%+v): %v", r, err)
		}
	}
	wantNoAccount(t, s, a.HandleKeys[0], a.Emails[0].Address)
	wantNoAccount(t, s, b.HandleKeys[0], b.Emails[0].Address)
}

func removeWithBans(t reporter, s store.Store) {
	a, _, _ := holder(t, s, held(newAccount("a")))
	a.Hold = store.Hold{} // so that it may have an alias
	a = updateAccount(t, s, a)
	mine := createAlias(t, s, newAlias("mine", a))
	active := create(t, s, lasting(domainBan("active.example")))
	taken := lasting(domainBan("taken.example"))
	taken.ID = active.ID
	verify := unchanged(t, s)
	_, err := s.RemoveAccount(t.Context(), store.AccountRemoval{ID: a.ID, CreateBans: bansOf(lasting(domainBan("new.example")), taken)}, change(store.AccountReject))
	wantError(t, "RemoveAccount with a ban whose ID is taken", err, store.ErrExists)
	verify("a refused RemoveAccount")

	made := lasting(domainBan("new.example"))
	w, err := s.RemoveAccount(t.Context(), store.AccountRemoval{
		ID: a.ID, Version: a.Version, CreateBans: bansOf(made, lasting(domainBan("active.example"))),
	}, changeAt(store.AccountReject, after(time.Hour)))
	if err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	if len(w.BansCreated) != 1 || w.BansCreated[0].Seq <= active.Seq {
		t.Fatalf("RemoveAccount made %+v, want one ban with a Seq above %d", w.BansCreated, active.Seq)
	}
	made.Seq, made.Version = w.BansCreated[0].Seq, 1 // a ban that was refused may have taken a number
	wantSame(t, "the account that RemoveAccount returned", w.Account, a)
	wantSameList(t, "the bans that RemoveAccount made", w.BansCreated, []store.Ban{made})
	wantSameList(t, "the bans that others were passed over for", w.BansExisting, []store.Ban{active})
	wantSameList(t, "the bans", allBans(t, s), []store.Ban{active, made})
	wantSameList(t, "the aliases", allAliases(t, s), []store.MailAlias{turnedOff(mine, uuid.Nil)})
	if w.CredentialsRevoked != 2 || w.AliasesDisabled != 1 {
		t.Errorf("RemoveAccount revoked %d credentials and turned off %d aliases, want 2 and 1", w.CredentialsRevoked, w.AliasesDisabled)
	}
	if left := allCredentials(t, s); len(left) != 0 {
		t.Errorf("%d credentials are left, want none", len(left))
	}
	wantNoAccount(t, s, a.HandleKeys[0], a.Emails[0].Address)
}

func removeLogged(t reporter, s store.Store) {
	a := createAccount(t, s, held(newAccount("a")))
	given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.AccountReject, Reason: "a bot", Target: uuid.Max}
	last := lastChange(t, s)
	w, err := s.RemoveAccount(t.Context(), store.AccountRemoval{ID: a.ID, CreateBans: bansOf(lasting(domainBan("new.example")))}, given)
	if err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	log := changes(t, s, last)
	if len(log) != 2 || len(w.BansCreated) != 1 {
		t.Fatalf("RemoveAccount logged %d changes and made %d bans, want 2 and 1", len(log), len(w.BansCreated))
	}
	want := store.Change{At: given.At, Actor: given.Actor, Action: given.Action, Reason: given.Reason, Target: a.ID, Counts: map[string]int64{"bans_created": 1}}
	wantEntry(t, log[0], last, want, &a, nil)
	ban := w.BansCreated[0]
	want = store.Change{At: given.At, Actor: given.Actor, Action: store.BanCreate, Reason: given.Reason, Target: ban.ID, Keys: []store.Key{ban.Key()}}
	wantEntry(t, log[1], last+1, want, nil, &ban)
}
