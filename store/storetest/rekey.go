package storetest

import (
	"context"
	"slices"
	"strings"

	"example.com/ostraka/store"
)

// newKeys makes other keys than the fixtures have.
type newKeys struct{}

func (newKeys) RuleKey(_ store.Kind, value string) (string, bool) {
	return "new key of " + value, !strings.Contains(value, "unreadable")
}

func (newKeys) Mailbox(address string) (string, bool) { return "new mailbox of " + address, true }

// HandleKeys makes handles that end alike look alike.
func (newKeys) HandleKeys(handle string) ([]string, bool) {
	_, last, _ := strings.Cut(handle, " ")
	return []string{"new key of " + last, "other new key of " + last}, true
}

func (newKeys) HandleSpare(fold string) string { return "spare key of " + fold }

func (newKeys) LocalKey(local string) (string, bool) { return "new key of " + local, true }

// newKey is the key that newKeys makes of a rule.
func newKey(kind store.Kind, value string) store.Key {
	return store.Key{Kind: kind, Text: "new key of " + value}
}

// rekeyAll makes all keys anew, in pages of that size, and sums up what was done.
func rekeyAll(t reporter, s store.Store, limit int) (sum store.RekeyResult) {
	t.Helper()
	page := store.RekeyPage{Limit: limit}
	for range 1000 {
		got, err := s.Rekey(t.Context(), page, newKeys{}, change(store.KeysRewrite))
		if err != nil {
			t.Fatalf("Rekey(%+v): %v", page, err)
		}
		sum.Seen, sum.Moved, sum.Spare, sum.Hashed = sum.Seen+got.Seen, sum.Moved+got.Moved, sum.Spare+got.Spare, sum.Hashed+got.Hashed
		if page.After = got.Next; page.After == "" {
			return sum
		}
	}
	t.Fatalf("Rekey comes to no end")
	return sum
}

// moved returns a ban as it is with the key that newKeys makes.
func moved(b store.Ban) store.Ban {
	b.KeyText = newKey(b.Kind, b.Value).Text
	b.Version++
	return b
}

func nameBan(value string) store.Ban { return newBan(store.KindName, value) }

func mailBan(value string) store.Ban { return newBan(store.KindEmail, value) }

