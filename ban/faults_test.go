package ban_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// restorable is a store in whose place another can be put, as when a backup is
// put back. What is made through it afterwards is made in the other.
type restorable struct {
	*memstore.Store // the first one
	now             atomic.Pointer[memstore.Store]
	mu              sync.Mutex
	fns             []func(store.Change)
}

func newRestorable() *restorable {
	r := &restorable{Store: memstore.New()}
	r.now.Store(r.Store)
	return r
}

func (r *restorable) put(st *memstore.Store) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, fn := range r.fns {
		st.Subscribe(fn)
	}
	r.now.Store(st)
}

func (r *restorable) Subscribe(fn func(store.Change)) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fns = append(r.fns, fn)
	return r.now.Load().Subscribe(fn)
}

func (r *restorable) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	return r.now.Load().Lookup(ctx, keys)
}

func (r *restorable) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	return r.now.Load().PrefixLengths(ctx)
}

func (r *restorable) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return r.now.Load().Scan(ctx, kind)
}

func (r *restorable) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	return r.now.Load().Changes(ctx, after, limit)
}

func (r *restorable) LastChange(ctx context.Context) (int64, error) {
	return r.now.Load().LastChange(ctx)
}

// storeOf returns a store with bans of those names, one change each.
func storeOf(t *testing.T, names ...string) *memstore.Store {
	t.Helper()
	st := memstore.New()
	addNames(t, st, names...)
	return st
}

func addNames(t *testing.T, st ban.AdminStore, names ...string) {
	t.Helper()
	a := newAdmin(t, st)
	for _, name := range names {
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: name})
	}
}

func prune(t *testing.T, st *memstore.Store) {
	t.Helper()
	if _, err := st.PruneChanges(context.Background(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// A backup that is put back into an open store has a log that ends earlier, or that
// went on in another way. Bob is banned before alone, carol afterwards alone.
func TestARestoredBackupIsNoticedWithinThePollInterval(t *testing.T) {
	for name, tt := range map[string]struct {
		before  func(t *testing.T, st *memstore.Store)
		restore func(t *testing.T) *memstore.Store
	}{
		"a shorter log": {
			func(t *testing.T, st *memstore.Store) { addNames(t, st, "x", "y", "bob", "z") },
			func(t *testing.T) *memstore.Store { return storeOf(t, "x", "carol") },
		},
		"an empty log": {
			func(t *testing.T, st *memstore.Store) { addNames(t, st, "bob") },
			func(t *testing.T) *memstore.Store {
				st := memstore.New()
				time.AfterFunc(2*time.Second, func() { addNames(t, st, "carol") })
				return st
			},
		},
		"a log of the same length": {
			func(t *testing.T, st *memstore.Store) { addNames(t, st, "x", "bob") },
			func(t *testing.T) *memstore.Store { return storeOf(t, "x", "carol") },
		},
		"a log that has meanwhile grown longer": {
			func(t *testing.T, st *memstore.Store) { addNames(t, st, "x", "bob") },
			func(t *testing.T) *memstore.Store { return storeOf(t, "x", "carol", "y", "z") },
		},
		"a log in which what was pruned is there again": {
			func(t *testing.T, st *memstore.Store) { addNames(t, st, "x", "bob"); prune(t, st) },
			func(t *testing.T) *memstore.Store { return storeOf(t, "x", "carol", "y") },
		},
		"a shorter log that was pruned": {
			func(t *testing.T, st *memstore.Store) { addNames(t, st, "x", "y", "bob") },
			func(t *testing.T) *memstore.Store {
				st := storeOf(t, "x", "carol")
				prune(t, st)
				return st
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(t *testing.T, o ban.CheckerOptions) {
				st := newRestorable()
				tt.before(t, st.Store)
				o.PollInterval = time.Second
				c := newChecker(t, st, o)
				expect := func(when string, bob, carol ban.Verdict) {
					t.Helper()
					if b, c := check(t, c, ban.Subject{Name: "bob"}), check(t, c, ban.Subject{Name: "carol"}); b.Verdict != bob || c.Verdict != carol {
						t.Errorf("%s: bob is %v, carol %v, want %v and %v", when, b.Verdict, c.Verdict, bob, carol)
					}
				}
				time.Sleep(2 * time.Second)
				expect("before", ban.Denied, ban.Allowed)
				st.put(tt.restore(t))
				time.Sleep(3 * time.Second)
				expect("afterwards", ban.Allowed, ban.Denied)
				addNames(t, peer{st.now.Load()}, "bob")
				time.Sleep(time.Second)
				expect("after a change by another process", ban.Denied, ban.Denied)
			})
		})
	}
}

// The Seq of the changes was read before, with others.
func TestAWriteAfterARestoredBackupIsSeenBeforeItReturns(t *testing.T) {
	eachMode(t, func(t *testing.T, o ban.CheckerOptions) {
		st := newRestorable()
		addNames(t, st.Store, "x", "y", "z")
		if _, err := newAdmin(t, st.Store).CreateMany(as("test"), bulkWith("w")); err != nil {
			t.Fatal(err)
		}
		o.PollInterval = time.Hour
		c := newChecker(t, st, o)
		if d := check(t, c, ban.Subject{Name: "bob"}); d.Verdict != ban.Allowed {
			t.Fatalf("bob is %v", d.Verdict)
		}
		st.put(storeOf(t, "x"))
		if _, err := newAdmin(t, st.now.Load()).CreateMany(as("test"), bulkWith("bob")); err != nil {
			t.Fatal(err)
		}
		addNames(t, st.now.Load(), "carol")
		for name, want := range map[string]ban.Verdict{"bob": ban.Denied, "carol": ban.Denied, "x": ban.Denied, "z": ban.Allowed} {
			if d := check(t, c, ban.Subject{Name: name}); d.Verdict != want {
				t.Errorf("%s is %v, want %v", name, d.Verdict, want)
			}
		}
	})
}

// What a process makes itself is not looked up again when it is met in the log.
func TestOwnChangesAreAppliedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := forgetful{memstore.New()}
		a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{Mirror: true, PollInterval: time.Second})
		if _, err := a.CreateMany(as("test"), bulkWith("bob")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if n := c.Stats().MirrorLoads; n != 2 {
			t.Errorf("all rules were read %d times, want twice: at the start, and for the change", n)
		}
	})
}

