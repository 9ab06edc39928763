package storetest

import (
	"time"

	"example.com/ostraka/store"
)

var reopenClauses = []persistentClause{
	{"Everything survives Close and opening again",
		"Bans, rules, hits and the log are the same after the store was closed and opened again.",
		reopen},
	{"Numbers go on after opening again",
		"Seq never reuses a number, of a ban that was deleted or a change that was pruned, also after the store was closed.",
		reopenNumbers},
	{"What was pruned stays pruned after opening again",
		"Changes before the pruned end are ErrPruned, also after the store was closed.",
		func(t reporter, open func() store.Store) {
			s := open()
			log := logAt(t, s, 0, 1, 2)
			if _, err := s.PruneChanges(t.Context(), after(2*time.Hour)); err != nil {
				t.Fatalf("PruneChanges: %v", err)
			}
			shut(t, s)
			s = open()
			_, err := s.Changes(t.Context(), 0, 0)
			wantError(t, "Changes", err, store.ErrPruned)
			if got := changes(t, s, log[1].Seq); !equalSlices(got, log[2:]) {
				t.Errorf("Changes = %+v, want %+v", got, log[2:])
			}
		}},
	{"Close loses no write that had succeeded",
		"Close waits for operations that are under way: those that succeeded are there when the store is opened again, the others are not.",
		reopenAfterRace},
}

var handleClauses = []persistentClause{
	{"Two stores on the same data see each other's writes",
		"A write that has returned is seen by every store on the same data.",
		handlesSeeWrites},
	{"Two stores on the same data share one log",
		"Changes gives the changes of every process, in the order of Seq; Subscribe only those of its own Store value.",
		handlesShareLog},
	{"Of a hundred concurrent creations through three stores one succeeds",
		"Of one kind and value at most one ban is active at a time, whichever process creates it.",
		func(t reporter, open func() store.Store) { createAtOnce(t, 100, oneValue, open(), open(), open()) }},
	{"Of concurrent bans in two forms through two stores one succeeds",
		"Of rivals at most one becomes active, whichever process creates it.",
		func(t reporter, open func() store.Store) { rivalsAtOnce(t, open(), open()) }},
	{"Hits through two stores add up",
		"Adding from several processes loses nothing, and sketches merge.",
		func(t reporter, open func() store.Store) { hitAtOnce(t, 6, open(), open()) }},
	{"A reader of the log misses no change of two writing stores",
		"Changes become visible in the order of Seq, whichever process made them.",
		func(t reporter, open func() store.Store) { pollWhileWriting(t, open(), open(), open()) }},
	{"An update through another store is a conflict",
		"It is ErrConflict if the ban's Version is not ban.Version, whichever process changed it.",
		func(t reporter, open func() store.Store) {
			one, two := open(), open()
			b := create(t, one, domainBan("a.example"))
			update(t, two, b)
			_, err := one.UpdateBan(t.Context(), b, change(store.BanUpdate))
			wantError(t, "UpdateBan", err, store.ErrConflict)
		}},
	{"Closing one store leaves the other open",
		"Close releases what its own Store value holds.",
		func(t reporter, open func() store.Store) {
			one, two := open(), open()
			shut(t, one)
			wantFound(t, two, create(t, two, domainBan("a.example")))
		}},
}

