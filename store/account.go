package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Account is somebody who was let in. Its JSON form is what a [Change] keeps of
// it: everything but the password's hash.
type Account struct {
	// ID identifies the account everywhere: a version 7 UUID, given by the
	// creator.
	ID uuid.UUID `json:"id"`
	// Seq numbers the accounts of one store in the order of their creation, from
	// 1, never reusing a number. Given by the store; pages are ordered by it.
	Seq int64 `json:"seq"`
	// Version counts the writes to the account, from 1. Given by the store.
	Version int64 `json:"version"`

	Handle     string `json:"handle"`      // the user name, as it is shown
	HandleFold string `json:"handle_fold"` // in canonical form
	// HandleKeys are what the handle looks like: one skeleton, or one for each
	// way to read it, the first being that of HandleFold. No two accounts have
	// one in common.
	HandleKeys []string `json:"handle_keys"`

	Name  string          `json:"name,omitzero"` // for display
	Bio   string          `json:"bio,omitzero"`
	Links []Link          `json:"links,omitempty"`
	Meta  json.RawMessage `json:"meta,omitempty"` // of the host; a JSON object
	Roles []Role          `json:"roles,omitempty"`

	// Emails are the addresses, the first being the primary one. No address
	// belongs to two accounts.
	Emails []AccountEmail `json:"emails,omitempty"`

	Admin    bool   `json:"admin"`
	Verified string `json:"verified,omitzero"` // what of the person was verified, in the host's terms
	// InvitedBy is the account that invited this one; zero: none, or unknown. It
	// may be gone.
	InvitedBy uuid.UUID `json:"invited_by,omitzero"`

	// PasswordHash is what a password is compared with, parameters and salt
	// included; empty: no password lets in. Never in JSON.
	PasswordHash string `json:"-"`

	JoinedAt  time.Time `json:"joined_at"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitzero"` // the actor
	UpdatedAt time.Time `json:"updated_at"`
	// LastLoginAt is when the newest session began. Given by the store from
	// [Credentials.CreateSession]; ignored in writes.
	LastLoginAt time.Time `json:"last_login_at,omitzero"`

	SuspendedAt     time.Time `json:"suspended_at,omitzero"` // zero: active
	SuspendedBy     string    `json:"suspended_by,omitzero"`
	SuspendedReason string    `json:"suspended_reason,omitzero"` // for moderators
	// SuspensionBans are the bans that were made with the suspension.
	SuspensionBans []uuid.UUID `json:"suspension_bans,omitempty"`

	// Hold: the account waits for a person to decide about it. It is apart from a
	// suspension: an account may have both.
	Hold Hold `json:"hold,omitzero"`
	// Sweep is the sweep that suspended or held the account; zero: none did.
	Sweep uuid.UUID `json:"sweep,omitzero"`
}

