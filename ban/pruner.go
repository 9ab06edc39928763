package ban

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/ostraka/internal/hitcount"
	"example.com/ostraka/internal/steady"
	"example.com/ostraka/store"
)

// PrunerStore is what a Pruner needs of a store. Every [store.Store] is one.
type PrunerStore interface {
	store.Changes
	store.Hits
	// PurgeCredentials is that of [store.Credentials].
	PurgeCredentials(ctx context.Context, before time.Time) (int64, error)
}

// The defaults of [PrunerOptions].
const (
	DefaultKeepLog         = 365 * 24 * time.Hour
	DefaultKeepCredentials = 7 * 24 * time.Hour
	DefaultPruneInterval   = time.Hour
)

// pruneActor is in whose name a Pruner removes what the log has one by one.
const pruneActor = "pruner"

// PrunerOptions configures a [Pruner]. The zero value is the default.
type PrunerOptions struct {
	// KeepLog is how long changes stay in the log, which names people: who was
	// banned, and who did it. Default 365 days; a negative value keeps them for
	// ever.
	KeepLog time.Duration

	// KeepCredentials is how long sessions and API tokens are kept once they have
	// ended. Default 7 days; a negative value keeps them for ever.
	KeepCredentials time.Duration

	// ExpirePending, if not nil, removes accounts that have waited too long for a
	// person to decide about them, and says how many: give the method of that name of
	// an Admin of package account. Default none: they wait for ever.
	ExpirePending func(ctx context.Context, now time.Time) (int64, error)

	// Interval is how often all is looked at. Default 1 hour.
	Interval time.Duration

	// Report, if not nil, is called each time with what was removed, and with
	// the trouble there was, from the goroutine of the Pruner.
	Report func(Pruned, error)

	// Now is the clock by which things become old. One that has jumped forward
	// is not believed until it has stayed there for 24 hours. Default [time.Now].
	Now func() time.Time
}

// Pruned says what a Pruner removed.
type Pruned struct {
	Changes     int64 // entries of the log
	Hits        int64 // days of hits, one for each rule and day
	Credentials int64 // sessions and API tokens
	Pending     int64 // accounts about which nobody decided
}

// Pruner removes what has become old: entries of the log, days of hits (those of
// [HitDays] are kept), sessions and API tokens that have ended and, if told to,
// accounts about which nobody decided. It looks when it is made, and then at every interval, in a goroutine that Close ends. Programs
// that share a store may each have one.
//
// A change is also kept as long as an older one is. Where the newest entry of the log
// is older than a week, or than KeepLog, nothing is removed until the program has run
// for 24 hours: the clock of the machine may have been wrong when it started.
type Pruner struct {
	store PrunerStore
	opts  PrunerOptions
	clock *steady.Clock
	began time.Time

	stop    context.CancelFunc
	running sync.WaitGroup
}

// NewPruner returns a Pruner of a store, at work. Options that are out of range
// give a [*ValueError]. The Pruner does not close the store; close the Pruner first.
func NewPruner(st PrunerStore, opts PrunerOptions) (*Pruner, error) {
	if st == nil {
		return nil, &ValueError{Field: "store", Code: CodeEmpty, Hint: "give a store, for example memstore.New()"}
	}
	if opts.Interval < 0 {
		return nil, optionError("Interval", opts.Interval, "give a duration, or 0 for the default")
	}
	setDefault(&opts.KeepLog, DefaultKeepLog)
	setDefault(&opts.KeepCredentials, DefaultKeepCredentials)
	setDefault(&opts.Interval, DefaultPruneInterval)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pruner{store: st, opts: opts, clock: steady.New(opts.Now, hitcount.PruningSettles), began: time.Now(), stop: cancel}
	p.running.Go(func() { p.run(ctx) })
	return p, nil
}

// Close ends the goroutine of the Pruner, and waits for it. It may be called twice.
func (p *Pruner) Close() error {
	p.stop()
	p.running.Wait()
	return nil
}

func (p *Pruner) run(ctx context.Context) {
	tick := time.NewTicker(p.opts.Interval)
	defer tick.Stop()
	for {
		if pruned, err := p.prune(ctx); p.opts.Report != nil && ctx.Err() == nil {
			p.opts.Report(pruned, err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// prune removes what is old now, unless the clock may be wrong. Trouble with one sort
// of things keeps no other.
func (p *Pruner) prune(ctx context.Context) (n Pruned, err error) {
	now := storedTime(p.clock.Now())
	var errs [4]error
	if p.opts.KeepLog >= 0 {
		n.Changes, errs[0] = p.pruneLog(ctx, now)
	}
	if believed, err := p.believed(ctx, now, hitcount.AheadOfLog); err != nil || !believed {
		return n, errors.Join(errs[0], err)
	}
	n.Hits, errs[1] = p.store.PruneHits(ctx, hitcount.FirstDay(now, HitDays))
	if p.opts.KeepCredentials >= 0 {
		n.Credentials, errs[2] = p.store.PurgeCredentials(ctx, now.Add(-p.opts.KeepCredentials))
	}
	if p.opts.ExpirePending != nil {
		n.Pending, errs[3] = p.opts.ExpirePending(WithActor(ctx, pruneActor), now)
	}
	for i, what := range []string{"prune the log", "prune the hits", "purge sessions and tokens", "expire who waits"} {
		if errs[i] != nil {
			errs[i] = fmt.Errorf("%s: %w", what, errs[i])
		}
	}
	return n, errors.Join(errs[:]...)
}

// pruneLog keeps a log that has become old as a whole, too.
func (p *Pruner) pruneLog(ctx context.Context, now time.Time) (int64, error) {
	believed, err := p.believed(ctx, now, min(p.opts.KeepLog, hitcount.AheadOfLog))
	if err != nil || !believed {
		return 0, err
	}
	return p.store.PruneChanges(ctx, now.Add(-p.opts.KeepLog))
}

// believed reports whether the clock is no further ahead of the log than so much.
func (p *Pruner) believed(ctx context.Context, now time.Time, ahead time.Duration) (bool, error) {
	return hitcount.Believed(ctx, p.store, p.began, now.Add(-ahead))
}
