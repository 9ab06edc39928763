package ban

import (
	"context"
	"fmt"
	"time"
)

// Bounds of how often a change is tried again because another one came between,
// and how long it waits for its turn each time.
const (
	maxRetries = 20
	maxTurn    = time.Second
)

// retry does something, and does it again as long as it lost a race. Who lost
// one takes turns with all others who did, so that many who change one ban at
// once all come through; first tries, and other processes, need no turn.
//
// Nobody waits for a turn without end: a subscriber of the store that calls the
// Admin would wait for the very change that it was told of.
func (a *Admin) retry(ctx context.Context, lost func(error) bool, do func() error) error {
	err := do()
	for n := 0; n < maxRetries && lost(err); n++ {
		err = a.inTurn(ctx, do)
	}
	return err
}

func (a *Admin) inTurn(ctx context.Context, do func() error) error {
	timeout := time.NewTimer(maxTurn)
	defer timeout.Stop()
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-timeout.C:
	case <-ctx.Done():
		return fmt.Errorf("wait to try again: %w", ctx.Err())
	}
	return do()
}
