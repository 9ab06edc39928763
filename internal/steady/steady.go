// Package steady tells the time by a clock that may jump.
package steady

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Clock reads another clock, and does not follow it at once when that jumps
// forward: a clock that was set wrong is set right again, as a rule soon. Until it
// has stayed ahead for a while, a Clock goes on by the time that really passes.
// Backward it follows at once. It is safe for concurrent use.
type Clock struct {
	now    func() time.Time
	settle time.Duration

	// near is the base in nanoseconds since 1970 if the clock is not ahead, else far
	// off: a reading that is less than the tolerance after it needs no lock.
	near atomic.Int64

	mu    sync.Mutex
	base  time.Time // what now said, or would have said without a jump ...
	taken time.Time // ... at this moment, with a monotonic reading
	ahead time.Duration
	since time.Time // when now was first seen ahead by that; zero: it is not
}

// tolerance is how far a clock may be ahead without having jumped: real clocks
// are set right by steps of less.
const tolerance = time.Second

// New returns a Clock that believes a jump forward of now once it has lasted for
// settle.
func New(now func() time.Time, settle time.Duration) *Clock {
	c := &Clock{now: now, settle: settle, base: now().Round(0), taken: time.Now()}
	c.near.Store(c.base.UnixNano())
	return c
}

// Now returns the time, without a monotonic reading.
func (c *Clock) Now() time.Time { return c.At(c.now()) }

// nowhere is near no reading.
const nowhere = math.MinInt64

// At is Now for who has read the other clock just now.
func (c *Clock) At(read time.Time) time.Time {
	read = read.Round(0)
	if after := read.UnixNano() - c.near.Load(); 0 <= after && after < int64(tolerance) {
		return read
	}
	real := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := c.base.Add(real.Sub(c.taken))
	ahead := read.Sub(passed)
	if ahead <= tolerance || c.settled(ahead, real) {
		c.base, c.taken, c.since = read, real, time.Time{}
		c.near.Store(read.UnixNano())
		return read
	}
	c.near.Store(nowhere)
	return passed
}

// settled reports whether the clock has been ahead by so much for long enough. It
// is called with mu held.
func (c *Clock) settled(ahead time.Duration, real time.Time) bool {
	if c.since.IsZero() || (ahead-c.ahead).Abs() > tolerance {
		c.since, c.ahead = real, ahead
	}
	return real.Sub(c.since) >= c.settle
}
