package storetest

import (
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/store"
)

var applyClauses = []clause{
	{"ApplyList makes a new list",
		"A delta for version 0 of a list that does not exist makes it, at version 1 with the entries added, and returns what reads return from then on.",
		applyNew},
	{"ApplyList makes the next version of a list",
		"ApplyList adds, removes and changes entries and raises the Version by one; entries that are in neither Add nor Remove stay as they are, with ID and Line.",
		applyNext},
	{"ApplyList replaces the texts of a list",
		"Source, Reason and PublicReason are as the delta has them, also in the rules of entries that stay; Seq and CreatedAt stay.",
		func(t reporter, s store.Store) {
			entries := domainEntries(3)
			first := apply(t, s, newList("l"), entries, nil)
			given := first
			given.Source, given.Reason, given.PublicReason = "another source", "", "another public reason"
			given.CreatedAt, given.Seq, given.Entries, given.Undoable = after(day), 99, 99, false
			got := apply(t, s, given, nil, nil)
			want := given
			want.CreatedAt, want.Seq, want.Entries, want.Undoable, want.Version = first.CreatedAt, first.Seq, 3, true, 2
			wantSame(t, "what ApplyList returns", got, want)
			wantList(t, s, got, entries...)
		}},
	{"Seq numbers lists from 1 and is not reused",
		"Seq numbers the lists of one store in the order of their creation, from 1, never reusing a number.",
		func(t reporter, s store.Store) {
			last := int64(0)
			for i, name := range []string{"b", "a", "a", "c"} {
				l := apply(t, s, newList(name), nil, nil)
				if i == 0 && l.Seq != 1 {
					t.Errorf("the first list has Seq %d, want 1", l.Seq)
				}
				if l.Seq <= last {
					t.Errorf("a later list has Seq %d, not above %d", l.Seq, last)
				}
				if last = l.Seq; i == 1 {
					drop(t, s, name)
				}
			}
		}},
	{"Lists returns all lists by name",
		"Lists returns all lists, by name, ascending, byte for byte; none is an empty list and no error.",
		func(t reporter, s store.Store) {
			if all := allLists(t, s); len(all) != 0 {
				t.Errorf("Lists = %+v, want none", all)
			}
			var want []store.List
			for _, name := range tricky {
				want = append(want, apply(t, s, newList(name), nil, nil))
			}
			slices.SortFunc(want, func(a, b store.List) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) })
			if got := allLists(t, s); !equalSlices(got, want) {
				t.Errorf("Lists = %+v, want %+v", got, want)
			}
			for _, l := range want {
				wantSame(t, "what List returns", readList(t, s, l.Name), l)
			}
		}},
	{"Every owner keeps its rules to itself",
		"A list owns its entries: other lists, bans and blocks with the same values and keys stay as they are, whatever it does.",
		applyOwns},
	{"PrefixLengths names those of list entries",
		"PrefixLengths leaves out no length of an IP rule that Lookup could return, those of list entries included.",
		func(t reporter, s store.Store) {
			bits := func(n uint8) store.PrefixLen { return store.PrefixLen{Bits: n} }
			create(t, s, ipBan("192.0.2.0/24"))
			first := []store.Entry{ipEntry("198.51.100.0/24"), ipEntry("203.0.113.0/25"), ipEntry("2001:db8::/48")}
			l := apply(t, s, newList("l"), first, nil)
			v6 := store.PrefixLen{IPv6: true, Bits: 48}
			wantLengths(t, s, "after the first version", bits(24), bits(25), v6)
			apply(t, s, l, []store.Entry{ipEntry("10.0.0.0/8")}, first[1:])
			wantLengthsInclude(t, s, "after the second version", bits(24), bits(8))
			undo(t, s, "l")
			wantLengthsInclude(t, s, "after going back", bits(24), bits(25), v6)
		}},
	{"Scan yields the entries of lists",
		"Scan yields every rule of the kind, or of all kinds, that Lookup could return: of bans, of blocks and of lists.",
		func(t reporter, s store.Store) {
			var want []store.Rule
			lists := []store.List{newList("a"), newList("b")}
			for i, l := range lists {
				var entries []store.Entry
				for _, k := range store.Kinds() {
					entries = append(entries, newEntry(k, "one"), newEntry(k, fmt.Sprint("two ", i)))
				}
				l = apply(t, s, l, entries, nil)
				for _, e := range entries {
					want = append(want, e.Rule(&l))
				}
			}
			ban, block := create(t, s, domainBan("one")), createBlock(t, s, newBlock("one"))
			want = append(want, ban.Rule(), block.Rule())
			wantJustRules(t, "Scan of all kinds", scan(t, s, 0), want...)
			for _, k := range store.Kinds() {
				of := slices.DeleteFunc(slices.Clone(want), func(r store.Rule) bool { return r.Key.Kind != k })
				wantJustRules(t, "Scan of kind "+k.String(), scan(t, s, k), of...)
			}
		}},
	{"Texts of entries are bytes",
		"A backend compares and stores values and keys of entries byte for byte: no entry is taken for another.",
		func(t reporter, s store.Store) {
			var entries []store.Entry
			for _, v := range tricky {
				e := domainEntry(v)
				e.Key.Text = v
				entries = append(entries, e)
			}
			wild := []store.Entry{newEntry(store.KindName, "admin*"), newEntry(store.KindName, "*admin")}
			for i := range wild {
				wild[i].Key = store.WildcardKey(store.KindName)
			}
			l := apply(t, s, newList("l"), append(entries, wild...), nil)
			wantList(t, s, l, append(entries, wild...)...)
			rules := lookup(t, s, entries[0].Key)
			wantJustRules(t, "Lookup of one", rules, entries[0].Rule(&l))
			wantJustRules(t, "Lookup of one, named twice", lookup(t, s, entries[0].Key, entries[0].Key), rules...)
		}},
}