// A clock that jumps forward and comes back leaves answers, hits and history as
// they would have been without.
func TestAClockThatJumpsForwardAndBack(t *testing.T) {
	eachMode(t, func(t *testing.T, o ban.CheckerOptions) {
		st := memstore.New()
		var off atomic.Int64
		o.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		c, a := newChecker(t, st, o), newAdmin(t, st)
		bans := map[string]ban.Ban{}
		for value, kind := range map[string]ban.Kind{
			"a.example": ban.KindDomain, "*bob*": ban.KindName, "x@b.example": ban.KindEmail, "*y@b.example": ban.KindEmail, "192.0.2.0/24": ban.KindIP,
		} {
			bans[value] = create(t, a, ban.CreateOptions{Kind: kind, Value: value, ExpiresAt: time.Now().Add(72 * time.Hour)})
		}
		forever := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "mallory"})
		subjects := []ban.Subject{
			{Domain: "a.example"}, {Name: "kebob"}, {Email: "x@b.example"}, {Email: "xy@b.example"}, {IP: "192.0.2.7"},
			{Domain: "a.example", Name: "kebob", IP: "198.51.100.1"},
		}
		expect := func(when string, want ban.Verdict) {
			t.Helper()
			for range 2 { // of which the second may be answered from the cache
				for _, s := range subjects {
					if d := check(t, c, s); d.Verdict != want {
						t.Errorf("%s: %+v is %v, want %v", when, s, d.Verdict, want)
					}
				}
			}
		}
		expect("before", ban.Denied)
		time.Sleep(24 * time.Hour)
		check(t, c, ban.Subject{Name: "mallory"})
		off.Store(int64(40 * 24 * time.Hour))
		expect("while the clock is wrong", ban.Allowed)
		check(t, c, ban.Subject{Name: "mallory"})
		time.Sleep(10 * time.Minute) // hits are flushed, and old ones pruned
		off.Store(0)
		expect("afterwards", ban.Denied)
		time.Sleep(10 * time.Minute)
		got, err := a.Get(context.Background(), forever.ID)
		if err != nil || got.Hits != 2 || got.LastHitAt.After(time.Now()) || time.Since(got.LastHitAt) > 21*time.Minute {
			t.Errorf("%d hits, last at %v (%v); it is %v", got.Hits, got.LastHitAt, err, time.Now())
		}
		if n, _ := uses(t, a, bans["a.example"], 2); fmt.Sprint(n) != "[4 4]" {
			t.Errorf("the days have %v hits, want 4 on each", n)
		}
	})
}

