package storetest

import (
	"context"
	"errors"
	"fmt"

	"example.com/ostraka/store"
)

// longDelta is enough entries for a backend to report progress.
const longDelta = 3000

var progressClauses = []clause{
	{"ApplyList reports its progress",
		"Progress is called now and then with how many of Add and Remove have been written, which goes up and never above their number.",
		func(t reporter, s store.Store) {
			entries := domainEntries(longDelta)
			l := newList("l")
			for _, delta := range []store.ListDelta{{Add: entries}, {Remove: entries}} {
				var told []int
				delta.List, delta.Progress = l, func(written int) { told = append(told, written) }
				var err error
				if l, err = s.ApplyList(t.Context(), delta, change(store.ListSync)); err != nil {
					t.Fatalf("ApplyList: %v", err)
				}
				if len(told) == 0 {
					t.Errorf("Progress was not called for %d entries", longDelta)
				}
				for i, n := range told {
					if n > longDelta || i > 0 && n <= told[i-1] {
						t.Errorf("Progress was told %v of %d entries", told, longDelta)
						break
					}
				}
			}
		}},
	{"Progress may call the store",
		"Reads never wait for ApplyList, and other writes go on while it runs: Progress may do both, and sees all of a version or none of it.",
		progressCalls},
	{"Of two ApplyLists of a list at once the later wins",
		"It is ErrConflict if another ApplyList of the same list has begun meanwhile, or if it was undone or dropped: content and log are those of the other.",
		progressConflicts},
	{"A new version becomes visible as a whole",
		"No read sees a part of a version: a Lookup of several keys gives the rules of one version.",
		lookupWhileApplying},
	{"Of concurrent ApplyLists of one version one succeeds",
		"An ApplyList for a version that another one has replaced is ErrConflict: the content is exactly that of one.",
		func(t reporter, s store.Store) { applyAtOnce(t, 10, s) }},
	{"A context that ends during ApplyList leaves all or nothing",
		"An ApplyList whose context ends while it runs may return that error, having written nothing, or complete.",
		applyCancelled},
}

func progressCalls(t reporter, s store.Store) {
	old, fresh := domainEntries(50), domainEntries(longDelta)
	for i := range fresh {
		fresh[i].Value, fresh[i].Key.Text = "fresh "+fresh[i].Value, "fresh "+fresh[i].Key.Text
	}
	l := apply(t, s, newList("l"), old, nil)
	calls := 0
	next, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: fresh, Remove: old, Progress: func(int) {
		if calls++; calls > 3 {
			return
		}
		b := create(t, s, domainBan(fmt.Sprint("from-inside-", calls)))
		addHits(t, s, hit(b, 1, noon, nil))
		wantRules(t, "Lookup of a ban from inside", lookup(t, s, b.Key()), read(t, s, b.ID))
		seen := len(lookup(t, s, keysOf(append(old[:50:50], fresh[:50]...))...))
		if got := readList(t, s, "l"); seen != 50 || got.Version == l.Version && got != l {
			t.Errorf("from inside, %d of 50 entries are in force and List gives %+v", seen, got)
		}
	}}, change(store.ListSync))
	if err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	if calls == 0 {
		t.Errorf("Progress was not called for %d entries", longDelta)
	}
	wantSame(t, "what List returns", readList(t, s, "l"), next)
	wantEntries(t, "ListEntries", entriesOf(t, s, "l"), fresh...)
}

func progressConflicts(t reporter, s store.Store) {
	long, mine := domainEntries(longDelta), domainEntry("mine.example")
	for _, tt := range []struct {
		what string
		do   func(l store.List) (left store.List, err error)
		want []store.Entry
	}{
		{"ApplyList", func(l store.List) (store.List, error) {
			return s.ApplyList(t.Context(), store.ListDelta{List: l, Add: []store.Entry{mine}}, change(store.ListSync))
		}, []store.Entry{mine}},
		{"UndoList", func(store.List) (store.List, error) {
			return s.UndoList(t.Context(), "UndoList", change(store.ListUndo))
		}, nil},
		{"DropList", func(store.List) (store.List, error) {
			return s.DropList(t.Context(), "DropList", change(store.ListDrop))
		}, nil},
	} {
		l := apply(t, s, newList(tt.what), nil, nil)
		last, calls := lastChange(t, s), 0
		var inner error
		var left store.List
		_, outer := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: long, Progress: func(int) {
			if calls++; calls == 1 {
				left, inner = tt.do(l)
			}
		}}, change(store.ListSync))
		if calls == 0 {
			t.Fatalf("Progress was not called for %d entries", longDelta)
		}
		if inner != nil { // it came after the other had been put into force
			wantError(t, tt.what+" during ApplyList", inner, store.ErrConflict)
			if outer != nil {
				t.Errorf("%s and the ApplyList it came into failed both: %v, %v", tt.what, inner, outer)
			}
			continue
		}
		wantError(t, "the ApplyList that "+tt.what+" came into", outer, store.ErrConflict)
		if log := changes(t, s, last); len(log) != 1 {
			t.Errorf("%s during ApplyList: the log holds %d changes, want its own", tt.what, len(log))
		}
		if tt.what == "DropList" {
			_, err := s.List(t.Context(), tt.what)
			wantError(t, "List after DropList", err, store.ErrNotFound)
		} else {
			wantList(t, s, left, tt.want...)
		}
		wantJustRules(t, "Lookup of what was not put into force", lookup(t, s, keysOf(long[:100])...))
	}
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
					next, err = s.UndoList(t.Context(), "l", change(store.ListUndo))
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

func applyCancelled(t reporter, s store.Store) {
	there, entries := domainEntries(20), domainEntries(longDelta+20)
	l := apply(t, s, newList("l"), there, nil)
	verify := unchanged(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	delta := store.ListDelta{List: l, Add: entries[20:], Remove: there, Progress: func(int) { cancel() }}
	got, err := s.ApplyList(ctx, delta, change(store.ListSync))
	if err == nil {
		wantSame(t, "what List returns", readList(t, s, "l"), got)
		wantEntries(t, "ListEntries", entriesOf(t, s, "l"), entries[20:]...)
		return
	}
	wantError(t, "ApplyList", err, context.Canceled)
	verify("an ApplyList that was cancelled")
	wantList(t, s, l, there...)
	next := apply(t, s, l, entries[20:30], there) // which nothing of it stands in the way of
	wantList(t, s, next, entries[20:30]...)
}
