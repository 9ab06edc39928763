package sqlbackend

import (
	"encoding/json"
	"fmt"

	"example.com/ostraka/store"
)

// SubscriptionTexts returns the columns that keep a subscription: what was put, and
// its State. It makes the times of both what is read back.
func SubscriptionTexts(s *store.Subscription) (settings, state string, err error) {
	NormalTimes(&s.CreatedAt, &s.UpdatedAt)
	text, err := json.Marshal(s)
	if err != nil {
		return "", "", err
	}
	state, err = SubscriptionState(&s.State)
	return string(text), state, err
}

// SubscriptionState returns the column that keeps the State of a subscription.
func SubscriptionState(s *store.SubscriptionState) (string, error) {
	NormalTimes(&s.DueAt, &s.TriedAt, &s.CheckedAt, &s.ChangedAt, &s.HeldUntil)
	text, err := json.Marshal(s)
	return string(text), err
}

// ReadSubscription reads what SubscriptionTexts returns. What it cannot read is
// [ErrCorrupt].
func ReadSubscription(settings, state string) (s store.Subscription, err error) {
	if err = json.Unmarshal([]byte(settings), &s); err == nil {
		err = json.Unmarshal([]byte(state), &s.State)
	}
	if err != nil {
		return s, fmt.Errorf("%w: a subscription: %w", ErrCorrupt, err)
	}
	return s, nil
}