var rekeyClauses = []clause{
	{"Rekey gives bans their new keys, whatever their state",
		"After Rekey bans of addresses and names, active, expired, revoked or retired, have the key that the maker makes, and are found by it and by no other; domains and prefixes keep theirs, and so does what the maker cannot read.",
		rekeyBans},
	{"Rekey gives the entries of both versions their new keys",
		"After Rekey the entries in force have the keys that the maker makes, and so have those that UndoList brings back.",
		rekeyEntries},
	{"Rekey gives accounts and aliases their new keys",
		"After Rekey accounts are found by their new handle keys and no others, and their addresses and the aliases are selected by their new keys.",
		rekeyAccounts},
	{"Of two accounts that get one key the older keeps it",
		"If a handle gets a key that another account has, it gets the spare key instead of all its keys, and is counted.",
		rekeyTwins},
	{"Rekey comes past everything, page by page",
		"Called again with Next until it is empty, Rekey comes past every record, however small the pages are.",
		func(t reporter, s store.Store) {
			for _, name := range []string{"a", "b", "c"} {
				create(t, s, nameBan(name))
				a := createAccount(t, s, newAccount("the "+name))
				createAlias(t, s, newAlias(name, a))
				apply(t, s, newList(name), []store.Entry{newEntry(store.KindEmail, name+"@example.org"), newEntry(store.KindName, name)}, nil)
			}
			if got := rekeyAll(t, s, 1); got.Moved != 15 || got.Seen < 15 {
				t.Errorf("pages of one came past %d records and changed %d, want 15", got.Seen, got.Moved)
			}
		}},
	{"Rekey counts the bans that are hashes",
		"Bans whose value is a hash, whatever their state, are counted, also where nothing changes.",
		func(t reporter, s store.Store) {
			create(t, s, nameBan("a"))
			create(t, s, mailBan(hashText("k1", 1)))
			create(t, s, revoked(nameBan(hashText("k2", 1))))
			for _, limit := range []int{1, 0} {
				if got := rekeyAll(t, s, limit); got.Hashed != 2 {
					t.Errorf("it counts %d bans as hashes, want 2", got.Hashed)
				}
			}
		}},
	{"Rekey that finds nothing to change logs nothing",
		"If no key changes, nothing is written and nothing logged.",
		func(t reporter, s store.Store) {
			rekeyWorld(t, s)
			rekeyAll(t, s, 0)
			verify := unchanged(t, s)
			if got := rekeyAll(t, s, 0); got.Moved != 0 || got.Seen == 0 {
				t.Errorf("again it came past %d records and changed %d, want none changed", got.Seen, got.Moved)
			}
			verify("a Rekey without anything to do")
		}},
	{"Rekey logs the old and the new keys of rules",
		"If keys changed, a call logs one change with the keys, old and new, of the rules that changed and the count rekeyed.",
		rekeyLogs},
	{"Rekey raises the Version of what it changes",
		"A record that was read before Rekey cannot be written after it: that is ErrConflict; so is a version of a list made before.",
		rekeyConflicts},
	{"What an entry caught stays with it through Rekey",
		"Hits of a rule are those of before, and go on under its new key.",
		func(t reporter, s store.Store) {
			b, e := create(t, s, nameBan("a")), newEntry(store.KindName, "b")
			l := apply(t, s, newList("l"), []store.Entry{e}, nil)
			addHits(t, s, hit(b, 1, noon, nil), hitOf(e.Rule(&l), 2, noon, nil))
			rekeyAll(t, s, 0)
			e.Key = newKey(store.KindName, "b")
			addHits(t, s, hit(moved(b), 10, noon, nil), hitOf(e.Rule(&l), 20, noon, nil))
			for id, want := range map[string]int64{b.ID.String(): 11, e.ID.String(): 22} {
				rule := b.ID
				if id == e.ID.String() {
					rule = e.ID
				}
				if got, err := s.HitTotal(t.Context(), rule); err != nil || got.Uses != want {
					t.Errorf("HitTotal = %+v, %v, want %d uses", got, err, want)
				}
			}
		}},
}

// rekeyWorld makes one record of each sort.
func rekeyWorld(t reporter, s store.Store) {
	t.Helper()
	create(t, s, nameBan("a"))
	apply(t, s, newList("l"), []store.Entry{newEntry(store.KindEmail, "a@example.org")}, nil)
	createAlias(t, s, newAlias("a", createAccount(t, s, newAccount("the a"))))
}

func rekeyBans(t reporter, s store.Store) {
	active, mail := create(t, s, nameBan("active")), create(t, s, mailBan("a@example.org"))
	gone, over := create(t, s, revoked(nameBan("gone"))), create(t, s, expired(mailBan("over@example.org")))
	retired := create(t, s, expired(nameBan("again")))
	again := create(t, s, nameBan("again"))
	domain, ip := create(t, s, domainBan("a.example")), create(t, s, newBan(store.KindIP, "192.0.2.1"))
	odd := create(t, s, nameBan("unreadable"))
	rekeyAll(t, s, 0)

	for _, b := range []store.Ban{active, mail, gone, over, retired, again} {
		wantSame(t, "the ban of "+b.Value, read(t, s, b.ID), moved(b))
	}
	for _, b := range []store.Ban{domain, ip, odd} {
		wantSame(t, "the ban of "+b.Value, read(t, s, b.ID), b)
	}
	ruled := []store.Ban{moved(active), moved(mail), moved(over), moved(again), domain, ip, odd}
	var keys []store.Key
	for _, b := range ruled {
		keys = append(keys, b.Key())
	}
	wantRules(t, "Lookup of the new keys", lookup(t, s, keys...), ruled...)
	wantRules(t, "Lookup of the old keys", lookup(t, s, active.Key(), mail.Key(), over.Key(), again.Key(), gone.Key()))
	wantRules(t, "Scan", scan(t, s, 0), ruled...)

	back := update(t, s, reinstated(moved(gone)))
	wantRules(t, "Lookup of a ban that was reinstated", lookup(t, s, newKey(store.KindName, "gone")), back)
	longer := moved(retired)
	longer.Value, longer.KeyText = "longer", "key of longer"
	update(t, s, longer)
	wantRules(t, "Lookup of the key of another", lookup(t, s, newKey(store.KindName, "again")), moved(again))
}

