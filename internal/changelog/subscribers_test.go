package changelog

import (
	"sync"
	"sync/atomic"
	"testing"

	"example.com/ostraka/store"
)

// Subscribers come and go while changes are told, as Checkers are made and closed.
func TestSubscribersComeAndGoWhileTheyAreTold(t *testing.T) {
	var s Subscribers
	var always atomic.Int64
	s.Add(func(store.Change) { always.Add(1) })
	var wg sync.WaitGroup
	const workers, rounds = 4, 500
	for range workers {
		wg.Go(func() {
			for range rounds {
				var own atomic.Int64
				cancel := s.Add(func(store.Change) { own.Add(1) })
				s.Tell(store.Change{}, store.Change{})
				if own.Load() < 2 {
					t.Errorf("a subscriber was told of %d changes of 2", own.Load())
				}
				cancel()
				cancel() // again does nothing
			}
		})
	}
	wg.Wait()
	if n := always.Load(); n != 2*workers*rounds {
		t.Errorf("the one who stayed was told of %d changes, want %d", n, 2*workers*rounds)
	}
	if len(s.fns) != 1 {
		t.Errorf("%d subscribers are left, want 1", len(s.fns))
	}
}

func TestWhoCancelsIsToldNoMore(t *testing.T) {
	var s Subscribers
	told := map[string]int{}
	cancel := map[string]func(){}
	for _, name := range []string{"a", "b", "c"} {
		cancel[name] = s.Add(func(store.Change) { told[name]++ })
	}
	cancel["b"]()
	s.Tell(store.Change{})
	cancel["a"]()
	s.Tell(store.Change{})
	if told["a"] != 1 || told["b"] != 0 || told["c"] != 2 {
		t.Errorf("they were told %v times", told)
	}
}
