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
	"example.com/ostraka/internal/racedetector"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func mirrorOf(t testing.TB, st ban.Source) *ban.Checker {
	t.Helper()
	return newChecker(t, st, ban.CheckerOptions{Mirror: true, PollInterval: time.Second, StaleFor: 10 * time.Second})
}

// A mirror asks no store, and says so when it could not have heard of changes.
func TestAMirrorAnswersThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &failing{Store: memstore.New()}
		a := newAdmin(t, st)
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		c := mirrorOf(t, st)
		bob, carol := ban.Subject{Name: "bob"}, ban.Subject{Name: "carol"}
		expect := func(when string, stale bool) {
			t.Helper()
			if d := check(t, c, bob); d.Verdict != ban.Denied || d.Stale != stale {
				t.Errorf("%s: bob is %v, stale %v, want denied, stale %v", when, d.Verdict, d.Stale, stale)
			}
			if d := check(t, c, carol); d.Verdict != ban.Allowed || d.Stale != stale {
				t.Errorf("%s: carol is %v, stale %v, want allowed, stale %v", when, d.Verdict, d.Stale, stale)
			}
		}
		expect("before", false)
		st.cut()
		expect("at first", false)
		time.Sleep(2 * time.Second)
		expect("after the poll interval", true)
		time.Sleep(time.Hour)
		expect("after StaleFor", true)
		if age := time.Since(c.Stats().LastContact); age < time.Hour {
			t.Errorf("the last contact was %v ago, want an hour", age)
		}
		st.mend()
		time.Sleep(time.Second)
		expect("after the outage", false)
	})
}

// A write that the mirror could not look up makes checks ask the store.
func TestAMirrorThatLacksAWriteAsksTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &failing{Store: memstore.New()}
		a, c := newAdmin(t, st.Store), mirrorOf(t, st)
		bob := ban.Subject{Name: "bob"}
		st.cut()
		if _, err := a.CreateMany(as("test"), []ban.CreateOptions{{Kind: ban.KindName, Value: "bob"}}); err != nil {
			t.Fatal(err)
		}
		if !c.Stats().MirrorBehind {
			t.Error("the mirror does not say that it is behind")
		}
		if d := check(t, c, bob); d.Verdict != ban.Allowed || !d.Stale {
			t.Errorf("while nothing can be asked: %v, stale %v, want the old answer and stale", d.Verdict, d.Stale)
		}
		if _, err := c.Check(context.Background(), ban.Subject{IP: "x"}); !errors.As(err, new(*ban.ValueError)) {
			t.Errorf("what does not parse gives %v", err)
		}
		st.mend()
		if d := check(t, c, bob); d.Verdict != ban.Denied || d.Stale {
			t.Errorf("once the store can be asked: %v, stale %v, want denied", d.Verdict, d.Stale)
		}
		time.Sleep(2 * time.Second)
		if c.Stats().MirrorBehind {
			t.Error("the mirror has not caught up")
		}
		if d := check(t, c, bob); d.Verdict != ban.Denied || d.Stale {
			t.Errorf("later: %v, stale %v, want denied", d.Verdict, d.Stale)
		}
	})
}

// slow is a store whose Scan stops before its last rule, until it is let go.
type slow struct {
	forgetful
	armed   atomic.Bool
	reached chan struct{}
	release chan struct{}
}

func newSlow() *slow {
	return &slow{forgetful: forgetful{memstore.New()}, reached: make(chan struct{}), release: make(chan struct{})}
}

func (s *slow) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		if s.armed.Load() {
			var rules []store.Rule
			for r, err := range s.Store.Scan(ctx, kind) {
				if err != nil {
					yield(r, err)
					return
				}
				rules = append(rules, r)
			}
			s.reached <- struct{}{}
			<-s.release
			for _, r := range rules { // as they were
				if !yield(r, nil) {
					return
				}
			}
			return
		}
		s.Store.Scan(ctx, kind)(yield)
	}
}

