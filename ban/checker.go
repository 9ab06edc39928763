package ban

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/changefeed"
	"example.com/ostraka/internal/hitcount"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/mirror"
	"example.com/ostraka/internal/mxlookup"
	"example.com/ostraka/internal/oldkeys"
	"example.com/ostraka/internal/rulecache"
	"example.com/ostraka/store"
)

// Source is what a Checker needs of a store. Every [store.Store] is one.
type Source interface {
	store.Rules
	store.Changes
	store.Hits
	store.Keys
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
// With [CheckerOptions.Mirror] answers come from all rules in memory instead, in
// the same way as far as anyone can tell.
//
// A Checker has goroutines of its own; Close ends them.
type Checker struct {
	source   *oldkeys.Source
	opts     CheckerOptions
	ownClock bool // opts.Now is not time.Now
	cache    *rulecache.Cache
	feed     *changefeed.Feed
	mirror   *mirror.Mirror // nil without one
	hits     *hitcount.Counter
	stats    counters
	rehasher *rehasher          // nil: off
	mx       *mxlookup.Resolver // nil: off

	closed   atomic.Bool
	close    sync.Once
	closeErr error
	stop     func()
	running  sync.WaitGroup
}

// NewChecker returns a Checker over the rules of a store. It reads the state of
// the change log first, with [CheckerOptions.Mirror] all rules too, and fails if
// it cannot. Options that are out of range give a [*ValueError].
//
// If keys in the store were made by other tables than those of the options, it also
// reads the rules of e-mail addresses and names, and answers are right all the same:
// it keeps in memory which of them are found under other keys, and asks for both.
// [Rekey] puts an end to that.
//
// The Checker does not close the store. Close the Checker first.
func NewChecker(st Source, opts CheckerOptions) (*Checker, error) {
	ownClock := opts.Now != nil
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, &ValueError{Field: "source", Code: CodeEmpty, Hint: "give a store, for example memstore.New()"}
	}
	ring, err := opts.Keys.compile()
	if err != nil {
		return nil, err
	}
	source := oldkeys.New(st, opts.Tables)
	cache, err := rulecache.New(source, opts.CacheSize, opts.reading(), ring)
	if err != nil {
		return nil, optionError("CacheSize", opts.CacheSize, err.Error())
	}
	mx, err := opts.MX.resolver(opts.Now)
	if err != nil {
		return nil, err
	}
	c := &Checker{
		source: source, opts: opts, ownClock: ownClock, cache: cache,
		hits: hitcount.New(source, opts.Now, HitDays), mx: mx,
	}
	notifier, _ := st.(store.Notifier) // a role of the store itself
	c.feed = changefeed.New(source, changefeed.Options{
		Notifier: notifier,
		Apply:    c.apply, ApplyAll: c.applyAll,
		Interval: opts.PollInterval, StaleFor: opts.StaleFor,
	})
	ctx, cancel := context.WithCancel(context.Background())
	if opts.Rehash != nil {
		c.rehasher = newRehasher(opts.Rehash)
	}
	if opts.Mirror {
		c.mirror = mirror.New(ctx, source, opts.Tables, ring, opts.Progress)
	}
	unsubscribe, err := c.feed.Start(ctx)
	if err == nil {
		if err = c.load(ctx); err != nil {
			unsubscribe()
		}
	}
	if err != nil {
		cancel()
		mx.Close()
		return nil, err
	}
	c.stop = func() { unsubscribe(); cancel() }
	c.running.Go(func() { c.feed.Run(ctx) })
	c.running.Go(func() { c.hits.Run(ctx, opts.FlushInterval) })
	if opts.Rehash != nil {
		c.running.Go(func() { c.rehasher.run(ctx) })
	}
	if opts.Mirror {
		c.running.Go(func() { c.mirror.Run(ctx) })
	}
	return c, nil
}

// load reads what has to be in memory.
func (c *Checker) load(ctx context.Context) error {
	if err := c.source.Settle(ctx); err != nil || c.mirror == nil {
		return err
	}
	if err := c.mirror.Load(ctx); err != nil {
		return err
	}
	if c.opts.PollInterval > 0 {
		c.feed.Poll(ctx) // reading all rules may have taken longer than the interval
	}
	return nil
}

// apply makes changes take effect on what is in memory. own says that they were
// made through this process's store: they have to before it returns.
func (c *Checker) apply(changes []store.Change, own bool) {
	for i := range changes {
		c.cache.Outdate(&changes[i])
	}
	if c.mirror != nil {
		c.mirror.Apply(changes, own)
	}
}

// applyAll is apply where any change up to a position in the log may have been
// missed.
func (c *Checker) applyAll(position int64, own bool) {
	c.source.Forget()
	c.apply([]store.Change{{Seq: position, Bulk: true}}, own)
}

