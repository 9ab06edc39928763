package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// selectSubscription is followed by a condition.
const selectSubscription = `SELECT version, settings, state FROM ostraka_subscriptions WHERE `

// dueSubscription selects the one that is due the longest at a time and that nobody
// holds.
const dueSubscription = selectSubscription + `due_at <= ?1 AND (holder = '' OR held_until IS NULL OR held_until <= ?1)
	ORDER BY due_at, list LIMIT 1`

// scanSubscription reads a row of the columns of selectSubscription.
func scanSubscription(scan func(...any) error) (store.Subscription, error) {
	var version int64
	var settings, state string
	if err := scan(&version, &settings, &state); err != nil {
		return store.Subscription{}, err
	}
	s, err := sqlbackend.ReadSubscription(settings, state)
	s.Version = version
	return s, err
}

// subscription returns what a query of one row of a subscription selects.
func (t *tx) subscription(ctx context.Context, query string, args ...any) (store.Subscription, error) {
	s, err := scanSubscription(func(dest ...any) error { return t.row(ctx, dest, query, args...) })
	return s, notFound(err)
}

// PutSubscription implements [store.Subscriptions].
func (s *Store) PutSubscription(ctx context.Context, sub store.Subscription, change store.Change) (store.Subscription, error) {
	err := s.write(ctx, "put a subscription", func(t *tx) error {
		old, err := t.subscription(ctx, selectSubscription+`list = ?`, sub.List)
		var before *store.Subscription
		switch {
		case err == nil:
			before = &old
			sub.ID, sub.CreatedAt = old.ID, old.CreatedAt
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		sub.Version = old.Version + 1
		settings, state, err := sqlbackend.SubscriptionTexts(&sub)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, `INSERT INTO ostraka_subscriptions (list, version, settings, state, due_at, holder, held_until)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list) DO UPDATE SET version = excluded.version, settings = excluded.settings,
			state = excluded.state, due_at = excluded.due_at, holder = excluded.holder, held_until = excluded.held_until`,
			sub.List, sub.Version, settings, state,
			sub.State.DueAt.UnixMicro(), sub.State.Holder, sqlbackend.TimeArg(sub.State.HeldUntil)); err != nil {
			return err
		}
		return t.logSubscription(ctx, change, before, &sub)
	})
	if err != nil {
		return store.Subscription{}, err
	}
	return sub, nil
}

func (t *tx) logSubscription(ctx context.Context, change store.Change, before, after *store.Subscription) error {
	c, err := changelog.Subscription(change, before, after)
	if err != nil {
		return err
	}
	return t.log(ctx, c)
}

// Subscription implements [store.Subscriptions].
func (s *Store) Subscription(ctx context.Context, list string) (sub store.Subscription, err error) {
	err = s.read(ctx, "read a subscription", func(q querier) error {
		sub, err = scanSubscription(q.QueryRowContext(ctx, selectSubscription+`list = ?`, list).Scan)
		return notFound(err)
	})
	return sub, err
}

// Subscriptions implements [store.Subscriptions].
func (s *Store) Subscriptions(ctx context.Context) ([]store.Subscription, error) {
	return readAll(ctx, s, "read subscriptions", func(rows *sql.Rows) (store.Subscription, error) {
		return scanSubscription(rows.Scan)
	}, selectSubscription+`1 ORDER BY list`)
}

// DeleteSubscription implements [store.Subscriptions].
func (s *Store) DeleteSubscription(ctx context.Context, list string, change store.Change) (sub store.Subscription, err error) {
	err = s.write(ctx, "delete a subscription", func(t *tx) error {
		if sub, err = t.subscription(ctx, selectSubscription+`list = ?`, list); err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM ostraka_subscriptions WHERE list = ?`, list); err != nil {
			return err
		}
		return t.logSubscription(ctx, change, &sub, nil)
	})
	if err != nil {
		return store.Subscription{}, err
	}
	return sub, nil
}

// TakeSubscription implements [store.Subscriptions]. Where none is due it only reads.
func (s *Store) TakeSubscription(ctx context.Context, list, holder string, now, until time.Time) (sub store.Subscription, err error) {
	query, args := dueSubscription, []any{now.UnixMicro()}
	if list != "" {
		query, args = selectSubscription+`list = ?`, []any{list}
	}
	err = s.read(ctx, "look for a subscription that is due", func(q querier) error {
		_, err := scanSubscription(q.QueryRowContext(ctx, query, args...).Scan)
		return notFound(err)
	})
	if err != nil {
		return store.Subscription{}, err
	}
	err = s.write(ctx, "take a subscription", func(t *tx) error {
		if sub, err = t.subscription(ctx, query, args...); err != nil {
			return err
		}
		if !sub.State.Free(now) {
			return fmt.Errorf("the subscription of list %q is held already: %w", list, store.ErrConflict)
		}
		sub.State.Holder, sub.State.HeldUntil = holder, until
		return t.setSubscriptionState(ctx, sub.List, &sub.State)
	})
	if err != nil {
		return store.Subscription{}, err
	}
	return sub, nil
}

// SetSubscriptionState implements [store.Subscriptions].
func (s *Store) SetSubscriptionState(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error {
	return s.write(ctx, "write the state of a subscription", func(t *tx) error {
		sub, err := t.subscription(ctx, selectSubscription+`list = ?`, list)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || sub.Version != version || sub.State.Holder != holder {
			return fmt.Errorf("the subscription of list %q is no longer held: %w", list, store.ErrConflict)
		}
		return t.setSubscriptionState(ctx, list, &state)
	})
}

func (t *tx) setSubscriptionState(ctx context.Context, list string, state *store.SubscriptionState) error {
	text, err := sqlbackend.SubscriptionState(state)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE ostraka_subscriptions SET state = ?, due_at = ?, holder = ?, held_until = ? WHERE list = ?`,
		text, state.DueAt.UnixMicro(), state.Holder, sqlbackend.TimeArg(state.HeldUntil), list)
}
