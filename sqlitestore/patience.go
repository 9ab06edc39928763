package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"example.com/ostraka/store"
)

// patience is how long an operation still waits for others: for the turn of its
// process, for SQLite's lock and for a commit to get through, all together. What
// it does in between does not count.
type patience struct{ left time.Duration }

// patience returns that of an operation that is about to begin.
func (s *Store) patience() *patience { return &patience{s.options.BusyTimeout} }

// retry calls fn again while it fails for a lock, for as long as there is
// patience and the context lasts. fn is called once in any case.
func (p *patience) retry(ctx context.Context, fn func() error) error {
	began := time.Now()
	err := retryBusy(ctx, p.left, fn)
	p.left -= time.Since(began)
	return err
}

// wait runs fn with a context that ends with the patience, and reports an end of
// that as [store.ErrBusy].
func (p *patience) wait(ctx context.Context, fn func(context.Context) error) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, max(p.left, lockSlice))
	defer cancel()
	err := fn(limited)
	p.left -= time.Since(began)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: other writers of this process were first", store.ErrBusy)
	}
	return err
}
