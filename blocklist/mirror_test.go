package blocklist_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// newMirror returns a Checker that has all rules in memory.
func newMirror(t testing.TB, st store.Store, poll time.Duration) *ban.Checker {
	t.Helper()
	c, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true, PollInterval: poll, FlushInterval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // for the hits, which are many
		defer cancel()
		if err := c.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// overTwoStores runs a test over two stores on the same data, which is as if they were of two
// processes, and over one in memory twice.
func overTwoStores(t *testing.T, test func(t *testing.T, here, there store.Store)) {
	t.Run("memstore", func(t *testing.T) {
		st := memstore.New()
		test(t, st, st)
	})
	t.Run("sqlitestore", func(t *testing.T) {
		var two [2]store.Store
		path := sqlitetest.File(t)
		for i := range two {
			st, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
			two[i] = st
		}
		test(t, two[0], two[1])
	})
}

// Whatever is done in bulk, a mirror that follows the changes answers as one that
// was loaded after them, and as the store.
func TestAMirrorThatFollowsBulkChangesIsAsOneLoadedAfterThem(t *testing.T) {
	overTwoStores(t, func(t *testing.T, here, there store.Store) {
		const universe = 2 * store.MaxChangeKeys
		rng := rand.New(rand.NewPCG(5, 7))
		w := bulkWriter{t: t, rng: rng, lists: newAdmin(t, here), universe: universe}
		var err error
		if w.bans, err = ban.NewAdmin(here, ban.AdminOptions{}); err != nil {
			t.Fatal(err)
		}
		w.change() // of an empty store, the first change says by which tables keys are made
		own, other := newMirror(t, here, -1), newMirror(t, there, 20*time.Millisecond)
		for round := range 8 {
			what := w.change()
			fresh := newMirror(t, there, -1)
			wantAlike(t, fmt.Sprintf("round %d, after %s, own", round, what), own, fresh, universe)
			await(t, "the other process has seen the change", func() bool { return alike(t, other, fresh, universe) == "" })
		}
		for name, c := range map[string]*ban.Checker{"own": own, "other": other} {
			if s := c.Stats(); s.MirrorLoads != 1 || s.MirrorBehind {
				t.Errorf("%s: all rules were read %d times, want once; behind: %v", name, s.MirrorLoads, s.MirrorBehind)
			}
		}
	})
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain waited until " + what)
		}
	}
}

// wantAlike wants two Checkers to say the same of all values.
func wantAlike(t *testing.T, when string, a, b *ban.Checker, universe int) {
	t.Helper()
	if d := alike(t, a, b, universe); d != "" {
		t.Errorf("%s: %s", when, d)
	}
}

func alike(t *testing.T, a, b *ban.Checker, universe int) string {
	t.Helper()
	if n, want := a.Stats().MirrorRules, b.Stats().MirrorRules; n != want {
		return fmt.Sprintf("%d rules, want %d", n, want)
	}
	for i := range universe {
		s := ban.Subject{Domain: fmt.Sprintf("d%d.example", i), Name: fmt.Sprintf("n%dz", i)}
		got, want := check(t, a, s), check(t, b, s)
		if got.Verdict != want.Verdict || got.Match != want.Match {
			return fmt.Sprintf("%+v is %v by %+v, want %v by %+v", s, got.Verdict, got.Match, want.Verdict, want.Match)
		}
	}
	return ""
}

// bulkWriter makes changes of more keys than one names.
type bulkWriter struct {
	t        *testing.T
	rng      *rand.Rand
	lists    *blocklist.Admin
	bans     *ban.Admin
	universe int
}

// change makes one, and says which.
func (w *bulkWriter) change() string {
	name := []string{"one", "two", "three"}[w.rng.IntN(3)]
	var err error
	var what string
	switch n := w.rng.IntN(10); {
	case n < 5:
		what = "a sync of " + name
		_, err = trySync(w.lists, name, w.text(), blocklist.SyncOptions{Force: true, AllowExceptions: true, AllowWide: true})
	case n < 6:
		what = "a sync of " + name + " with another reason"
		_, err = trySync(w.lists, name, w.text(), blocklist.SyncOptions{Force: true, AllowExceptions: true, AllowWide: true, Reason: fmt.Sprint(w.rng.Uint32())})
	case n < 7:
		what = "undoing " + name
		_, err = w.lists.Undo(as("alice"), name)
	case n < 8:
		what = "dropping " + name
		_, err = w.lists.Drop(as("alice"), name)
	default:
		what = "many bans"
		all := make([]ban.CreateOptions, 1500)
		for i := range all {
			all[i] = ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("d%d.example", w.rng.IntN(w.universe))}
		}
		_, err = w.bans.CreateMany(as("alice"), all)
	}
	if err != nil && !errors.Is(err, blocklist.ErrNotFound) && !errors.Is(err, blocklist.ErrNothingToUndo) {
		w.t.Fatalf("%s: %v", what, err)
	}
	return what
}

// text returns a random list, with a pattern now and then.
func (w *bulkWriter) text() string {
	var b strings.Builder
	b.WriteString("value,kind,effect\n")
	share := w.rng.Float64()
	for i := range w.universe {
		if w.rng.Float64() < share {
			effect := []string{"deny", "deny", "allow", "review"}[w.rng.IntN(4)]
			if i%500 == 0 {
				fmt.Fprintf(&b, "*n%dz*,name,%s\n", i, effect)
			} else {
				fmt.Fprintf(&b, "d%d.example,domain,%s\n", i, effect)
			}
		}
	}
	return b.String()
}

// No check sees a part of a sync, whichever process makes it, and no check leaves
// the mirror meanwhile.
func TestAMirrorSeesASyncAsAWhole(t *testing.T) {
	overTwoStores(t, func(t *testing.T, here, there store.Store) {
		const half = 1500
		text := func(from int) string {
			var b strings.Builder
			for i := range 2 * half {
				fmt.Fprintf(&b, "d%d.example\n", (from+i)%(3*half))
			}
			return b.String()
		}
		a := newAdmin(t, here)
		sync(t, a, "l", text(0), blocklist.SyncOptions{})
		mirrors := []*ban.Checker{newMirror(t, here, -1), newMirror(t, there, 10*time.Millisecond)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := 0; ctx.Err() == nil; n++ {
				c := mirrors[n%2]
				if c.Stats().MirrorBehind {
					t.Error("a mirror is behind")
				}
				// Two thirds of the values are in each version: of three that are a
				// third apart, two.
				before := c.Stats().MirrorRules
				denied := 0
				for i := range 3 {
					if check(t, c, ban.Subject{Domain: fmt.Sprintf("d%d.example", n%half+i*half)}).Verdict == ban.Denied {
						denied++
					}
				}
				if before != 2*half {
					t.Errorf("a mirror has %d rules, want %d", before, 2*half)
				}
				if denied < 1 { // it may have changed between two of the checks
					t.Errorf("of three values %d are denied", denied)
				}
			}
		}()
		for n := range 6 {
			sync(t, a, "l", text(n%3*half), blocklist.SyncOptions{Force: true})
			time.Sleep(15 * time.Millisecond)
		}
		cancel()
		<-done
	})
}
