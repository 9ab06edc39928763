// Package hitcount counts what rules catch, in memory, and writes it to a store from
// time to time.
package hitcount

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/ostraka/internal/steady"
	"example.com/ostraka/store"
)

// How long a clock has to stay ahead until hits are dated by it, and until history
// is pruned by it: what is pruned does not come back.
const (
	datingSettles  = time.Hour
	PruningSettles = 24 * time.Hour
)

const (
	maxPendingHits = 1 << 16 // rule-days held in memory while the store cannot take them
	hitBatch       = 500     // rule-days written in one step, to keep write locks short
)

// Store is what a Counter needs of a store. Every [store.Store] is one.
type Store interface {
	store.Hits
	Log
}

// Counter counts what rules catch, in memory, until Flush writes it down. It is safe
// for concurrent use.
type Counter struct {
	store   Store
	days    int // of hits that are kept
	began   time.Time
	now     *steady.Clock // by which hits are dated
	old     *steady.Clock // by which days become old
	dropped atomic.Int64
	lines   atomic.Int64 // of all shards
	shards  [8]shard

	flushing sync.Mutex // held by whoever writes
	pruned   time.Time  // the day before which all were last forgotten; under flushing
	doubted  time.Time  // until when, in real time, the clock is not compared with the log again; under flushing
}

// shard is a part of what was counted. Who counts at once uses different ones: they
// neither wait for each other nor for what the other has in a processor's cache.
type shard struct {
	mu     sync.Mutex
	counts *counts
	spare  *counts // empty, to take the place of what is taken; under flushing
	_      [128 - 8 - 2*8]byte
}

const secondsPerDay = 24 * 60 * 60

// New returns a Counter that keeps so many UTC days of hits, today among them.
func New(s Store, now func() time.Time, days int) *Counter {
	h := &Counter{
		store: s, days: days, began: time.Now(), now: steady.New(now, datingSettles), old: steady.New(now, PruningSettles),
	}
	for i := range h.shards {
		h.shards[i].counts, h.shards[i].spare = new(counts), new(counts)
	}
	return h
}

// Add counts a match of the rule, at a reading of the clock, by the client, if its
// address is known. A clock that is about to be set right again dates no hit in the
// future. place says where to count, and is the caller's alone: of those who find
// that another counts there just now, each goes elsewhere and stays there.
func (h *Counter) Add(rule *store.Rule, client netip.Addr, read time.Time, place *uint32) {
	now := h.now.At(read)
	day, at := int32(now.Unix()/secondsPerDay), now.UnixMicro()
	s := h.lock(place)
	n, ok := s.counts.find(&rule.ID, day)
	if !ok && h.reserve() {
		n, ok = s.counts.append(&rule.ID, day), true
	}
	if ok {
		s.counts.count(n, rule, client, at)
	}
	s.mu.Unlock()
	if !ok {
		h.addCrowded(rule, client, day, at)
	}
}

// reserve reports whether there may be another line, and then counts it.
func (h *Counter) reserve() bool {
	if h.lines.Add(1) <= maxPendingHits {
		return true
	}
	h.lines.Add(-1)
	return false
}

// addCrowded is Add when there are as many lines as may be. Those of one rule and day in
// several shards make room. Then all are in the first shard.
func (h *Counter) addCrowded(rule *store.Rule, client netip.Addr, day int32, at int64) {
	for i := range h.shards {
		h.shards[i].mu.Lock()
		defer h.shards[i].mu.Unlock()
	}
	all := h.shards[0].counts
	for i := 1; i < len(h.shards); i++ {
		c := h.shards[i].counts
		before := len(all.lines)
		all.merge(c, nil)
		h.lines.Add(int64(len(all.lines) - before - len(c.lines)))
		c.reset()
	}
	n, ok := all.find(&rule.ID, day)
	if !ok {
		if !h.reserve() {
			h.dropped.Add(1)
			return
		}
		n = all.append(&rule.ID, day)
	}
	all.count(n, rule, client, at)
}

