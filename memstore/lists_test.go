package memstore_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

var listSync = store.Change{At: now, Actor: "alice", Action: store.ListSync}

// entries returns n entries of different values, numbered from first.
func entries(first, n int) []store.Entry {
	out := make([]store.Entry, n)
	for i := range out {
		text := fmt.Sprintf("d%d.example", first+i)
		out[i] = store.Entry{ID: uuid.New(), Key: store.Key{Kind: store.KindDomain, Text: text}, Value: text, Line: i + 1}
	}
	return out
}

func newList(name string) store.List { return store.List{ID: uuid.New(), Name: name, CreatedAt: now} }

func apply(tb testing.TB, st *memstore.Store, delta store.ListDelta) store.List {
	tb.Helper()
	l, err := st.ApplyList(tb.Context(), delta, listSync)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// Entries are copied in batches of 512; these are the numbers around them.
func TestListsAreReadWholeWhateverTheBatches(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 1024, 1500} {
		st, all := memstore.New(), entries(0, n)
		apply(t, st, store.ListDelta{List: newList("l"), Add: all})
		seen := map[uuid.UUID]int{}
		for r, err := range st.Scan(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			seen[r.ID]++
		}
		for e, err := range st.ListEntries(t.Context(), "l") {
			if err != nil {
				t.Fatal(err)
			}
			seen[e.ID]++
		}
		for _, e := range all {
			if seen[e.ID] != 2 {
				t.Errorf("of %d entries %q was seen %d times by Scan and ListEntries, want once by each", n, e.Value, seen[e.ID])
			}
		}
		if len(seen) != n {
			t.Errorf("of %d entries %d were seen", n, len(seen))
		}
	}
}

// TestAListRemembersNoEntryThatCannotComeBack syncs a list again and again, a
// tenth of it new each time.
func TestAListRemembersNoEntryThatCannotComeBack(t *testing.T) {
	const n = 20_000
	st, l, there := memstore.New(), newList("l"), []store.Entry(nil)
	var first uint64
	for round := range 30 {
		fresh := entries(round*n/10, n/10)
		delta := store.ListDelta{List: l, Add: fresh}
		if len(there) == n {
			delta.Remove, there = there[:n/10], there[n/10:]
		}
		l = apply(t, st, delta)
		there = append(there[:len(there):len(there)], fresh...)
		if round == 12 {
			first = heap()
		}
	}
	if now := heap(); now > first+first/4 {
		t.Errorf("after 30 syncs %d bytes are in use, after 13 it were %d", now, first)
	}
	runtime.KeepAlive(st)
}

// TestAListForgetsTheHitsOfEntriesThatCannotComeBack removes an entry, and then
// makes one more version.
func TestAListForgetsTheHitsOfEntriesThatCannotComeBack(t *testing.T) {
	st, all := memstore.New(), entries(0, 3)
	l := apply(t, st, store.ListDelta{List: newList("l"), Add: all[:2]})
	for _, e := range all[:2] {
		if err := st.AddHits(t.Context(), []store.Hit{{RuleID: e.ID, Key: e.Key, Day: store.Day(now), Uses: 1, Last: now}}); err != nil {
			t.Fatal(err)
		}
	}
	l = apply(t, st, store.ListDelta{List: l, Remove: all[:1]})
	apply(t, st, store.ListDelta{List: l, Add: all[2:]})
	for i, want := range []int64{0, 1} {
		if total, err := st.HitTotal(t.Context(), all[i].ID); err != nil || total.Uses != want {
			t.Errorf("HitTotal of entry %d = %+v, %v; want %d uses", i, total, err, want)
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkListMemory tells what an entry of a long list takes, its texts
// included, and how much more when the version before differs in a tenth.
func BenchmarkListMemory(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		before := heap()
		st := memstore.New()
		l := apply(b, st, store.ListDelta{List: newList("l"), Add: entries(0, n)})
		b.ReportMetric(float64(heap()-before)/n, "B/entry")
		var gone []store.Entry
		for e, err := range st.ListEntries(b.Context(), "l") {
			if err != nil {
				b.Fatal(err)
			}
			if gone = append(gone, e); len(gone) == n/10 {
				break
			}
		}
		apply(b, st, store.ListDelta{List: l, Add: entries(n, n/10), Remove: gone})
		gone = nil
		b.ReportMetric(float64(heap()-before)/n, "B/entry-with-undo")
		runtime.KeepAlive(st)
	}
}

func BenchmarkApplyList(b *testing.B) {
	all := entries(0, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		apply(b, memstore.New(), store.ListDelta{List: newList("l"), Add: all})
	}
}

func BenchmarkLookupInLists(b *testing.B) {
	st := memstore.New()
	for i := range 10 {
		apply(b, st, store.ListDelta{List: newList(fmt.Sprint(i)), Add: entries(i*10_000, 10_000)})
	}
	var keys []store.Key
	for i := range 12 {
		keys = append(keys, store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("unknown%d.example", i)})
	}
	keys[0].Text = "d55555.example"
	for b.Loop() {
		if rules, err := st.Lookup(b.Context(), keys); err != nil || len(rules) != 1 {
			b.Fatal(len(rules), err)
		}
	}
}