func applyNew(t reporter, s store.Store) {
	var entries []store.Entry
	for i, k := range store.Kinds() {
		for _, effect := range []store.Effect{store.Deny, store.Review, store.Allow} {
			e := newEntry(k, effect.String())
			e.Effect, e.Scope, e.Shadow, e.Line = effect, store.Scope(i*7), i%2 == 0, i*1000
			entries = append(entries, e)
		}
	}
	given := newList("disposable")
	given.Seq, given.Entries, given.SyncedAt, given.SyncedBy = 77, 78, after(day), "nobody"
	by := store.Change{At: after(time.Minute), Actor: "ἀριστείδης", Action: store.ListSync}
	got, err := s.ApplyList(t.Context(), store.ListDelta{List: given, Add: entries}, by)
	if err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	want := given
	want.Seq, want.Version, want.Entries, want.Undoable = 1, 1, int64(len(entries)), true
	want.SyncedAt, want.SyncedBy = by.At, by.Actor
	wantSame(t, "what ApplyList returns", got, want)
	wantList(t, s, got, entries...)
	empty := apply(t, s, store.List{ID: newList("").ID, Name: "empty", CreatedAt: noon}, nil, nil)
	wantList(t, s, empty)
}

func applyNext(t reporter, s store.Store) {
	all := domainEntries(6)
	for i := range all {
		all[i].Line = i * 10
	}
	l := apply(t, s, newList("l"), all, nil)
	changed := all[1]
	changed.Effect, changed.Scope, changed.Shadow, changed.Line = store.Allow, 0, false, 500
	fresh := domainEntry("fresh.example")
	by := changeAt(store.ListSync, after(time.Hour))
	next, err := s.ApplyList(t.Context(), store.ListDelta{
		List: l, Add: []store.Entry{fresh, changed}, Remove: []store.Entry{all[3], all[1]},
	}, by)
	if err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	want := l
	want.Version, want.Entries, want.SyncedAt = 2, 6, by.At
	wantSame(t, "what ApplyList returns", next, want)
	wantList(t, s, next, all[0], changed, all[2], all[4], all[5], fresh)
	wantJustRules(t, "Lookup of a removed entry", lookup(t, s, all[3].Key))

	moved := changed // of the same value, found by another key from now on
	moved.Key.Text = "another key"
	next = apply(t, s, next, []store.Entry{moved, all[3]}, []store.Entry{changed, all[0], all[2], all[4], all[5]})
	if next.Version != 3 {
		t.Errorf("the third version is %d, want 3", next.Version)
	}
	wantList(t, s, next, moved, fresh, all[3])
	wantJustRules(t, "Lookup of the old key", lookup(t, s, changed.Key))
	next = apply(t, s, next, nil, []store.Entry{moved, fresh, all[3]})
	wantList(t, s, next)
}

func applyOwns(t reporter, s store.Store) {
	entry := func() store.Entry { return domainEntry("a.example") }
	ban, block := create(t, s, domainBan("a.example")), createBlock(t, s, newBlock("a.example"))
	one, two := []store.Entry{entry()}, []store.Entry{entry(), domainEntry("b.example")}
	first, second := apply(t, s, newList("one"), one, nil), apply(t, s, newList("two"), two, nil)
	others := func(when string) {
		t.Helper()
		wantFound(t, s, ban)
		wantBlock(t, s, block)
		wantList(t, s, second, two...)
		rules := slices.DeleteFunc(lookup(t, s, ban.Key()), func(r store.Rule) bool { return r.Origin == "list:one" })
		wantJustRules(t, "Lookup "+when, rules, ban.Rule(), block.Rule(), two[0].Rule(&second))
	}
	others("beside one more list")
	apply(t, s, first, nil, one)
	others("when the other list let go of its entry")
	undo(t, s, "one")
	others("when the other list has it again")
	drop(t, s, "one")
	others("when the other list is gone")
	removeBlock(t, s, block)
	remove(t, s, ban)
	wantList(t, s, second, two...)
}