// Another process had the wrong clock, or it was wrong for long.
func TestALastHitIsNotInTheFuture(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	later := time.Now().Add(time.Hour)
	if err := st.AddHits(context.Background(), []store.Hit{{RuleID: b.ID, Key: b.Key(), Day: store.Day(later), Uses: 1, Last: later}}); err != nil {
		t.Fatal(err)
	}
	got, err := a.Get(context.Background(), b.ID)
	bySeq, err2 := a.GetSeq(context.Background(), b.Seq)
	listed := list(t, a)
	for how, b := range map[string]ban.Ban{"Get": got, "GetSeq": bySeq, "List": listed[0]} {
		if b.LastHitAt.IsZero() || b.LastHitAt.After(time.Now()) || err != nil || err2 != nil {
			t.Errorf("%s: last hit at %v", how, b.LastHitAt)
		}
	}
}

// pausing is a store whose look-ups take a pause after they have read, once it is
// asked for, as if the process were frozen there.
type pausing struct {
	*memstore.Store
	pause atomic.Int64
}

func (p *pausing) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	rules, err := p.Store.Lookup(ctx, keys)
	time.Sleep(time.Duration(p.pause.Load()))
	return rules, err
}

func TestAnAnswerThatIsGivenLateIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &pausing{Store: memstore.New()}
		c := newChecker(t, st, ban.CheckerOptions{PollInterval: time.Second})
		for pause, stale := range map[time.Duration]bool{0: false, time.Second: false, time.Second + time.Millisecond: true, time.Hour: true} {
			st.pause.Store(int64(pause))
			if d := check(t, c, ban.Subject{Name: fmt.Sprint("name ", int64(pause))}); d.Stale != stale {
				t.Errorf("given %v after the store was read: stale %v", pause, d.Stale)
			}
		}
	})
}

// The process is frozen between two looks of a check at the clock, and the log is
// read before the check goes on.
func TestACheckThatWasFrozenIsStale(t *testing.T) {
	for name, o := range map[string]ban.CheckerOptions{"cached": {}, "mirrored": {Mirror: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := memstore.New()
				create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "bob", ExpiresAt: time.Now().Add(24 * time.Hour)})
				var looks atomic.Int64 // until the process is frozen
				o.PollInterval = time.Second
				o.Now = func() time.Time {
					if looks.Add(-1) == 0 {
						time.Sleep(time.Hour)
					}
					return time.Now()
				}
				c := newChecker(t, st, o)
				check(t, c, ban.Subject{Name: "bob"})
				if d := check(t, c, ban.Subject{Name: "bob"}); d.Stale {
					t.Error("stale before")
				}
				looks.Store(1) // when it asks for the time, of the rule that it has found
				began := time.Now()
				if d := check(t, c, ban.Subject{Name: "bob"}); !d.Stale || time.Since(began) < time.Hour {
					t.Errorf("stale %v after %v, want stale after an hour", d.Stale, time.Since(began))
				}
				if d := check(t, c, ban.Subject{Name: "bob"}); d.Stale {
					t.Error("stale afterwards")
				}
			})
		})
	}
}

// A host's clock says when rules expire, and not how long ago the store was read.
func TestHowOldAnAnswerIsGoesByTheRealTime(t *testing.T) {
	for name, o := range map[string]ban.CheckerOptions{"cached": {}, "mirrored": {Mirror: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &failing{Store: memstore.New()}
				create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
				stands := time.Now()
				o.Now = func() time.Time { return stands }
				o.PollInterval, o.StaleFor = time.Second, 10*time.Second
				c := newChecker(t, st, o)
				known := ban.Subject{Name: "bob"}
				if d := check(t, c, known); d.Verdict != ban.Denied || d.Stale {
					t.Errorf("before the outage: %v, stale %v", d.Verdict, d.Stale)
				}
				st.cut()
				time.Sleep(2 * time.Second)
				if d := check(t, c, known); d.Verdict != ban.Denied || !d.Stale {
					t.Errorf("two seconds into the outage: %v, stale %v, want stale", d.Verdict, d.Stale)
				}
				time.Sleep(10 * time.Second)
				d, err := c.Check(t.Context(), known) // which a mirror answers still, as it has all
				if d.Verdict != ban.Denied || !(o.Mirror && d.Stale) && !errors.Is(err, errCutOff) {
					t.Errorf("after StaleFor: %v, stale %v, %v", d.Verdict, d.Stale, err)
				}
				st.mend()
				time.Sleep(2 * time.Second)
				if d := check(t, c, known); d.Verdict != ban.Denied || d.Stale {
					t.Errorf("after the outage: %v, stale %v", d.Verdict, d.Stale)
				}
			})
		})
	}
}
