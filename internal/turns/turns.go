// Package turns lets changes that lost a race be tried again, one after the
// other.
package turns

import (
	"context"
	"fmt"
	"time"
)

// Bounds of how often a change is tried again because another one came between,
// and how long it waits for its turn at first; before the nth time again, n times
// as long.
const (
	maxRetries = 20
	maxTurn    = time.Second
)

// Turns are those of all who change records through one Admin. It is safe for
// concurrent use.
type Turns struct {
	turn chan struct{} // of whoever tries again
}

// New returns Turns in which nobody waits.
func New() *Turns { return &Turns{make(chan struct{}, 1)} }

// Retry does something, and does it again as long as it lost a race. Who lost
// one takes turns with all others who did, so that many who change one record at
// once all come through. A turn lasts until its owner comes through or gives up;
// who comes meanwhile waits, since two who read and write in step could lose
// against each other for ever. Other processes need no turn.
//
// Nobody waits for a turn without end: a subscriber of the store that calls the
// Admin would wait for the very change that it was told of.
func (t *Turns) Retry(ctx context.Context, lost func(error) bool, do func() error) error {
	mine := false
	defer func() {
		if mine {
			<-t.turn
		}
	}()
	var err error
	for n := range 1 + maxRetries {
		if !mine && (n > 0 || len(t.turn) > 0) {
			var ended error
			if mine, ended = t.wait(ctx, time.Duration(max(n, 1))*maxTurn); ended != nil {
				return fmt.Errorf("wait for a turn: %w", ended)
			}
		}
		if err = do(); !lost(err) {
			break
		}
	}
	return err
}

// wait waits so long for a turn, and reports whether it came.
func (t *Turns) wait(ctx context.Context, most time.Duration) (bool, error) {
	timeout := time.NewTimer(most)
	defer timeout.Stop()
	select {
	case t.turn <- struct{}{}:
		return true, nil
	case <-timeout.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
