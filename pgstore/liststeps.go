package pgstore

import (
	"context"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

func (d database) Step(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) ([]store.Change, error) {
	return d.store.transact(ctx, doing, alone, func(t *tx) error { return fn(t) })
}

func (d database) StepTogether(ctx context.Context, doing string, fn func(sqlbackend.Tx) error) error {
	_, err := d.store.transact(ctx, doing, together, func(t *tx) error { return fn(t) })
	return err
}

func (d database) StepRead(ctx context.Context, fn func(sqlbackend.Querier) error) error {
	return fn(querier{store: d.store, conn: d.store.pool})
}

// Pause does nothing: who waits for the lock gets it next.
func (d database) Pause(context.Context) {}

// manyRules are as many as may make the plans of PostgreSQL bad ones.
const manyRules = 10_000

// RulesChanged has PostgreSQL make its plans anew after so many rules came or went at once.
func (d database) RulesChanged(ctx context.Context, rules int64) error {
	if rules < manyRules {
		return nil
	}
	ctx, cancel := querier{store: d.store, conn: d.store.pool}.bound(ctx)
	defer cancel()
	_, err := d.store.pool.Exec(ctx, d.store.sql(`SELECT @analyze_rules()`))
	return heard(ctx, err)
}

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
