package sqlitestore

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/store"
)

// delta turns the list, as it is, into one of other entries.
func delta(list store.List, from, to []store.Entry) store.ListDelta {
	return store.ListDelta{List: list, Add: to, Remove: from}
}

func wantValues(t testing.TB, s *Store, list string, entries []store.Entry) {
	t.Helper()
	if got, want := values(t, s, list), valuesOf(entries); !slices.Equal(got, want) {
		t.Errorf("the list %q has %d entries, %.3q…; want %d, %.3q…", list, len(got), got, len(want), want)
	}
}

// rows counts the rows of entries, in force or not.
func rows(t testing.TB, s *Store) (n int) {
	t.Helper()
	if err := s.readDB.QueryRow(`SELECT count(*) FROM ostraka_rules WHERE list IS NOT NULL`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func wantRows(t testing.TB, s *Store, when string, want int) {
	t.Helper()
	if n := rows(t, s); n != want {
		t.Errorf("%s there are %d rows of entries, want %d", when, n, want)
	}
}

// someEntries are more than one step, and fewer than two.
const someEntries = testSteps + testSteps/5

// cutOff applies the delta until the first progress, and dies there.
func cutOff(t *testing.T, s *Store, d store.ListDelta) {
	t.Helper()
	d.Progress = func(int) { panic("cut off") }
	defer func() {
		if recover() == nil {
			t.Fatal("ApplyList made no progress")
		}
	}()
	_, _ = s.ApplyList(context.Background(), d, by(store.ListSync))
}

func TestAStagingThatIsGivenUpLeavesNothing(t *testing.T) {
	s := openTemp(t)
	a, b := domainEntries("a", someEntries), domainEntries("b", someEntries)
	giveUp := func(d store.ListDelta) {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		d.Progress = func(int) { cancel() }
		if _, err := s.ApplyList(ctx, d, by(store.ListSync)); !errors.Is(err, context.Canceled) {
			t.Fatalf("ApplyList: %v", err)
		}
	}
	giveUp(newList("list", a...))
	wantRows(t, s, "after a first version was given up", 0)
	list := mustApply(t, s, newList("list", a...))
	giveUp(delta(list, a, b))
	wantRows(t, s, "after a second one was given up", len(a))
	wantValues(t, s, "list", a)
	mustCheck(t, s)
	mustApply(t, s, delta(list, a, b))
	wantValues(t, s, "list", b)
}

func TestOnlyRowsOfTwoVersionsAreKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTempSteps(t)
	a, b, c := domainEntries("a", 3*testSteps), domainEntries("b", 2*testSteps), domainEntries("c", 3)
	list := mustApply(t, s, newList("list", a...))
	list = mustApply(t, s, delta(list, a, b))
	wantRows(t, s, "after a replacement", 5*testSteps)
	mustApply(t, s, delta(list, b, c))
	wantRows(t, s, "after another", 2*testSteps+3)
	list, err := s.UndoList(ctx, "list", 0, by(store.ListUndo))
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, "after undoing it", 2*testSteps)
	wantValues(t, s, "list", b)
	mustCheck(t, s)
	mustApply(t, s, delta(list, b, c))
	wantValues(t, s, "list", c)
	if _, err := s.DropList(ctx, "list", by(store.ListDrop)); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, "after dropping the list", 0)
	mustCheck(t, s)
}