func shut(t reporter, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

// state is what a store says of itself.
type state struct {
	bans    []store.Ban
	rules   []store.Rule
	days    []store.DayHits
	changes []store.Change
	last    int64
}

func stateOf(t reporter, s store.Store, hit store.Ban) state {
	t.Helper()
	return state{
		bans:    allBans(t, s),
		rules:   scan(t, s, 0),
		days:    history(t, s, hit.ID, today.Add(-day), today.Add(day)),
		changes: changes(t, s, 0),
		last:    lastChange(t, s),
	}
}

func wantState(t reporter, s store.Store, hit store.Ban, want state) {
	t.Helper()
	got := stateOf(t, s, hit)
	if !equalSlices(got.bans, want.bans) {
		t.Errorf("ListBans = %+v, want %+v", got.bans, want.bans)
	}
	var inForce []store.Ban
	for _, b := range want.bans {
		if b.RevokedAt.IsZero() {
			inForce = append(inForce, b)
		}
	}
	wantRules(t, "Scan", got.rules, inForce...)
	if !equalSlices(got.days, want.days) {
		t.Errorf("HitHistory = %v, want %v", got.days, want.days)
	}
	if !equalSlices(got.changes, want.changes) {
		t.Errorf("Changes = %+v, want %+v", got.changes, want.changes)
	}
	if got.last != want.last {
		t.Errorf("LastChange = %d, want %d", got.last, want.last)
	}
}

func reopen(t reporter, open func() store.Store) {
	s := open()
	b := create(t, s, domainBan("a.example"))
	create(t, s, expired(newBan(store.KindName, "b")))
	create(t, s, ipBan("192.0.2.0/24"))
	createMany(t, s, domainBans(10))
	update(t, s, revoked(create(t, s, domainBan("c.example"))))
	remove(t, s, create(t, s, domainBan("d.example")))
	addHits(t, s, hit(b, 3, noon, clients(1, 2)))
	want := stateOf(t, s, b)
	for range 2 {
		shut(t, s)
		s = open()
		wantState(t, s, b, want)
		wantLengths(t, s, "after opening again", store.PrefixLen{Bits: 24})
	}
	addHits(t, s, hit(b, 1, noon, clients(2, 3)))
	wantHistory(t, s, b, store.DayHits{Day: today, Uses: 4, Clients: 3})
	_, err := s.CreateBan(t.Context(), domainBan("a.example"), change(store.BanCreate))
	wantExists(t, "CreateBan", err, read(t, s, b.ID))
}

func reopenNumbers(t reporter, open func() store.Store) {
	s := open()
	create(t, s, domainBan("a.example"))
	b := create(t, s, domainBan("b.example"))
	remove(t, s, b)
	last := lastChange(t, s)
	if _, err := s.PruneChanges(t.Context(), after(day)); err != nil {
		t.Fatalf("PruneChanges: %v", err)
	}
	shut(t, s)
	s = open()
	if now := lastChange(t, s); now != last {
		t.Errorf("LastChange = %d, want %d", now, last)
	}
	if again := create(t, s, b); again.Seq <= b.Seq {
		t.Errorf("Seq %d was given after %d was deleted", again.Seq, b.Seq)
	}
	if log := changes(t, s, last); len(log) != 1 || log[0].Seq <= last {
		t.Errorf("Changes = %+v, want one above %d", log, last)
	}
}

func reopenAfterRace(t reporter, open func() store.Store) {
	s := open()
	const workers, each = 4, 200
	bans := domainBans(workers * each)
	errs := make([]error, len(bans))
	closed := make(chan error, 1)
	together(t, workers+1, func(i int) error {
		if i == workers {
			time.Sleep(5 * time.Millisecond)
			closed <- s.Close()
			return nil
		}
		for n := i * each; n < (i+1)*each; n++ {
			errs[n] = insist(t.Context(), func() error {
				_, err := s.CreateBan(t.Context(), bans[n], change(store.BanCreate))
				return err
			})
		}
		return nil
	})
	if err := <-closed; err != nil {
		t.Fatalf("Close: %v", err)
	}
	s = open()
	for i, b := range bans {
		_, err := s.Ban(t.Context(), b.ID)
		if errs[i] == nil && err != nil {
			t.Errorf("a ban that was created is not there: %v", err)
		} else if errs[i] != nil {
			wantError(t, "CreateBan while closing", errs[i], store.ErrClosed)
			wantError(t, "Ban of a failed creation", err, store.ErrNotFound)
		}
	}
}

func handlesSeeWrites(t reporter, open func() store.Store) {
	one, two := open(), open()
	b := create(t, one, domainBan("a.example"))
	wantFound(t, two, b)
	wantRules(t, "Lookup", lookup(t, two, b.Key()), b)
	_, err := two.CreateBan(t.Context(), domainBan("a.example"), change(store.BanCreate))
	wantExists(t, "CreateBan", err, b)
	createMany(t, two, append(domainBans(5), ipBan("192.0.2.0/24")))
	addHits(t, two, hit(b, 2, noon, clients(1)))
	b = read(t, one, b.ID)
	wantState(t, one, b, stateOf(t, two, b))
	wantLengths(t, one, "after the other's write", store.PrefixLen{Bits: 24})
	b = update(t, two, revoked(b))
	wantRules(t, "Lookup after revoking", lookup(t, one, b.Key()))
	remove(t, one, b)
	_, err = two.Ban(t.Context(), b.ID)
	wantError(t, "Ban", err, store.ErrNotFound)
	wantState(t, two, b, stateOf(t, one, b))
}

func handlesShareLog(t reporter, open func() store.Store) {
	one, two := open(), open()
	var told []store.Change
	defer one.Subscribe(func(c store.Change) { told = append(told, c) })()
	for i, b := range domainBans(6) {
		create(t, []store.Store{one, two}[i%2], b)
	}
	log := changes(t, one, 0)
	if other := changes(t, two, 0); len(log) != 6 || !equalSlices(log, other) {
		t.Fatalf("one store gives the changes\n%+v\nthe other\n%+v", log, other)
	}
	if a, b := lastChange(t, one), lastChange(t, two); a != b || a != log[5].Seq {
		t.Errorf("LastChange = %d and %d, want %d", a, b, log[5].Seq)
	}
	if want := []store.Change{log[0], log[2], log[4]}; !equalSlices(told, want) {
		t.Errorf("the subscriber was told %+v, want only what its store did: %+v", told, want)
	}
}
