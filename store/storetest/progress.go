package storetest

import (
	"fmt"
	"time"

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
	{"Of two ApplyLists under way the later to begin wins",
		"It is ErrConflict if another ApplyList of the same list has begun meanwhile, although that has not ended: this one goes on, and is put into force.",
		laterWins},
	{"An ApplyList that is refused for its Version stands in nobody's way",
		"An ApplyList that is refused for Version, name or ID has not begun: one that is under way goes on.",
		func(t reporter, s store.Store) {
			entries := domainEntries(longDelta)
			old := apply(t, s, newList("l"), nil, nil)
			l := apply(t, s, old, nil, nil)
			sameName := newList("l")
			next, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: entries, Progress: func(int) {
				_, err := s.ApplyList(t.Context(), store.ListDelta{List: old}, change(store.ListSync))
				wantError(t, "ApplyList for the version before", err, store.ErrConflict)
				_, err = s.ApplyList(t.Context(), store.ListDelta{List: sameName}, change(store.ListSync))
				wantError(t, "ApplyList with a name that is taken", err, store.ErrExists)
			}}, change(store.ListSync))
			if err != nil {
				t.Fatalf("ApplyList beside refused ones: %v", err)
			}
			wantSame(t, "what List returns", readList(t, s, "l"), next)
		}},
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
			return s.UndoList(t.Context(), "UndoList", 0, change(store.ListUndo))
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

func laterWins(t reporter, s store.Store) {
	long, later := domainEntries(longDelta), domainEntries(longDelta)
	for i := range later {
		later[i].Value, later[i].Key.Text = "later "+later[i].Value, "later "+later[i].Key.Text
	}
	l := apply(t, s, newList("l"), nil, nil)
	last := lastChange(t, s)
	begun, release, inner := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	calls, innerCalls := 0, 0
	_, outer := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: long, Progress: func(int) {
		if calls++; calls > 1 {
			return
		}
		go func() {
			_, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: later, Progress: func(int) {
				if innerCalls++; innerCalls == 1 {
					close(begun)
					<-release
				}
			}}, change(store.ListSync))
			inner <- err
		}()
		select {
		case <-begun:
		case err := <-inner:
			t.Errorf("an ApplyList that came into another: %v", err)
			inner <- err
		case <-time.After(10 * time.Second):
			t.Errorf("an ApplyList does not begin while another one is under way")
		}
	}}, change(store.ListSync))
	close(release)
	if calls == 0 {
		t.Fatalf("Progress was not called for %d entries", longDelta)
	}
	wantError(t, "the ApplyList that began first", outer, store.ErrConflict)
	if err := <-inner; err != nil {
		t.Errorf("the ApplyList that began later: %v", err)
	}
	wantEntries(t, "ListEntries", entriesOf(t, s, "l"), later...)
	if log := changes(t, s, last); len(log) != 1 {
		t.Errorf("the log holds %d changes more, want 1", len(log))
	}
}
