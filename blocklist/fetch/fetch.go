package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// Options configures a [Fetcher]. The zero value is the default.
type Options struct {
	// Poll is how often the store is asked what is due, at least. Default 10 seconds;
	// a negative value: never, for a program that calls Fetch or FetchDue by itself.
	Poll time.Duration

	// Timeout bounds one fetch, its signature and checksum included. Default 2
	// minutes.
	Timeout time.Duration

	// Lease is how long a subscription is held without a sign of life. It is renewed
	// all the while: after it, another process takes over from one that died. Default
	// 1 minute, at least a second.
	Lease time.Duration

	// Concurrency bounds the fetches under way at once. Default 2.
	Concurrency int

	// UserAgent is what servers see. Default "ostraka".
	UserAgent string

	// Resolver asks the DNS. Default that of the system.
	Resolver *net.Resolver

	// TLS is for certificates of your own. Default none: those of the system.
	TLS *tls.Config

	// Dir is where content is kept while it is read. Default that of the system for
	// temporary files.
	Dir string

	// DryRun has fetches only say what they would do: no list is changed, nothing is held
	// and nothing written. It goes with a negative Poll.
	DryRun bool

	// Actor is in whose name lists change, where the Admin has none. Default "fetch".
	Actor string

	// Report, if not nil, is told of every fetch, from the goroutine that made it.
	Report func(Result)

	// Now is the clock by which lists are due. Default [time.Now].
	Now func() time.Time
}

// The defaults of [Options].
const (
	DefaultPoll        = 10 * time.Second
	DefaultTimeout     = 2 * time.Minute
	DefaultLease       = time.Minute
	DefaultConcurrency = 2
)

func (o Options) withDefaults() (Options, error) {
	for _, f := range []struct {
		name  string
		wrong bool
		value any
		hint  string
	}{
		{"Timeout", o.Timeout < 0, o.Timeout, "give a duration, or 0 for the default"},
		{"Lease", o.Lease != 0 && o.Lease < time.Second, o.Lease, "give a second or more, or 0 for the default"},
		{"DryRun", o.DryRun && o.Poll >= 0, o.DryRun, "give a negative Poll too"},
		{"Concurrency", o.Concurrency < 0 || o.Concurrency > 64, o.Concurrency, "give 1 to 64, or 0 for the default"},
	} {
		if f.wrong {
			return o, ban.NewValueError(f.name, fmt.Sprint(f.value), ban.CodeRange, f.hint)
		}
	}
	setDefault(&o.Poll, DefaultPoll)
	setDefault(&o.Timeout, DefaultTimeout)
	setDefault(&o.Lease, DefaultLease)
	setDefault(&o.Concurrency, DefaultConcurrency)
	setDefault(&o.UserAgent, "ostraka")
	setDefault(&o.Actor, "fetch")
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Fetcher fetches the lists that are subscribed in a store. It is safe for concurrent
// use. Close ends its goroutines.
type Fetcher struct {
	store  store.Subscriptions
	lists  *blocklist.Admin
	opts   Options
	client clients
	holder string // this Fetcher, to others on the same store; see newHolder
	tries  atomic.Int64
	places chan struct{}
	stats  counters

	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	ended   context.Context // ends when Shutdown waits no longer
	giveUp  context.CancelFunc
	mu      sync.Mutex // keeps calls from beginning while Close waits
	running sync.WaitGroup
}

// New returns a Fetcher of the lists that are subscribed in a store, at work, unless
// Options.Poll is negative. The Admin is of the same store. Options that are out of
// range give a [*ban.ValueError].
func New(st store.Subscriptions, lists *blocklist.Admin, opts Options) (*Fetcher, error) {
	if st == nil || lists == nil {
		return nil, ban.NewValueError("store", "", ban.CodeEmpty, "give a store and the Admin of its lists")
	}
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	host, _ := os.Hostname() // for people; the id tells Fetchers apart
	f := &Fetcher{
		store: st, lists: lists, opts: opts, client: newClients(&opts),
		holder: fmt.Sprintf("%.64s/%d/%s", host, os.Getpid(), id),
		places: make(chan struct{}, opts.Concurrency),
	}
	f.ctx, f.stop = context.WithCancel(context.Background())
	f.ended, f.giveUp = context.WithCancel(context.Background())
	if opts.Poll > 0 {
		f.running.Go(f.run)
	}
	return f, nil
}

// Close ends what is under way, gives the subscriptions back, so that others may fetch
// them at once, and waits for both. It may be called twice. Close the Fetcher before the
// store. Later calls of other methods fail with an error that matches [store.ErrClosed].
func (f *Fetcher) Close() error { return f.Shutdown(context.Background()) }

// Shutdown is Close that waits for the store to take subscriptions back as long as the
// context lasts. What it did not take back is free when its lease ends.
func (f *Fetcher) Shutdown(ctx context.Context) error {
	defer context.AfterFunc(ctx, f.giveUp)()
	f.mu.Lock()
	f.stop()
	f.mu.Unlock()
	f.running.Wait()
	f.giveUp()
	f.client.close()
	return nil
}

// enter begins a call that Close waits for, until leave is called.
func (f *Fetcher) enter() (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return nil, errClosed
	}
	f.running.Add(1)
	return f.running.Done, nil
}

// run fetches what is due until Close.
func (f *Fetcher) run() {
	for {
		if _, err := f.FetchDue(f.ctx); err != nil && f.ctx.Err() == nil && f.opts.Report != nil {
			f.opts.Report(Result{Err: err})
		}
		select {
		case <-f.ctx.Done():
			return
		case <-time.After(f.untilDue(f.ctx)):
		}
	}
}

