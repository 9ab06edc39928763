package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Subscription says where the content of a list comes from by itself, and what
// became of that. Its JSON form is what a [Change] keeps of it: not its State.
type Subscription struct {
	// ID identifies the subscription in the log: a version 7 UUID, given by the
	// creator.
	ID uuid.UUID `json:"id"`
	// Version counts how often it was put, from 1. Given by the store.
	Version int64 `json:"version"`
	// List is the name of the list, which need not exist yet. Unique in the store.
	List string `json:"list"`

	URL string `json:"url"`
	// ChecksumURL, SignatureURL and PublicKey say how the content is verified; empty:
	// not at all.
	ChecksumURL  string `json:"checksum_url,omitzero"`
	SignatureURL string `json:"signature_url,omitzero"`
	PublicKey    string `json:"public_key,omitzero"`

	Format string `json:"format,omitzero"` // as package blocklist names formats; empty: found out
	Kind   Kind   `json:"kind,omitzero"`   // of all values; zero: as their form tells
	Effect Effect `json:"effect"`
	Scope  Scope  `json:"scope"`
	Shadow bool   `json:"shadow"`

	Reason       string `json:"reason,omitzero"`        // for moderators; of every entry
	PublicReason string `json:"public_reason,omitzero"` // for the person refused; of every entry

	Interval time.Duration `json:"interval_ns"` // from one fetch to the next
	MaxBytes int64         `json:"max_bytes"`   // of the content

	AllowPrivate    bool `json:"allow_private,omitzero"`    // addresses that are not public, and http
	AllowRedirects  bool `json:"allow_redirects,omitzero"`  // to other URLs
	AllowWide       bool `json:"allow_wide,omitzero"`       // lines that a guard finds too wide
	AllowExceptions bool `json:"allow_exceptions,omitzero"` // lines that allow

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by,omitzero"` // the actor

	State SubscriptionState `json:"-"`
}

// SubscriptionState is what the fetches of a subscription gave. It is not logged.
type SubscriptionState struct {
	DueAt     time.Time `json:"due_at"`              // when it is to be fetched next
	TriedAt   time.Time `json:"tried_at,omitzero"`   // when it was last tried; zero: never
	CheckedAt time.Time `json:"checked_at,omitzero"` // when the content was last known to be that of the URL; zero: never
	ChangedAt time.Time `json:"changed_at,omitzero"` // when that content was another the last time; zero: never
	Failures  int64     `json:"failures,omitzero"`   // tries in a row that failed
	Problem   string    `json:"problem,omitzero"`    // why the last one did, for moderators; empty: it did not
	// Code says so for programs; see package blocklist/fetch.
	Code string `json:"code,omitzero"`

	// ETag, LastModified and Sum are those of the last content that was applied. Sum is
	// its SHA-256, in hexadecimal.
	ETag         string `json:"etag,omitzero"`
	LastModified string `json:"last_modified,omitzero"`
	Sum          string `json:"sum,omitzero"`

	// Holder is who fetches it now, until HeldUntil; empty: nobody.
	Holder    string    `json:"holder,omitzero"`
	HeldUntil time.Time `json:"held_until,omitzero"`
}

// Free reports whether the subscription may be taken at now: nobody holds it.
func (s *SubscriptionState) Free(now time.Time) bool {
	return s.Holder == "" || !s.HeldUntil.After(now)
}

// The actions on subscriptions.
const (
	SubscriptionPut    ChangeAction = "subscription.put"
	SubscriptionDelete ChangeAction = "subscription.delete"
)

// Subscriptions keeps the subscriptions of lists.
type Subscriptions interface {
	// PutSubscription makes the subscription of a list, or replaces the one that is
	// there, State included. It keeps the ID and CreatedAt of the latter, gives
	// Version, and returns the subscription as it then is. It logs one change, of
	// the subscription.
	PutSubscription(ctx context.Context, s Subscription, change Change) (Subscription, error)

	// Subscription returns the subscription of the list of that name, or
	// [ErrNotFound].
	Subscription(ctx context.Context, list string) (Subscription, error)

	// Subscriptions returns all, by the name of the list, ascending.
	Subscriptions(ctx context.Context) ([]Subscription, error)

	// DeleteSubscription removes the subscription of a list, and returns it as it was,
	// or [ErrNotFound]. The list stays as it is. It logs one change.
	DeleteSubscription(ctx context.Context, list string, change Change) (Subscription, error)

	// TakeSubscription gives the holder a subscription to fetch, until the time given,
	// and returns it as it then is. With the name of a list it is that one, due or not:
	// [ErrNotFound] if there is none, [ErrConflict] if somebody holds it at now, be it the
	// holder. Without a name it is the one that is due the longest at now and that nobody
	// holds, [ErrNotFound] if there is none. It logs nothing.
	TakeSubscription(ctx context.Context, list, holder string, now, until time.Time) (Subscription, error)

	// SetSubscriptionState writes the State of a subscription, by which its holder
	// keeps it for longer or lets it go. It is [ErrConflict], with nothing written, if the
	// subscription is gone, or not of that Version, or its Holder is another. It logs
	// nothing.
	SetSubscriptionState(ctx context.Context, list, holder string, version int64, state SubscriptionState) error
}
