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
// time. A change may be brought twice, and in any order. How old the log may be
// is measured in real time, whatever clock rules expire by.
type feed struct {
	changes  store.Changes
	apply    func(changes []store.Change, own bool) // own: made through this process's store, and not returned yet
	applyAll func(seq int64)                        // changes up to that one may have been missed

	interval time.Duration // negative: no polling
	staleFor time.Duration

	contact atomic.Pointer[time.Time] // when the log was last read to its end
	late    atomic.Bool               // overdue, for those who do not ask the clock
	alarm   *time.Timer               // sets late

	mu   sync.Mutex
	last int64 // every change up to this one was applied, or is being
}

// init makes the feed ready to start.
func (f *feed) init() {
	f.alarm = time.AfterFunc(time.Hour, func() {
		// It may have gone off just when the log was read, so that what it says is
		// out of date when it is said.
		late := f.overdue(time.Now())
		f.late.Store(late)
		if late && !f.overdue(time.Now()) {
			f.late.Store(false)
		}
	})
	f.alarm.Stop()
}

// reachedEnd notes that the log was read to its end, as it was at that time.
func (f *feed) reachedEnd(at time.Time) {
	f.contact.Store(&at)
	if f.interval > 0 {
		// A moment more, since overdue is what is older than the interval.
		f.alarm.Reset(max(f.interval-time.Since(at), 0) + time.Microsecond)
		f.late.Store(f.overdue(time.Now()))
	}
}

// start takes the log as it is now for the beginning, and subscribes. Nothing
// is cached yet: what happened before does not matter.
func (f *feed) start(ctx context.Context) (cancel func(), err error) {
	cancel = f.changes.Subscribe(f.local)
	contact := time.Now()
	last, err := f.changes.LastChange(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("read the change log: %w", err)
	}
	f.reached(last)
	f.reachedEnd(contact)
	return cancel, nil
}

// local takes a change that this process made. The one that follows what was
// applied so far need not be read from the log any more; one that comes out of
// turn is read, and applied again.
func (f *feed) local(c store.Change) {
	f.mu.Lock()
	if c.Seq == f.last+1 {
		f.last = c.Seq
	}
	f.mu.Unlock()
	f.apply([]store.Change{c}, true)
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
		began := time.Now()
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
			f.reachedEnd(began)
			return
		}
	}
}

// take applies changes read from the log.
func (f *feed) take(changes []store.Change) {
	if len(changes) > 0 {
		f.apply(changes, false)
		f.reached(changes[len(changes)-1].Seq)
	}
}

// reached notes that every change up to seq was applied.
func (f *feed) reached(seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = max(f.last, seq)
}

// skip goes to the end of a log whose next part is gone: anything may have
// changed.
func (f *feed) skip(ctx context.Context) ([]store.Change, error) {
	last, err := f.changes.LastChange(ctx)
	if err != nil {
		return nil, err
	}
	f.applyAll(last)
	f.reached(last)
	return nil, nil
}