// minWait keeps a Fetcher from asking the store all the time for what another holds.
const minWait = 200 * time.Millisecond

// untilDue returns how long to wait until something is due.
func (f *Fetcher) untilDue(ctx context.Context) time.Duration {
	wait := f.opts.Poll
	all, err := f.store.Subscriptions(ctx)
	if err != nil {
		return wait
	}
	now := f.opts.Now()
	for i := range all {
		due := all[i].State.DueAt
		if !all[i].State.Free(now) && all[i].State.HeldUntil.After(due) {
			due = all[i].State.HeldUntil
		}
		wait = min(wait, due.Sub(now))
	}
	return max(wait, min(minWait, f.opts.Poll))
}

// FetchDue fetches all lists that are due, and returns what became of each. The error
// is about the store. What others are fetching is passed over.
func (f *Fetcher) FetchDue(ctx context.Context) ([]Result, error) {
	leave, err := f.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if f.opts.DryRun {
		return f.rehearse(ctx)
	}
	var mu sync.Mutex
	var results []Result
	var fetching sync.WaitGroup
	defer fetching.Wait()
	for {
		select {
		case f.places <- struct{}{}:
		case <-ctx.Done():
			fetching.Wait()
			return results, ctx.Err()
		case <-f.ctx.Done():
			fetching.Wait()
			return results, errClosed
		}
		s, err := f.takeDue(ctx)
		if err != nil {
			<-f.places
			fetching.Wait()
			if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			return results, err
		}
		fetching.Go(func() {
			defer func() { <-f.places }()
			r := f.fetch(ctx, s, false, false)
			mu.Lock()
			defer mu.Unlock()
			results = append(results, r)
		})
	}
}

// rehearse says what FetchDue would do.
func (f *Fetcher) rehearse(ctx context.Context) (results []Result, err error) {
	all, err := f.store.Subscriptions(ctx)
	now := f.opts.Now()
	for _, s := range all {
		if err == nil && !s.State.DueAt.After(now) && s.State.Free(now) {
			results = append(results, f.fetch(ctx, s, false, false))
			err = ctx.Err()
		}
	}
	return results, err
}

var errClosed = fmt.Errorf("the Fetcher: %w", store.ErrClosed)

// newHolder names one attempt to fetch. Each has a name of its own: a lease that ran out
// in the middle of one may be taken by the next of the same Fetcher.
func (f *Fetcher) newHolder() string { return fmt.Sprintf("%s/%d", f.holder, f.tries.Add(1)) }

// takeDue takes a subscription that is due, [store.ErrNotFound] if there is none.
func (f *Fetcher) takeDue(ctx context.Context) (blocklist.Subscription, error) {
	now := f.opts.Now()
	holder := f.newHolder()
	s, err := f.store.TakeSubscription(ctx, "", holder, now, now.Add(f.opts.Lease))
	if !errors.Is(err, store.ErrNotFound) {
		return s, err
	}
	// Nothing is. But a clock that was wrong may have written when.
	all, listErr := f.store.Subscriptions(ctx)
	if listErr != nil {
		return s, listErr
	}
	for i := range all {
		if state := &all[i].State; f.impossible(&all[i], now) {
			at := now
			if state.HeldUntil.After(at) {
				at = state.HeldUntil
			}
			return f.store.TakeSubscription(ctx, all[i].List, holder, at, now.Add(f.opts.Lease))
		}
	}
	return s, err
}

// slack is by how much the clocks of processes may differ without a difference here.
const slack = time.Hour

// impossible reports whether a subscription would be left alone for longer than any
// Fetcher with a right clock says.
func (f *Fetcher) impossible(s *blocklist.Subscription, now time.Time) bool {
	longest := max(s.Interval, maxRetryAfter)
	longest += longest/10 + slack // see vary
	return s.State.DueAt.After(now.Add(longest)) && s.State.Free(now) ||
		!s.State.Free(now) && s.State.HeldUntil.After(now.Add(max(f.opts.Lease, time.Hour)+slack))
}

// FetchOptions configures [Fetcher.Fetch]. The zero value is the default.
type FetchOptions struct {
	// Force applies what looks like a mistake, as [blocklist.SyncOptions] has it.
	Force bool
}

// Fetch fetches a list now, be it due or not, and applies what comes also if it is
// known: what was undone comes back. The error in the Result says what went wrong; it
// matches [store.ErrNotFound] if the list has no subscription, and [store.ErrConflict]
// if it is being fetched already.
func (f *Fetcher) Fetch(ctx context.Context, list string, o FetchOptions) Result {
	leave, err := f.enter()
	if err != nil {
		return Result{List: list, Outcome: Failed, Err: err}
	}
	defer leave()
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	case <-ctx.Done():
		return Result{List: list, Outcome: Failed, Err: ctx.Err()}
	case <-f.ctx.Done():
		return Result{List: list, Outcome: Failed, Err: errClosed}
	}
	now := f.opts.Now()
	var s blocklist.Subscription
	if f.opts.DryRun {
		s, err = f.store.Subscription(ctx, list)
	} else {
		s, err = f.store.TakeSubscription(ctx, list, f.newHolder(), now, now.Add(f.opts.Lease))
	}
	if err != nil {
		return Result{List: list, Outcome: Failed, Err: err}
	}
	return f.fetch(ctx, s, true, o.Force)
}
