package ban

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"example.com/ostraka/store"
)

// feed brings the changes of the store to a Checker: those of this process at
// once, by subscription, and those of others by reading the log from time to
// time. A change may be brought twice, and in any order.
type feed struct {
	changes  store.Changes
	apply    func(store.Change)
	applyAll func() // changes may have been missed

	interval time.Duration // negative: no polling
	staleFor time.Duration
	now      func() time.Time

	contact atomic.Pointer[time.Time] // when the log was last read to its end

	mu    sync.Mutex
	last  int64              // every change up to this one was applied
	ahead map[int64]struct{} // changes after last that were applied when this process made them
}

// maxAhead bounds the set of changes known to be applied. It only fills while
// the log cannot be read; then the changes are applied once more.
const maxAhead = 1 << 14

// start takes the log as it is now for the beginning, and subscribes.
func (f *feed) start(ctx context.Context) (cancel func(), err error) {
	f.ahead = make(map[int64]struct{})
	cancel = f.changes.Subscribe(f.local)
	contact := f.now()
	last, err := f.changes.LastChange(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("read the change log: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = last
	f.contact.Store(&contact)
	return cancel, nil
}

// local takes a change that this process made.
func (f *feed) local(c store.Change) {
	f.apply(c)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.interval > 0 && c.Seq > f.last && len(f.ahead) < maxAhead {
		f.ahead[c.Seq] = struct{}{}
	}
}

// trusted reports whether what is cached may still be used: the log was read
// not too long ago.
func (f *feed) trusted(now time.Time) bool {
	return f.interval < 0 || f.age(now) <= f.interval+max(f.staleFor, 0)
}

// overdue reports whether a change made by another process may not have been
// seen although the poll interval has passed.
func (f *feed) overdue(now time.Time) bool { return f.interval > 0 && f.age(now) > f.interval }

func (f *feed) age(now time.Time) time.Duration { return now.Sub(*f.contact.Load()) }

// run polls until the context ends: twice an interval, so that a change is seen
// within one even if it comes just after a poll.
func (f *feed) run(ctx context.Context) {
	if f.interval < 0 {
		return
	}
	tick := time.NewTicker(max(f.interval/2, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.poll(ctx)
		}
	}
}

// poll reads the log to its end. If that fails it is tried again at the next
// tick; until then answers grow stale.
func (f *feed) poll(ctx context.Context) {
	for ctx.Err() == nil {
		began := f.now()
		f.mu.Lock()
		after := f.last
		f.mu.Unlock()
		changes, err := f.changes.Changes(ctx, after, store.MaxPageLimit)
		if errors.Is(err, store.ErrPruned) {
			if changes, err = f.skip(ctx); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
		f.take(changes)
		if len(changes) < store.MaxPageLimit {
			f.contact.Store(&began)
			return
		}
	}
}

// take applies changes read from the log, but for those that this process made
// and applied.
func (f *feed) take(changes []store.Change) {
	for _, c := range changes {
		f.mu.Lock()
		_, done := f.ahead[c.Seq]
		delete(f.ahead, c.Seq)
		f.mu.Unlock()
		if !done {
			f.apply(c)
		}
		f.mu.Lock()
		f.last = max(f.last, c.Seq)
		f.mu.Unlock()
	}
}

// skip goes to the end of a log whose next part is gone: anything may have
// changed.
func (f *feed) skip(ctx context.Context) ([]store.Change, error) {
	last, err := f.changes.LastChange(ctx)
	if err != nil {
		return nil, err
	}
	f.applyAll()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = max(f.last, last)
	clear(f.ahead)
	return nil, nil
}
