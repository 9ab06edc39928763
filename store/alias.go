package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// MailAlias is an address that forwards to another one. Its JSON form is what a
// [Change] keeps of it.
type MailAlias struct {
	// ID identifies the alias everywhere: a version 7 UUID, given by the creator.
	ID uuid.UUID `json:"id"`
	// Seq numbers the aliases of one store in the order of their creation, from
	// 1, never reusing a number. Given by the store; pages are ordered by it.
	Seq int64 `json:"seq"`
	// Version counts the writes to the alias, from 1. Given by the store.
	Version int64 `json:"version"`

	Local    string `json:"local"`     // the local part, canonical; with Domain unique in the store
	LocalKey string `json:"local_key"` // the skeleton of it
	Domain   string `json:"domain"`    // canonical

	Destination string `json:"destination"` // the address that it forwards to, canonical
	Mailbox     string `json:"mailbox"`     // the canonical mailbox of it

	// Owner is the account that the alias belongs to; zero: none. As long as the
	// alias is active, Destination is one of the owner's addresses.
	Owner uuid.UUID `json:"owner,omitzero"`

	Active bool `json:"active"`
	// DisabledBan is the ban that turned the alias off; zero: it is active, or
	// something else did. The ban may be gone.
	DisabledBan uuid.UUID `json:"disabled_ban,omitzero"`

	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitzero"` // the actor
	UpdatedAt time.Time `json:"updated_at"`
}

// Address returns the address of the alias.
func (a *MailAlias) Address() string { return a.Local + "@" + a.Domain }

// AliasFilter selects aliases. A zero field selects nothing out; the fields that
// are set must all hold.
type AliasFilter struct {
	Owner       uuid.UUID // aliases of this account
	Active      *bool     // aliases that are (or are not) active
	Domain      string    // aliases at this domain
	Destination string    // aliases that forward to this address
	DisabledBan uuid.UUID // aliases that this ban turned off
	Contains    string    // aliases whose address has this substring, byte for byte
}

// Match reports whether the filter selects the alias.
func (f *AliasFilter) Match(a *MailAlias) bool {
	return (f.Owner == uuid.Nil || a.Owner == f.Owner) &&
		(f.Active == nil || a.Active == *f.Active) &&
		(f.Domain == "" || a.Domain == f.Domain) &&
		(f.Destination == "" || a.Destination == f.Destination) &&
		(f.DisabledBan == uuid.Nil || a.DisabledBan == f.DisabledBan) &&
		(f.Contains == "" || strings.Contains(a.Address(), f.Contains))
}

// Aliases keeps aliases.
type Aliases interface {
	// CreateAlias adds an alias that has its ID, gives it its Seq and Version 1,
	// and returns it as stored. An ID, or a local part and domain, that is taken
	// gives [ErrExists]. An active alias with an owner whose account is not there
	// or not active, or of which Destination is no address, gives [ErrConflict].
	CreateAlias(ctx context.Context, alias MailAlias, change Change) (MailAlias, error)

	// Alias returns the alias of that ID, or [ErrNotFound].
	Alias(ctx context.Context, id uuid.UUID) (MailAlias, error)

	// AliasBySeq returns the alias of that sequence number, or [ErrNotFound].
	AliasBySeq(ctx context.Context, seq int64) (MailAlias, error)

	// AliasByAddress returns the alias with that local part at that domain, or
	// [ErrNotFound].
	AliasByAddress(ctx context.Context, local, domain string) (MailAlias, error)

	// ListAliases returns the aliases that the filter selects, a page at a time,
	// in the page's order. None is an empty list and no error.
	ListAliases(ctx context.Context, filter AliasFilter, page Page) ([]MailAlias, error)

	// CountAliases returns how many aliases the filter selects.
	CountAliases(ctx context.Context, filter AliasFilter) (int64, error)

	// UpdateAlias replaces the alias of that ID and returns it as stored, its
	// Version one higher. Seq, CreatedAt and CreatedBy stay as they were. It is
	// [ErrNotFound] if there is no such alias, [ErrConflict] if its Version is
	// not alias.Version, and else refused as by CreateAlias.
	UpdateAlias(ctx context.Context, alias MailAlias, change Change) (MailAlias, error)

	// DeleteAlias removes the alias of that ID and returns it as it was, or
	// [ErrNotFound]. Its content stays in the change log, as [Change.Before].
	DeleteAlias(ctx context.Context, id uuid.UUID, change Change) (MailAlias, error)
}
