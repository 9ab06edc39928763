package storetest

import (
	"fmt"
	"slices"

	"example.com/ostraka/store"
)

var subscribeClauses = []clause{
	{"A subscriber is told of every change before the method returns",
		"Subscribe calls fn for every change, after it became visible to reads and before the method that made it returns.",
		subscriberIsTold},
	{"A subscriber is not told of what was not logged",
		"Failed writes, reads, hits and pruning make no change, so there is none to tell of.",
		subscriberIsNotTold},
	{"A subscriber may call the store",
		"No lock is held while fn runs: it may read, write, subscribe and cancel.",
		subscriberCalls},
	{"Every subscriber is told until it cancels",
		"Several functions may be subscribed, also the same one twice; cancel ends its own subscription only, and may be called again.",
		func(t reporter, s store.Store) {
			var told [3]int
			var cancels []func()
			for i := range told {
				cancels = append(cancels, s.Subscribe(func(store.Change) { told[i]++ }))
			}
			want := func(when string, want [3]int) {
				t.Helper()
				if told != want {
					t.Errorf("%s the subscribers were told %v times, want %v", when, told, want)
				}
			}
			create(t, s, domainBan("a.example"))
			want("after one change", [3]int{1, 1, 1})
			cancels[1]()
			create(t, s, domainBan("b.example"))
			want("after the second cancelled", [3]int{2, 1, 2})
			cancels[1]()
			cancels[0]()
			create(t, s, domainBan("c.example"))
			want("after the first cancelled", [3]int{2, 1, 3})
			cancels[2]()
			create(t, s, domainBan("d.example"))
			want("after all cancelled", [3]int{2, 1, 3})
		}},
}

func subscriberIsTold(t reporter, s store.Store) {
	var told []store.Change
	defer s.Subscribe(func(c store.Change) {
		told = append(told, c)
		if log := changes(t, s, c.Seq-1); len(log) == 0 || log[0].Seq != c.Seq {
			t.Errorf("told of change %d, which Changes does not give yet", c.Seq)
		}
		if n := lastChange(t, s); n < c.Seq {
			t.Errorf("told of change %d while LastChange is %d", c.Seq, n)
		}
		if c.Action == store.BanCreate {
			read(t, s, c.Target)
			if rules := lookup(t, s, c.Keys...); len(rules) != 1 {
				t.Errorf("told of change %d, whose rule Lookup does not give yet", c.Seq)
			}
		}
	})()
	want := func(n int, what string) {
		t.Helper()
		if len(told) != n {
			t.Fatalf("%s returned when the subscriber had been told of %d changes, want %d", what, len(told), n)
		}
	}
	b := create(t, s, domainBan("a.example"))
	want(1, "CreateBan")
	b = update(t, s, b)
	want(2, "UpdateBan")
	createMany(t, s, domainBans(3))
	want(3, "CreateBans")
	remove(t, s, b)
	want(4, "DeleteBan")
	if log := changes(t, s, 0); !equalSlices(told, log) {
		t.Errorf("the subscriber was told\n%+v\nbut the log holds\n%+v", told, log)
	}
}

func subscriberIsNotTold(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	defer s.Subscribe(func(c store.Change) { t.Errorf("told of %+v", c) })()
	ctx := t.Context()
	stale := b
	stale.Version = 17
	unknown := domainBan("unknown.example")
	var errs []error
	_, err := s.CreateBan(ctx, domainBan("a.example"), change(store.BanCreate))
	errs = append(errs, err)
	_, err = s.UpdateBan(ctx, stale, change(store.BanUpdate))
	errs = append(errs, err)
	_, err = s.DeleteBan(ctx, unknown.ID, change(store.BanDelete))
	errs = append(errs, err)
	twice := domainBans(2)
	twice[1].ID = twice[0].ID
	_, err = s.CreateBans(ctx, twice, change(store.BanCreateMany))
	errs = append(errs, err)
	for i, err := range errs {
		if err == nil {
			t.Errorf("failing write %d: no error", i)
		}
	}
	addHits(t, s, hit(b, 1, noon, nil))
	lookup(t, s, b.Key())
	if _, err := s.PruneHits(ctx, after(day)); err != nil {
		t.Errorf("PruneHits: %v", err)
	}
	if _, err := s.PruneChanges(ctx, noon); err != nil {
		t.Errorf("PruneChanges: %v", err)
	}
}

func subscriberCalls(t reporter, s store.Store) {
	var order []string
	var cancel func()
	cancel = s.Subscribe(func(c store.Change) {
		order = append(order, fmt.Sprint("outer ", len(order)))
		if len(order) > 1 {
			return // the changes that it makes itself
		}
		b := create(t, s, domainBan("from-inside.example"))
		addHits(t, s, hit(b, 1, noon, nil))
		update(t, s, b)
		s.Subscribe(func(store.Change) { order = append(order, "inner") })
		scan(t, s, 0)
		cancel()
	})
	create(t, s, domainBan("a.example"))
	create(t, s, domainBan("b.example"))
	want := []string{"outer 0", "outer 1", "outer 2", "inner"}
	if !slices.Equal(order, want) {
		t.Errorf("the calls were %v, want %v", order, want)
	}
	if n := lastChange(t, s); n != 4 {
		t.Errorf("LastChange = %d, want 4", n)
	}
}
