package ban_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// What becomes of one ban through this process takes effect in a mirror although the
// store cannot be asked: the change tells it.
func TestAMirrorNeedNotAskForABanOfThisProcess(t *testing.T) {
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindName, Value: "bob"}, {Kind: ban.KindEmail, Value: "b.ob@gmail.com"}, {Kind: ban.KindDomain, Value: "*.bad.example"},
		{Kind: ban.KindIP, Value: "192.0.2.0/28"}, {Kind: ban.KindDomain, Value: "bad.example", ExpiresAt: time.Now().Add(time.Hour)},
	} {
		for _, mirrors := range []int{1, 5} {
			t.Run(fmt.Sprintf("%s, %d mirrors", o.Value, mirrors), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { tellOfOneBan(t, o, mirrors) })
			})
		}
	}
}

func tellOfOneBan(t *testing.T, o ban.CreateOptions, mirrors int) {
	if !o.ExpiresAt.IsZero() {
		o.ExpiresAt = time.Now().Add(time.Hour) // by the clock of the bubble
	}
	st := &failing{Store: memstore.New()}
	a, ctx := newAdmin(t, st.Store), as("test")
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "somebody"})
	c := mirrorOf(t, st)
	for range mirrors - 1 {
		mirrorOf(t, st)
	}
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "somebodyelse"}) // the first change tells where the log is
	st.cut()
	defer st.mend() // for the hits
	subject := ban.Subject{Email: "bob@gmail.com", Domain: "x.bad.example", IP: "192.0.2.7", Name: "bob"}
	want := func(v ban.Verdict) {
		t.Helper()
		if d := check(t, c, subject); d.Verdict != v || d.Stale {
			t.Errorf("%v, stale %v, want %v", d.Verdict, d.Stale, v)
		}
	}
	want(ban.Allowed)
	b := create(t, a, o)
	want(ban.Denied)
	effect, other := ban.Review, map[ban.Kind]string{ban.KindName: "carol", ban.KindEmail: "c@gmail.com", ban.KindDomain: "good.example", ban.KindIP: "192.0.2.99"}[o.Kind]
	b = must(a.Update(ctx, b.ID, ban.Patch{Effect: &effect}))(t)
	want(ban.NeedsReview)
	b = must(a.Update(ctx, b.ID, ban.Patch{Value: &other}))(t)
	want(ban.Allowed)
	b = must(a.Update(ctx, b.ID, ban.Patch{Value: &o.Value}))(t)
	want(ban.NeedsReview)
	must(a.Revoke(ctx, b.ID, "over"))(t)
	want(ban.Allowed)
	must(a.Reinstate(ctx, b.ID))(t)
	want(ban.NeedsReview)
	must(a.Delete(ctx, b.ID))(t)
	want(ban.Allowed)
}

// late tells of changes only when it is let, the newest first.
type late struct {
	*memstore.Store
	mu   sync.Mutex
	hold bool
	held []func()
}

func (s *late) Subscribe(fn func(store.Change)) (cancel func()) {
	return s.Store.Subscribe(func(c store.Change) {
		s.mu.Lock()
		hold := s.hold
		if hold {
			s.held = append(s.held, func() { fn(c) })
		}
		s.mu.Unlock()
		if !hold {
			fn(c)
		}
	})
}

// release tells of what was held back.
func (s *late) release() {
	s.hold = false
	for i := len(s.held) - 1; i >= 0; i-- {
		s.held[i]()
	}
	s.held = nil
}

// Whoever writes is told of after others that wrote later: what is told of then is older
// than what a mirror has.
func TestAMirrorDoesNotBelieveWhatIsToldOutOfTurn(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, a *ban.Admin)
		want ban.Verdict
	}{
		{"a ban and its end", func(t *testing.T, a *ban.Admin) {
			b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
			must(a.Revoke(as("test"), b.ID, "over"))(t)
		}, ban.Allowed},
		{"a ban that comes back", func(t *testing.T, a *ban.Admin) {
			b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
			must(a.Revoke(as("test"), b.ID, "over"))(t)
			must(a.Reinstate(as("test"), b.ID))(t)
		}, ban.Denied},
		{"another value", func(t *testing.T, a *ban.Admin) {
			b, value := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"}), "carol"
			must(a.Update(as("test"), b.ID, ban.Patch{Value: &value}))(t)
		}, ban.Allowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := &late{Store: memstore.New()}
			a, c := newAdmin(t, st), mirrorOf(t, st)
			create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "somebody"})
			st.hold = true
			tt.do(t, a)
			st.release()
			if d := check(t, c, ban.Subject{Name: "bob"}); d.Verdict != tt.want {
				t.Errorf("%v, want %v", d.Verdict, tt.want)
			}
		})
	}
}

