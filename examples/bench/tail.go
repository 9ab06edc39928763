package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"example.com/ostraka/ban"
)

// The writes during which checks are timed.
const (
	writesPerSecond = 1000
	tailTime        = 2 * time.Second
)

// measureTail times single checks while another goroutine bans.
func (b *bench) measureTail(ctx context.Context) error {
	s := b.largest()
	b.say("checks while another goroutine writes")
	admin, err := ban.NewAdmin(s.store, ban.AdminOptions{})
	if err != nil {
		return err
	}
	duration := min(tailTime, 100*b.slice)
	var medians, tails, rates []float64
	for round := range slowRounds {
		stop := make(chan struct{})
		wrote := make(chan error, 1)
		written := 0
		began := time.Now()
		go func() {
			var err error
			written, err = banOften(ctx, admin, round, stop)
			wrote <- err
		}()
		samples, err := sampleChecks(ctx, s, duration)
		close(stop)
		if err := errors.Join(err, <-wrote); err != nil {
			return err
		}
		rates = append(rates, float64(written)/time.Since(began).Seconds())
		medians = append(medians, float64(samples[len(samples)/2]))
		tails = append(tails, float64(samples[len(samples)*999/1000]))
	}
	what := fmt.Sprintf("p99.9 of Check beside %.0f bans/s", median(rates))
	b.rows = append(b.rows, compare(what, median(tails), median(medians), "ns", atMost(20, "its median")))
	return nil
}

// banOften makes bans, at the pace of writesPerSecond or what the store takes.
func banOften(ctx context.Context, admin *ban.Admin, round int, stop <-chan struct{}) (n int, err error) {
	ctx = ban.WithActor(ctx, "bench")
	began := time.Now()
	for {
		select {
		case <-stop:
			return n, nil
		default:
		}
		if ahead := time.Duration(n)*time.Second/writesPerSecond - time.Since(began); ahead > 0 {
			time.Sleep(ahead)
		}
		o := ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("new%d-%d.example", round, n)}
		if _, err := admin.Create(ctx, o); err != nil {
			return n, err
		}
		n++
	}
}

// sampleChecks returns the times of single checks, sorted. Reading the clock is
// part of them.
func sampleChecks(ctx context.Context, s *site, duration time.Duration) ([]time.Duration, error) {
	samples := make([]time.Duration, 0, 1<<21)
	check := checks(ctx, s.mirror, s.askers)
	for began := time.Now(); time.Since(began) < duration && len(samples) < cap(samples); {
		for range 64 {
			start := time.Now()
			if err := check(1); err != nil {
				return nil, err
			}
			samples = append(samples, time.Since(start))
		}
	}
	slices.Sort(samples)
	return samples, nil
}

// removeDB removes the files of a database, if they are there.
func removeDB(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