// Link is a link on an account's page.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Role is a named set of permissions that an account has, in the host's terms.
type Role struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Colour      string    `json:"colour,omitzero"`
	Permissions []string  `json:"permissions,omitempty"`
	Badge       bool      `json:"badge,omitzero"`
	Default     bool      `json:"default,omitzero"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
}

// AccountEmail is an e-mail address of an account.
type AccountEmail struct {
	ID         uuid.UUID `json:"id"`
	Address    string    `json:"address"`              // canonical
	Mailbox    string    `json:"mailbox"`              // the canonical mailbox of it
	VerifiedAt time.Time `json:"verified_at,omitzero"` // zero: not verified
	CreatedAt  time.Time `json:"created_at"`

	// Sole, in a write: no other account may have an address with that Mailbox. It is
	// not kept, and false in what reads and writes return.
	Sole bool `json:"-"`
}

// Active reports whether the account may be used: it is neither suspended nor
// waiting for a person to decide.
func (a *Account) Active() bool { return a.SuspendedAt.IsZero() && !a.Hold.Held() }

// Suspended reports whether the account is suspended, held or not.
func (a *Account) Suspended() bool { return !a.SuspendedAt.IsZero() }

// Pending reports whether the account waits for a person to decide about it: it is
// held, and not suspended.
func (a *Account) Pending() bool { return a.Hold.Held() && a.SuspendedAt.IsZero() }

// HasEmail reports whether the canonical address is one of the account's.
func (a *Account) HasEmail(address string) bool {
	for i := range a.Emails {
		if a.Emails[i].Address == address {
			return true
		}
	}
	return false
}

// AccountFilter selects accounts. A zero field selects nothing out; the fields
// that are set must all hold.
type AccountFilter struct {
	Active         *bool  // accounts that are (or are not) active
	Pending        *bool  // accounts that are (or are not) pending
	Suspended      *bool  // accounts that are (or are not) suspended
	Admin          *bool  // accounts that are (or are not) admins
	HandleContains string // accounts whose HandleFold has this substring, byte for byte
	EmailContains  string // accounts one of whose addresses has this substring, byte for byte
	Hold           HoldFilter
	Sweep          uuid.UUID // accounts that this sweep suspended or held
}

// Match reports whether the filter selects the account.
func (f *AccountFilter) Match(a *Account) bool {
	return (f.Active == nil || a.Active() == *f.Active) &&
		(f.Pending == nil || a.Pending() == *f.Pending) &&
		(f.Suspended == nil || a.Suspended() == *f.Suspended) &&
		(f.Admin == nil || a.Admin == *f.Admin) &&
		(f.Sweep == uuid.Nil || a.Sweep == f.Sweep) &&
		f.Hold.Match(&a.Hold) &&
		strings.Contains(a.HandleFold, f.HandleContains) &&
		f.matchEmail(a)
}

func (f *AccountFilter) matchEmail(a *Account) bool {
	if f.EmailContains == "" {
		return true
	}
	for i := range a.Emails {
		if strings.Contains(a.Emails[i].Address, f.EmailContains) {
			return true
		}
	}
	return false
}

// AccountWrite is a write to an account together with what must happen in the
// same step.
type AccountWrite struct {
	// Account is the account as it is to be. Its Version is the one that was
	// read.
	Account Account
	// RevokeCredentials ends all sessions and API tokens of the account, but the
	// one of the ID KeepCredential, which may be zero.
	RevokeCredentials bool
	KeepCredential    uuid.UUID
	// DisableAliases turns off all active aliases that the account owns.
	DisableAliases bool
	// CreateBans are made as [Bans.CreateBan] would make them; one that it would
	// refuse for an active ban is passed over, and that ban is among
	// BansExisting. Account.SuspensionBans is set to the IDs of those that were
	// made, in order, unless there are none to make.
	CreateBans []BanDisabling
	// RevokeBans are bans to revoke, as of change.At, by change.Actor, for
	// RevokeReason. Those that are gone or revoked already are passed over.
	RevokeBans   []uuid.UUID
	RevokeReason string
}

// BanDisabling is a ban to make, and the aliases to turn off with it.
type BanDisabling struct {
	Ban Ban
	// Disable selects the aliases; nil: none.
	Disable *Selector
}

// AccountRemoval is the removal of an account together with what must happen in the
// same step.
type AccountRemoval struct {
	ID uuid.UUID
	// Version is the one that was read; 0: whatever it is now.
	Version int64
	// CreateBans are made as those of an [AccountWrite], once the account's aliases
	// are turned off.
	CreateBans []BanDisabling
	// Redact, if not nil, leaves nothing that names the person.
	Redact *AccountRedaction
}

// AccountWritten is what a write to an account did.
type AccountWritten struct {
	Account            Account // as stored
	CredentialsRevoked int64   // sessions and API tokens that were not revoked before
	AliasesDisabled    int64   // aliases that were active before
	BansCreated        []Ban   // as stored
	BansExisting       []Ban   // active bans that others were passed over for, as they are
	BansRevoked        []Ban   // as stored
}

// SharedMailbox is a mailbox of which several accounts have an address.
type SharedMailbox struct {
	Mailbox  string
	Count    int64        // of the accounts
	Accounts []AccountRef // the oldest of them, at most [MaxSharing]
}

// MaxSharing is how many accounts a [SharedMailbox] names.
const MaxSharing = 20

// AccountTexts is what of an account a check asks about.
type AccountTexts struct {
	ID     uuid.UUID
	Seq    int64
	Handle string   // as shown
	Emails []string // the addresses, the primary one first
}

// AccountExistsError reports that another account has the handle, one that
// looks like it, or the address. It matches [ErrExists].
type AccountExistsError struct {
	// Field is "handle" or "email".
	Field string
	// Value is the handle or address of the write that is taken.
	Value string
	// Existing is the ID of the account that has it.
	Existing uuid.UUID
	// Mailbox: that account has not the address itself, but another spelling of its
	// mailbox, where [AccountEmail.Sole] forbids it.
	Mailbox bool
}

func (e *AccountExistsError) Error() string {
	if e.Mailbox {
		return fmt.Sprintf("an account with the mailbox of %q %s", clip(e.Value), ErrExists)
	}
	return fmt.Sprintf("an account with the %s %q %s", e.Field, clip(e.Value), ErrExists)
}

// Is reports whether target is [ErrExists].
func (e *AccountExistsError) Is(target error) bool { return target == ErrExists }

// Clone returns a copy that shares no memory with the account that could be changed.
func (a *Account) Clone() Account {
	c := *a
	c.HandleKeys = slices.Clone(a.HandleKeys)
	c.Links = slices.Clone(a.Links)
	c.Meta = slices.Clone(a.Meta)
	c.Roles = slices.Clone(a.Roles)
	for i := range c.Roles {
		c.Roles[i].Permissions = slices.Clone(c.Roles[i].Permissions)
	}
	c.Emails = slices.Clone(a.Emails)
	c.SuspensionBans = slices.Clone(a.SuspensionBans)
	return c
}

// Accounts keeps accounts. A backend compares handles by their keys and
// addresses by their bytes.
type Accounts interface {
	// CreateAccount adds an account that has its ID, gives it its Seq and
	// Version 1, and returns it as stored. If another account has one of its
	// HandleKeys or Emails, the error is an [*AccountExistsError] (of the handle,
	// if both are taken), and so it is for an address with [AccountEmail.Sole] if
	// another account has its Mailbox. An ID that is taken gives [ErrExists].
	CreateAccount(ctx context.Context, account Account, change Change) (Account, error)

	// Account returns the account of that ID, whatever its state, or
	// [ErrNotFound].
	Account(ctx context.Context, id uuid.UUID) (Account, error)

	// AccountBySeq returns the account of that sequence number, or [ErrNotFound].
	AccountBySeq(ctx context.Context, seq int64) (Account, error)

	// AccountByHandleKey returns the account that has the key among its
	// HandleKeys, or [ErrNotFound].
	AccountByHandleKey(ctx context.Context, key string) (Account, error)

	// AccountByEmail returns the account that has the address, or [ErrNotFound].
	AccountByEmail(ctx context.Context, address string) (Account, error)

	// ListAccounts returns the accounts that the filter selects, a page at a
	// time, in the page's order. None is an empty list and no error.
	ListAccounts(ctx context.Context, filter AccountFilter, page Page) ([]Account, error)

	// CountAccounts returns how many accounts the filter selects.
	CountAccounts(ctx context.Context, filter AccountFilter) (int64, error)

	// ActiveAccountTexts returns what a check asks about of the active accounts with a
	// Seq above after, oldest first, at most limit of them, bounded as for [Page].
	// None is an empty list and no error. It reads no more than it returns: this is
	// for who looks at all accounts.
	ActiveAccountTexts(ctx context.Context, after int64, limit int) ([]AccountTexts, error)

	// SharedMailboxes returns the mailboxes above after, byte by byte, of which
	// several accounts have an address, whatever their state, in order, at most limit of
	// them, bounded as for [Page]. None is an empty list and no error.
	SharedMailboxes(ctx context.Context, after string, limit int) ([]SharedMailbox, error)

	// UpdateAccount replaces the account of that ID, its Version one higher, and
	// does with it what the write says. Seq, CreatedAt, CreatedBy and LastLoginAt
	// stay as they were. Active aliases of the account whose destination is no
	// longer one of its addresses are turned off.
	//
	// An alias that is turned off for the account is so before the bans are made:
	// it has no DisabledBan, change.At as its UpdatedAt and its Version one
	// higher. Then CreateBans are made, in order, each as
	// [Cascades.CreateBanDisabling] would, and then RevokeBans are revoked, in
	// order, with change.At as their UpdatedAt too.
	//
	// It is [ErrNotFound] if there is no such account, [ErrConflict] if its
	// Version is another, an [*AccountExistsError] as for CreateAccount, and
	// [ErrLastAdmin] if the account was an active admin, no longer is, and no
	// other account is one. An ID of a ban to make that is taken gives
	// [ErrExists].
	//
	// It logs the change of the account with the counts, where they are not 0,
	// "credentials_revoked", "aliases_disabled" (for the account and by its
	// bans), "bans_created" and "bans_revoked"; and after it, for each ban, the
	// change that CreateBanDisabling or UpdateBan would log, with At and Actor of
	// the change and the action [BanCreate] or [BanRevoke].
	UpdateAccount(ctx context.Context, write AccountWrite, change Change) (AccountWritten, error)

	// RemoveAccount does what DeleteAccount does, if the account has the Version
	// that the removal names, and makes the bans of the removal. It is [ErrConflict]
	// if the Version is another; other errors are those of DeleteAccount, and of
	// the bans those of UpdateAccount, and then nothing is done. It logs the change
	// that DeleteAccount would, with the count "bans_created", where that is not 0,
	// and after it, for each ban, the change that UpdateAccount would log.
	//
	// With Redact, bans that were revoked are logged in the same way and counted as
	// "bans_revoked". The change of the account has the count "bans_redacted" of the bans whose
	// values were replaced, and is Bulk if that is not 0, with keys that are not known.
	// The account that it returns is as it was.
	RemoveAccount(ctx context.Context, removal AccountRemoval, change Change) (AccountWritten, error)

	// DeleteAccount removes the account of that ID with its credentials, turns
	// off its aliases, which stay, so that nobody else gets their addresses, and
	// returns it as it was. It is [ErrNotFound] if there is no such account, and
	// [ErrLastAdmin] as for UpdateAccount. It logs one change with the counts that
	// UpdateAccount would give; the content of the account stays in it, as
	// [Change.Before].
	DeleteAccount(ctx context.Context, id uuid.UUID, change Change) (AccountWritten, error)
}
