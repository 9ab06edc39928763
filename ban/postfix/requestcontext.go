package postfix

import (
	"context"
	"sync"
	"time"
)

// requestContext is what [context.WithDeadline] makes of its Context, but for the
// timer and the place in its parent: those are made when somebody asks for Done.
// Most requests are answered from memory, and nobody does.
type requestContext struct {
	context.Context
	deadline time.Time

	mu     sync.Mutex
	inner  context.Context // nil as long as nobody asked
	cancel context.CancelFunc
	ended  bool
}

func (c *requestContext) Deadline() (time.Time, bool) {
	if d, ok := c.Context.Deadline(); ok && d.Before(c.deadline) {
		return d, true
	}
	return c.deadline, true
}

func (c *requestContext) Done() <-chan struct{} { return c.whole().Done() }

func (c *requestContext) Err() error {
	c.mu.Lock()
	inner, ended := c.inner, c.ended
	c.mu.Unlock()
	if inner == nil && !ended && time.Now().Before(c.deadline) {
		return c.Context.Err()
	}
	return c.whole().Err()
}

// whole returns the context that it stands for.
func (c *requestContext) whole() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithDeadline(c.Context, c.deadline)
		if c.ended {
			c.cancel()
		}
	}
	return c.inner
}

// end ends the context.
func (c *requestContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended = true; c.cancel != nil {
		c.cancel()
	}
}