// TestAMirrorEndsAsOneThatIsReadAnew has writers make, change and end bans of a few
// values that have keys in common, while time passes and others check, and compares with
// a mirror that reads all rules.
func TestAMirrorEndsAsOneThatIsReadAnew(t *testing.T) {
	for _, mirrors := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d mirrors", mirrors), func(t *testing.T) { endAsOneThatIsReadAnew(t, mirrors) })
	}
}

func endAsOneThatIsReadAnew(t *testing.T, mirrors int) {
	st := memstore.New()
	var now atomic.Int64
	clock := func() time.Time { return time.Unix(1_700_000_000+now.Load(), 0).UTC() }
	a := must(ban.NewAdmin(st, ban.AdminOptions{Now: clock}))(t)
	o := ban.CheckerOptions{Mirror: true, Now: clock, PollInterval: -1}
	c := newChecker(t, st, o)
	for range mirrors - 1 {
		newChecker(t, st, o)
	}
	values := []ban.CreateOptions{{Kind: ban.KindName, Value: "*bob*"}, {Kind: ban.KindName, Value: "alice"}, {Kind: ban.KindIP, Value: "192.0.2.1"}}
	for i := range 4 { // spellings of one mailbox
		values = append(values, ban.CreateOptions{Kind: ban.KindEmail, Value: fmt.Sprintf("a.b+%d@gmail.com", i)})
	}
	subjects := []ban.Subject{{Name: "xbobx"}, {Name: "alice"}, {IP: "192.0.2.1"}, {Email: "ab@gmail.com"}, {Email: "a.b+2@gmail.com"}}
	var writers, checkers sync.WaitGroup
	var done atomic.Bool
	for i := range 2 {
		checkers.Go(func() {
			for n := i; !done.Load(); n++ {
				check(t, c, subjects[n%len(subjects)])
			}
		})
	}
	for i := range 3 {
		writers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			for range 300 {
				if rng.IntN(20) == 0 {
					now.Add(1)
				}
				if err := writeAny(a, rng, values[rng.IntN(len(values))], clock()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	checkers.Wait()
	anew := newChecker(t, st, o)
	if got, want := c.Stats().MirrorRules, anew.Stats().MirrorRules; got != want || c.Stats().MirrorBehind {
		t.Errorf("the mirror has %d rules and is behind: %v, want %d", got, c.Stats().MirrorBehind, want)
	}
	for _, s := range subjects {
		if got, want := check(t, c, s), check(t, anew, s); got.Verdict != want.Verdict || got.Match.ID != want.Match.ID {
			t.Errorf("%+v is %v by %v, want %v by %v", s, got.Verdict, got.Match.ID, want.Verdict, want.Match.ID)
		}
	}
}

// writeAny puts a ban into force, for long or for a second, and sometimes ends one.
func writeAny(a *ban.Admin, rng *rand.Rand, o ban.CreateOptions, now time.Time) error {
	ctx := as("test")
	if rng.IntN(2) == 0 {
		o.ExpiresAt = now.Add(time.Second)
	}
	b, _, err := a.Put(ctx, o)
	if err == nil && rng.IntN(2) == 0 {
		_, err = a.Revoke(ctx, b.ID, "over")
	}
	if err == nil && rng.IntN(8) == 0 {
		_, err = a.Delete(ctx, b.ID)
	}
	if code := (*ban.ValueError)(nil); errors.As(err, &code) && code.Code == ban.CodeInPast ||
		errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists) || errors.Is(err, context.Canceled) {
		return nil // another writer was first, or the time passed
	}
	return err
}
