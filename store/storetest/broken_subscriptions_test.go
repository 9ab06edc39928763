package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"example.com/ostraka/store"
)

// subscriptionOverrides are the methods about subscriptions that behave otherwise in
// an [override].
type subscriptionOverrides struct {
	putSubscription    func(context.Context, store.Subscription, store.Change) (store.Subscription, error)
	subscriptions      func(context.Context) ([]store.Subscription, error)
	deleteSubscription func(context.Context, string, store.Change) (store.Subscription, error)
	takeSubscription   func(ctx context.Context, list, holder string, now, until time.Time) (store.Subscription, error)
	setSubscription    func(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error
}

func (o *override) PutSubscription(ctx context.Context, s store.Subscription, c store.Change) (store.Subscription, error) {
	if o.putSubscription != nil {
		return o.putSubscription(ctx, s, c)
	}
	return o.Store.PutSubscription(ctx, s, c)
}

func (o *override) Subscriptions(ctx context.Context) ([]store.Subscription, error) {
	if o.subscriptions != nil {
		return o.subscriptions(ctx)
	}
	return o.Store.Subscriptions(ctx)
}

func (o *override) DeleteSubscription(ctx context.Context, list string, c store.Change) (store.Subscription, error) {
	if o.deleteSubscription != nil {
		return o.deleteSubscription(ctx, list, c)
	}
	return o.Store.DeleteSubscription(ctx, list, c)
}

func (o *override) TakeSubscription(ctx context.Context, list, holder string, now, until time.Time) (store.Subscription, error) {
	if o.takeSubscription != nil {
		return o.takeSubscription(ctx, list, holder, now, until)
	}
	return o.Store.TakeSubscription(ctx, list, holder, now, until)
}

func (o *override) SetSubscriptionState(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error {
	if o.setSubscription != nil {
		return o.setSubscription(ctx, list, holder, version, state)
	}
	return o.Store.SetSubscriptionState(ctx, list, holder, version, state)
}

var subscriptionFlaws = []flaw{
	{"forgets the public key of a subscription", func(o *override) {
		o.putSubscription = func(ctx context.Context, s store.Subscription, c store.Change) (store.Subscription, error) {
			s.PublicKey = ""
			return o.Store.PutSubscription(ctx, s, c)
		}
	}, []string{"PutSubscription returns the subscription as stored"}},

	{"takes another put for another subscription", func(o *override) {
		o.putSubscription = func(ctx context.Context, s store.Subscription, c store.Change) (store.Subscription, error) {
			_, err := o.Store.DeleteSubscription(ctx, s.List, c)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return s, err
			}
			return o.Store.PutSubscription(ctx, s, c)
		}
	}, []string{"PutSubscription replaces the one that is there"}},

	{"keeps the state of a subscription that is replaced", func(o *override) {
		o.putSubscription = func(ctx context.Context, s store.Subscription, c store.Change) (store.Subscription, error) {
			if old, err := o.Subscription(ctx, s.List); err == nil {
				s.State = old.State
			}
			return o.Store.PutSubscription(ctx, s, c)
		}
	}, []string{"PutSubscription replaces the one that is there"}},

	{"gives subscriptions in any order", func(o *override) {
		o.subscriptions = func(ctx context.Context) ([]store.Subscription, error) {
			all, err := o.Store.Subscriptions(ctx)
			slices.Reverse(all)
			return all, err
		}
	}, []string{"Subscriptions come by the name of their list"}},

	{"drops the list with its subscription", func(o *override) {
		o.deleteSubscription = func(ctx context.Context, list string, c store.Change) (store.Subscription, error) {
			s, err := o.Store.DeleteSubscription(ctx, list, c)
			if _, dropErr := o.DropList(ctx, list, change(store.ListDrop)); dropErr != nil && !errors.Is(dropErr, store.ErrNotFound) {
				return s, dropErr
			}
			return s, err
		}
	}, []string{"DeleteSubscription removes it and leaves the list"}},

	{"gives what is held to another", func(o *override) {
		o.takeSubscription = func(ctx context.Context, list, holder string, now, until time.Time) (store.Subscription, error) {
			return o.Store.TakeSubscription(ctx, list, holder, now.Add(1000*time.Hour), until)
		}
	}, []string{"TakeSubscription takes what is due the longest", "TakeSubscription of a list takes it, due or not"}},

	{"takes what is due the first by its name", func(o *override) {
		o.takeSubscription = func(ctx context.Context, list, holder string, now, until time.Time) (store.Subscription, error) {
			all, err := o.Store.Subscriptions(ctx)
			for _, s := range all {
				if list == "" && !s.State.DueAt.After(now) && s.State.Free(now) {
					list = s.List
				}
			}
			if err != nil {
				return store.Subscription{}, err
			}
			return o.Store.TakeSubscription(ctx, list, holder, now, until)
		}
	}, []string{"TakeSubscription takes what is due the longest"}},

	{"lets anybody write the state of a subscription", func(o *override) {
		o.setSubscription = func(ctx context.Context, list, holder string, version int64, state store.SubscriptionState) error {
			s, err := o.Subscription(ctx, list)
			if err != nil {
				return err
			}
			return o.Store.SetSubscriptionState(ctx, list, s.State.Holder, s.Version, state)
		}
	}, []string{"SetSubscriptionState is for its holder alone"}},

	{"takes a subscription in two steps", func(o *override) {
		var mu sync.Mutex
		free := true
		o.takeSubscription = func(ctx context.Context, list, holder string, now, until time.Time) (store.Subscription, error) {
			mu.Lock()
			was := free
			mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			s, err := o.Store.TakeSubscription(ctx, list, holder, now, until)
			mu.Lock()
			defer mu.Unlock()
			if free = false; was && errors.Is(err, store.ErrConflict) {
				return o.Subscription(ctx, list)
			}
			return s, err
		}
	}, []string{"Of many who take a subscription at once one gets it"}},
}
