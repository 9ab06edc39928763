package ban_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// gate is a store whose Lookup stops after it has read, until it is let go: the
// moment in which a cache fill can lose a race.
type gate struct {
	*memstore.Store
	armed   atomic.Bool
	reached chan struct{} // Lookup has read
	release chan struct{} // Lookup may return
}

func newGate() *gate {
	return &gate{Store: memstore.New(), reached: make(chan struct{}), release: make(chan struct{})}
}

func (g *gate) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	rules, err := g.Store.Lookup(ctx, keys)
	if g.armed.Load() {
		g.reached <- struct{}{}
		<-g.release
	}
	return rules, err
}

func TestAWriteDuringACacheFillIsNotHidden(t *testing.T) {
	values := map[ban.Kind][2]string{ // a value, and one of a subject that it matches
		ban.KindEmail:  {"jdoe@gmail.com", "j.doe@gmail.com"},
		ban.KindDomain: {"example.com", "a.example.com"},
		ban.KindIP:     {"203.0.113.0/24", "203.0.113.7"},
		ban.KindName:   {"*admin*", "sysadmins"},
	}
	for kind, v := range values {
		subject := subjectOf(kind, v[1])
		t.Run("a new "+kind.String()+" ban", func(t *testing.T) {
			g := newGate()
			c, a := newChecker(t, g, ban.CheckerOptions{}), newAdmin(t, g)
			raceWithFill(t, g, c, subject, func() {
				create(t, a, ban.CreateOptions{Kind: kind, Value: v[0]})
			})
			if d := check(t, c, subject); d.Verdict != ban.Denied {
				t.Errorf("%v after the ban was made, want denied: the fill has hidden it", d.Verdict)
			}
		})
		t.Run("a revoked "+kind.String()+" ban", func(t *testing.T) {
			g := newGate()
			c, a := newChecker(t, g, ban.CheckerOptions{}), newAdmin(t, g)
			b := create(t, a, ban.CreateOptions{Kind: kind, Value: v[0]})
			raceWithFill(t, g, c, subject, func() {
				if _, err := a.Revoke(as("test"), b.ID, "mistake"); err != nil {
					t.Error(err)
				}
			})
			if d := check(t, c, subject); d.Verdict != ban.Allowed {
				t.Errorf("%v after the ban was revoked, want allowed: the fill has kept it", d.Verdict)
			}
		})
	}
}

