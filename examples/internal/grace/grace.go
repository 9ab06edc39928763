// Package grace bounds how long a program takes to end once it is told to.
//
//	end, cancel := grace.Context(ctx, within) // ctx ends on SIGTERM
//	defer cancel()
//	defer checker.Shutdown(end)
//	serve(ctx, grace.ForRequests(within))
package grace

import (
	"context"
	"time"
)

// Context returns a context for what is still to be done once the program is told to
// stop, which is when the other context ends. It ends a little before that time is
// over, a twentieth: for files to be closed and the program to end.
func Context(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		left := time.NewTimer(d - d/20)
		defer left.Stop()
		select {
		case <-left.C:
			cancel()
		case <-end.Done():
		}
	})
	return end, func() { stop(); cancel() }
}

// ForRequests is how much of the time to stop requests under way may take: the
// rest, a quarter but at most 2 seconds, is for the last hits to be written.
func ForRequests(d time.Duration) time.Duration { return d - min(d/4, 2*time.Second) }
