package main

import (
	"context"
	"log/slog"
	"time"

	"example.com/ostraka/account"
)

const (
	purgeEvery  = time.Hour
	keepSession = 7 * 24 * time.Hour // after its end
)

// purging removes sessions and API tokens some time after they have ended.
type purging struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func startPurging(auth *account.Auth, log *slog.Logger) *purging {
	ctx, cancel := context.WithCancel(context.Background())
	p := &purging{cancel, make(chan struct{})}
	go func() {
		defer close(p.done)
		ticks := time.NewTicker(purgeEvery)
		defer ticks.Stop()
		for {
			if n, err := auth.Purge(ctx, time.Now().Add(-keepSession)); err != nil && ctx.Err() == nil {
				log.Warn("ended sessions were not removed", "err", err)
			} else if n > 0 {
				log.Info("ended sessions removed", "count", n)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
	}()
	return p
}

// stop ends it, and waits.
func (p *purging) stop() {
	p.cancel()
	<-p.done
}
