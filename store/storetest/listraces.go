package storetest

import (
	"context"
	"errors"
	"fmt"

	"example.com/ostraka/store"
)

var listRaceClauses = []clause{
	{"A new version becomes visible as a whole",
		"No read sees a part of a version: a Lookup of several keys gives the rules of one version.",
		lookupWhileApplying},
	{"Of concurrent ApplyLists of one version one succeeds",
		"An ApplyList for a version that another one has replaced is ErrConflict: the content is exactly that of one.",
		func(t reporter, s store.Store) { applyAtOnce(t, 10, s) }},
	{"Of concurrent ApplyLists of a new name one succeeds",
		"A name is unique in the store: the others get ErrExists or ErrConflict, and the content is exactly that of one.",
		func(t reporter, s store.Store) { createListAtOnce(t, s) }},
	{"Of concurrent ApplyLists of the same version one succeeds",
		"An ApplyList for a version that another one has replaced is ErrConflict, even by the same content: no entry is there twice, and the log has one change.",
		func(t reporter, s store.Store) { applySameAtOnce(t, s) }},
	{"A context that ends during ApplyList leaves all or nothing",
		"An ApplyList whose context ends while it runs may return that error, having written nothing, or complete.",
		applyCancelled},
}

func lookupWhileApplying(t reporter, s store.Store) {
	const n = 60
	entries := domainEntries(2 * n)
	versions := [][]store.Entry{entries[:n], entries[n:]} // of equal size, without an entry in common
	l := apply(t, s, newList("l"), versions[0], nil)
	done := make(chan error, 1)
	go func() {
		at := 0 // the version in force
		for i := range 21 {
			delta := store.ListDelta{List: l, Add: versions[1-at], Remove: versions[at]}
			err := insist(t.Context(), func() error {
				var next store.List
				var err error
				if i%3 == 2 { // two steps forth, one back
					next, err = s.UndoList(t.Context(), "l", 0, change(store.ListUndo))
				} else {
					next, err = s.ApplyList(t.Context(), delta, change(store.ListSync))
				}
				if err == nil {
					l, at = next, 1-at
				}
				return err
			})
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if running = false; err != nil {
				t.Errorf("ApplyList: %v", err)
			}
		default:
		}
		wantOneVersion(t, lookup(t, s, keysOf(entries)...), versions)
	}
}

// wantOneVersion wants the rules of all the entries of one version.
func wantOneVersion(t reporter, rules []store.Rule, versions [][]store.Entry) {
	t.Helper()
	of := make(map[string]int)
	for i, v := range versions {
		for _, e := range v {
			of[e.Value] = i
		}
	}
	counts := make([]int, len(versions))
	for _, r := range rules {
		counts[of[r.Value]]++
	}
	for i, n := range counts {
		if n == len(rules) && n == len(versions[i]) {
			return
		}
	}
	t.Fatalf("Lookup gives %v rules of the versions, want all of one of them and none of the others", counts)
}

// applyAtOnce makes n different second versions of a list at once, through the
// stores in turn.
func applyAtOnce(t reporter, n int, stores ...store.Store) {
	common := domainEntries(50)
	l := apply(t, stores[0], newList("l"), common, nil)
	first := lastChange(t, stores[0])
	own := func(i int) []store.Entry {
		entries := domainEntries(40)
		for j := range entries {
			entries[j].Value = fmt.Sprintf("own-%d of %d", j, i)
			entries[j].Key.Text = entries[j].Value
		}
		return entries
	}
	results := make([]store.List, n)
	errs := together(t, n, func(i int) (err error) {
		delta := store.ListDelta{List: l, Add: own(i), Remove: common[:25]}
		results[i], err = stores[i%len(stores)].ApplyList(t.Context(), delta, change(store.ListSync))
		return err
	})
	winner := -1
	for i, err := range errs {
		switch {
		case err != nil:
			wantError(t, "an ApplyList that lost", err, store.ErrConflict)
		case winner >= 0:
			t.Errorf("ApplyLists %d and %d of version %d both succeeded", winner, i, l.Version)
		default:
			winner = i
		}
	}
	if winner < 0 {
		t.Fatalf("no ApplyList succeeded: %v", errors.Join(errs...))
	}
	for _, s := range stores {
		wantSame(t, "what List returns", readList(t, s, "l"), results[winner])
		var values []string
		for _, e := range entriesOf(t, s, "l") {
			values = append(values, e.Value)
		}
		var want []string
		for _, e := range append(common[25:], own(winner)...) {
			want = append(want, e.Value)
		}
		if !sameSet(values, want) {
			t.Errorf("the list holds %q, want what the winner made it: %q", values, want)
		}
		if log := changes(t, s, first); len(log) != 1 {
			t.Errorf("the log holds %d changes more, want 1", len(log))
		}
	}
}