func TestStagingThatWasCutOffIsNotSeen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, c := domainEntries("a", someEntries), domainEntries("b", someEntries), domainEntries("c", someEntries)
	for name, next := range map[string]func(t *testing.T, s *Store, list store.List) (want []store.Entry, rows int){
		"and the next version is applied": func(t *testing.T, s *Store, list store.List) ([]store.Entry, int) {
			mustApply(t, s, delta(list, b, a))
			return a, 2 * someEntries
		},
		"and the one before is undone": func(t *testing.T, s *Store, list store.List) ([]store.Entry, int) {
			if _, err := s.UndoList(ctx, "list", 0, by(store.ListUndo)); err != nil {
				t.Fatal(err)
			}
			return a, someEntries
		},
		"and the list is dropped and made again": func(t *testing.T, s *Store, list store.List) ([]store.Entry, int) {
			if _, err := s.DropList(ctx, "list", by(store.ListDrop)); err != nil {
				t.Fatal(err)
			}
			wantRows(t, s, "after dropping the list", 0)
			mustApply(t, s, newList("list", c[:10]...))
			return c[:10], 10
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTempSteps(t)
			list := mustApply(t, s, newList("list", a...))
			list = mustApply(t, s, delta(list, a, b))
			cutOff(t, s, delta(list, nil, c)) // added some
			cutOff(t, s, delta(list, b, c))   // removed some
			wantValues(t, s, "list", b)
			mustCheck(t, s)
			if found, err := s.Lookup(ctx, []store.Key{c[0].Key, b[0].Key, a[0].Key}); err != nil || len(found) != 1 {
				t.Errorf("Lookup = %v, %v", found, err)
			}
			want, n := next(t, s, list)
			wantValues(t, s, "list", want)
			wantRows(t, s, "in the end", n)
			mustCheck(t, s)
		})
	}
}

func TestFirstVersionThatWasCutOffLeavesNoList(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTempSteps(t)
	entries := domainEntries("a", someEntries)
	cutOff(t, s, newList("list", entries...))
	if _, err := s.List(ctx, "list"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("List: %v", err)
	}
	if all, err := s.Lists(ctx); err != nil || len(all) != 0 {
		t.Errorf("Lists = %v, %v", all, err)
	}
	if _, err := s.DropList(ctx, "list", by(store.ListDrop)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DropList: %v", err)
	}
	for _, err := range s.Scan(ctx, 0) {
		t.Fatalf("Scan yields an entry, or %v", err)
	}
	mustCheck(t, s)
	mustApply(t, s, newList("list", entries[:5]...))
	wantValues(t, s, "list", entries[:5])
	wantRows(t, s, "after the next try", 5)
}

func TestWritersGetInWhileAListIsStaged(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s := openSteps(t, path, Options{})
	other := openSteps(t, path, Options{BusyTimeout: time.Minute})
	var wg sync.WaitGroup
	d := newList("list", domainEntries("a", 40*testSteps)...)
	start := sync.OnceFunc(func() {
		mustCreate(t, s, "from-progress.example") // under no lock
		wg.Go(func() { mustCreate(t, s, "same-store.example") })
		wg.Go(func() { mustCreate(t, other, "other-store.example") })
	})
	d.Progress = func(int) { start() }
	mustApply(t, s, d)
	wg.Wait()
	changes, err := s.Changes(ctx, 0, 0)
	if err != nil || len(changes) != 4 || changes[3].Action != store.ListSync {
		t.Errorf("the bans do not come before the list that began before them: %+v, %v", changes, err)
	}
}

func TestOfTwoSyncsOfAListOneWins(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	stores := []*Store{openSteps(t, path, Options{}), openSteps(t, path, Options{BusyTimeout: time.Minute})}
	old := domainEntries("old", someEntries)
	list := mustApply(t, stores[0], newList("list", old...))
	contents := [][]store.Entry{domainEntries("one", someEntries), domainEntries("two", someEntries)}
	for range 3 {
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, s := range stores {
			wg.Go(func() {
				_, errs[i] = s.ApplyList(ctx, delta(list, old, contents[i]), by(store.ListSync))
			})
		}
		wg.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		if errs[won] != nil || !errors.Is(errs[1-won], store.ErrConflict) {
			t.Fatalf("the errors are %v; want one nil, and one ErrConflict", errs)
		}
		wantValues(t, stores[1-won], "list", contents[won])
		mustCheck(t, stores[0])
		var err error
		if list, err = stores[won].UndoList(ctx, "list", 0, by(store.ListUndo)); err != nil {
			t.Fatal(err)
		}
		wantValues(t, stores[1-won], "list", old)
	}
}

