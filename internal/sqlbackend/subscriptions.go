package sqlbackend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// subscriptionTexts returns the columns that keep a subscription: what was put, and
// its State. It makes the times of both what is read back.
func subscriptionTexts(s *store.Subscription) (settings, state string, err error) {
	normalTimes(&s.CreatedAt, &s.UpdatedAt)
	text, err := json.Marshal(s)
	if err != nil {
		return "", "", err
	}
	state, err = subscriptionState(&s.State)
	return string(text), state, err
}

// subscriptionState returns the column that keeps the State of a subscription.
func subscriptionState(s *store.SubscriptionState) (string, error) {
	normalTimes(&s.DueAt, &s.TriedAt, &s.CheckedAt, &s.ChangedAt, &s.HeldUntil)
	text, err := json.Marshal(s)
	return string(text), err
}

// readSubscription reads what subscriptionTexts returns. What it cannot read is
// [ErrCorrupt].
func readSubscription(settings, state string) (s store.Subscription, err error) {
	if err = json.Unmarshal([]byte(settings), &s); err == nil {
		err = json.Unmarshal([]byte(state), &s.State)
	}
	if err != nil {
		return s, fmt.Errorf("%w: a subscription: %w", ErrCorrupt, err)
	}
	return s, nil
}

// selectSubscription is followed by a condition.
const selectSubscription = `SELECT version, settings, state FROM @subscriptions WHERE `

// dueSubscription selects the one that is due the longest at a time and that nobody
// holds.
const dueSubscription = selectSubscription + `due_at <= ? AND (holder = '' OR held_until IS NULL OR held_until <= ?)
	ORDER BY due_at, list LIMIT 1`

// scanSubscription reads a row of the columns of selectSubscription.
func scanSubscription(scan func(...any) error) (store.Subscription, error) {
	var version int64
	var settings, state string
	if err := scan(&version, &settings, &state); err != nil {
		return store.Subscription{}, err
	}
	s, err := readSubscription(settings, state)
	s.Version = version
	return s, err
}

// subscription returns what a query of one row of a subscription selects.
func (t writer) subscription(ctx context.Context, query string, args ...any) (store.Subscription, error) {
	s, err := scanSubscription(func(dest ...any) error { return t.Row(ctx, dest, query, args...) })
	return s, err
}

// PutSubscription implements [store.Subscriptions].
func (o Operations) PutSubscription(ctx context.Context, sub store.Subscription, change store.Change) (store.Subscription, error) {
	err := o.write(ctx, "put a subscription", func(t writer) error {
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
		settings, state, err := subscriptionTexts(&sub)
		if err != nil {
			return err
		}
		if err := t.Exec(ctx, `INSERT INTO @subscriptions (list, version, settings, state, due_at, holder, held_until)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list) DO UPDATE SET version = excluded.version, settings = excluded.settings,
			state = excluded.state, due_at = excluded.due_at, holder = excluded.holder, held_until = excluded.held_until`,
			sub.List, sub.Version, settings, state,
			sub.State.DueAt.UnixMicro(), sub.State.Holder, TimeArg(sub.State.HeldUntil)); err != nil {
			return err
		}
		return t.logSubscription(ctx, change, before, &sub)
	})
	if err != nil {
		return store.Subscription{}, err
	}
	return sub, nil
}

func (t writer) logSubscription(ctx context.Context, change store.Change, before, after *store.Subscription) error {
	c, err := changelog.Subscription(change, before, after)
	if err != nil {
		return err
	}
	return t.Log(ctx, c)
}

// Subscription implements [store.Subscriptions].
func (o Operations) Subscription(ctx context.Context, list string) (sub store.Subscription, err error) {
	err = o.db.Read(ctx, "read a subscription", func(q Querier) error {
		sub, err = scanSubscription(func(dest ...any) error { return q.Row(ctx, dest, selectSubscription+`list = ?`, list) })
		return err
	})
	return sub, err
}

// Subscriptions implements [store.Subscriptions].
func (o Operations) Subscriptions(ctx context.Context) ([]store.Subscription, error) {
	return readAll(ctx, o, "read subscriptions", func(row Row) (store.Subscription, error) {
		return scanSubscription(row.Scan)
	}, selectSubscription+`true ORDER BY list`)
}

// DeleteSubscription implements [store.Subscriptions].
func (o Operations) DeleteSubscription(ctx context.Context, list string, change store.Change) (sub store.Subscription, err error) {
	err = o.write(ctx, "delete a subscription", func(t writer) error {
		if sub, err = t.subscription(ctx, selectSubscription+`list = ?`, list); err != nil {
			return err
		}
		if err := t.Exec(ctx, `DELETE FROM @subscriptions WHERE list = ?`, list); err != nil {
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
func (o Operations) TakeSubscription(ctx context.Context, list, holder string, now, until time.Time) (sub store.Subscription, err error) {
	query, args := dueSubscription, []any{now.UnixMicro(), now.UnixMicro()}
	if list != "" {
		query, args = selectSubscription+`list = ?`, []any{list}
	}
	err = o.db.Read(ctx, "look for a subscription that is due", func(q Querier) error {
		_, err := scanSubscription(func(dest ...any) error { return q.Row(ctx, dest, query, args...) })
		return err
	})
	if err != nil {
		return store.Subscription{}, err
	}
	err = o.write(ctx, "take a subscription", func(t writer) error {
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
func (o Operations) SetSubscriptionState(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error {
	return o.write(ctx, "write the state of a subscription", func(t writer) error {
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

func (t writer) setSubscriptionState(ctx context.Context, list string, state *store.SubscriptionState) error {
	text, err := subscriptionState(state)
	if err != nil {
		return err
	}
	return t.Exec(ctx, `UPDATE @subscriptions SET state = ?, due_at = ?, holder = ?, held_until = ? WHERE list = ?`,
		text, state.DueAt.UnixMicro(), state.Holder, TimeArg(state.HeldUntil), list)
}
