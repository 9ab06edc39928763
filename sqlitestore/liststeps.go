package sqlitestore

import (
	"context"
	"time"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// pauseBetweenSteps is long enough for writers of other processes, which poll
// for SQLite's lock, to get in after a few steps.
const pauseBetweenSteps = 2 * time.Millisecond

// Pause lets other writers in. It does not hold back Close.
func (d database) Pause(ctx context.Context) {
	select {
	case <-time.After(pauseBetweenSteps):
	case <-ctx.Done():
	}
}

// Step and StepTogether are the same: SQLite has one writer at a time.
func (d database) Step(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) ([]store.Change, error) {
	return d.store.transact(ctx, doing, func(t *tx) error { return fn(t) })
}

func (d database) StepTogether(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	_, err := d.Step(ctx, doing, fn)
	return err
}

func (d database) StepRead(ctx context.Context, fn func(sqlbackend.Querier) error) error {
	return d.store.retryRead(ctx, func() error { return fn(sharedQuerier{d.store.readDB}) })
}

func (d database) RulesChanged(context.Context, int64) error { return nil }

func (d database) StepRows() int { return d.store.stepRows }

func (d database) Mutate(ctx context.Context, doing string, fn func() ([]store.Change, error)) error {
	return d.store.mutate(ctx, doing, fn)
}

func (d database) Tidy(ctx context.Context, doing string, fn func() error) {
	_ = d.store.during(ctx, doing, fn)
}

func (d database) Explain(ctx context.Context, doing string, err error) error {
	return explain(ctx, doing, err)
}