// raceWithFill makes a check that reads the rules, then writes, and only then
// lets the check go on.
func raceWithFill(t *testing.T, g *gate, c *ban.Checker, s ban.Subject, write func()) {
	g.armed.Store(true)
	done := make(chan error)
	go func() {
		_, err := c.Check(context.Background(), s)
		done <- err
	}()
	<-g.reached
	g.armed.Store(false)
	write()
	g.release <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func subjectOf(k ban.Kind, text string) ban.Subject {
	switch k {
	case ban.KindEmail:
		return ban.Subject{Email: text}
	case ban.KindDomain:
		return ban.Subject{Domain: text}
	case ban.KindIP:
		return ban.Subject{IP: text}
	default:
		return ban.Subject{Name: text}
	}
}

func TestAWriteIsSeenByEveryCheckerBeforeItReturns(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	checkers := []*ban.Checker{
		newChecker(t, st, ban.CheckerOptions{PollInterval: -1}),
		newChecker(t, st, ban.CheckerOptions{PollInterval: time.Hour}),
		newChecker(t, st, ban.CheckerOptions{PollInterval: -1, Mirror: true}),
	}
	expect := func(what string, want ban.Verdict, s ban.Subject) {
		t.Helper()
		for i, c := range checkers {
			if d := check(t, c, s); d.Verdict != want {
				t.Errorf("%s: Checker %d says %v, want %v", what, i, d.Verdict, want)
			}
		}
	}
	s := ban.Subject{Email: "x@a.example.com", IP: "2001:db8::1", Name: "bob"}
	expect("before", ban.Allowed, s)
	for kind, value := range map[ban.Kind]string{
		ban.KindDomain: "example.com", ban.KindIP: "2001:db8::/48", ban.KindName: "bo*", ban.KindEmail: "*x*@a.example.com",
	} {
		b := create(t, a, ban.CreateOptions{Kind: kind, Value: value})
		expect(value+" created", ban.Denied, s)
		if _, err := a.Revoke(as("test"), b.ID, ""); err != nil {
			t.Fatal(err)
		}
		expect(value+" revoked", ban.Allowed, s)
		if _, err := a.Reinstate(as("test"), b.ID); err != nil {
			t.Fatal(err)
		}
		expect(value+" reinstated", ban.Denied, s)
		if _, err := a.Update(as("test"), b.ID, ban.Patch{Effect: new(ban.Review), Force: true}); err != nil {
			t.Fatal(err)
		}
		expect(value+" changed to review", ban.NeedsReview, s)
		if _, err := a.Delete(as("test"), b.ID); err != nil {
			t.Fatal(err)
		}
		expect(value+" deleted", ban.Allowed, s)
		many := []ban.CreateOptions{{Kind: kind, Value: value, Force: true}}
		if _, err := a.CreateMany(as("test"), many); err != nil {
			t.Fatal(err)
		}
		expect(value+" created in bulk", ban.Denied, s)
		for _, b := range list(t, a) {
			if _, err := a.Delete(as("test"), b.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func list(t testing.TB, a *ban.Admin) []ban.Ban {
	t.Helper()
	bans, err := a.List(context.Background(), ban.Filter{}, ban.Page{Limit: store.MaxPageLimit})
	if err != nil {
		t.Fatal(err)
	}
	return bans
}

func TestAValueMovedByAnUpdateIsSeenAtBothPlaces(t *testing.T) {
	st := memstore.New()
	a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{})
	m := newChecker(t, st, ban.CheckerOptions{Mirror: true})
	b := create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "old.example"})
	was, is := ban.Subject{Domain: "old.example"}, ban.Subject{Domain: "new.example"}
	check(t, c, was)
	check(t, c, is)
	if _, err := a.Update(as("test"), b.ID, ban.Patch{Value: new("new.example")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*ban.Checker{c, m} {
		if before, after := check(t, c, was), check(t, c, is); before.Verdict != ban.Allowed || after.Verdict != ban.Denied {
			t.Errorf("the old value is %v, the new one %v", before.Verdict, after.Verdict)
		}
	}
}

func TestABanStopsDecidingAtTheInstantItExpires(t *testing.T) {
	eachMode(t, func(t *testing.T, o ban.CheckerOptions) {
		st := memstore.New()
		a, c := newAdmin(t, st), newChecker(t, st, o)
		s := ban.Subject{Name: "bob"}
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob", ExpiresAt: time.Now().Add(time.Minute)})
		if d := check(t, c, s); d.Verdict != ban.Denied {
			t.Fatalf("%v, want denied", d.Verdict)
		}
		time.Sleep(time.Minute - time.Microsecond)
		if d := check(t, c, s); d.Verdict != ban.Denied {
			t.Errorf("%v a microsecond before the end, want denied", d.Verdict)
		}
		time.Sleep(time.Microsecond)
		if d := check(t, c, s); d.Verdict != ban.Allowed {
			t.Errorf("%v at the end, want allowed", d.Verdict)
		}
	})
}

// eachMode runs a test with a cache and with a mirror, in a bubble.
func eachMode(t *testing.T, test func(*testing.T, ban.CheckerOptions)) {
	for name, o := range map[string]ban.CheckerOptions{"cached": {}, "mirrored": {Mirror: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, o) })
		})
	}
}

// peer is the store as another process sees it: the same records, but its
// changes are told to nobody here.
type peer struct{ *memstore.Store }

func (peer) Subscribe(func(store.Change)) (cancel func()) { return func() {} }

