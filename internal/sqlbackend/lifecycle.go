package sqlbackend

import (
	"sync"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// Lifecycle counts the operations that are under way. It is no RWMutex because
// a subscriber may call the store, and even close it. The zero value is open.
type Lifecycle struct {
	mu      sync.Mutex
	closed  bool
	running int
	idle    chan struct{} // closed once the store is and nothing is under way
}

// Enter admits an operation, unless the store is closed ([store.ErrClosed]). Every
// success needs one Leave.
func (l *Lifecycle) Enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return store.ErrClosed
	}
	l.running++
	return nil
}

// Leave ends an operation.
func (l *Lifecycle) Leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}

// During runs fn as an operation that begin admits, by [Lifecycle.Enter].
func (l *Lifecycle) During(begin, fn func() error) error {
	if err := begin(); err != nil {
		return err
	}
	defer l.Leave()
	return fn()
}

// Mutate is During for one that logs, and tells the subscribers of it when it is over: they
// may call the store.
func (l *Lifecycle) Mutate(begin func() error, subscribers *changelog.Subscribers, fn func() ([]store.Change, error)) error {
	var logged []store.Change
	err := l.During(begin, func() (err error) {
		logged, err = fn()
		return err
	})
	if err == nil {
		subscribers.Tell(logged...)
	}
	return err
}

// Close lets nothing in any more and reports whether it is the first call to do
// so. The channel is closed when everything has left.
func (l *Lifecycle) Close() (first bool, idle <-chan struct{}) {
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
