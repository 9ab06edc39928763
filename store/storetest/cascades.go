package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var cascadeClauses = []clause{
	{"Affected counts accounts, addresses and active aliases",
		"Affected counts the accounts with a handle or at least one address that is selected, the addresses, and the active aliases: by mailbox, by domain on label boundaries, by skeleton; of an IP address nothing.",
		affectedCounts},
	{"Affected selects what the selector selects",
		"Affected counts exactly what Selector.Account, Selector.Address and Selector.Alias select, with a Test and without, and samples the oldest by Seq, at most so many of each.",
		func(t reporter, s store.Store) {
			w := newWorld(t, s)
			for i, sel := range w.selectors() {
				sample := []int{-1, 0, 1, 3, 1000}[i%5]
				got, err := s.Affected(t.Context(), sel, sample)
				if err != nil {
					t.Fatalf("Affected(%v): %v", sel.Key, err)
				}
				wantSame(t, fmt.Sprintf("Affected(%v), sample %d, Test: %v", sel.Key, sample, sel.Test != nil), got, w.affected(&sel, sample))
			}
		}},
	{"A Test is asked of what is in the range alone",
		"Test says of each thing in the range of the key whether it is selected, by its canonical text and what it is.",
		testIsAsked},
	{"CreateBanDisabling creates the ban and turns off what the selector selects",
		"CreateBanDisabling does what CreateBan does, and turns off every active alias that the selector selects, and no other: with the ban as DisabledBan, change.At as UpdatedAt and the Version one higher; AliasesDisabled of the ban says how many.",
		func(t reporter, s store.Store) {
			old := create(t, s, expired(domainBan("value 1")))
			banDisables(t, s, func(i int, sel store.Selector, given store.Change) (store.Ban, error) {
				return s.CreateBanDisabling(t.Context(), lasting(domainBan(fmt.Sprint("value ", i))), sel, given)
			})
			bans := slices.DeleteFunc(allBans(t, s), func(b store.Ban) bool { return b.ID == old.ID })
			wantRules(t, "Scan", scan(t, s, 0), bans...) // the rule of old is retired
		}},
	{"UpdateBanDisabling updates the ban and turns off what the selector selects",
		"UpdateBanDisabling does the same with UpdateBan.",
		func(t reporter, s store.Store) {
			b := create(t, s, lasting(domainBan("a.example")))
			banDisables(t, s, func(i int, sel store.Selector, given store.Change) (store.Ban, error) {
				b.Value = fmt.Sprint("value ", i)
				got, err := s.UpdateBanDisabling(t.Context(), b, sel, given)
				if err == nil && (got.Version != b.Version+1 || got.Value != b.Value) {
					t.Errorf("UpdateBanDisabling returned version %d of %q, want %d of %q", got.Version, got.Value, b.Version+1, b.Value)
				}
				b = got
				return got, err
			})
			wantRules(t, "Scan", scan(t, s, 0), b)
		}},
	{"AliasesDisabled stays until a ban turns aliases off anew",
		"AliasesDisabled is given by the store: CreateBan and CreateBans make it 0, UpdateBan leaves it, and UpdateBanDisabling gives it how many aliases it turned off.",
		aliasesDisabledStays},
	{"A ban that is refused turns nothing off",
		"A returned error means that nothing was written: a ban that is refused as by CreateBan or UpdateBan leaves every alias on.",
		refusedDisablesNone},
	{"The change of a ban counts the aliases that it turned off",
		"The aliases are not logged one by one: the change of the ban has the count aliases_disabled, unless that is 0.",
		disablingLogged},
}

func affected(t reporter, s store.Store, key store.Key, sample int) store.Affected {
	t.Helper()
	got, err := s.Affected(t.Context(), store.Selector{Key: key}, sample)
	if err != nil {
		t.Fatalf("Affected(%v): %v", key, err)
	}
	return got
}

