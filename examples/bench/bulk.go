package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/sqlitestore"
)

// changedLines is how many lines of a list go in a sync, and as many come.
const changedLines = 2000

// measureBulk times syncs of a store that a mirror follows.
func (b *bench) measureBulk(ctx context.Context) error {
	s := b.largest()
	b.say("%d rules: syncs that change much, little and nothing, %d times", len(s.rules), slowRounds)
	admin, err := blocklist.NewAdmin(s.store, blocklist.AdminOptions{})
	if err != nil {
		return err
	}
	l := listSyncer{ctx: ban.WithActor(ctx, "bench"), admin: admin}
	if err := b.measureShortSync(&l, s); err != nil {
		return err
	}
	text := lines(s.rules)
	other := strings.Replace(text, s.rules[0].text, "changed-"+s.rules[0].text, 1)
	times, err := once(slowRounds,
		func(int) error { return parseOnly(text) },
		func(int) error { return l.sync("bench", text, 0) },
		func(int) error { return l.sync("bench", other, 1) },
		func(int) error { return l.sync("bench", text, 1) }) // back
	if err != nil {
		return err
	}
	b.rows = append(b.rows,
		compare("Sync that changes nothing", times[1]/1e6, times[0]/1e6, "ms", atMost(1.3, "parsing its lines")),
		compare("Sync that changes one line", times[2]/1e6, b.firstSync/1e6, "ms", atMost(0.6, "the first Sync")))
	return nil
}

// measureShortSync times a sync of another, short list that is replaced by another
// each time, and watches the heap and the mirror meanwhile.
func (b *bench) measureShortSync(l *listSyncer, s *site) error {
	text := func(n int) string {
		var all strings.Builder
		for i := range changedLines {
			fmt.Fprintf(&all, "short%d-%d.example\n", n, i)
		}
		return all.String()
	}
	if err := l.sync("short", text(0), changedLines); err != nil {
		return err
	}
	loads, before := s.mirror.Stats().MirrorLoads, heap()
	n := 0
	watch := watchMirror(s.mirror)
	var times []float64
	var err error
	for range slowRounds {
		n++
		runtime.GC() // the heap is that of one sync, without the garbage of those before
		next, began := text(n), time.Now()
		if err = l.sync("short", next, changedLines); err != nil {
			break
		}
		times = append(times, float64(time.Since(began)))
	}
	seen := watch()
	if err != nil {
		return err
	}
	off := float64(seen.behind + s.mirror.Stats().MirrorLoads - loads)
	took := round(median(times) / 1e6)
	b.rows = append(b.rows,
		row{What: fmt.Sprintf("Sync that changes %d lines, beside a mirror", changedLines), Figure: took, Unit: "ms", Baseline: 100, Ratio: round(took / 100), Bar: "≤ 100 ms", Holds: took <= 100},
		compare("heap meanwhile", seen.heap/(1<<20), before/(1<<20), "MiB", atMost(1.2, "before")),
		row{What: "times that the mirror was behind or read again meanwhile", Figure: off, Unit: "times", Bar: "0", Holds: off == 0})
	_, err = l.admin.Drop(l.ctx, "short")
	return err
}

// listSyncer syncs lists from texts.
type listSyncer struct {
	ctx   context.Context
	admin *blocklist.Admin
}

func (l *listSyncer) sync(name, text string, added int) error {
	input := blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{Format: blocklist.FormatPlain})
	r, err := l.admin.Sync(l.ctx, name, input, blocklist.SyncOptions{Source: "bench.txt", Reason: "measured", AllowWide: true, Force: true})
	if err == nil && r.Added != added {
		err = fmt.Errorf("%d lines of %s were added, want %d", r.Added, name, added)
	}
	return err
}

func parseOnly(text string) error {
	for _, err := range blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{Format: blocklist.FormatPlain}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// seenOfMirror is the most heap that there was, and how often the mirror was behind.
type seenOfMirror struct {
	heap   float64
	behind int64
}

// watchMirror looks at the heap and a mirror until it is called.
func watchMirror(c *ban.Checker) (end func() seenOfMirror) {
	var stop atomic.Bool
	done := make(chan seenOfMirror)
	go func() {
		var seen seenOfMirror
		var m runtime.MemStats
		for !stop.Load() {
			runtime.ReadMemStats(&m)
			seen.heap = max(seen.heap, float64(m.HeapAlloc))
			if c.Stats().MirrorBehind {
				seen.behind++
			}
			time.Sleep(time.Millisecond)
		}
		done <- seen
	}()
	return func() seenOfMirror {
		stop.Store(true)
		return <-done
	}
}

// createsInARow is how many bans are made before another handle makes some: a mirror
// looks up the first one after those that it did not hear of.
const createsInARow = 32

// measureCreate times bans in a store that no mirror, one and eight follow.
func (b *bench) measureCreate(ctx context.Context) error {
	s := b.largest()
	b.say("%d rules: bans in a store with 0, 1 and 8 mirrors", len(s.rules))
	var works []work
	for i, mirrors := range []int{0, 1, 8} {
		st, err := sqlitestore.Open(ctx, s.path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
		if err != nil {
			return err
		}
		defer st.Close()
		for range mirrors {
			c, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true, PollInterval: -1})
			if err != nil {
				return err
			}
			defer c.Close()
		}
		admin, err := ban.NewAdmin(st, ban.AdminOptions{})
		if err != nil {
			return err
		}
		made := 0
		works = append(works, func(n int) error {
			for range n * createsInARow {
				made++
				o := ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("create%d-%d.example", i, made)}
				if _, err := admin.Create(ban.WithActor(ctx, "bench"), o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	times, err := alternate(b.rounds, b.slice, works...)
	if err != nil {
		return err
	}
	for i := range times {
		times[i] /= createsInARow
	}
	b.rows = append(b.rows,
		compare("Create beside one mirror", times[1]/1000, times[0]/1000, "µs", atMost(1.2, "without")),
		compare("Create beside eight mirrors", times[2]/1000, times[0]/1000, "µs", atMost(1.5, "without")))
	return nil
}
