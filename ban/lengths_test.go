package ban_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// slowLengths is a store whose PrefixLengths, once armed, waits after it has
// read; and that may hold back what it tells of changes.
type slowLengths struct {
	*memstore.Store
	armed            atomic.Bool
	reached, release chan struct{}
	told             chan struct{} // if not nil, closed when subscribers may be told
}

func (s *slowLengths) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	lengths, err := s.Store.PrefixLengths(ctx)
	if s.armed.CompareAndSwap(true, false) {
		s.reached <- struct{}{}
		<-s.release
	}
	return lengths, err
}

func (s *slowLengths) Subscribe(fn func(store.Change)) (cancel func()) {
	return s.Store.Subscribe(func(c store.Change) {
		if s.told != nil {
			<-s.told
		}
		fn(c)
	})
}

// Two readers learn the prefix lengths at once, the slower of them those from
// before a ban of a new length; and the ban is told of only when the faster one
// has learnt the new length.
func TestAPrefixLengthLearntByOneReaderIsNotHiddenFromAnother(t *testing.T) {
	st := &slowLengths{Store: memstore.New(), reached: make(chan struct{}), release: make(chan struct{}), told: make(chan struct{})}
	a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{PollInterval: -1})
	slow, fast := ban.Subject{IP: "203.0.113.7"}, ban.Subject{IP: "203.0.113.8"}

	st.armed.Store(true)
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		_, _ = c.Check(context.Background(), slow)
	}()
	<-st.reached // the slow reader has read no lengths
	created := make(chan struct{})
	go func() {
		defer close(created)
		create(t, a, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24"})
	}()
	for { // until the ban is visible, though not told of
		if lengths, err := st.Store.PrefixLengths(context.Background()); err != nil || len(lengths) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if d := check(t, c, fast); d.Verdict != ban.Denied { // learns the new length
		t.Fatalf("%v by what is not cached, want denied", d.Verdict)
	}
	st.release <- struct{}{}
	<-checked
	close(st.told)
	<-created
	if d := check(t, c, slow); d.Verdict != ban.Denied {
		t.Errorf("%v after Create returned, want denied", d.Verdict)
	}
}

// A process whose log cannot be read for long learns of new rules by looking
// them up, wildcards and prefix lengths included; and what it cached before does
// not outlast the change when the log comes back.
func TestWhatIsTooOldToBeTrustedIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &failing{Store: memstore.New()}
		a := newAdmin(t, st)
		c := newChecker(t, struct {
			peer
			changes
		}{peer{st.Store}, st}, ban.CheckerOptions{PollInterval: time.Second, StaleFor: time.Second})
		early := ban.Subject{IP: "203.0.113.7", Name: "mallory1"}
		late := []ban.Subject{{IP: "203.0.113.8"}, {Name: "mallory2"}}
		check(t, c, early)
		st.cut() // the log cannot be read, the rules can
		create(t, a, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24"})
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "mallory*"})
		time.Sleep(10 * time.Second)
		for _, s := range late {
			if d := check(t, c, s); d.Verdict != ban.Denied {
				t.Errorf("%+v: %v, want denied", s, d.Verdict)
			}
		}
		st.mend()
		time.Sleep(10 * time.Second)
		for _, s := range []ban.Subject{{IP: early.IP}, {Name: early.Name}} {
			if d := check(t, c, s); d.Verdict != ban.Denied {
				t.Errorf("%+v, cached before the bans: %v, want denied", s, d.Verdict)
			}
		}
	})
}

// changes is the part of a store whose log may fail.
type changes interface {
	Changes(ctx context.Context, after int64, limit int) ([]store.Change, error)
}
