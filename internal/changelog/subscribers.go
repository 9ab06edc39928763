package changelog

import (
	"slices"
	"sync"

	"example.com/ostraka/store"
)

// Subscribers are the functions to tell of changes. The zero value has none.
type Subscribers struct {
	mu  sync.Mutex
	fns []*func(store.Change) // replaced, never changed, so that Tell reads it unlocked
}

// Add adds a function, until cancel is called.
func (s *Subscribers) Add(fn func(store.Change)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fns = append(slices.Clip(s.fns), &fn)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fns = slices.DeleteFunc(slices.Clone(s.fns), func(f *func(store.Change)) bool { return f == &fn })
	}
}

// Tell calls everybody with each of the changes, without a lock.
func (s *Subscribers) Tell(changes ...store.Change) {
	s.mu.Lock()
	fns := s.fns
	s.mu.Unlock()
	for _, c := range changes {
		for _, fn := range fns {
			(*fn)(c)
		}
	}
}