// Check answers whether the Subject may come in, and why not.
//
// A Subject that has no field, or a field that does not parse, is Denied with a
// [*ValueError]. If the rules cannot be read, the error says why and the
// Verdict is what [CheckerOptions.OnError] asks for; a context that was
// cancelled by the caller is Denied under either, and so is everybody whose e-mail
// address or name may be banned under a key that is not in [CheckerOptions.Keys], with
// a [*MissingKeyError]. Every rule that matched,
// deciding or not, is counted as a hit; an e-mail domain block only if the
// attempt was not allowed.
func (c *Checker) Check(ctx context.Context, s Subject) (d Decision, err error) {
	if err := c.ready(&s); err != nil {
		return c.failed(ctx, &s, err, true)
	}
	if c.mirror != nil && !c.mirror.Behind() {
		err = c.checkMirror(ctx, &s, &d, true)
	} else if c.mx != nil || !c.checkCached(&s, &d) {
		err = c.checkStore(ctx, &s, &d, true)
	}
	return d, err
}

// Peek returns what [Checker.Check] answers, and leaves no trace: it records no hit
// and counts in no figure. It is for questions about those who are in already, of
// which nobody attempts anything. Its errors are those of Check.
func (c *Checker) Peek(ctx context.Context, s Subject) (d Decision, err error) {
	if err := c.ready(&s); err != nil {
		return c.failed(ctx, &s, err, false)
	}
	if c.mirror != nil && !c.mirror.Behind() {
		err = c.checkMirror(ctx, &s, &d, false)
	} else {
		err = c.checkStore(ctx, &s, &d, false)
	}
	return d, err
}

// checkCached is Check if the cache has all of the answer, fresh, and reports
// whether it has. It reads one clock, as nearly no answer needs two. d must be zero.
func (c *Checker) checkCached(s *Subject, d *Decision) bool {
	w := c.feed.Window(0)
	texts := s.texts()
	found, use, any := c.cache.Known(&texts)
	if found == nil {
		return false
	}
	moment := c.feed.Moment()
	if c.feed.LateAt(moment, w) {
		return false
	}
	if counters := c.stats.of(uint32(moment)); any {
		var room [8]*store.Rule
		now := c.opts.Now()
		place := takePlace()
		c.conclude(d, s, now, found, &mxAnswer{}, c.traitAddress(s), netip.Addr{}, room[:0], place, true)
		places.Put(place)
		d.Stale = c.feed.Late(w, true)
		counters.cacheHits.Add(use.Hits)
	} else {
		d.Verdict, d.action = Allowed, s.Action
		if c.opts.Traits.concern(s) {
			c.judgeTraits(d, s, time.Time{}, c.traitAddress(s), nil)
		}
		c.stats.count(counters, d)
		counters.cacheHits.Add(use.Hits)
	}
	return true
}

// checkStore is Check from the caches and the store, or Peek, which does not count. d
// must be zero.
func (c *Checker) checkStore(ctx context.Context, s *Subject, d *Decision, counts bool) error {
	now := c.opts.Now()
	w := c.feed.Window(c.feed.MomentOf(c.wallClock(now)))
	var found match.Found
	cached, err := c.findCached(ctx, s, now, w, &found, counts)
	var mx mxAnswer
	if err == nil && c.mx != nil {
		mx, err = c.addMX(ctx, s, now, &found, func(s *Subject, out *match.Found) error {
			hit, err := c.findCached(ctx, s, now, w, out, counts)
			cached = cached || hit
			return err
		})
	}
	if err != nil {
		if c.mirror != nil && storeFailed(ctx, err) {
			err = c.checkMirror(ctx, s, d, counts)
			d.Stale = err == nil // changes are known of that it lacks
			return err
		}
		*d, err = c.failed(ctx, s, err, counts)
		return err
	}
	var room [8]*store.Rule // so that a check with few matches allocates nothing
	place := takePlace()
	c.conclude(d, s, now, &found, &mx, c.traitAddress(s), netip.Addr{}, room[:0], place, counts)
	places.Put(place)
	d.Stale = c.feed.Late(w, cached)
	return nil
}

// checkMirror is checkStore from the content of the mirror, whatever is the matter
// with the store.
func (c *Checker) checkMirror(ctx context.Context, s *Subject, d *Decision, counts bool) error {
	sc := takeScratch()
	defer sc.release()
	w := c.feed.Window(0)
	err := sc.Parse(s.Email, s.Domain, s.IP, s.Name, c.opts.reading())
	if err == nil {
		content := c.mirror.Content()
		sc.Begin(c.opts.Now, time.Time{})
		var found *match.Found
		var any bool
		if found, any, err = sc.Find(content); err == nil && !any && c.mx == nil { // as nearly always
			d.Verdict, d.action = Allowed, s.Action
			if c.opts.Traits.concern(s) {
				c.judgeTraits(d, s, time.Time{}, sc.Address(), nil)
			}
			d.Stale = c.feed.Late(w, true)
			if counts {
				c.stats.count(c.stats.of(sc.place), d)
			}
			return nil
		}
		var mx mxAnswer
		if err == nil && c.mx != nil {
			now := sc.Now()
			mx, err = c.addMX(ctx, s, now, found, c.findInMirror(content, now))
		}
		if err == nil {
			sc.match = c.conclude(d, s, sc.Now(), found, &mx, sc.Address(), sc.Addr(), sc.match, &sc.place, counts)
			d.Stale = c.feed.Late(w, true)
			return nil
		}
	}
	*d, err = c.failed(ctx, s, err, counts)
	return err
}