func rekeyEntries(t reporter, s store.Store) {
	old, stays, added := newEntry(store.KindEmail, "old@example.org"), newEntry(store.KindName, "stays"), newEntry(store.KindName, "added")
	domain := domainEntry("a.example")
	l := apply(t, s, newList("l"), []store.Entry{old, stays, domain}, nil)
	apply(t, s, l, []store.Entry{added}, []store.Entry{old})
	rekeyAll(t, s, 0)
	oldKeys := keysOf([]store.Entry{old, stays, added})
	for _, e := range []*store.Entry{&old, &stays, &added} {
		e.Key = newKey(e.Key.Kind, e.Value)
	}
	wantEntries(t, "the entries in force", entriesOf(t, s, "l"), stays, added, domain)
	wantJustRules(t, "Lookup of the old keys", lookup(t, s, oldKeys...))
	now := readList(t, s, "l")
	wantList(t, s, now, stays, added, domain)
	wantList(t, s, undo(t, s, "l"), old, stays, domain)
}

func rekeyAccounts(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("the a"))
	alias := createAlias(t, s, newAlias("a", a))
	rekeyAll(t, s, 0)

	for _, old := range a.HandleKeys {
		_, err := s.AccountByHandleKey(t.Context(), old)
		wantError(t, "AccountByHandleKey of an old key", err, store.ErrNotFound)
	}
	a.HandleKeys = []string{"new key of a", "other new key of a"}
	for i := range a.Emails {
		a.Emails[i].Mailbox = "new mailbox of " + a.Emails[i].Address
	}
	a.Version++
	for _, key := range a.HandleKeys {
		got, err := s.AccountByHandleKey(t.Context(), key)
		if err != nil {
			t.Errorf("AccountByHandleKey(%q): %v", key, err)
		}
		wantSame(t, "the account", got, a)
	}
	alias.LocalKey, alias.Mailbox = "new key of a", "new mailbox of "+alias.Destination
	alias.Version++
	wantSame(t, "the alias", readAlias(t, s, alias.ID), alias)
	for key, want := range map[store.Key][3]int64{
		{Kind: store.KindName, Text: "new key of a"}:                                    {1, 0, 1},
		{Kind: store.KindEmail, Text: "new mailbox of " + alias.Destination}:            {1, 1, 1},
		{Kind: store.KindName, Text: "key of a"}:                                        {},
		{Kind: store.KindEmail, Text: "mailbox of " + a.Emails[0].Address}:              {},
		{Kind: store.KindEmail, Text: "new mailbox of " + a.Emails[1].Address}:          {1, 1, 0},
		{Kind: store.KindEmail, Text: "new mailbox of " + a.Emails[1].Address + ".org"}: {},
	} {
		got, err := s.Affected(t.Context(), store.Selector{Key: key}, 0)
		if counts := [3]int64{got.Accounts, got.Addresses, got.Aliases}; err != nil || counts != want {
			t.Errorf("Affected by %v counts %v, %v, want %v", key, counts, err, want)
		}
	}
}

func rekeyTwins(t reporter, s store.Store) {
	older, younger := createAccount(t, s, newAccount("older twin")), createAccount(t, s, newAccount("younger twin"))
	got := rekeyAll(t, s, 0)
	older.HandleKeys, younger.HandleKeys = []string{"new key of twin", "other new key of twin"}, []string{"spare key of " + younger.HandleFold}
	for _, a := range []store.Account{older, younger} {
		if keys := readAccount(t, s, a.ID).HandleKeys; !slices.Equal(keys, a.HandleKeys) {
			t.Errorf("%q has the keys %q, want %q", a.Handle, keys, a.HandleKeys)
		}
	}
	if got.Spare != 1 {
		t.Errorf("%d accounts have a spare key, want 1", got.Spare)
	}
	removeAccount(t, s, older)
	if got := rekeyAll(t, s, 0); got.Spare != 0 || got.Moved != 1 {
		t.Errorf("without the other, %d accounts have a spare key and %d changed, want 0 and 1", got.Spare, got.Moved)
	}
}

