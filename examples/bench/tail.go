package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"

	"example.com/ostraka/ban"
)

// The writes during which checks are timed.
const (
	writesPerSecond = 1000
	tailTime        = 2 * time.Second
)

// measureTail times single checks while another goroutine bans. Beside them it
// times the same checks while nobody does; and, while somebody bans, the look-ups
// in plain maps, which no ban changes: the tail that these have is what the machine
// adds, by interrupts, faults and the like.
func (b *bench) measureTail(ctx context.Context) error {
	s := b.largest()
	b.say("checks while another goroutine writes")
	admin, err := ban.NewAdmin(s.store, ban.AdminOptions{})
	if err != nil {
		return err
	}
	duration := min(tailTime, 100*b.slice)
	check, maps := checks(ctx, s.mirror, s.askers, 0), mapProbes(s.plain, s.askers, 0)
	var beside, alone, floor tails
	w := writer{admin: admin}
	runtime.GC()
	for range slowRounds {
		if err := alone.sample(check, duration); err != nil {
			return err
		}
		if err := w.during(ctx, func() error { return beside.sample(check, duration) }); err != nil {
			return err
		}
		if err := w.during(ctx, func() error { return floor.sample(maps, duration) }); err != nil {
			return err
		}
	}
	rate := median(w.rates)
	ends := compare(fmt.Sprintf("p99.9 of Check over that of plain maps, beside %.0f bans/s", rate), median(beside.ends), median(floor.ends), "ns", atMost(1.2, "plain maps"))
	b.rows = append(b.rows, ends,
		beside.row(fmt.Sprintf("p99.9 of Check beside %.0f bans/s", rate), atMost(20, "its median")),
		alone.row("p99.9 of Check, nobody writing", bar{of: "its median"}),
		floor.row(fmt.Sprintf("p99.9 of plain maps beside %.0f bans/s", rate), bar{of: "its median"}),
	)
	return nil
}

// writer makes bans while something else is done.
type writer struct {
	admin *ban.Admin
	rates []float64 // bans a second, each time
}

func (w *writer) during(ctx context.Context, do func() error) error {
	stop := make(chan struct{})
	wrote := make(chan error, 1)
	written := 0
	began := time.Now()
	go func() {
		var err error
		written, err = banOften(ctx, w.admin, len(w.rates), stop)
		wrote <- err
	}()
	err := do()
	close(stop)
	err = errors.Join(err, <-wrote)
	w.rates = append(w.rates, float64(written)/time.Since(began).Seconds())
	return err
}

// tails are the medians and the tails of several samplings, in nanoseconds.
type tails struct{ medians, ends []float64 }

// sample times single pieces of work for a while. Reading the clock is part of
// them.
func (t *tails) sample(w work, duration time.Duration) error {
	samples := make([]time.Duration, 0, 1<<21)
	for began := time.Now(); time.Since(began) < duration && len(samples)+64 <= cap(samples); {
		for range 64 {
			start := time.Now()
			if err := w(1); err != nil {
				return err
			}
			samples = append(samples, time.Since(start))
		}
	}
	slices.Sort(samples)
	t.medians = append(t.medians, float64(samples[len(samples)/2]))
	t.ends = append(t.ends, float64(samples[len(samples)*999/1000]))
	return nil
}

func (t *tails) row(what string, b bar) row {
	return compare(what, median(t.ends), median(t.medians), "ns", b)
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

// removeDB removes the files of a database, if they are there.
func removeDB(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