// lock locks a shard.
func (h *Counter) lock(place *uint32) *shard {
	const n = uint32(len(h.shards))
	for range n {
		s := &h.shards[*place%n]
		if s.mu.TryLock() {
			return s
		}
		*place++
	}
	s := &h.shards[*place%n]
	s.mu.Lock()
	return s
}

// take takes all counts out of the shards, and returns what they add up to. It is called
// with flushing held, and they are a shard's spare ones: who is done with them resets them.
func (h *Counter) take() *counts {
	var all *counts
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		taken := s.counts
		s.counts = s.spare
		h.lines.Add(-int64(len(taken.lines)))
		s.mu.Unlock()
		s.spare = taken
		if all == nil {
			all = taken
			continue
		}
		all.merge(taken, nil)
		taken.reset()
	}
	return all
}

// Flush writes down what was counted. What the store does not take is kept for
// the next time. Where nothing was counted, it asks nothing of the store.
func (h *Counter) Flush(ctx context.Context) error {
	h.flushing.Lock()
	defer h.flushing.Unlock()
	all := h.take()
	defer all.reset()
	if len(all.lines) == 0 {
		return nil
	}
	if err := h.writeAll(ctx, all); err != nil {
		h.keep(all)
		return err
	}
	_ = h.prune(ctx) // no hit is lost by what stays longer
	return nil
}

// writeAll hands all counts to the store, in batches, and leaves none of what the
// store took.
func (h *Counter) writeAll(ctx context.Context, all *counts) error {
	batch := make([]store.Hit, 0, min(len(all.lines), hitBatch))
	for numbers := range slices.Chunk(all.inOrder(), hitBatch) {
		batch = batch[:0]
		for _, n := range numbers {
			batch = append(batch, all.hit(n))
		}
		if err := h.store.AddHits(ctx, batch); err != nil {
			return err
		}
		for _, n := range numbers {
			all.lines[n].uses = 0
		}
	}
	return nil
}

// keep puts counts that were not written back among the pending ones.
func (h *Counter) keep(all *counts) {
	s := &h.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	h.dropped.Add(s.counts.merge(all, h.reserve))
}

// prune forgets days that have become too old, once a day, unless the clock may be
// wrong. It is called with flushing held.
func (h *Counter) prune(ctx context.Context) error {
	now := h.old.Now()
	first := FirstDay(now, h.days)
	if first.Equal(h.pruned) || time.Now().Before(h.doubted) {
		return nil
	}
	believed, err := Believed(ctx, h.store, h.began, now.Add(-AheadOfLog))
	if err != nil {
		return err
	}
	if !believed {
		h.doubted = time.Now().Add(time.Hour)
		return nil
	}
	if _, err := h.store.PruneHits(ctx, first); err != nil {
		return err
	}
	h.pruned = first
	return nil
}

// Under a flood over very many rules each flush takes long, and what the store does for it
// is taken from checks. So a flush that took long is followed by a rest of restFactor times
// as long, but of maxRest intervals at most.
const (
	restFactor = 9
	maxRest    = 5
)

// Run flushes at every interval until the context ends, or less often so that writing is a
// tenth of the time at most; and it removes what has become old, hit or not.
func (h *Counter) Run(ctx context.Context, interval time.Duration) {
	next := time.NewTimer(interval)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			began := time.Now()
			var rest time.Duration
			// What could not be written, or removed, is left to the next time.
			if h.Flush(ctx) == nil {
				rest = min(restFactor*time.Since(began), maxRest*interval)
				h.flushing.Lock()
				_ = h.prune(ctx)
				h.flushing.Unlock()
			}
			next.Reset(max(interval-time.Since(began), rest, 0))
		}
	}
}

// FirstDay returns the first of so many days up to today.
func FirstDay(now time.Time, days int) time.Time { return store.Day(now).AddDate(0, 0, 1-days) }

// Dropped returns how many hits were not counted because the store took none for
// too long.
func (h *Counter) Dropped() int64 { return h.dropped.Load() }
