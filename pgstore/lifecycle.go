package pgstore

import (
	"context"
	"sync"

	"example.com/ostraka/store"
)

// lifecycle counts the operations that are under way. It is no RWMutex because
// a subscriber may call the store, and even close it.
type lifecycle struct {
	mu      sync.Mutex
	closed  bool
	running int
	idle    chan struct{} // closed once the store is and nothing is under way
}

func (l *lifecycle) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return store.ErrClosed
	}
	l.running++
	return nil
}

func (l *lifecycle) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}

// close lets nothing in any more and reports whether it is the first call to do
// so. The channel is closed when everything has left.
func (l *lifecycle) close() (first bool, idle <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false, l.idle
	}
	l.closed = true
	l.idle = make(chan struct{})
	if l.running == 0 {
		close(l.idle)
	}
	return true, l.idle
}

// begin admits an operation; every
// success needs one life.leave.
func (s *Store) begin(ctx context.Context, doing string) error {
	err := ctx.Err()
	if err == nil {
		err = s.life.enter()
	}
	return explain(ctx, doing, err)
}

// nothing is a whole operation that has nothing to do.
func (s *Store) nothing(ctx context.Context, doing string) error {
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	s.life.leave()
	return nil
}

// Close waits for operations that are under way, stops listening, and closes the
// pool, unless it is the host's. A subscriber that is being called is not waited
// for.
func (s *Store) Close() error {
	first, idle := s.life.close()
	<-idle
	if !first {
		return nil
	}
	s.listener.close()
	if s.owned {
		s.pool.Close()
	}
	return nil
}
