package store

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// Ban is a rule made by a moderator, with its life: created, perhaps changed,
// expired or revoked, and what it has caught. Its JSON form is what a [Change]
// keeps of it.
type Ban struct {
	// ID identifies the ban everywhere: a version 7 UUID, given by the creator.
	ID uuid.UUID `json:"id"`
	// Seq numbers the bans of one store in the order of their creation, from 1,
	// never reusing a number. Given by the store; pages are ordered by it.
	Seq int64 `json:"seq"`
	// Version counts the writes to the ban, from 1. Given by the store.
	Version int64 `json:"version"`

	Kind  Kind   `json:"kind"`
	Value string `json:"value"` // canonical
	// KeyText is the text of the key that the ban's rule is found by; see [Key].
	KeyText string `json:"key_text"`
	// Label is what moderators read in the place of a value that is hashed.
	Label string `json:"label,omitzero"`

	Effect       Effect `json:"effect"`
	Scope        Scope  `json:"scope"`
	Shadow       bool   `json:"shadow"`
	Reason       string `json:"reason,omitzero"`        // for moderators
	PublicReason string `json:"public_reason,omitzero"` // for the person refused

	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitzero"` // the actor
	UpdatedAt time.Time `json:"updated_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never

	RevokedAt     time.Time `json:"revoked_at,omitzero"` // zero: not revoked
	RevokedBy     string    `json:"revoked_by,omitzero"`
	RevokedReason string    `json:"revoked_reason,omitzero"`

	// AliasesDisabled is how many aliases were turned off with the ban when it
	// was last written by [Cascades]. Given by the store; ignored in writes.
	AliasesDisabled int64 `json:"aliases_disabled,omitzero"`

	// Hits is how often the ban matched, over its whole life, and LastHitAt
	// when it last did. Given by the store from [Hits.AddHits]; ignored in
	// writes.
	Hits      int64     `json:"hits"`
	LastHitAt time.Time `json:"last_hit_at,omitzero"`

	// Rivals, in a write, are bans of other values that are in the way of this one, as
	// an active ban of its own value is; nil: none. They are not kept, and nil in what
	// reads and writes return.
	Rivals *Rivals `json:"-"`
}

// Rivals selects bans that stand for the same as another ban, in another form: a plain
// value and its hashes under several keys.
type Rivals struct {
	Keys []Key // of the bans
	// Test, if not nil, says of a ban with one of these keys whether it is meant. It is
	// called while the store is locked: it must be quick, and must not call the store.
	Test func(*Ban) bool
}

// Match reports whether the ban, which has one of the keys, is meant.
func (r *Rivals) Match(b *Ban) bool { return r.Test == nil || r.Test(b) }

// Key returns the key that the ban's rule is found by.
func (b *Ban) Key() Key { return Key{Kind: b.Kind, Text: b.KeyText} }

// Hashed reports whether the value of the ban is the hash of one, under a secret of
// the host; see [Key.HashKey].
func (b *Ban) Hashed() bool {
	_, ok := b.Key().HashKey()
	return ok
}

// Active reports whether the ban is in force at now: neither revoked nor
// expired. An expiry equal to now has passed.
func (b *Ban) Active(now time.Time) bool {
	return b.RevokedAt.IsZero() && (b.ExpiresAt.IsZero() || b.ExpiresAt.After(now))
}

// Rule returns what the matcher sees of the ban.
func (b *Ban) Rule() Rule {
	return Rule{
		Key: b.Key(), Value: b.Value,
		Effect: b.Effect, Scope: b.Scope, Shadow: b.Shadow,
		ExpiresAt: b.ExpiresAt,
		Origin:    OriginBan, ID: b.ID,
		Reason: b.Reason, PublicReason: b.PublicReason, Label: b.Label,
	}
}

// BanFilter selects bans. A zero field selects nothing out; the fields that are
// set must all hold.
type BanFilter struct {
	Kind     Kind   // bans of this kind
	Value    string // bans of this value; with a Kind they are found without looking at others
	Contains string // bans whose value has this substring, byte for byte
	Active   *bool  // bans that are (or are not) active at At
	At       time.Time
	Effect   *Effect // bans of this effect
	Scope    Scope   // bans about at least one of these actions
	Shadow   *bool   // bans that are (or are not) shadows
	// ExpiresBy are bans that expire by then, and so have an end; zero: all.
	ExpiresBy time.Time
}

// Match reports whether the filter selects the ban.
func (f *BanFilter) Match(b *Ban) bool {
	return (f.Kind == 0 || b.Kind == f.Kind) &&
		(f.Value == "" || b.Value == f.Value) &&
		(f.Contains == "" || strings.Contains(b.Value, f.Contains)) &&
		(f.Active == nil || b.Active(f.At) == *f.Active) &&
		(f.Effect == nil || b.Effect == *f.Effect) &&
		(f.Scope == 0 || b.Scope == 0 || b.Scope&f.Scope != 0) &&
		(f.Shadow == nil || b.Shadow == *f.Shadow) &&
		(f.ExpiresBy.IsZero() || !b.ExpiresAt.IsZero() && !b.ExpiresAt.After(f.ExpiresBy))
}
