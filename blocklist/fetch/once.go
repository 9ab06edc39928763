package fetch

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// Times between tries.
const (
	firstRetry    = time.Minute
	maxRetryAfter = 7 * 24 * time.Hour // of what servers ask for
)

// fetch fetches a subscription that is taken, writes what became of it, and lets it
// go. anew applies the content also if it is known.
func (f *Fetcher) fetch(asked context.Context, s blocklist.Subscription, anew, force bool) Result {
	ctx, cancel := context.WithTimeout(asked, f.opts.Timeout)
	defer cancel()
	defer context.AfterFunc(f.ctx, cancel)()
	a := &attempt{f: f, s: &s, holder: s.State.Holder, state: s.State, anew: anew, force: force}
	a.state.TriedAt = f.opts.Now()
	if f.opts.DryRun {
		r := a.run(ctx)
		a.finish(&r)
		return r
	}
	stop := a.keepLease(ctx, cancel)
	r := a.run(ctx)
	stop()
	canceled := false
	switch {
	case r.Err == nil:
	case a.lost.Load():
		r.Err = failure(CodeConflict, "another program has taken over the fetch, or the subscription is another now")
	case f.ctx.Err() != nil || errors.Is(asked.Err(), context.Canceled):
		canceled = true
		r.Err = failure(CodeCanceled, "the program ends, or nobody waits for it any more: %w", context.Canceled)
	}
	if canceled {
		a.giveBack(&r)
	} else {
		a.finish(&r)
	}
	// What is written now is what keeps others from fetching again at once, or lets
	// them, also when the time is up or the program ends.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), f.opts.Lease)
	defer cancel()
	defer context.AfterFunc(f.ended, cancel)()
	if err := f.store.SetSubscriptionState(ctx, s.List, a.holder, s.Version, a.state); err != nil && r.Err == nil && !errors.Is(err, store.ErrConflict) {
		r.Err = &Error{CodeStore, err}
	}
	if !canceled {
		f.stats.of(r.Outcome).Add(1)
	}
	if f.opts.Report != nil {
		f.opts.Report(r)
	}
	return r
}

// attempt is one fetch of a subscription.
type attempt struct {
	f           *Fetcher
	s           *blocklist.Subscription
	holder      string                  // this attempt, to all others
	state       store.SubscriptionState // as it will be
	base        blocklist.List          // as it was before the server was asked; zero if there was none
	lost        atomic.Bool             // another has the subscription
	anew, force bool
	retryAfter  time.Duration // that the server asks for
}

// keepLease renews the lease until it is stopped. If another has it, it ends the
// fetch.
func (a *attempt) keepLease(ctx context.Context, cancel func()) (stop func()) {
	ctx, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(a.f.opts.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if errors.Is(a.renew(ctx), store.ErrConflict) {
					a.lost.Store(true)
					cancel()
					return
				}
			}
		}
	}()
	return func() {
		end()
		<-ended
	}
}

func (a *attempt) renew(ctx context.Context) error {
	if a.f.opts.DryRun {
		return nil
	}
	held := a.s.State
	held.HeldUntil = a.f.opts.Now().Add(a.f.opts.Lease)
	return a.f.store.SetSubscriptionState(ctx, a.s.List, a.holder, a.s.Version, held)
}

