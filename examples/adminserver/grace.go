package main

import (
	"context"
	"time"
)

// grace returns a context that ends so long after the other one: what is still to
// be done once the program is told to stop has it for a bound.
func grace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		left := time.NewTimer(d)
		defer left.Stop()
		select {
		case <-left.C:
			cancel()
		case <-end.Done():
		}
	})
	return end, func() { stop(); cancel() }
}

// forRequests is how much of the time to stop requests under way may take: the
// rest is for the last hits to be written.
func forRequests(d time.Duration) time.Duration { return d - min(d/4, 2*time.Second) }