// TestContentThatComesBackIsAnother undoes a content while it is read, and makes
// another one of the same number.
func TestContentThatComesBackIsAnother(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	a, b := domainEntries("a", 3*scanPage), domainEntries("b", 3*scanPage)
	list := mustApply(t, s, newList("list"))
	mustApply(t, s, delta(list, nil, a))
	read, last := 0, error(nil)
	for _, last = range s.ListEntries(ctx, "list") {
		if read++; read > 1 {
			continue
		}
		back, err := s.UndoList(ctx, "list", 0, by(store.ListUndo))
		if err != nil {
			t.Fatal(err)
		}
		mustApply(t, s, delta(back, nil, b))
	}
	if !errors.Is(last, store.ErrConflict) {
		t.Errorf("after %d entries of two versions the error is %v", read, last)
	}
}

func TestPrefixLengthsAreKnownBeforeTheirEntries(t *testing.T) {
	ctx := context.Background()
	s := openTemp(t)
	entry := domainEntry("192.0.2.0/24")
	entry.Key.Kind = store.KindIP
	want := func(when string, n int) {
		t.Helper()
		if lengths, err := s.PrefixLengths(ctx); err != nil || len(lengths) != n {
			t.Errorf("%s the prefix lengths are %v, %v; want %d", when, lengths, err, n)
		}
		mustCheck(t, s)
	}
	d := newList("list", entry)
	d.Progress = func(int) { want("before its version is in force", 1) }
	list := mustApply(t, s, d)
	list = mustApply(t, s, delta(list, []store.Entry{entry}, nil))
	want("while it may come back", 1)
	mustApply(t, s, delta(list, nil, []store.Entry{domainEntry("a.example")}))
	want("once its row is gone", 0)
}

func TestHitsOfEntriesGoWithTheirRows(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	e, other := domainEntry("a.example"), domainEntry("b.example")
	hit := func(want int64) {
		t.Helper()
		hits := []store.Hit{{RuleID: e.ID, Key: e.Key, Day: store.Day(at), Uses: 1, Last: at}}
		if err := s.AddHits(ctx, hits); err != nil {
			t.Fatal(err)
		}
		total, err := s.HitTotal(ctx, e.ID)
		if err != nil || total.Uses != want {
			t.Errorf("HitTotal = %+v, %v; want %d uses", total, err, want)
		}
		mustCheck(t, s)
	}
	hit(0)
	list := mustApply(t, s, newList("list", e))
	hit(1)
	mustApply(t, s, delta(list, []store.Entry{e}, nil))
	hit(1) // not in force, but it may come back
	if _, err := s.UndoList(ctx, "list", 0, by(store.ListUndo)); err != nil {
		t.Fatal(err)
	}
	hit(2)
	list, err := s.List(ctx, "list")
	if err != nil {
		t.Fatal(err)
	}
	changed := e
	changed.Effect = store.Review
	list = mustApply(t, s, delta(list, []store.Entry{e}, []store.Entry{changed}))
	list = mustApply(t, s, delta(list, nil, []store.Entry{other}))
	hit(3) // under the same ID
	list = mustApply(t, s, delta(list, []store.Entry{changed}, nil))
	mustApply(t, s, delta(list, nil, []store.Entry{domainEntry("c.example")}))
	hit(0)
	if days, err := s.HitHistory(ctx, e.ID, at, at); err != nil || len(days) != 0 {
		t.Errorf("HitHistory = %v, %v", days, err)
	}
}

// A content that was kept by a version before the third of the schema has no
// texts of its own: those of now stay when it comes back.
func TestAContentWithoutTextsComesBackWithThoseOfNow(t *testing.T) {
	ctx := context.Background()
	s := openTemp(t)
	l := mustApply(t, s, newList("list", domainEntries("a", 2)...))
	l.Source, l.Reason = "v2.txt", "two"
	mustApply(t, s, delta(l, nil, domainEntries("b", 1)))
	mustExec(t, s.writeDB, `UPDATE ostraka_lists SET previous_source = NULL, previous_reason = NULL, previous_public_reason = NULL`)
	back, err := s.UndoList(ctx, "list", 0, by(store.ListUndo))
	if err != nil || back.Entries != 2 || back.Source != "v2.txt" || back.Reason != "two" {
		t.Errorf("undone: %+v, %v", back, err)
	}
	mustCheck(t, s)
}