// sameSet compares texts in any order, each of which comes once.
func sameSet(a, b []string) bool {
	set := make(map[string]bool, len(a))
	for _, x := range a {
		set[x] = true
	}
	for _, x := range b {
		if !set[x] {
			return false
		}
	}
	return len(a) == len(b) && len(set) == len(a)
}

// createListAtOnce makes a list of one name many times at once, each with an entry of
// its own, through the stores in turn.
func createListAtOnce(t reporter, stores ...store.Store) {
	const n = 10
	lists, own := make([]store.List, n), make([][]store.Entry, n)
	for i := range n {
		lists[i], own[i] = newList("l"), []store.Entry{domainEntry(fmt.Sprint("own ", i))}
	}
	errs := together(t, n, func(i int) error {
		_, err := stores[i%len(stores)].ApplyList(t.Context(), store.ListDelta{List: lists[i], Add: own[i]}, change(store.ListSync))
		return err
	})
	winners := 0
	for i, err := range errs {
		if err == nil {
			winners++
			for _, s := range stores {
				wantEntries(t, "ListEntries", entriesOf(t, s, "l"), own[i]...)
			}
		} else if !isAny(err, store.ErrExists, store.ErrConflict) {
			t.Errorf("an ApplyList that lost: %v, want one that matches %q or %q", err, store.ErrExists, store.ErrConflict)
		}
	}
	if all := allLists(t, stores[0]); winners != 1 || len(all) != 1 {
		t.Errorf("%d ApplyLists of a new name succeeded, and there are %d lists; want 1 and 1", winners, len(all))
	}
}

// applySameAtOnce makes one and the same second version of a list many times at once,
// through the stores in turn, as machines do that fetch it at the same hour.
func applySameAtOnce(t reporter, stores ...store.Store) {
	const n = 8
	entries := domainEntries(60)
	l := apply(t, stores[0], newList("l"), entries[:40], nil)
	first := lastChange(t, stores[0])
	errs := together(t, n, func(i int) error {
		delta := store.ListDelta{List: l, Add: entries[40:], Remove: entries[:20]}
		_, err := stores[i%len(stores)].ApplyList(t.Context(), delta, change(store.ListSync))
		return err
	})
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
		} else {
			wantError(t, "an ApplyList that lost", err, store.ErrConflict)
		}
	}
	if winners != 1 {
		t.Errorf("%d ApplyLists of version %d succeeded, want 1", winners, l.Version)
	}
	for _, s := range stores {
		if got := readList(t, s, "l"); got.Version != l.Version+1 {
			t.Errorf("the list is at version %d, want %d", got.Version, l.Version+1)
		}
		wantEntries(t, "ListEntries", entriesOf(t, s, "l"), entries[20:]...)
		if log := changes(t, s, first); len(log) != 1 {
			t.Errorf("the log holds %d changes more, want 1", len(log))
		}
	}
}

func applyCancelled(t reporter, s store.Store) {
	there, entries := domainEntries(20), domainEntries(longDelta+20)
	l := apply(t, s, newList("l"), there, nil)
	verify := unchanged(t, s)
	for n := 1; n <= 6; n++ { // while the first entries are written, and later ones
		ctx, cancel := context.WithCancel(t.Context())
		reports := 0
		delta := store.ListDelta{List: l, Add: entries[20:], Remove: there, Progress: func(int) {
			if reports++; reports == n {
				cancel()
			}
		}}
		got, err := s.ApplyList(ctx, delta, change(store.ListSync))
		cancel()
		if err == nil {
			wantSame(t, "what List returns", readList(t, s, "l"), got)
			wantEntries(t, "ListEntries", entriesOf(t, s, "l"), entries[20:]...)
			return
		}
		wantError(t, "ApplyList", err, context.Canceled)
		verify("an ApplyList that was cancelled")
		wantList(t, s, l, there...)
	}
	next := apply(t, s, l, entries[20:30], there) // which nothing of it stands in the way of
	wantList(t, s, next, entries[20:30]...)
}
