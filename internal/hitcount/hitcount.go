// Package hitcount counts what rules catch, in memory, and writes it to a store from
// time to time.
package hitcount

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/steady"
	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
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
	rules   atomic.Int64 // rule-days in the shards
	shards  [8]shard

	flushing sync.Mutex // held by whoever writes
	pruned   time.Time  // the day before which all were last forgotten; under flushing
	doubted  time.Time  // until when, in real time, the clock is not compared with the log again; under flushing
}

// shard is a part of what was counted. Who counts at once uses different ones: they
// neither wait for each other nor for what the other has in a processor's cache.
type shard struct {
	mu      sync.Mutex
	pending map[hitKey]*hitCount
	_       [48]byte
}

type hitKey struct {
	rule uuid.UUID
	day  int64 // days since 1970
}

type hitCount struct {
	key     store.Key
	uses    int64
	last    time.Time
	first   netip.Addr // the first client
	clients sketch.Sketch
}

// client counts a client. Most rules see one alone, which makes no sketch.
func (n *hitCount) client(addr netip.Addr) {
	switch {
	case addr == n.first, !addr.IsValid():
	case !n.first.IsValid():
		n.first = addr
	default:
		n.clients.Add(addr)
	}
}

// sketched returns the sketch of all clients.
func (n *hitCount) sketched() *sketch.Sketch {
	n.clients.Add(n.first)
	return &n.clients
}

const secondsPerDay = 24 * 60 * 60

// New returns a Counter that keeps so many UTC days of hits, today among them.
func New(s Store, now func() time.Time, days int) *Counter {
	return &Counter{
		store: s, days: days, began: time.Now(), now: steady.New(now, datingSettles), old: steady.New(now, PruningSettles),
	}
}

// Add counts a match of the rule, at a reading of the clock, by the client, if its
// address is known. A clock that is about to be set right again dates no hit in the
// future. Who counts at once passes different numbers.
func (h *Counter) Add(rule *store.Rule, client netip.Addr, read time.Time, number uint32) {
	now := h.now.At(read)
	key := hitKey{rule.ID, now.Unix() / secondsPerDay}
	s := &h.shards[number%uint32(len(h.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	n := h.at(s, key)
	if n == nil {
		return
	}
	n.key = rule.Key // of a mirror it is a piece of a long text, which it keeps alive until hits are flushed
	n.uses++
	n.last = later(n.last, now)
	n.client(client)
}

// at returns the count for the key, or nil if there are too many. It is called
// with the lock of the shard held.
func (h *Counter) at(s *shard, key hitKey) *hitCount {
	n := s.pending[key]
	if n == nil {
		if h.rules.Add(1) > maxPendingHits {
			h.rules.Add(-1)
			h.dropped.Add(1)
			return nil
		}
		if s.pending == nil {
			s.pending = make(map[hitKey]*hitCount)
		}
		n = new(hitCount)
		s.pending[key] = n
	}
	return n
}

// take takes all counts out of the shards, and adds up those of one rule and day.
func (h *Counter) take() map[hitKey]*hitCount {
	var all map[hitKey]*hitCount
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		counts := s.pending
		s.pending = nil
		h.rules.Add(-int64(len(counts)))
		s.mu.Unlock()
		if all == nil {
			all = counts
			continue
		}
		for key, n := range counts {
			if there := all[key]; there != nil {
				there.add(n)
			} else {
				all[key] = n
			}
		}
	}
	return all
}

// add adds what another has counted.
func (n *hitCount) add(o *hitCount) {
	n.uses += o.uses
	n.last = later(n.last, o.last)
	n.client(o.first)
	n.clients.Merge(&o.clients)
}

// Flush writes down what was counted. What the store does not take is kept for
// the next time. Where nothing was counted, it asks nothing of the store.
func (h *Counter) Flush(ctx context.Context) error {
	h.flushing.Lock()
	defer h.flushing.Unlock()
	counts := h.take()
	if len(counts) == 0 {
		return nil
	}
	if err := h.writeAll(ctx, counts); err != nil {
		h.keep(counts)
		return err
	}
	_ = h.prune(ctx) // no hit is lost by what stays longer
	return nil
}

// writeAll hands all counts to the store, in batches, and takes out of them what the
// store took.
func (h *Counter) writeAll(ctx context.Context, counts map[hitKey]*hitCount) error {
	batch := make([]store.Hit, 0, min(len(counts), hitBatch))
	for key, n := range counts {
		batch = append(batch, store.Hit{
			RuleID: key.rule, Key: n.key, Day: time.Unix(key.day*secondsPerDay, 0).UTC(),
			Uses: n.uses, Last: n.last.UTC().Truncate(time.Microsecond), Clients: n.sketched().Bytes(),
		})
		if len(batch) == hitBatch {
			if err := h.write(ctx, batch, counts); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return h.write(ctx, batch, counts)
}

// write hands a batch to the store, and takes what the store took out of counts.
func (h *Counter) write(ctx context.Context, batch []store.Hit, counts map[hitKey]*hitCount) error {
	if len(batch) == 0 {
		return nil
	}
	if err := h.store.AddHits(ctx, batch); err != nil {
		return err
	}
	for _, hit := range batch {
		delete(counts, hitKey{hit.RuleID, hit.Day.Unix() / secondsPerDay})
	}
	return nil
}

// keep puts counts that were not written back among the pending ones.
func (h *Counter) keep(counts map[hitKey]*hitCount) {
	s := &h.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, old := range counts {
		if n := h.at(s, key); n != nil {
			n.key = old.key
			n.add(old)
		}
	}
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

// Run flushes at every interval until the context ends, and removes what has become
// old, hit or not.
func (h *Counter) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// What could not be written, or removed, is left to the next tick.
			if h.Flush(ctx) == nil {
				h.flushing.Lock()
				_ = h.prune(ctx)
				h.flushing.Unlock()
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// FirstDay returns the first of so many days up to today.
func FirstDay(now time.Time, days int) time.Time { return store.Day(now).AddDate(0, 0, 1-days) }

// Dropped returns how many hits were not counted because the store took none for
// too long.
func (h *Counter) Dropped() int64 { return h.dropped.Load() }
