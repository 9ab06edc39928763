package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// CredentialKind says what a credential is. The zero value is none.
type CredentialKind uint8

// The kinds of credentials.
const (
	Session  CredentialKind = iota + 1 // of a person who has logged in
	APIToken                           // of a program
)

var credentialKindNames = names[CredentialKind]{"kind of credential", map[CredentialKind]string{
	Session: "session", APIToken: "api_token",
}}

// String returns "session" or "api_token".
func (k CredentialKind) String() string { return credentialKindNames.text(k) }

// MarshalText implements [encoding.TextMarshaler]. A value that is no kind is
// an error.
func (k CredentialKind) MarshalText() ([]byte, error) { return credentialKindNames.marshal(k) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *CredentialKind) UnmarshalText(b []byte) error { return credentialKindNames.unmarshal(k, b) }

// SecretHash is what a store keeps of a secret: its SHA-256. Secrets are random
// and long, so that it needs no salt.
type SecretHash [32]byte

// String tells nothing, so that a hash does not get into a log by mistake.
func (SecretHash) String() string { return "(hash)" }

// Format implements [fmt.Formatter] in the same spirit, for every verb.
func (h SecretHash) Format(f fmt.State, _ rune) { fmt.Fprint(f, h.String()) }

// Credential lets who has its secret use an account: a session, or an API
// token. Its JSON form is what a [Change] keeps of it: everything but the hash.
type Credential struct {
	// ID identifies the credential: a version 7 UUID, given by the creator.
	ID uuid.UUID `json:"id"`
	// Seq numbers the credentials of one store in the order of their creation,
	// from 1, never reusing a number. Given by the store; pages are ordered by
	// it.
	Seq int64 `json:"seq"`

	Kind    CredentialKind `json:"kind"`
	Account uuid.UUID      `json:"account"`
	Hash    SecretHash     `json:"-"` // unique in the store
	// Family is common to a session and those that replaced it.
	Family uuid.UUID `json:"family,omitzero"`
	Name   string    `json:"name,omitzero"`    // of an API token, for its owner to tell it from others
	Scopes []string  `json:"scopes,omitempty"` // of an API token: what it may do

	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
	// IdleTimeout ends the credential when it was not used for that long, in
	// whole microseconds; zero: never.
	IdleTimeout time.Duration `json:"idle_timeout,omitzero"`
	LastUsedAt  time.Time     `json:"last_used_at,omitzero"`
	RevokedAt   time.Time     `json:"revoked_at,omitzero"` // zero: not revoked
}

// Valid reports whether the credential lets in at now: it is neither revoked nor
// expired nor idle for too long. An end equal to now has passed. One that was used
// further ahead of now than it may be idle was so by a clock that was wrong, and would
// let in for longer than anybody meant: it lets in no more. That its account is active is
// another question.
func (c *Credential) Valid(now time.Time) bool {
	return c.RevokedAt.IsZero() &&
		(c.ExpiresAt.IsZero() || c.ExpiresAt.After(now)) &&
		(c.IdleTimeout <= 0 || c.used().Sub(now).Abs() < c.IdleTimeout)
}

// used returns when the credential was last used, or else made.
func (c *Credential) used() time.Time {
	if c.LastUsedAt.After(c.CreatedAt) {
		return c.LastUsedAt
	}
	return c.CreatedAt
}

// CredentialFilter selects credentials. A zero field selects nothing out; the
// fields that are set must all hold.
type CredentialFilter struct {
	Account uuid.UUID
	Kind    CredentialKind
	ID      uuid.UUID
	Family  uuid.UUID
	// Except is a credential that is not selected.
	Except uuid.UUID
}

// Match reports whether the filter selects the credential.
func (f *CredentialFilter) Match(c *Credential) bool {
	return (f.Account == uuid.Nil || c.Account == f.Account) &&
		(f.Kind == 0 || c.Kind == f.Kind) &&
		(f.ID == uuid.Nil || c.ID == f.ID) &&
		(f.Family == uuid.Nil || c.Family == f.Family) &&
		(f.Except == uuid.Nil || c.ID != f.Except)
}

// Clone returns a copy that shares no memory with the credential.
func (c *Credential) Clone() Credential {
	copied := *c
	copied.Scopes = slices.Clone(c.Scopes)
	return copied
}

// Credentials keeps sessions and API tokens. Sessions come and go unlogged, as
// hits do: a log with an entry for each login would drown the rest.
type Credentials interface {
	// CreateSession adds a credential that has its ID, gives it its Seq, and
	// returns it as stored. In the same step CreatedAt becomes the LastLoginAt of
	// its account, unless that is later, or the session has a Family that others
	// of the account have too: then it goes on with a login there was. The
	// account's Version stays.
	//
	// It is [ErrNotFound] if there is no such account, and [ErrConflict] if its
	// Version is not accountVersion: who decided to let in may have decided on
	// what is no longer so. An ID or hash that is taken gives [ErrExists].
	CreateSession(ctx context.Context, session Credential, accountVersion int64) (Credential, error)

	// CreateToken does the same for an API token, but leaves LastLoginAt, and
	// logs the change with the token as its target and After.
	CreateToken(ctx context.Context, token Credential, accountVersion int64, change Change) (Credential, error)

	// CredentialByHash returns the credential with that hash, whatever its state,
	// and its account, both as of one moment; or [ErrNotFound].
	CredentialByHash(ctx context.Context, hash SecretHash) (Credential, Account, error)

	// ListCredentials returns the credentials that the filter selects, whatever
	// their state, a page at a time, in the page's order. None is an empty list
	// and no error.
	ListCredentials(ctx context.Context, filter CredentialFilter, page Page) ([]Credential, error)

	// UseCredential notes that the credential was used at that time, unless it
	// was used later or was revoked. It logs nothing. It is [ErrNotFound] if there
	// is no such credential. Everybody who is let in calls it, so it waits for no
	// other writer: while there is one, it may note nothing and give [ErrBusy].
	UseCredential(ctx context.Context, id uuid.UUID, at time.Time) error

	// RevokeCredentials revokes, as of change.At, the credentials that the filter
	// selects and that are not revoked yet, and says how many. If the filter
	// selects by ID, or else by account, that is the target of the change that it
	// logs, with the count "credentials_revoked". If none is revoked, nothing is
	// logged; nor is a change without an Action: people sign out unlogged, as they
	// sign in.
	RevokeCredentials(ctx context.Context, filter CredentialFilter, change Change) (int64, error)

	// TrimSessions removes sessions of an account, the oldest by Seq, so that at most
	// keep are left of those that are not revoked, and as many of those that are. It
	// says how many it removed, and logs nothing. If there are no more than that, it
	// waits for no writer. Nobody has no sessions.
	TrimSessions(ctx context.Context, account uuid.UUID, keep int) (int64, error)

	// PurgeCredentials removes the credentials that were revoked, had expired or
	// were idle for too long before that time, and says how many. It logs
	// nothing.
	PurgeCredentials(ctx context.Context, before time.Time) (int64, error)
}