// findCached finds the rules for each field: from the cache where it may be
// trusted, else in the store. cached reports whether any came from the cache.
func (c *Checker) findCached(ctx context.Context, s *Subject, now time.Time, w changefeed.Window, out *match.Found, counts bool) (cached bool, err error) {
	texts := s.texts()
	use, err := c.cache.Find(ctx, &texts, now, c.feed.Trusted(w), out)
	if counts && use.Hits > 0 {
		c.stats.of(number(now)).cacheHits.Add(use.Hits)
	}
	if counts && use.Misses > 0 {
		c.stats.cacheMisses.Add(use.Misses)
	}
	return use.Hits > 0, err
}

// conclude decides by the rules found, and counts it and those that matched, if it is
// to, which it appends to matched and returns. The address is needed for its traits only; the
// client is that of the Subject, or unknown yet. Who counts at once has places of their own.
func (c *Checker) conclude(d *Decision, s *Subject, now time.Time, found *match.Found, mx *mxAnswer, a Address, client netip.Addr, matched []*store.Rule, place *uint32, counts bool) []*store.Rule {
	decide(d, s, now, found, func(m *match.Candidate) {
		matched = appendNew(matched, &m.Rule)
	})
	if mx.record != nil {
		mx.finish(d, s, &c.opts.MX)
		if counts && d.MX == MXUnknown {
			c.stats.mxUnknown.Add(1)
		}
	}
	c.judgeTraits(d, s, now, a, found[KindEmail-1])
	if !counts {
		return matched
	}
	if len(matched) > 0 {
		if !client.IsValid() {
			client = clientAddr(s.IP)
		}
		for _, r := range matched {
			if c.rehasher != nil {
				c.rehasher.sighted(r, s)
			}
			if r.Origin != store.OriginBlock || d.Verdict != Allowed {
				c.hits.Add(r, client, now, place)
			}
		}
	}
	c.stats.count(c.stats.of(*place), d)
	return matched
}

// number returns where a check that began at that time counts what the cache knew.
func number(now time.Time) uint32 { return uint32(now.Nanosecond()) }

// ready reports what keeps a Subject from being checked at all.
func (c *Checker) ready(s *Subject) error {
	if c.closed.Load() {
		return ErrClosed
	}
	return s.validate()
}

// wallClock returns the real time, which is now unless the host has a clock of
// its own.
func (c *Checker) wallClock(now time.Time) time.Time {
	if c.ownClock {
		return time.Now()
	}
	return now
}

// failed returns the answer to a check that could not be made. Only trouble
// with the store may let people in: not a Subject that does not parse, nor a
// caller who hangs up, nor a Checker that was closed, nor one that lacks a key.
func (c *Checker) failed(ctx context.Context, s *Subject, err error, counts bool) (Decision, error) {
	d := Decision{Verdict: Denied, action: s.Action}
	if d.invalid = isValueError(err); d.invalid {
		if counts {
			c.stats.invalid.Add(1)
		}
		return d, err
	}
	if counts {
		c.stats.failed.Add(1)
	}
	err, lacksKey := missingKey(err)
	gone := errors.Is(ctx.Err(), context.Canceled) || errors.Is(err, ErrClosed)
	if c.opts.OnError == FailOpen && !gone && !lacksKey {
		d.Verdict = Allowed
	}
	return d, err
}

// storeFailed reports whether a check failed for what the mirror can answer without.
func storeFailed(ctx context.Context, err error) bool {
	_, lacksKey := missingKey(err)
	return err != nil && !errors.Is(ctx.Err(), context.Canceled) && !isValueError(err) && !lacksKey
}

func isValueError(err error) bool {
	_, ok := errors.AsType[*ValueError](err)
	return ok
}

// Close stops the goroutines of the Checker and writes the hits that are not
// yet in the store, which must still be open; the error says that they could
// not be written, within 5 seconds. Closing again does nothing and returns the
// same. A Check after Close is Denied with [ErrClosed]; one that is still under
// way is answered, though it may not be counted.
func (c *Checker) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return c.Shutdown(ctx)
}

// Shutdown is Close that waits for the store to take the last hits as long as the
// context lasts.
func (c *Checker) Shutdown(ctx context.Context) error {
	c.close.Do(func() {
		c.closed.Store(true)
		c.stop()
		c.mx.Close()
		c.running.Wait()
		c.closeErr = c.hits.Flush(ctx)
	})
	return c.closeErr
}

// clientAddr returns the address for counting distinct clients, the zero Addr
// if it is empty. The text has passed the check already.
func clientAddr(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	a, err := value.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}

// appendNew appends a rule unless it is there already: one that matches two
// fields is one hit. Rules for addresses and names match one field, each once,
// and may be very many: those of one mailbox have one key.
func appendNew(rules []*store.Rule, r *store.Rule) []*store.Rule {
	if r.Key.Kind == KindEmail || r.Key.Kind == KindName {
		return append(rules, r)
	}
	for _, have := range rules {
		if have.ID == r.ID {
			return rules
		}
	}
	return append(rules, r)
}
