package main

import (
	"context"
	"time"

	"example.com/ostraka/store"
)

// The operations on subscriptions of lists.

func (s *timedStore) PutSubscription(ctx context.Context, sub store.Subscription, change store.Change) (store.Subscription, error) {
	defer s.time("put_subscription")()
	return s.Store.PutSubscription(ctx, sub, change)
}

func (s *timedStore) Subscription(ctx context.Context, list string) (store.Subscription, error) {
	defer s.time("subscription")()
	return s.Store.Subscription(ctx, list)
}

func (s *timedStore) Subscriptions(ctx context.Context) ([]store.Subscription, error) {
	defer s.time("subscriptions")()
	return s.Store.Subscriptions(ctx)
}

func (s *timedStore) DeleteSubscription(ctx context.Context, list string, change store.Change) (store.Subscription, error) {
	defer s.time("delete_subscription")()
	return s.Store.DeleteSubscription(ctx, list, change)
}

func (s *timedStore) TakeSubscription(ctx context.Context, list, holder string, now, until time.Time) (store.Subscription, error) {
	defer s.time("take_subscription")()
	return s.Store.TakeSubscription(ctx, list, holder, now, until)
}

func (s *timedStore) SetSubscriptionState(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error {
	defer s.time("set_subscription_state")()
	return s.Store.SetSubscriptionState(ctx, list, holder, version, state)
}
