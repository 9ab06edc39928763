package storetest

import (
	"math"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var aliasClauses = []clause{
	{"CreateAlias returns the alias as stored",
		"CreateAlias gives the alias its Seq and Version 1, keeps the rest as given, and returns what reads return from then on.",
		aliasesComeBack},
	{"Seq numbers aliases from 1 and is not reused",
		"Seq numbers the aliases of one store in the order of their creation, from 1, never reusing a number.",
		func(t reporter, s store.Store) {
			createAccount(t, s, newAccount("other"))
			a := createAccount(t, s, newAccount("a"))
			first, second := createAlias(t, s, newAlias("first", a)), createAlias(t, s, newAlias("second", a))
			if first.Seq != 1 || second.Seq <= 1 {
				t.Errorf("the first aliases have Seqs %d and %d, want 1 and one above", first.Seq, second.Seq)
			}
			removeAlias(t, s, second)
			if again := createAlias(t, s, second); again.Seq <= second.Seq || again.Version != 1 {
				t.Errorf("an alias created after Seq %d was deleted has Seq %d, Version %d; want a higher Seq, 1", second.Seq, again.Seq, again.Version)
			}
		}},
	{"An alias is refused for an ID or an address that is taken",
		"An ID, or a local part and domain, that is taken gives ErrExists, whatever the state of who has it, and nothing is written.",
		aliasTaken},
	{"An active alias has an owner with its destination",
		"An active alias with an owner whose account is not there or not active, or of which Destination is no address, gives ErrConflict; one that is not active, or has no owner, does not.",
		aliasOwners},
	{"What alias is not there is ErrNotFound",
		"Reading, updating or deleting an alias that is not there gives ErrNotFound.",
		aliasNotFound},
	{"UpdateAlias replaces the alias",
		"UpdateAlias replaces the alias of that ID and returns it as stored, its Version one higher. Seq, CreatedAt and CreatedBy stay as they were.",
		aliasReplaced},
	{"UpdateAlias refuses another version of the alias",
		"It is ErrConflict if the alias's Version is not alias.Version; the alias is then as it was.",
		func(t reporter, s store.Store) {
			a := createAlias(t, s, newAlias("a", createAccount(t, s, newAccount("a"))))
			b := updateAlias(t, s, a)
			verify := unchanged(t, s)
			for _, v := range []int64{a.Version, b.Version + 1, 0} {
				mine := b
				mine.Version, mine.Active = v, false
				_, err := s.UpdateAlias(t.Context(), mine, change(store.AliasUpdate))
				wantError(t, "UpdateAlias", err, store.ErrConflict)
				verify("a refused UpdateAlias")
			}
		}},
	{"DeleteAlias removes the alias and frees its address",
		"DeleteAlias removes the alias of that ID and returns it as it was.",
		func(t reporter, s store.Store) {
			owner := createAccount(t, s, newAccount("a"))
			a, b := createAlias(t, s, newAlias("a", owner)), createAlias(t, s, newAlias("b", owner))
			wantSame(t, "the alias that DeleteAlias returned", removeAlias(t, s, a), a)
			wantSameList(t, "the aliases that are left", allAliases(t, s), []store.MailAlias{b})
			wantAlias(t, s, createAlias(t, s, newAlias("a", owner)))
		}},
	{"Every mutation of an alias logs one change",
		"A mutating method logs one change with the caller's At, Actor and Action, and the store's Target, Before and After; no keys.",
		aliasChanges},
}

// wantAlias wants every read to return just this alias.
func wantAlias(t reporter, s store.Store, want store.MailAlias) {
	t.Helper()
	wantSame(t, "what Alias returns", readAlias(t, s, want.ID), want)
	got, err := s.AliasBySeq(t.Context(), want.Seq)
	if err != nil {
		t.Fatalf("AliasBySeq(%d): %v", want.Seq, err)
	}
	wantSame(t, "what AliasBySeq returns", got, want)
	if got, err = s.AliasByAddress(t.Context(), want.Local, want.Domain); err != nil {
		t.Fatalf("AliasByAddress(%q, %q): %v", want.Local, want.Domain, err)
	}
	wantSame(t, "what AliasByAddress returns", got, want)
	wantSameList(t, "the aliases that ListAliases gives of the page around it",
		listAliases(t, s, store.AliasFilter{}, store.Page{After: want.Seq - 1, Before: want.Seq + 1}), []store.MailAlias{want})
}

func aliasesComeBack(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	add := func(a store.MailAlias) {
		t.Helper()
		given := a
		given.Seq, given.Version = 77, 78
		got := createAlias(t, s, given)
		a.Seq, a.Version = got.Seq, 1
		wantSame(t, "the alias that CreateAlias returned", got, a)
		wantAlias(t, s, got)
	}
	add(newAlias("a", owner))
	add(store.MailAlias{ID: newID(), Local: "nobody", Domain: "x.example", Destination: "d@x.example", CreatedAt: noon, UpdatedAt: noon})
	text := newAlias(" 'quoted' \"text\"; -- \n\t 🦉 %s ? ", owner)
	text.Active, text.DisabledBan, text.Owner = false, newID(), newID()
	text.CreatedBy, text.Domain = "ἀλκιβιάδης", text.Local
	add(text)
	for name, at := range trickyTimes {
		a := newAlias("a "+name, owner)
		a.CreatedAt, a.UpdatedAt = at, at
		add(a)
	}
}

func aliasTaken(t reporter, s store.Store) {
	a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
	taken := createAlias(t, s, newAlias("taken", a))
	off := newAlias("off", a)
	off.Active = false
	off = createAlias(t, s, off)
	mine := createAlias(t, s, newAlias("mine", b))
	verify := unchanged(t, s)
	for what, other := range map[string]store.MailAlias{"an active alias": taken, "an alias that is off": off} {
		sameID := newAlias("fresh", b)
		sameID.ID = other.ID
		_, err := s.CreateAlias(t.Context(), sameID, change(store.AliasCreate))
		wantError(t, "CreateAlias with the ID of "+what, err, store.ErrExists)
		_, err = s.CreateAlias(t.Context(), newAlias(other.Local, b), change(store.AliasCreate))
		wantError(t, "CreateAlias with the address of "+what, err, store.ErrExists)
		moved := mine
		moved.Local = other.Local
		_, err = s.UpdateAlias(t.Context(), moved, change(store.AliasUpdate))
		wantError(t, "UpdateAlias to the address of "+what, err, store.ErrExists)
		verify("an alias with what " + what + " has")
	}
	elsewhere := newAlias("taken", b)
	elsewhere.Domain = "elsewhere.example"
	wantAlias(t, s, createAlias(t, s, elsewhere))
	createAlias(t, s, newAlias("fresh", b)) // nothing of the others stands in the way
}

func aliasOwners(t reporter, s store.Store) {
	a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
	out := createAccount(t, s, suspended(newAccount("out")))
	gone := createAccount(t, s, newAccount("gone"))
	removeAccount(t, s, gone)
	toOthers := newAlias("to others", a)
	toOthers.Destination = b.Emails[0].Address
	toNobody := newAlias("to nobody", a)
	toNobody.Destination = "nobody@x.example"
	toSecond := newAlias("to second", a)
	toSecond.Destination = a.Emails[1].Address

	there := createAlias(t, s, newAlias("there", a))
	verify := unchanged(t, s)
	wrong := map[string]store.MailAlias{
		"an owner who is not there": newAlias("x", newAccount("nobody")), "an owner who is gone": newAlias("gone", gone),
		"an owner who is suspended": newAlias("out", out), "the address of another": toOthers, "the address of nobody": toNobody,
	}
	for what, alias := range wrong {
		_, err := s.CreateAlias(t.Context(), alias, change(store.AliasCreate))
		wantError(t, "CreateAlias with "+what, err, store.ErrConflict)
		alias.ID, alias.Version = there.ID, there.Version
		_, err = s.UpdateAlias(t.Context(), alias, change(store.AliasUpdate))
		wantError(t, "UpdateAlias to "+what, err, store.ErrConflict)
		verify("an alias with " + what)
	}
	for _, alias := range wrong {
		off, free := alias, alias
		off.Active = false
		off = createAlias(t, s, off)
		wantAlias(t, s, updateAlias(t, s, off))
		free.ID, free.Local, free.Owner = newID(), "free "+alias.Local, uuid.Nil
		wantAlias(t, s, createAlias(t, s, free))
		off = readAlias(t, s, off.ID)
		off.Active = true
		_, err := s.UpdateAlias(t.Context(), off, change(store.AliasUpdate))
		wantError(t, "UpdateAlias that turns it on", err, store.ErrConflict)
	}
	wantAlias(t, s, createAlias(t, s, toSecond))
}

func aliasNotFound(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	a := newAlias("a", owner)
	a.Version = 1
	check := func(when string) {
		t.Helper()
		_, err := s.Alias(t.Context(), a.ID)
		wantError(t, "Alias "+when, err, store.ErrNotFound)
		for _, address := range [][2]string{{a.Local, a.Domain}, {a.Domain, a.Local}, {a.Local, ""}, {"", a.Domain}, {"other", "x"}} {
			_, err = s.AliasByAddress(t.Context(), address[0], address[1])
			wantError(t, "AliasByAddress "+when, err, store.ErrNotFound)
		}
		_, err = s.UpdateAlias(t.Context(), a, change(store.AliasUpdate))
		wantError(t, "UpdateAlias "+when, err, store.ErrNotFound)
		_, err = s.DeleteAlias(t.Context(), a.ID, change(store.AliasDelete))
		wantError(t, "DeleteAlias "+when, err, store.ErrNotFound)
		for _, seq := range []int64{a.Seq, 0, -1, math.MaxInt64} {
			_, err := s.AliasBySeq(t.Context(), seq)
			wantError(t, "AliasBySeq "+when, err, store.ErrNotFound)
		}
	}
	check("in an empty store")
	createAlias(t, s, newAlias("other", owner))
	a = createAlias(t, s, a)
	removeAlias(t, s, a)
	verify := unchanged(t, s)
	check("after the deletion")
	verify("writing to what is not there")
}

func aliasReplaced(t reporter, s store.Store) {
	a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
	old, other := createAlias(t, s, newAlias("old", a)), createAlias(t, s, newAlias("other", a))
	next := newAlias("new", b)
	next.Domain, next.DisabledBan = "new.example", newID()
	next.ID, next.Version, next.Seq = old.ID, old.Version, 99
	next.CreatedAt, next.CreatedBy, next.UpdatedAt = after(day), "somebody else", after(day)
	got := updateAlias(t, s, next)
	next.Seq, next.Version, next.CreatedAt, next.CreatedBy = old.Seq, 2, old.CreatedAt, old.CreatedBy
	wantSame(t, "the alias that UpdateAlias returned", got, next)
	wantAlias(t, s, next)
	wantAlias(t, s, other)
	_, err := s.AliasByAddress(t.Context(), old.Local, old.Domain)
	wantError(t, "AliasByAddress of the address that it had", err, store.ErrNotFound)
	for owner, want := range map[uuid.UUID]store.MailAlias{a.ID: other, b.ID: next} {
		wantSameList(t, "the aliases of an owner", listAliases(t, s, store.AliasFilter{Owner: owner}, store.Page{}), []store.MailAlias{want})
	}
	wantAlias(t, s, createAlias(t, s, newAlias("old", a)))
}

func aliasChanges(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.AliasCreate, Bulk: true, Target: uuid.Max, Counts: map[string]int64{"x": 1}}
	last := lastChange(t, s)
	a, err := s.CreateAlias(t.Context(), newAlias("a", owner), given)
	if err != nil {
		t.Fatalf("CreateAlias: %v", err)
	}
	want := store.Change{At: given.At, Actor: given.Actor, Action: given.Action, Target: a.ID}
	last = wantChange(t, s, last, want, nil, &a)
	next := a
	next.Active = false
	b := updateAlias(t, s, next)
	want = store.Change{At: noon, Actor: "actor", Action: store.AliasUpdate, Target: a.ID}
	last = wantChange(t, s, last, want, &a, &b)
	removeAlias(t, s, b)
	want.Action = store.AliasDelete
	wantChange(t, s, last, want, &b, nil)
}