func affectedCounts(t reporter, s store.Store) {
	none := affected(t, s, store.WildcardKey(store.KindDomain), 5)
	wantSame(t, "Affected in an empty store", none, store.Affected{})

	a := newAccount("a")
	a.Emails = []store.AccountEmail{newEmail("a@mail.example"), newEmail("b@sub.mail.example"), newEmail("a+x@mail.example")}
	a.Emails[0].Mailbox, a.Emails[2].Mailbox = "a@mailbox.example", "a@mailbox.example"
	a = createAccount(t, s, a)
	b := createAccount(t, s, suspended(withEmails(newAccount("b"), "b@notmail.example", "b@mail.example.org", "b@example")))
	createAccount(t, s, withEmails(newAccount("c")))
	alias := newAlias("on", a)
	alias.Domain = "x.sub.mail.example"
	alias = createAlias(t, s, alias)
	to := newAlias("to", b)
	to.Owner, to.Destination, to.Domain = uuid.Nil, "z@sub.mail.example", "z.example"
	createAlias(t, s, to)
	off := newAlias("off", a)
	off.Active = false
	createAlias(t, s, off)

	for _, tt := range []struct {
		what                         string
		key                          store.Key
		accounts, addresses, aliases int64
	}{
		{"a mailbox", store.Key{Kind: store.KindEmail, Text: "a@mailbox.example"}, 1, 2, 1},
		{"an address that is no mailbox", store.Key{Kind: store.KindEmail, Text: "a@mail.example"}, 0, 0, 0},
		{"a domain and those below it", store.Key{Kind: store.KindDomain, Text: "mail.example"}, 1, 3, 2},
		{"a domain below", store.Key{Kind: store.KindDomain, Text: "sub.mail.example"}, 1, 1, 2},
		{"the domain of an alias", store.Key{Kind: store.KindDomain, Text: "x.sub.mail.example"}, 0, 0, 1},
		{"a top-level domain", store.Key{Kind: store.KindDomain, Text: "example"}, 2, 5, 2},
		{"a domain that nobody is at", store.Key{Kind: store.KindDomain, Text: "ail.example"}, 0, 0, 0},
		{"a skeleton", store.Key{Kind: store.KindName, Text: a.HandleKeys[1]}, 1, 0, 0},
		{"the skeleton of a local part", store.Key{Kind: store.KindName, Text: alias.LocalKey}, 0, 0, 1},
		{"a handle that is no skeleton", store.Key{Kind: store.KindName, Text: "a"}, 0, 0, 0},
		{"all addresses", store.WildcardKey(store.KindEmail), 2, 6, 2},
		{"all domains", store.WildcardKey(store.KindDomain), 2, 6, 2},
		{"all names", store.WildcardKey(store.KindName), 3, 0, 2},
		{"an IP address", store.Key{Kind: store.KindIP, Text: "192.0.2.1"}, 0, 0, 0},
		{"all IP addresses", store.WildcardKey(store.KindIP), 0, 0, 0},
	} {
		got := affected(t, s, tt.key, 0)
		wantSame(t, "Affected of "+tt.what, got, store.Affected{Accounts: tt.accounts, Addresses: tt.addresses, Aliases: tt.aliases})
	}
	wantSame(t, "Affected with samples", affected(t, s, store.Key{Kind: store.KindDomain, Text: "mail.example"}, 2), store.Affected{
		Accounts: 1, Addresses: 3, Aliases: 2,
		AccountSample: []store.AccountRef{{ID: a.ID, Seq: a.Seq, Handle: "a"}},
		AddressSample: []string{"a@mail.example", "b@sub.mail.example"},
		AliasSample: []store.AliasRef{
			{ID: alias.ID, Seq: alias.Seq, Address: "on@x.sub.mail.example", Destination: "a@mail.example"},
			{ID: to.ID, Seq: alias.Seq + 1, Address: "to@z.example", Destination: "z@sub.mail.example"},
		},
	})
}

func testIsAsked(t reporter, s store.Store) {
	type question struct {
		what store.Kind
		text string
	}
	type questions map[question]bool
	saysNo := func(asked questions) func(store.Kind, string) bool {
		return func(what store.Kind, text string) bool {
			asked[question{what, text}] = true
			return false
		}
	}
	w := newWorld(t, s)
	for _, key := range w.keys() {
		needed, inRange, asked := questions{}, questions{}, questions{}
		w.affected(&store.Selector{Key: key, Test: saysNo(needed)}, 0)
		w.affected(&store.Selector{Key: key, Test: saysNo(inRange)}, 0)
		for i := range w.aliases { // those that are off as well
			(&store.Selector{Key: key, Test: saysNo(inRange)}).Alias(&w.aliases[i])
		}
		got, err := s.Affected(t.Context(), store.Selector{Key: key, Test: saysNo(asked)}, 5)
		if err != nil {
			t.Fatalf("Affected(%v): %v", key, err)
		}
		wantSame(t, fmt.Sprintf("Affected(%v) with a Test that says no", key), got, store.Affected{})
		for q := range asked {
			if !inRange[q] {
				t.Errorf("the Test of %v was asked of the %v %q, which is not in the range", key, q.what, q.text)
			}
		}
		for q := range needed {
			if !asked[q] {
				t.Errorf("the Test of %v was not asked of the %v %q", key, q.what, q.text)
			}
		}
	}
}

// banDisables lets a ban turn off what each selector of a world selects, and
// turns that on again.
func banDisables(t reporter, s store.Store, write func(i int, sel store.Selector, given store.Change) (store.Ban, error)) {
	w := newWorld(t, s)
	for i, sel := range w.selectors() {
		if n := i % 4; n == 0 || n == 3 { // each key once, with a Test or without
			continue
		}
		b, err := write(i, sel, changeAt(store.BanCreate, after(time.Hour)))
		if err != nil {
			t.Fatalf("the ban with the selector %v: %v", sel.Key, err)
		}
		wantSame(t, "the ban", read(t, s, b.ID), b)
		var on []int
		for j := range w.aliases {
			if a := &w.aliases[j]; a.Active && sel.Alias(a) {
				*a = turnedOff(*a, b.ID)
				on = append(on, j)
			}
		}
		if b.AliasesDisabled != int64(len(on)) {
			t.Errorf("the ban with the selector %v turned off %d aliases, want %d", sel.Key, b.AliasesDisabled, len(on))
		}
		wantSameList(t, fmt.Sprintf("the aliases after a ban with the selector %v", sel.Key), allAliases(t, s), w.aliases)
		for _, j := range on {
			a := w.aliases[j]
			a.Active, a.DisabledBan = true, uuid.Nil
			w.aliases[j] = updateAlias(t, s, a)
		}
	}
	wantSameList(t, "the accounts", allAccounts(t, s), w.accounts)
}

