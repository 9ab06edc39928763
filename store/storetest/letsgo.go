package storetest

import (
	"context"
	"sync"
	"time"

	"example.com/ostraka/store"
)

// letGoWithin is how long a method that has returned may take to let go of its context,
// for what ends beside it. A time limit of the method's own ends later.
const letGoWithin = 3 * time.Second

var letGoClauses = []clause{
	{"A method that has returned has let go of its context",
		"What a method registers at its context is gone when it has returned: the context may last as long as the program.",
		func(t reporter, s store.Store) {
			r := callRecords(t, s)
			addHits(t, s, hit(r.ban, 2, noon, nil))
			for _, c := range calls(r) {
				ctx := &heldContext{Context: t.Context(), done: make(chan struct{})}
				_ = c.do(ctx, s) // those that come after a deletion fail, and let go all the same
				if n := ctx.left(letGoWithin); n > 0 {
					t.Fatalf("%s has returned, and %d functions still wait for the end of its context", c.method, n)
				}
			}
		}},
}

// heldContext is a context that never ends and knows how many functions wait for its
// end: those of contexts that were derived from it, and of [context.AfterFunc].
type heldContext struct {
	context.Context
	done chan struct{}

	mu   sync.Mutex
	held int
}

func (c *heldContext) Done() <-chan struct{}       { return c.done }
func (c *heldContext) Err() error                  { return nil }
func (c *heldContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// AfterFunc is what package context calls, if a context has it, where a function is to
// wait for its end.
func (c *heldContext) AfterFunc(func()) (stop func() bool) {
	c.hold(1)
	return sync.OnceValue(func() bool {
		c.hold(-1)
		return true
	})
}

func (c *heldContext) hold(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held += n
}

// left returns how many functions wait, once there are none or the time is over.
func (c *heldContext) left(within time.Duration) int {
	for end := time.Now().Add(within); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		n := c.held
		c.mu.Unlock()
		if n == 0 || time.Now().After(end) {
			return n
		}
	}
}