func TestAChangeByAnotherProcessIsSeenWithinThePollInterval(t *testing.T) {
	eachMode(t, func(t *testing.T, o ban.CheckerOptions) {
		st := memstore.New()
		a := newAdmin(t, st)
		o.PollInterval = time.Second
		c := newChecker(t, peer{st}, o)
		s := ban.Subject{Email: "x@example.com", IP: "203.0.113.7", Name: "bob"}
		check(t, c, s)
		for _, o := range []ban.CreateOptions{
			{Kind: ban.KindDomain, Value: "example.com"}, {Kind: ban.KindIP, Value: "203.0.112.0/22"}, {Kind: ban.KindName, Value: "*ob"},
		} {
			b := create(t, a, o)
			time.Sleep(time.Second)
			if d := check(t, c, s); d.Verdict != ban.Denied {
				t.Errorf("%s: %v a poll interval after the ban, want denied", o.Value, d.Verdict)
			}
			if _, err := a.Revoke(as("test"), b.ID, ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if d := check(t, c, s); d.Verdict != ban.Allowed {
				t.Errorf("%s: %v a poll interval after it was revoked, want allowed", o.Value, d.Verdict)
			}
		}
	})
}

func TestAReaderThatFellBehindThePrunedLogForgetsItsCache(t *testing.T) {
	eachMode(t, func(t *testing.T, o ban.CheckerOptions) {
		st := memstore.New()
		a := newAdmin(t, st)
		o.PollInterval = time.Second
		c := newChecker(t, peer{st}, o)
		s := ban.Subject{Name: "bob"}
		check(t, c, s)
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		if _, err := st.PruneChanges(context.Background(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if d := check(t, c, s); d.Verdict != ban.Denied {
			t.Errorf("%v, want denied", d.Verdict)
		}
	})
}

// A hundred goroutines check while others write; each writer, when its write has
// returned, asks and must get an answer that knows of it.
func TestNoAnswerIsOlderThanAWriteThatReturned(t *testing.T) {
	t.Run("cached", func(t *testing.T) { checkWhileWriting(t, ban.CheckerOptions{CacheSize: 500}) })
	t.Run("mirrored", func(t *testing.T) { checkWhileWriting(t, ban.CheckerOptions{Mirror: true}) })
}

func checkWhileWriting(t *testing.T, o ban.CheckerOptions) {
	st := memstore.New()
	a := newAdmin(t, st)
	c := newChecker(t, st, o)
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for i := range 100 {
		readers.Go(func() {
			for n := i; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := c.Check(context.Background(), crowd(n%8)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 8 {
		writers.Go(func() { writeAndAsk(t, a, c, i) })
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

// crowd returns the subject that belongs to writer i. Its fields share keys
// with those of the others.
func crowd(i int) ban.Subject {
	return ban.Subject{
		Email: fmt.Sprintf("x@h%d.example.com", i), IP: fmt.Sprintf("203.%d.0.7", i),
		Domain: fmt.Sprintf("h%d.example.org", i), Name: fmt.Sprintf("bob%d", i),
	}
}

func writeAndAsk(t *testing.T, a *ban.Admin, c *ban.Checker, i int) {
	rules := []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: fmt.Sprintf("h%d.example.com", i)},
		{Kind: ban.KindIP, Value: fmt.Sprintf("203.%d.0.0/%d", i, 16+i)},
		{Kind: ban.KindName, Value: fmt.Sprintf("*ob%d", i)},
		{Kind: ban.KindEmail, Value: fmt.Sprintf("x*@h%d.example.com", i), Force: true},
	}
	for n := range 60 {
		b, err := a.Create(as("test"), rules[n%len(rules)])
		if err != nil {
			t.Error(err)
			return
		}
		if d, err := c.Check(context.Background(), crowd(i)); err != nil || d.Verdict != ban.Denied {
			t.Errorf("%v, %v after %s was banned, want denied", d.Verdict, err, b.Value)
		}
		if _, err := a.Revoke(as("test"), b.ID, ""); err != nil {
			t.Error(err)
		}
		if d, err := c.Check(context.Background(), crowd(i)); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("%v, %v after %s was revoked, want allowed", d.Verdict, err, b.Value)
		}
	}
}

// failing is a store that can be cut off.
type failing struct {
	*memstore.Store
	err atomic.Pointer[error]
}

var errCutOff = errors.New("cut off")

func (f *failing) cut()  { f.err.Store(&errCutOff) }
func (f *failing) mend() { f.err.Store(nil) }

func (f *failing) broken() error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (f *failing) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if err := f.broken(); err != nil {
		return nil, err
	}
	return f.Store.Lookup(ctx, keys)
}

func (f *failing) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	if err := f.broken(); err != nil {
		return nil, err
	}
	return f.Store.PrefixLengths(ctx)
}

func (f *failing) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	if err := f.broken(); err != nil {
		return nil, err
	}
	return f.Store.Changes(ctx, after, limit)
}

func (f *failing) AddHits(ctx context.Context, hits []store.Hit) error {
	if err := f.broken(); err != nil {
		return err
	}
	return f.Store.AddHits(ctx, hits)
}

func TestAnOutage(t *testing.T) {
	known, unknown := ban.Subject{Name: "bob"}, ban.Subject{Name: "carol"}
	for _, test := range []struct {
		name    string
		onError ban.OnError
		failed  ban.Verdict
	}{
		{"fail closed", ban.FailClosed, ban.Denied},
		{"fail open", ban.FailOpen, ban.Allowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &failing{Store: memstore.New()}
				create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
				c := newChecker(t, st, ban.CheckerOptions{OnError: test.onError, PollInterval: time.Second, StaleFor: 10 * time.Second})
				if d := check(t, c, known); d.Stale {
					t.Error("stale before the outage")
				}
				st.cut()

				d, err := c.Check(context.Background(), unknown)
				if !errors.Is(err, errCutOff) || d.Verdict != test.failed {
					t.Errorf("what is not cached: %v, %v, want %v and the store's error", d.Verdict, err, test.failed)
				}
				if d.Verdict == ban.Denied && d.Err() == nil {
					t.Error("a failed check that denies has no Err")
				}
				time.Sleep(2 * time.Second)
				if d := check(t, c, known); d.Verdict != ban.Denied || !d.Stale || d.Match.Matched != "bob" {
					t.Errorf("what is cached: %+v, want denied and stale", d)
				}
				time.Sleep(8 * time.Second) // the last contact was up to half a second before the cut
				if d := check(t, c, known); !d.Stale {
					t.Error("what is cached, still within StaleFor: not stale")
				}
				time.Sleep(2 * time.Second)
				if d, err := c.Check(context.Background(), known); !errors.Is(err, errCutOff) || d.Verdict != test.failed {
					t.Errorf("what is cached, after StaleFor: %v, %v, want %v and the store's error", d.Verdict, err, test.failed)
				}

				st.mend()
				if d := check(t, c, known); d.Verdict != ban.Denied || d.Stale {
					t.Errorf("after the outage: %+v, want denied and not stale", d)
				}
				time.Sleep(time.Second)
				if d := check(t, c, known); d.Stale {
					t.Error("stale although the log was read again")
				}
			})
		})
	}
}