func refusedDisablesNone(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	createAlias(t, s, newAlias("a", owner))
	active := create(t, s, lasting(domainBan("active.example")))
	other := create(t, s, lasting(domainBan("other.example")))
	all := store.Selector{Key: store.WildcardKey(store.KindDomain)}
	verify := unchanged(t, s)

	_, err := s.CreateBanDisabling(t.Context(), lasting(domainBan("active.example")), all, change(store.BanCreate))
	wantExists(t, "CreateBanDisabling", err, active)
	taken := lasting(domainBan("new.example"))
	taken.ID = active.ID
	_, err = s.CreateBanDisabling(t.Context(), taken, all, change(store.BanCreate))
	wantError(t, "CreateBanDisabling with an ID that is taken", err, store.ErrExists)

	rival, stale, gone := other, other, lasting(domainBan("gone.example"))
	rival.Value = active.Value
	stale.Version++
	_, err = s.UpdateBanDisabling(t.Context(), rival, all, change(store.BanUpdate))
	wantExists(t, "UpdateBanDisabling", err, active)
	_, err = s.UpdateBanDisabling(t.Context(), stale, all, change(store.BanUpdate))
	wantError(t, "UpdateBanDisabling of another version", err, store.ErrConflict)
	_, err = s.UpdateBanDisabling(t.Context(), gone, all, change(store.BanUpdate))
	wantError(t, "UpdateBanDisabling of what is not there", err, store.ErrNotFound)
	verify("a ban that was refused")
}

func disablingLogged(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	for i := range 3 {
		createAlias(t, s, newAlias(fmt.Sprint("alias ", i), owner))
	}
	create(t, s, expired(withKey(domainBan("a.example"), "key of the old one")))
	given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.BanCreate, Target: uuid.Max, Bulk: true, Counts: map[string]int64{"x": 1}}
	one := store.Selector{Key: store.Key{Kind: store.KindName, Text: "key of alias 1"}}
	all := store.Selector{Key: store.Key{Kind: store.KindDomain, Text: "alias.example"}}

	last := lastChange(t, s)
	b, err := s.CreateBanDisabling(t.Context(), lasting(domainBan("a.example")), one, given)
	if err != nil {
		t.Fatalf("CreateBanDisabling: %v", err)
	}
	want := store.Change{At: given.At, Actor: given.Actor, Action: given.Action, Target: b.ID, Counts: map[string]int64{"aliases_disabled": 1}}
	want.Keys = []store.Key{b.Key(), {Kind: store.KindDomain, Text: "key of the old one"}}
	last = wantChange(t, s, last, want, nil, &b)
	for i, counts := range []map[string]int64{{"aliases_disabled": 2}, nil} {
		next := withKey(b, strings.Repeat("k", i+1))
		given.Action = store.BanUpdate
		updated, err := s.UpdateBanDisabling(t.Context(), next, all, given)
		if err != nil {
			t.Fatalf("UpdateBanDisabling: %v", err)
		}
		want.Action, want.Counts, want.Keys = store.BanUpdate, counts, []store.Key{b.Key(), updated.Key()}
		last = wantChange(t, s, last, want, &b, &updated)
		b = updated
	}
}

func aliasesDisabledStays(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	createAlias(t, s, newAlias("a", owner))
	given := lasting(domainBan("a.example"))
	given.AliasesDisabled = 7
	b := create(t, s, given)
	createMany(t, s, []store.Ban{given2(given)})
	for _, stored := range allBans(t, s) {
		if stored.AliasesDisabled != 0 {
			t.Errorf("a new ban has AliasesDisabled %d, want 0", stored.AliasesDisabled)
		}
	}
	all := store.Selector{Key: store.WildcardKey(store.KindDomain)}
	for _, want := range []int64{1, 0} {
		var err error
		if b, err = s.UpdateBanDisabling(t.Context(), b, all, change(store.BanUpdate)); err != nil {
			t.Fatalf("UpdateBanDisabling: %v", err)
		}
		b.AliasesDisabled = 9
		if b = update(t, s, b); b.AliasesDisabled != want {
			t.Errorf("after an update AliasesDisabled is %d, want %d", b.AliasesDisabled, want)
		}
		wantSame(t, "the ban", read(t, s, b.ID), b)
	}
}

// given2 is another ban with the same fields.
func given2(b store.Ban) store.Ban {
	other := domainBan("b.example")
	other.AliasesDisabled = b.AliasesDisabled
	return other
}
