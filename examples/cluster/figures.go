package main

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// figures are how long it took until bans were in force. The zero value has none.
type figures struct {
	mu      sync.Mutex
	times   []time.Duration
	seconds float64 // how long was measured
}

func (f *figures) add(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.times = append(f.times, d)
}

// quantile returns the smallest time that at least a share q of the times do not
// exceed. The times are sorted, and not none.
func quantile(times []time.Duration, q float64) time.Duration {
	return times[max(0, int(math.Ceil(q*float64(len(times))))-1)]
}

func (f *figures) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.times) == 0 {
		return "nothing was measured"
	}
	slices.Sort(f.times)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return fmt.Sprintf("p50 %.1f ms, p99.9 %.1f ms, max %.1f ms (%d times until a server refused, in %.0f s)",
		ms(quantile(f.times, .5)), ms(quantile(f.times, .999)), ms(f.times[len(f.times)-1]), len(f.times), f.seconds)
}