func rekeyLogs(t reporter, s store.Store) {
	b, gone := create(t, s, nameBan("a")), create(t, s, revoked(nameBan("gone")))
	e := newEntry(store.KindEmail, "a@example.org")
	apply(t, s, newList("l"), []store.Entry{e}, nil)
	createAccount(t, s, newAccount("the a"))
	last := lastChange(t, s)
	var told []store.Change
	defer s.Subscribe(func(c store.Change) { told = append(told, c) })()
	sum := rekeyAll(t, s, 0)

	log := changes(t, s, last)
	var keys []store.Key
	rekeyed := int64(0)
	for _, c := range log {
		keys = append(keys, c.Keys...)
		rekeyed += c.Counts["rekeyed"]
		if c.Action != store.KeysRewrite || c.Actor != "actor" || !c.At.Equal(noon) || c.Bulk || c.Before != nil || c.After != nil {
			t.Errorf("the log has %+v", c)
		}
	}
	for _, want := range []store.Key{b.Key(), newKey(b.Kind, b.Value), e.Key, newKey(e.Key.Kind, e.Value)} {
		if !slices.Contains(keys, want) {
			t.Errorf("the log does not name the key %v", want)
		}
	}
	if rekeyed != 4 || sum.Moved != 4 {
		t.Errorf("the log counts %d, Rekey says %d, want 4: %q and %q too", rekeyed, sum.Moved, gone.Value, "the a")
	}
	if !equalSlices(told, log) {
		t.Errorf("subscribers were told %+v, the log has %+v", told, log)
	}
}

func rekeyConflicts(t reporter, s store.Store) {
	ctx := t.Context()
	b, a := create(t, s, nameBan("a")), createAccount(t, s, newAccount("the a"))
	alias := createAlias(t, s, newAlias("a", a))
	e := newEntry(store.KindName, "b")
	l := apply(t, s, newList("l"), []store.Entry{e}, nil)
	rekeyAll(t, s, 0)
	_, err := s.UpdateBan(ctx, b, change(store.BanUpdate))
	wantError(t, "UpdateBan of the ban as it was", err, store.ErrConflict)
	_, err = s.UpdateAccount(ctx, store.AccountWrite{Account: a}, change(store.AccountUpdate))
	wantError(t, "UpdateAccount of the account as it was", err, store.ErrConflict)
	_, err = s.UpdateAlias(ctx, alias, change(store.AliasUpdate))
	wantError(t, "UpdateAlias of the alias as it was", err, store.ErrConflict)
	_, err = s.ApplyList(ctx, store.ListDelta{List: l, Remove: []store.Entry{e}}, change(store.ListSync))
	wantError(t, "ApplyList to the list as it was", err, store.ErrConflict)

	update(t, s, read(t, s, b.ID))
	updateAccount(t, s, readAccount(t, s, a.ID))
	updateAlias(t, s, readAlias(t, s, alias.ID))
	apply(t, s, readList(t, s, "l"), nil, entriesOf(t, s, "l"))
}

