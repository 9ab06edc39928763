// Package changefeed follows the change log of a store: what this process changes at
// once, what others change by reading the log from time to time.
package changefeed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"example.com/ostraka/store"
)

// Feed brings the changes of a store to who keeps what it read of it: those of this process at
// once, by subscription, and those of others by reading the log from time to
// time. A change may be brought twice, and in any order. How old the log may be
// is measured in real time, whatever clock rules expire by.
type Feed struct {
	changes store.Changes
	opts    Options

	began   time.Time                 // from which moments are counted
	due     atomic.Int64              // the moment after which a change may have been missed
	contact atomic.Pointer[time.Time] // when the log was last read to its end

	lookup context.Context // bounds what a change of this process makes necessary

	mu   sync.Mutex
	line logLine
}

// Options configures a [Feed].
type Options struct {
	Apply    func(changes []store.Change, own bool) // own: made through this process's store, and not returned yet
	ApplyAll func(position int64, own bool)         // any change up to there may have been missed

	Notifier store.Notifier // says when there is something to read; nil: none

	Interval time.Duration // between readings, at most; negative: none
	StaleFor time.Duration // for which what was read is trusted after the Interval
}

// New returns a Feed that has yet to be started.
func New(changes store.Changes, opts Options) *Feed { return &Feed{changes: changes, opts: opts} }

// moment returns the time since the feed began, by the monotonic clock: a
// comparison of two is right after the process was frozen, and costs little.
func (f *Feed) moment() time.Duration { return time.Since(f.began) }

// MomentOf returns the moment of a real time.
func (f *Feed) MomentOf(t time.Time) time.Duration { return t.Sub(f.began) }

// reachedEnd notes that the log was read to its end, as it was at that time.
func (f *Feed) reachedEnd(at time.Time) {
	f.contact.Store(&at)
	if f.opts.Interval > 0 {
		f.due.Store(int64(f.MomentOf(at) + f.opts.Interval))
	}
}

// Start takes the log as it is now for the beginning, and subscribes. Nothing
// is cached yet: what happened before does not matter. The context bounds what a
// change of this process makes necessary, as long as the subscription lasts.
func (f *Feed) Start(ctx context.Context) (cancel func(), err error) {
	f.lookup = ctx
	f.began = time.Now()
	f.due.Store(math.MaxInt64)
	cancel = f.changes.Subscribe(f.local)
	contact := time.Now()
	end, err := readEnd(ctx, f.changes)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("read the change log: %w", err)
	}
	f.mu.Lock()
	f.line.begin(end)
	f.mu.Unlock()
	f.reachedEnd(contact)
	return cancel, nil
}

// local takes a change that this process made.
func (f *Feed) local(c store.Change) {
	f.mu.Lock()
	same := f.line.made(&c, f.opts.Interval > 0)
	if !same {
		f.line.replace(logEnd{known: []mark{markOf(&c)}, last: c.Seq})
	}
	position := f.line.position(c.Seq)
	f.mu.Unlock()
	if !same {
		f.opts.ApplyAll(position, true)
		return
	}
	f.nameKeys(f.lookup, &c, c.Seq)
	c.Seq = position
	f.opts.Apply([]store.Change{c}, true)
}

// Window is the time in which an answer is not stale. It is taken when the check
// begins: a process that is frozen in the middle of it, and reads the log before
// the check ends, has not given the answer by what it read then.
type Window struct{ began, due time.Duration }

// Window returns that of a check which began at that moment.
func (f *Feed) Window(began time.Duration) Window { return Window{began, time.Duration(f.due.Load())} }

// Trusted reports whether what is cached may still be used: the log was read not
// too long ago.
func (f *Feed) Trusted(w Window) bool {
	return w.began <= w.due || w.began-w.due <= max(f.opts.StaleFor, 0)
}

// Late reports whether a change made by another process may be missing from an
// answer that is about to be given, although the poll interval has passed. cached
// says that the answer is not what the store said during the check.
func (f *Feed) Late(w Window, cached bool) bool {
	if f.opts.Interval < 0 {
		return false
	}
	if !cached {
		w.due = max(w.due, w.began+f.opts.Interval)
	}
	return f.moment() > w.due
}

// Moment returns the moment of now.
func (f *Feed) Moment() time.Duration { return f.moment() }

// LateAt is Late at a moment for an answer that is cached.
func (f *Feed) LateAt(moment time.Duration, w Window) bool {
	return f.opts.Interval >= 0 && moment > w.due
}

// Run polls until the context ends: twice an interval, so that a change is seen
// within one even if it comes just after a poll, and whenever the Notifier
// says so.
func (f *Feed) Run(ctx context.Context) {
	if f.opts.Interval < 0 {
		return
	}
	news := make(chan struct{}, 1)
	if f.opts.Notifier != nil {
		defer f.opts.Notifier.Notify(func() {
			select {
			case news <- struct{}{}:
			default: // the log is about to be read already
			}
		})()
		f.Poll(ctx) // for what came before somebody listened
	}
	tick := time.NewTicker(max(f.opts.Interval/2, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.Poll(ctx)
		case <-news:
			f.Poll(ctx)
		}
	}
}

// Poll reads the log to its end. If that fails it is tried again at the next
// tick; until then answers grow stale.
func (f *Feed) Poll(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		f.mu.Lock()
		after := f.line.read
		f.mu.Unlock()
		changes, more, err := readOn(ctx, f.changes, after)
		switch {
		case errors.Is(err, errAnotherLine):
			if f.startAnew(ctx) != nil {
				return
			}
			continue
		case err != nil:
			return
		}
		if !f.take(ctx, changes) {
			if f.startAnew(ctx) != nil {
				return
			}
			continue
		}
		if !more {
			f.mu.Lock()
			f.line.rotate(f.moment())
			f.mu.Unlock()
			f.reachedEnd(began)
			return
		}
	}
}

// take applies changes read from the log, but for those of this process, which
// were applied when they were made. It reports false if the log is not the one
// that those were written to.
func (f *Feed) take(ctx context.Context, changes []store.Change) (same bool) {
	f.mu.Lock()
	others, same := f.line.take(changes)
	base := f.line.base
	f.mu.Unlock()
	if len(others) > 0 && same {
		for i := range others {
			f.nameKeys(ctx, &others[i], others[i].Seq-base)
		}
		f.opts.Apply(others, false)
	}
	return same
}

// keysTimeout bounds how long the keys of a change are waited for.
const keysTimeout = 5 * time.Second

// nameKeys gives a change that is Bulk, and has that Seq in the log, its keys, if
// they are known. They are read after it was made: if the log is another one by
// now, that will be found out, and all be read again.
func (f *Feed) nameKeys(ctx context.Context, c *store.Change, seq int64) {
	if !c.Bulk {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	var keys []store.Key
	for k, err := range f.changes.ChangedKeys(ctx, seq) {
		if err != nil {
			return
		}
		keys = append(keys, k)
	}
	c.Keys, c.Bulk = keys, false
}

// startAnew goes to the end of a log that cannot be read on from where it was
// read to: its next part is gone, or it is another one. Anything may have changed.
func (f *Feed) startAnew(ctx context.Context) error {
	end, err := readEnd(ctx, f.changes)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.line.replace(end)
	position := f.line.position(end.last)
	f.mu.Unlock()
	f.opts.ApplyAll(position, false)
	return nil
}

// LastContact returns when the log was last read to its end, as it was then.
func (f *Feed) LastContact() time.Time { return *f.contact.Load() }
