package ban

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"example.com/ostraka/store"
)

// Source is what a Checker needs of a store. Every [store.Store] is one.
type Source interface {
	store.Rules
	store.Changes
	store.Hits
}

// closeTimeout bounds how long Close waits for the store to take the last hits.
const closeTimeout = 5 * time.Second

// Checker answers whether a Subject may come in. It is safe for concurrent use.
//
// Answers come from a cache of rules that is never behind this process: once a
// method that changes a rule through the same store value has returned, no
// Check answers from before it. Changes that other processes make are seen
// within [CheckerOptions.PollInterval]. A rule stops deciding at the instant it
// expires, cached or not.
//
// A Checker has goroutines of its own; Close ends them.
type Checker struct {
	source    Source
	opts      CheckerOptions
	cache     *lru.Cache[cacheKey, *fieldRules]
	fresh     freshness
	wildcards wildcards
	lengths   prefixLengths
	feed      feed
	hits      *hitCounter
	stats     counters

	closed   atomic.Bool
	close    sync.Once
	closeErr error
	stop     func()
	running  sync.WaitGroup
}

// NewChecker returns a Checker over the rules of a store. It reads the state of
// the change log first, and fails if it cannot. Options that are out of range
// give a [*ValueError].
//
// The Checker does not close the store. Close the Checker first.
func NewChecker(source Source, opts CheckerOptions) (*Checker, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if source == nil {
		return nil, &ValueError{Field: "source", Code: CodeEmpty, Hint: "give a store, for example memstore.New()"}
	}
	cache, err := lru.New[cacheKey, *fieldRules](opts.CacheSize)
	if err != nil {
		return nil, optionError("CacheSize", opts.CacheSize, err.Error())
	}
	c := &Checker{source: source, opts: opts, cache: cache, hits: newHitCounter(source, opts.Now)}
	c.fresh.init()
	c.wildcards.fresh, c.lengths.fresh = &c.fresh, &c.fresh
	c.feed = feed{
		changes: source, apply: c.apply, applyAll: c.fresh.markAll,
		interval: opts.PollInterval, staleFor: opts.StaleFor, now: opts.Now,
	}
	ctx, cancel := context.WithCancel(context.Background())
	unsubscribe, err := c.feed.start(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	c.stop = func() { unsubscribe(); cancel() }
	c.running.Go(func() { c.feed.run(ctx) })
	c.running.Go(func() { c.hits.run(ctx, opts.FlushInterval) })
	return c, nil
}

// apply makes a change take effect on what is cached.
func (c *Checker) apply(change store.Change) {
	if change.Bulk {
		c.fresh.markAll()
		return
	}
	keys := change.Keys
	for _, k := range change.Keys {
		if l, ok := k.PrefixLen(); ok && !c.lengths.known(l) {
			keys = append(keys[:len(keys):len(keys)], prefixLengthsKey)
		}
	}
	c.fresh.mark(keys...)
}

// Check answers whether the Subject may come in, and why not.
//
// A Subject that has no field, or a field that does not parse, is Denied with a
// [*ValueError]. If the rules cannot be read, the error says why and the
// Verdict is what [CheckerOptions.OnError] asks for. Every rule that matched,
// deciding or not, is counted as a hit.
func (c *Checker) Check(ctx context.Context, s Subject) (Decision, error) {
	now := c.opts.Now()
	var fields resolved
	cached, err := c.find(ctx, &s, now, &fields)
	if err != nil {
		return c.failed(&s, err)
	}
	var room [8]uuid.UUID // so that a check with few matches allocates nothing
	seen := room[:0]
	d := decide(&s, now, &fields, func(m *candidate) {
		seen = appendNew(seen, m.rule.ID)
	})
	if len(seen) > 0 {
		client := clientAddr(s.IP)
		for _, id := range seen {
			c.hits.add(id, now, client)
		}
	}
	d.Stale = cached && c.feed.overdue(now)
	c.stats.count(d.Verdict)
	return d, nil
}

// find is resolve for a Checker that may have been closed.
func (c *Checker) find(ctx context.Context, s *Subject, now time.Time, out *resolved) (cached bool, err error) {
	if c.closed.Load() {
		return false, ErrClosed
	}
	return c.resolve(ctx, s, now, out)
}

// failed returns the answer to a check that could not be made.
func (c *Checker) failed(s *Subject, err error) (Decision, error) {
	d := Decision{Verdict: Denied, action: s.Action}
	if _, invalid := errors.AsType[*ValueError](err); invalid {
		c.stats.invalid.Add(1)
		return d, err
	}
	c.stats.failed.Add(1)
	if c.opts.OnError == FailOpen {
		d.Verdict = Allowed
	}
	return d, err
}

// Close stops the goroutines of the Checker and writes the hits that are not
// yet in the store, which must still be open; the error says that they could
// not be written. Closing again does nothing and returns the same. A Check
// after Close fails with [ErrClosed].
func (c *Checker) Close() error {
	c.close.Do(func() {
		c.closed.Store(true)
		c.stop()
		c.running.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		c.closeErr = c.hits.flush(ctx)
	})
	return c.closeErr
}

// clientAddr returns the address for counting distinct clients, the zero Addr
// if it is empty. The text has passed the check already.
func clientAddr(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	a, err := parseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}

// appendNew appends an id unless it is there already: a rule that matches two
// fields is one hit.
func appendNew(ids []uuid.UUID, id uuid.UUID) []uuid.UUID {
	for _, have := range ids {
		if have == id {
			return ids
		}
	}
	return append(ids, id)
}