var tableClauses = []clause{
	{"The tables are those that were set last",
		"KeyTables is what SetKeyTables set last, nothing in a new store; setting what is set already changes and logs nothing.",
		func(t reporter, s store.Store) {
			wantTables(t, s, "")
			setTables(t, s, "", "one")
			setTables(t, s, "one", "two")
			verify := unchanged(t, s)
			setTables(t, s, "other", "two")
			verify("setting the same tables")
			wantTables(t, s, "two")
			setTables(t, s, "two", "")
			wantTables(t, s, "")
		}},
	{"Tables are set from those that are there",
		"SetKeyTables from another name is ErrConflict and changes nothing.",
		func(t reporter, s store.Store) {
			setTables(t, s, "", "one")
			verify := unchanged(t, s)
			for _, from := range []string{"", "two", "ONE"} {
				wantError(t, "SetKeyTables from "+from, s.SetKeyTables(t.Context(), from, "three", change(store.KeysTables)), store.ErrConflict)
			}
			verify("a refused SetKeyTables")
			wantTables(t, s, "one")
		}},
	{"Setting the tables logs one change",
		"SetKeyTables logs one change without keys.",
		func(t reporter, s store.Store) {
			setTables(t, s, "", "one")
			log := changes(t, s, 0)
			if len(log) != 1 || log[0].Action != store.KeysTables || log[0].Actor != "actor" || len(log[0].Keys) > 0 || log[0].Bulk {
				t.Errorf("the log has %+v", log)
			}
		}},
	{"The first change of a store names the tables",
		"The KeyTables of the very first change become those of the store.",
		func(t reporter, s store.Store) {
			createBy(t, s, "one", nameBan("a"))
			wantTables(t, s, "one")
			createBy(t, s, "one", nameBan("b"))
			createBy(t, s, "", nameBan("c"))
			wantTables(t, s, "one")
			if log := changes(t, s, 0); len(log) != 3 || log[0].KeyTables != "" {
				t.Errorf("the log has %+v, want three changes without tables", log)
			}
		}},
	{"Keys by other tables leave no name",
		"A change with other KeyTables than those of the store leaves none, and is followed by one that says so; in a store without a name it changes nothing.",
		func(t reporter, s store.Store) {
			createBy(t, s, "one", nameBan("a"))
			last := lastChange(t, s)
			createBy(t, s, "two", nameBan("b"))
			wantTables(t, s, "")
			log := changes(t, s, last)
			if len(log) != 2 || log[0].Action != store.BanCreate || log[1].Action != store.KeysMixed || !log[1].Bulk || log[1].Actor != "actor" || !log[1].At.Equal(noon) {
				t.Errorf("the log has %+v, want the ban and that keys are mixed", log)
			}
			last = lastChange(t, s)
			createBy(t, s, "one", nameBan("c"))
			wantTables(t, s, "")
			if log := changes(t, s, last); len(log) != 1 {
				t.Errorf("the log has %+v, want the ban alone", log)
			}
		}},
	{"Keys by the tables that others are made anew by leave the name",
		"A change with the KeyTables that stand behind the mark leaves it; one with others does not.",
		func(t reporter, s store.Store) {
			setTables(t, s, "", store.RekeyMark+"one")
			createBy(t, s, "one", nameBan("a"))
			wantTables(t, s, store.RekeyMark+"one")
			createBy(t, s, "two", nameBan("b"))
			wantTables(t, s, "")
		}},
}

func wantTables(t reporter, s store.Store, want string) {
	t.Helper()
	if got, err := s.KeyTables(t.Context()); err != nil || got != want {
		t.Errorf("KeyTables = %q, %v, want %q", got, err, want)
	}
}

func setTables(t reporter, s store.Store, from, to string) {
	t.Helper()
	if err := s.SetKeyTables(t.Context(), from, to, change(store.KeysTables)); err != nil {
		t.Fatalf("SetKeyTables(%q, %q): %v", from, to, err)
	}
}

// createBy makes a ban whose keys those tables made.
func createBy(t reporter, s store.Store, tables string, b store.Ban) {
	t.Helper()
	c := change(store.BanCreate)
	c.KeyTables = tables
	if _, err := s.CreateBan(context.WithoutCancel(t.Context()), b, c); err != nil {
		t.Fatalf("CreateBan(%q): %v", b.Value, err)
	}
}

var tableReopenClauses = []persistentClause{
	{"The name of the tables survives Close",
		"KeyTables is the same after the store was closed and opened again, and in another store on the same data.",
		func(t reporter, open func() store.Store) {
			s := open()
			createBy(t, s, "one", nameBan("a"))
			wantTables(t, open(), "one")
			shut(t, s)
			s = open()
			wantTables(t, s, "one")
			createBy(t, s, "two", nameBan("b"))
			wantTables(t, open(), "")
		}},
}
