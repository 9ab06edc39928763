package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// PutSubscription implements [store.Subscriptions].
func (s *Store) PutSubscription(ctx context.Context, sub store.Subscription, change store.Change) (store.Subscription, error) {
	err := s.write(ctx, func() (*store.Change, error) {
		var before *store.Subscription
		if old, ok := s.subscriptions[sub.List]; ok {
			before = &old
			sub.ID, sub.CreatedAt = old.ID, old.CreatedAt
			sub.Version = old.Version
		} else {
			sub.Version = 0
		}
		sub.Version++
		logged, err := changelog.Subscription(change, before, &sub)
		if err != nil {
			return nil, err
		}
		s.subscriptions[sub.List] = sub
		return &logged, nil
	})
	if err != nil {
		return store.Subscription{}, err
	}
	return sub, nil
}

// Subscription implements [store.Subscriptions].
func (s *Store) Subscription(ctx context.Context, list string) (sub store.Subscription, err error) {
	err = s.read(ctx, func() error {
		var ok bool
		if sub, ok = s.subscriptions[list]; !ok {
			return missingSubscription(list)
		}
		return nil
	})
	return sub, err
}

// Subscriptions implements [store.Subscriptions].
func (s *Store) Subscriptions(ctx context.Context) (all []store.Subscription, err error) {
	err = s.read(ctx, func() error {
		for _, list := range slices.Sorted(maps.Keys(s.subscriptions)) {
			all = append(all, s.subscriptions[list])
		}
		return nil
	})
	return all, err
}

// DeleteSubscription implements [store.Subscriptions].
func (s *Store) DeleteSubscription(ctx context.Context, list string, change store.Change) (sub store.Subscription, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		old, ok := s.subscriptions[list]
		if !ok {
			return nil, missingSubscription(list)
		}
		logged, err := changelog.Subscription(change, &old, nil)
		if err != nil {
			return nil, err
		}
		delete(s.subscriptions, list)
		sub = old
		return &logged, nil
	})
	return sub, err
}

// TakeSubscription implements [store.Subscriptions].
func (s *Store) TakeSubscription(ctx context.Context, list, holder string, now, until time.Time) (sub store.Subscription, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		if sub, err = s.takeable(list, now); err != nil {
			return nil, err
		}
		sub.State.Holder, sub.State.HeldUntil = holder, until
		s.subscriptions[sub.List] = sub
		return nil, nil
	})
	return sub, err
}

// takeable returns the subscription that may be taken.
func (s *Store) takeable(list string, now time.Time) (found store.Subscription, err error) {
	if list != "" {
		sub, ok := s.subscriptions[list]
		switch {
		case !ok:
			return found, missingSubscription(list)
		case !sub.State.Free(now):
			return found, fmt.Errorf("the subscription of list %q is held already: %w", list, store.ErrConflict)
		}
		return sub, nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.subscriptions)) {
		sub := s.subscriptions[name]
		due := !sub.State.DueAt.After(now) && sub.State.Free(now)
		if due && (found.List == "" || sub.State.DueAt.Before(found.State.DueAt)) {
			found = sub
		}
	}
	if found.List == "" {
		return found, fmt.Errorf("no subscription is due: %w", store.ErrNotFound)
	}
	return found, nil
}

// SetSubscriptionState implements [store.Subscriptions].
func (s *Store) SetSubscriptionState(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error {
	return s.write(ctx, func() (*store.Change, error) {
		sub, ok := s.subscriptions[list]
		if !ok || sub.Version != version || sub.State.Holder != holder {
			return nil, fmt.Errorf("the subscription of list %q is no longer held: %w", list, store.ErrConflict)
		}
		sub.State = state
		s.subscriptions[list] = sub
		return nil, nil
	})
}

func missingSubscription(list string) error {
	return fmt.Errorf("subscription of list %q: %w", list, store.ErrNotFound)
}