func TestChangesWhileAMirrorIsLoadedAreNotLost(t *testing.T) {
	st := newSlow()
	a := newAdmin(t, st)
	gone := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	pattern := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*spam*"})
	st.armed.Store(true)
	loaded := make(chan *ban.Checker)
	go func() { loaded <- mirrorOf(t, st) }()
	<-st.reached
	for _, b := range []ban.Ban{gone, pattern} {
		if _, err := a.Revoke(as("test"), b.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	create(t, a, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24"})
	st.armed.Store(false)
	st.release <- struct{}{}
	c := <-loaded
	for _, want := range []struct {
		s ban.Subject
		v ban.Verdict
	}{
		{ban.Subject{Name: "bob"}, ban.Allowed}, {ban.Subject{Name: "xspamx"}, ban.Allowed}, {ban.Subject{IP: "203.0.113.9"}, ban.Denied},
	} {
		if d := check(t, c, want.s); d.Verdict != want.v {
			t.Errorf("%+v is %v, want %v", want.s, d.Verdict, want.v)
		}
	}
}

// bulkWith returns bans of names, the one given among them, that are too many for
// a change to name.
func bulkWith(name string) []ban.CreateOptions {
	all := []ban.CreateOptions{{Kind: ban.KindName, Value: name}}
	for i := range store.MaxChangeKeys {
		all = append(all, ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprint("name ", i)})
	}
	return all
}

// While all rules are read again for a bulk change whose keys are not known, checks answer as before it,
// and its maker waits; other writes meanwhile are seen before they return.
func TestABulkChangeStallsNoCheck(t *testing.T) {
	st := newSlow()
	a, c := newAdmin(t, st), mirrorOf(t, st)
	st.armed.Store(true)
	made := make(chan error)
	go func() {
		_, err := a.CreateMany(as("test"), bulkWith("bob"))
		made <- err
	}()
	<-st.reached
	bob, carol := ban.Subject{Name: "bob"}, ban.Subject{Name: "carol"}
	if d := check(t, c, bob); d.Verdict != ban.Allowed || c.Stats().MirrorBehind {
		t.Errorf("bob is %v while the change is being made", d.Verdict)
	}
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "carol"})
	if d := check(t, c, carol); d.Verdict != ban.Denied {
		t.Errorf("carol is %v after she was banned", d.Verdict)
	}
	select {
	case err := <-made:
		t.Errorf("CreateMany returned before its bans are seen (%v)", err)
	default:
	}
	st.armed.Store(false)
	st.release <- struct{}{}
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	for _, s := range []ban.Subject{bob, carol} {
		if d := check(t, c, s); d.Verdict != ban.Denied {
			t.Errorf("%s is %v in the end", s.Name, d.Verdict)
		}
	}
	if n := c.Stats().MirrorLoads; n != 2 {
		t.Errorf("all rules were read %d times, want 2", n)
	}
}

// broken is a store whose Scan fails.
type broken struct {
	forgetful
	cut atomic.Bool
}

func (b *broken) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	if b.cut.Load() {
		return func(yield func(store.Rule, error) bool) { yield(store.Rule{}, errCutOff) }
	}
	return b.Store.Scan(ctx, kind)
}

func TestAMirrorThatCannotBeReadAgainAsksTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &broken{forgetful: forgetful{memstore.New()}}
		st.cut.Store(true)
		if _, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true}); !errors.Is(err, errCutOff) {
			t.Errorf("NewChecker: %v, want the store's error", err)
		}
		st.cut.Store(false)
		a, c := newAdmin(t, st), mirrorOf(t, st)
		st.cut.Store(true)
		if _, err := a.CreateMany(as("test"), bulkWith("bob")); err != nil {
			t.Fatal(err)
		}
		bob := ban.Subject{Name: "bob"}
		if d := check(t, c, bob); d.Verdict != ban.Denied || !c.Stats().MirrorBehind {
			t.Errorf("%v, want denied from the store", d.Verdict)
		}
		st.cut.Store(false)
		time.Sleep(2 * time.Second)
		if s := c.Stats(); s.MirrorBehind || s.MirrorRules != 1+store.MaxChangeKeys {
			t.Errorf("in the end: %+v", s)
		}
	})
}

