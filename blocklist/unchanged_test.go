package blocklist_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// countingStore counts how often the entries of a list are read.
type countingStore struct {
	store.Store
	reads int
}

func (s *countingStore) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	s.reads++
	return s.Store.ListEntries(ctx, name)
}

func TestASyncOfWhatAListHasReadsNoEntries(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		counting := &countingStore{Store: st}
		a := newAdmin(t, counting)
		var long strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&long, "d%d.example\n", i)
		}
		text := long.String()
		o := blocklist.SyncOptions{Source: "here"}
		other := o
		other.Source = "elsewhere"
		reason := other
		reason.Reason = "another reason"
		steps := []struct {
			what, text, counts string
			options            blocklist.SyncOptions
			reads              int
			version            int64
		}{
			{"a new list", text, "+3000 ~0 -0 =0 !0", o, 0, 1},
			{"the same", text, "+0 ~0 -0 =3000 !0", o, 0, 1},
			{"in another order, with comments", "# x\nd1.example\nD0.example.\n" + strings.TrimPrefix(text, "d0.example\nd1.example\n"), "+0 ~0 -0 =3000 !0", o, 0, 1},
			{"with repetitions and a line that is none", text + "d7.example\nno value!\n", "+0 ~0 -0 =3000 !2", o, 0, 1},
			{"one line more", text + "more.example\n", "+1 ~0 -0 =3000 !0", o, 1, 2},
			{"one line less", text, "+0 ~0 -1 =3000 !0", o, 1, 3},
			{"another effect", "value,kind,effect\n" + strings.ReplaceAll(text, ".example\n", ".example,domain,review\n"), "+0 ~3000 -0 =0 !0", blocklist.SyncOptions{Source: "here", Force: true}, 1, 4},
			{"as before", text, "+0 ~3000 -0 =0 !0", o, 1, 5},
			{"the same from elsewhere: lines are of the source", text, "+0 ~0 -0 =3000 !0", other, 1, 6},
			{"for another reason", text, "+0 ~0 -0 =3000 !0", reason, 0, 7},
			{"and again", text, "+0 ~0 -0 =3000 !0", reason, 0, 7},
		}
		for _, s := range steps {
			counting.reads = 0
			r := sync(t, a, "l", s.text, s.options)
			if counts(r) != s.counts || counting.reads != s.reads || r.List.Version != s.version {
				t.Errorf("%s: %s with %d readings, version %d; want %s, %d, %d", s.what, counts(r), counting.reads, r.List.Version, s.counts, s.reads, s.version)
			}
		}
		sync(t, a, "l", text+"more.example\n", reason)
		if _, err := a.Undo(as("alice"), "l"); err != nil {
			t.Fatal(err)
		}
		counting.reads = 0
		if r := sync(t, a, "l", text, reason); counts(r) != "+0 ~0 -0 =3000 !0" || counting.reads != 0 {
			t.Errorf("after an Undo: %s with %d readings", counts(r), counting.reads)
		}
	})
}

// Who changes a list without Package blocklist says nothing of its content.
func TestAListThatOthersChangedIsCompared(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		text := domains(20)
		sync(t, a, "l", text, blocklist.SyncOptions{})
		l, err := st.List(t.Context(), "l")
		if err != nil {
			t.Fatal(err)
		}
		var gone []store.Entry
		for e, err := range st.ListEntries(t.Context(), "l") {
			if err != nil {
				t.Fatal(err)
			}
			gone = append(gone[:0], e)
		}
		if _, err := st.ApplyList(t.Context(), store.ListDelta{List: l, Remove: gone}, store.Change{Actor: "host", Action: store.ListSync}); err != nil {
			t.Fatal(err)
		}
		if r := sync(t, a, "l", text, blocklist.SyncOptions{}); counts(r) != "+1 ~0 -0 =19 !0" {
			t.Errorf("%s, want the one that is missing", counts(r))
		}
	})
}

// A long list is parsed and checked side by side: what is rejected is the same.
func TestRejectsOfALongList(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		var text strings.Builder
		want := ""
		for i := 1; i <= 5000; i++ {
			switch {
			case i%1000 == 0:
				fmt.Fprintln(&text, "not a domain!")
				want += fmt.Sprint(i, " ")
			case i%1000 == 7 && i > 7:
				fmt.Fprintln(&text, "d7.example")
				want += fmt.Sprint(i, " ")
			default:
				fmt.Fprintf(&text, "d%d.example\n", i)
			}
		}
		r := sync(t, newAdmin(t, st), "l", text.String(), blocklist.SyncOptions{})
		got := ""
		for _, reject := range r.Rejects {
			got += fmt.Sprint(reject.Line, " ")
		}
		if got != want || r.Duplicates != 4 || r.Added != 4991 {
			t.Errorf("rejects %s, %s, %d repetitions; want %s", got, counts(r), r.Duplicates, want)
		}
	})
}
