package pgstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// A server that is frozen, or behind a network that is cut, neither answers nor ends its
// connections, so that what the server bounds in time is bounded here as well.

// grace is how much longer than the server may work it is waited for here: its own word
// on what took too long says more.
const grace = time.Second

// errSilent is the cause of a context that ends because nothing came from the server.
var errSilent = errors.New("no answer from the server")

// patience is how long one statement is waited for.
func (o *Options) patience() time.Duration { return o.StatementTimeout + grace }

// bound returns a context for one statement.
func (q querier) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if q.until.IsZero() {
		return context.WithTimeoutCause(ctx, q.store.options.patience(), errSilent)
	}
	return context.WithDeadlineCause(ctx, q.until, errSilent)
}

// heard returns the error of a statement under a context that bounds it: silence is a
// lost connection, and not the end of the context of whoever called.
func heard(ctx context.Context, err error) error {
	if err != nil && code(err) == "" && context.Cause(ctx) == errSilent {
		return fmt.Errorf("%w: %w", ErrConnection, errSilent)
	}
	return err
}

// boundRows are rows that end with the context of their statement, which Close ends.
type boundRows struct {
	pgx.Rows
	ctx    context.Context
	cancel context.CancelFunc
	err    error
}

func (r *boundRows) Close() {
	r.Rows.Close()
	r.err = heard(r.ctx, r.Rows.Err())
	r.cancel()
}

func (r *boundRows) Err() error {
	if r.err != nil {
		return r.err
	}
	return heard(r.ctx, r.Rows.Err())
}

// vigil ends the reading of a stream if for as long as a statement may take nothing came.
// How long the reader is busy with what came does not count.
type vigil struct {
	turns  atomic.Uint64 // odd while the reader is busy
	cancel context.CancelCauseFunc
	stop   chan struct{}
}

// keepVigil begins it. end is to be called when all is read.
func keepVigil(ctx context.Context, patience time.Duration) (ctx2 context.Context, v *vigil, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	v = &vigil{cancel: cancel, stop: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.watch(patience)
	}()
	return ctx, v, func() {
		close(v.stop)
		<-done
		cancel(nil)
	}
}

// watch looks at the turns a few times in each span of patience.
func (v *vigil) watch(patience time.Duration) {
	const looks = 4
	tick := time.NewTicker(max(patience/looks, time.Millisecond))
	defer tick.Stop()
	last, same := v.turns.Load(), 0
	for {
		select {
		case <-v.stop:
			return
		case <-tick.C:
		}
		now := v.turns.Load()
		if now != last || now%2 == 1 {
			last, same = now, 0
			continue
		}
		if same++; same >= looks {
			v.cancel(errSilent)
			return
		}
	}
}

// turn says that the reader begins to be busy with what came, or waits again.
func (v *vigil) turn() { v.turns.Add(1) }