// run fetches and applies the content.
func (a *attempt) run(ctx context.Context) Result {
	r := Result{List: a.s.List, URL: a.s.URL, Outcome: Failed}
	if err := a.readBase(ctx); err != nil {
		r.Err = &Error{CodeStore, err}
		return r
	}
	resp, err := a.f.get(ctx, a.s, a.s.URL, a.validators())
	if err != nil {
		r.Err = asError(err)
		return r
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		if r.Outcome = Unchanged; a.anew || a.state.Sum == "" {
			r.Outcome, r.Err = Failed, failure(CodeNotModified, "the server says that nothing changed, and was not asked")
		}
		return r
	default:
		a.retryAfter = retryAfter(resp.Header.Get("Retry-After"), a.f.opts.Now())
		r.Err = failure(CodeStatus, "the server answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
		return r
	}
	if !knowsItsEnd(resp) && a.s.ChecksumURL == "" && a.s.PublicKey == "" {
		r.Err = failure(CodeNetwork, "the server does not say how long the content is, so that one that was cut off could not be told")
		return r
	}
	c, err := a.f.spool(resp.Body, a.s.MaxBytes)
	if err == nil {
		defer c.release()
		err = a.f.verify(ctx, a.s, c)
	}
	if err != nil {
		r.Err = asError(err)
		return r
	}
	if c.sum == a.state.Sum && !a.anew {
		a.note(resp, c)
		r.Outcome = Unchanged
		return r
	}
	r.Sync, err = a.apply(ctx, c)
	if err == nil {
		a.note(resp, c)
		a.state.ChangedAt = a.f.opts.Now()
		r.Outcome = Applied
		return r
	}
	r.Err = a.syncError(err)
	if asError(r.Err).Code == CodeStopped {
		r.Outcome = Stopped
	}
	return r
}

// readBase reads the list before the server is asked. A process that is frozen at any
// moment after that, for longer than its lease, finds another version than this when it
// goes on, if anybody has brought newer content meanwhile, and leaves it: no lease can
// promise that, since it may end between the last look at it and the write.
func (a *attempt) readBase(ctx context.Context) (err error) {
	a.base, err = a.f.lists.GetList(ctx, a.s.List)
	if errors.Is(err, store.ErrNotFound) {
		a.base, err = blocklist.List{}, nil
	}
	return err
}

// knowsItsEnd reports whether reading a response ends with an error if it is cut off:
// in HTTP/1 it has a length, comes in chunks, or is compressed.
func knowsItsEnd(resp *http.Response) bool {
	return resp.ProtoMajor > 1 || resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0 || resp.Uncompressed
}

// validators are those of the content that the list has.
func (a *attempt) validators() http.Header {
	h := make(http.Header)
	if a.anew || a.state.Sum == "" {
		return h
	}
	if a.state.ETag != "" {
		h.Set("If-None-Match", a.state.ETag)
	}
	if a.state.LastModified != "" {
		h.Set("If-Modified-Since", a.state.LastModified)
	}
	return h
}

// note takes note of the content that the list has now.
func (a *attempt) note(resp *http.Response, c *content) {
	a.state.Sum = c.sum
	a.state.ETag = clipped(resp.Header.Get("ETag"))
	a.state.LastModified = clipped(resp.Header.Get("Last-Modified"))
}

// clipped returns a header to send again, and nothing instead of what is too long to
// be kept.
func clipped(s string) string {
	if len(s) > ban.MaxReason {
		return ""
	}
	return s
}

// apply makes the list hold what the content says.
func (a *attempt) apply(ctx context.Context, c *content) (blocklist.Result, error) {
	if err := a.renew(ctx); err != nil {
		return blocklist.Result{}, err
	}
	lines, err := c.lines()
	if err != nil {
		return blocklist.Result{}, err
	}
	o, err := parseOptions(a.s)
	if err != nil {
		return blocklist.Result{}, err
	}
	do := a.f.lists.Sync
	if a.f.opts.DryRun {
		do = a.f.lists.Plan
	}
	return do(ban.WithActor(ctx, a.f.opts.Actor), a.s.List, blocklist.Parse(lines, o), blocklist.SyncOptions{
		Source: a.s.URL, Reason: a.s.Reason, PublicReason: a.s.PublicReason, Base: &a.base,
		Force: a.force, AllowWide: a.s.AllowWide, AllowExceptions: a.s.AllowExceptions,
	})
}

// syncError says why the content was not applied.
func (a *attempt) syncError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok { // of reading it
		return e
	}
	if _, ok := errors.AsType[*blocklist.StopError](err); ok {
		return &Error{CodeStopped, err}
	}
	if _, ok := errors.AsType[*blocklist.FormatError](err); ok {
		return &Error{CodeNoList, err}
	}
	if errors.Is(err, store.ErrConflict) {
		return failure(CodeConflict, "the list, or its subscription, was changed while it was fetched: %w", err)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return failure(CodeTimeout, "it took too long")
	}
	return &Error{CodeStore, err}
}

// giveBack leaves the subscription as it was, for others to fetch: that a fetch was
// ended here says nothing about the server.
func (a *attempt) giveBack(r *Result) {
	a.state = a.s.State
	a.state.Holder, a.state.HeldUntil = "", time.Time{}
	r.Outcome, r.DueAt = Failed, a.state.DueAt
}

// finish fills in what is kept of the fetch, and when the next one is due.
func (a *attempt) finish(r *Result) {
	now := a.f.opts.Now()
	a.state.Holder, a.state.HeldUntil = "", time.Time{}
	wait := a.s.Interval
	switch r.Outcome {
	case Applied, Unchanged:
		a.state.CheckedAt = now
		a.state.Failures, a.state.Problem, a.state.Code = 0, "", ""
	default:
		e := asError(r.Err)
		a.state.Failures++
		a.state.Code, a.state.Problem = e.Code, problem(e)
		if r.Outcome == Failed {
			wait = min(wait, firstRetry<<min(a.state.Failures-1, 20))
		}
		wait = max(wait, a.retryAfter)
	}
	a.state.DueAt = now.Add(vary(wait))
	r.DueAt = a.state.DueAt
}

// problem returns what moderators read: of trouble with the store they learn no
// details.
func problem(e *Error) string {
	text := e.Err.Error()
	if e.Code == CodeStore {
		text = "the store, or the disk, could not take it: see the log of the program"
	}
	text = strings.ToValidUTF8(text, "�")
	if runes := []rune(text); len(runes) > ban.MaxReason {
		text = string(runes[:ban.MaxReason-1]) + "…"
	}
	return text
}

// vary returns a duration up to a tenth longer, so that not everybody asks at once.
func vary(d time.Duration) time.Duration {
	return d + time.Duration(rand.Int64N(int64(d)/10+1))
}

// retryAfter reads how long a server wants to be left alone (RFC 9110, section
// 10.2.3): 0 if it does not say.
func retryAfter(text string, now time.Time) time.Duration {
	seconds, err := strconv.ParseUint(text, 10, 31)
	switch {
	case err == nil:
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	case errors.Is(err, strconv.ErrRange):
		return maxRetryAfter
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