func TestAClosedCheckerAnswersWithAnError(t *testing.T) {
	c, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if d, err := c.Check(context.Background(), ban.Subject{Name: "bob"}); !errors.Is(err, ban.ErrClosed) || d.Verdict != ban.Denied {
		t.Errorf("%v, %v, want denied and ErrClosed", d.Verdict, err)
	}
	st := memstore.New()
	st.Close()
	if _, err := ban.NewChecker(st, ban.CheckerOptions{}); !errors.Is(err, ban.ErrClosed) {
		t.Errorf("a Checker over a closed store: %v, want ErrClosed", err)
	}
}

func TestABulkChangeIsSeenAtOnce(t *testing.T) {
	for name, opts := range map[string]ban.CheckerOptions{"cached": {}, "mirrored": {Mirror: true}} {
		t.Run(name, func(t *testing.T) {
			st := memstore.New()
			a, c := newAdmin(t, st), newChecker(t, st, opts)
			bob := ban.Subject{Name: "bob"}
			if d := check(t, c, bob); d.Verdict != ban.Allowed {
				t.Fatalf("bob is %v before", d.Verdict)
			}
			if _, err := a.CreateMany(as("test"), bulkWith("bob")); err != nil {
				t.Fatal(err)
			}
			if d := check(t, c, bob); d.Verdict != ban.Denied {
				t.Errorf("bob is %v after he was banned with many", d.Verdict)
			}
		})
	}
}
