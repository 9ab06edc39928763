package account

import (
	"errors"

	"example.com/ostraka/store"
)

// The records and errors of package store that users of this package meet.
type (
	// Account is somebody who was let in; see [store.Account].
	Account = store.Account
	// Email is an address of an account.
	Email = store.AccountEmail
	// Link is a link on an account's page.
	Link = store.Link
	// Role is a named set of permissions, in the host's terms.
	Role = store.Role
	// Alias is an address that forwards to another one.
	Alias = store.MailAlias
	// Credential is a session or an API token, without its secret.
	Credential = store.Credential
	// CredentialKind says which of the two: its text is "session" or "api_token".
	CredentialKind = store.CredentialKind
	// Filter selects accounts in lists. A zero field selects nothing out. The
	// substrings are compared with canonical forms, in lower case.
	Filter = store.AccountFilter
	// AliasFilter selects aliases in lists. A zero field selects nothing out.
	AliasFilter = store.AliasFilter
	// Page selects a stretch of a list.
	Page = store.Page
	// Change is one entry of the audit log.
	Change = store.Change
	// ChangeAction names what a change did.
	ChangeAction = store.ChangeAction
	// Hold says since when an account waits for a person to decide, and what holds it;
	// see [store.Hold].
	Hold = store.Hold
	// ExistsError reports that another account has the handle, one that looks
	// like it, or the address.
	ExistsError = store.AccountExistsError
)

// The sentinels that errors match by [errors.Is].
var (
	ErrNotFound    = store.ErrNotFound
	ErrExists      = store.ErrExists
	ErrConflict    = store.ErrConflict
	ErrBusy        = store.ErrBusy
	ErrUnavailable = store.ErrUnavailable
	ErrClosed      = store.ErrClosed

	// ErrLastAdmin: the change would leave no active admin.
	ErrLastAdmin = store.ErrLastAdmin
	// ErrOwnAccount: the actor would suspend, demote or delete their own account,
	// which Force allows.
	ErrOwnAccount = errors.New("one's own account")

	// ErrBadLogin: there is no such account, or the password is not its own.
	// Which of the two, nobody is told.
	ErrBadLogin = errors.New("wrong login or password")
	// ErrSuspended: the account is suspended. Who logs in learns it only with the
	// right password.
	ErrSuspended = errors.New("account suspended")
	// ErrPending: the account waits for a person to approve it. Who logs in learns it
	// only with the right password; its text is safe to show.
	ErrPending = errors.New("the account has to be approved by a person first")
	// ErrInvalidCredential: the secret is that of no session or API token, or of
	// one that has ended, or whose account is suspended or waits.
	ErrInvalidCredential = errors.New("invalid or expired credential")
)