func TestAMirrorTellsOfItsRules(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	many := make([]ban.CreateOptions, 10_000)
	for i := range many {
		many[i] = ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("d%d.example", i)}
	}
	if _, err := a.CreateMany(as("test"), many); err != nil {
		t.Fatal(err)
	}
	var steps [][2]int
	c := newChecker(t, st, ban.CheckerOptions{Mirror: true, Progress: func(loaded, total int) { steps = append(steps, [2]int{loaded, total}) }})
	if len(steps) != 2 || steps[0] != [2]int{8192, 10_000} || steps[1] != [2]int{10_000, 10_000} {
		t.Errorf("progress was %v", steps)
	}
	s := c.Stats()
	if s.MirrorRules != 10_000 || s.MirrorLoads != 1 || s.MirrorBytes < 400_000 || s.MirrorBytes > 1_500_000 {
		t.Errorf("%+v", s)
	}
}

func TestChecksOfAMirrorDoNotAllocate(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	for kind, values := range ruleValues {
		for _, v := range values {
			if _, _, err := a.Put(as("test"), ban.CreateOptions{Kind: kind, Value: v, Force: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := newChecker(t, st, ban.CheckerOptions{Mirror: true, Leet: true})
	for name, s := range map[string]ban.Subject{
		"nothing matches":              {Email: "x@h.test", Domain: "y.h.test", IP: "9.9.9.9", Name: "0nobody1"},
		"capitals, nothing matches":    {Email: "X.Y@H.test", Domain: "Y.h.TEST.", Name: "NoBodyI"},
		"a mailbox, nothing matches":   {Email: "so.me.body+tag@GoogleMail.com"},
		"a subdomain address":          {Email: "x@user.fastmail.com"},
		"all fields match":             {Email: "J.Doe@gmail.com", Domain: "a.example.com", IP: "203.0.113.7", Name: "AdmIn"},
		"a name is read in other ways": {Name: "4dMIn"},
	} {
		check(t, c, s) // counts the hit for the first time
		if n := testing.AllocsPerRun(200, func() { check(t, c, s) }); n != 0 && !racedetector.On {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// While keys are rotated, rules are hashed under both.
func TestChecksBesideHashesUnderTwoKeysDoNotAllocate(t *testing.T) {
	st := memstore.New()
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	for id := range ring {
		a, err := ban.NewAdmin(st, ban.AdminOptions{Keys: ring, HashKey: id})
		if err != nil {
			t.Fatal(err)
		}
		for kind, v := range map[ban.Kind]string{ban.KindEmail: id + "@gmail.com", ban.KindName: id} {
			if _, err := a.Create(as("test"), ban.CreateOptions{Kind: kind, Value: v, Hashed: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := newChecker(t, st, ban.CheckerOptions{Mirror: true, Keys: ring})
	s := ban.Subject{Email: "x@h.test", Name: "nobody"}
	check(t, c, s)
	if n := testing.AllocsPerRun(200, func() { check(t, c, s) }); n != 0 && !racedetector.On {
		t.Errorf("%v allocations", n)
	}
}

// Two writers of one ban may be told of in any order; the mirror ends in the
// state of the store.
func TestWritersOfOneBanLeaveAMirrorAsTheStoreIs(t *testing.T) {
	st := memstore.New()
	a, c := newAdmin(t, st), mirrorOf(t, st)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 100 {
				b, _, err := a.Put(as("test"), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
				if err == nil {
					_, err = a.Revoke(as("test"), b.ID, "")
				}
				if err != nil && !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	want := 0
	for _, b := range list(t, a) {
		if b.Active(time.Now()) {
			want++
		}
	}
	if d := check(t, c, ban.Subject{Name: "bob"}); (d.Verdict == ban.Denied) != (want > 0) {
		t.Errorf("%v with %d bans in force", d.Verdict, want)
	}
}

// forgetful is a store that knows the keys of no change that is bulk: so a mirror
// has to read all rules for it.
type forgetful struct{ *memstore.Store }

func (forgetful) ChangedKeys(context.Context, int64) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) { yield(store.Key{}, store.ErrNotFound) }
}
