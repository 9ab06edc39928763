package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/turns"
	"example.com/ostraka/store"
)

// Store is what an Admin needs of a store. Every [store.Store] is one.
type Store interface {
	store.Accounts
	store.Aliases
	store.Credentials
	store.Changes
	store.Rules
	store.Cascades
	store.Keys
}

// AdminOptions configures an [Admin]. The zero value is the default.
type AdminOptions struct {
	// Passwords says how passwords are hashed.
	Passwords PasswordOptions

	// OnSuspend are called, in order, after an account was suspended, for a host
	// to end what it keeps of its own: connections, caches, jobs. The suspension
	// stands whatever they return; see [Suspended.HookErr]. Their context has the
	// values of the caller's but does not end with it.
	OnSuspend []func(ctx context.Context, s Suspended) error

	// OnPending are called, in order, after an account began to wait for a decision:
	// by SignUp and by Hold, not by Create. OnApprove and OnReject are called after
	// somebody decided, or nobody did for too long ([Rejected.Expired]): for a host to
	// write to moderators, and to the person. What was done stands whatever they
	// return, see HookErr of what the methods return. Their context is as that of
	// OnSuspend.
	OnPending []func(ctx context.Context, a Account) error
	OnApprove []func(ctx context.Context, a Approved) error
	OnReject  []func(ctx context.Context, r Rejected) error

	// PendingLifetime is how long an account waits for a decision until
	// [Admin.ExpirePending] removes it; at least a minute. Default 30 days,
	// [DefaultPendingLifetime]; a negative value: for ever.
	PendingLifetime time.Duration

	// Checker is asked by [Admin.Create], [Admin.Update] and [Admin.AddEmail] about a
	// handle or an address that is new to an account, so that nobody takes by a
	// change what they could not sign up with. What rules deny is refused with a
	// [*ban.DeniedError], what they hold for review with a [*ban.ReviewError], unless
	// it is forced. Default none: nobody is asked, as befits routes of admins.
	//
	// Create asks twice, as [Admin.SignUp] does: a ban that is made while the password
	// is hashed keeps the account out. Update and AddEmail ask once, right before they
	// write, and after any hashing: a ban that is made while they write is like one made
	// right after, which takes from nobody what they have.
	Checker Checker

	// CheckAction is what the Checker is asked about. Default [ban.SignUp].
	CheckAction ban.Action

	// UniqueMailbox refuses an address that is new to an account if another account
	// has one of the same mailbox, however it is spelt (by Tables), with an
	// [*ExistsError] of which Mailbox is set. Nothing passes over it. Accounts that share
	// a mailbox already stay: [Admin.SharedMailboxes] tells of them before it is
	// switched on. Default off. Give all Admins of a store the same.
	UniqueMailbox bool

	// Tables are those by which mailboxes are told: the same as of the Checkers of
	// the store. Default: those that package value bundles.
	Tables *value.Tables

	// Keys and HashKey are those under which [DeleteOptions.KeepHashedBan],
	// [SuspendOptions.Hashed] and [RejectOptions.Hashed] keep bans, as in
	// [ban.AdminOptions]. The ring is copied. Default none: then these are refused.
	Keys    ban.KeyRing
	HashKey string

	// Actor is in whose name changes are made where the context names nobody.
	// Default none: then a context without an actor is an error.
	Actor string

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// Admin makes and changes accounts. It is safe for concurrent use.
//
// Every method that changes something wants an actor in its context, see
// [ban.WithActor] and [AdminOptions.Actor], and logs what it did in the same
// step; without an actor it fails with a [*ban.ValueError].
type Admin struct {
	store     Store
	tables    *value.Tables
	actor     string
	now       func() time.Time
	passwords *hasher
	onSuspend []func(context.Context, Suspended) error
	onPending []func(context.Context, Account) error
	onApprove []func(context.Context, Approved) error
	onReject  []func(context.Context, Rejected) error

	pendingLife   time.Duration // negative: for ever
	uniqueMailbox bool
	checker       Checker // nil: nobody is asked
	action        ban.Action
	planner       *ban.Planner
	turns         *turns.Turns
}

// NewAdmin returns an Admin of the accounts in a store. An option that is out of
// range gives a [*ban.ValueError].
func NewAdmin(st Store, opts AdminOptions) (*Admin, error) {
	if st == nil {
		return nil, errNoStore()
	}
	passwords, err := newHasher(opts.Passwords)
	if err != nil {
		return nil, err
	}
	if !ban.ScopeOf(opts.CheckAction).Valid() {
		return nil, ban.NewValueError("CheckAction", opts.CheckAction.String(), ban.CodeUnknown, "use one of the actions of package ban")
	}
	if opts.PendingLifetime > 0 && opts.PendingLifetime < time.Minute {
		return nil, ban.NewValueError("PendingLifetime", opts.PendingLifetime.String(), ban.CodeRange, "give at least a minute, 0 for the default, or a negative value for no end")
	}
	planner, err := ban.NewPlanner(ban.PlanOptions{Tables: opts.Tables, Keys: opts.Keys, HashKey: opts.HashKey})
	if err != nil {
		return nil, err
	}
	a := &Admin{
		planner: planner, store: st, checker: opts.Checker, action: opts.CheckAction, tables: opts.Tables, actor: opts.Actor, now: opts.Now, passwords: passwords,
		onSuspend: slices.Clone(opts.OnSuspend), onPending: slices.Clone(opts.OnPending),
		onApprove: slices.Clone(opts.OnApprove), onReject: slices.Clone(opts.OnReject),
		uniqueMailbox: opts.UniqueMailbox, pendingLife: orDefault(opts.PendingLifetime, DefaultPendingLifetime), turns: turns.New(),
	}
	if a.now == nil {
		a.now = time.Now
	}
	return a, nil
}

// Hashes reports whether the Admin has a key that bans can be hashed under.
func (a *Admin) Hashes() bool { return a.planner.Hashes() }

func errNoStore() error {
	return ban.NewValueError("store", "", ban.CodeEmpty, "give a store, for example memstore.New()")
}

func errNoChecker() error {
	return ban.NewValueError("checker", "", ban.CodeEmpty, "give a Checker over the same store: nothing is made without a check")
}

// change returns the change to log for a mutation now.
func (a *Admin) change(ctx context.Context, action store.ChangeAction) (Change, error) {
	c, err := ban.NewChange(ctx, action, a.now(), a.actor)
	c.KeyTables = a.tables.Version().String()
	return c, err
}

// Get returns an account, whatever its state, or [ErrNotFound].
func (a *Admin) Get(ctx context.Context, id uuid.UUID) (Account, error) {
	found, err := a.store.Account(ctx, id)
	if err != nil {
		return Account{}, fmt.Errorf("account %s: %w", id, err)
	}
	return found, nil
}

// GetSeq is Get by the number that the store gave the account.
func (a *Admin) GetSeq(ctx context.Context, seq int64) (Account, error) {
	found, err := a.store.AccountBySeq(ctx, seq)
	if err != nil {
		return Account{}, fmt.Errorf("account %d: %w", seq, err)
	}
	return found, nil
}

// ByHandle is Get by handle, in any case. One that only looks like that of an
// account does not find it. A handle that nobody could have is [ErrNotFound].
func (a *Admin) ByHandle(ctx context.Context, handle string) (Account, error) {
	return byHandle(ctx, a.store, handle)
}

// ByEmail is Get by an address of the account. A text that is no address is
// [ErrNotFound].
func (a *Admin) ByEmail(ctx context.Context, address string) (Account, error) {
	return byEmail(ctx, a.store, address)
}

func byEmail(ctx context.Context, accounts store.Accounts, address string) (Account, error) {
	parsed, err := ban.ParseAddress(address)
	if err != nil {
		return Account{}, fmt.Errorf("account by e-mail: %w", ErrNotFound)
	}
	found, err := accounts.AccountByEmail(ctx, parsed.String())
	if err != nil {
		return Account{}, fmt.Errorf("account by e-mail: %w", err)
	}
	return found, nil
}

// List returns the accounts that the filter selects, newest first unless the
// page says otherwise.
func (a *Admin) List(ctx context.Context, f Filter, p Page) ([]Account, error) {
	accounts, err := a.store.ListAccounts(ctx, canonicalFilter(f), p)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts, nil
}

// Count returns how many accounts the filter selects.
func (a *Admin) Count(ctx context.Context, f Filter) (int64, error) {
	n, err := a.store.CountAccounts(ctx, canonicalFilter(f))
	if err != nil {
		return 0, fmt.Errorf("count accounts: %w", err)
	}
	return n, nil
}

func canonicalFilter(f Filter) Filter {
	f.HandleContains = strings.ToLower(strings.TrimSpace(f.HandleContains))
	f.EmailContains = strings.ToLower(strings.TrimSpace(f.EmailContains))
	return f
}

// Log returns what the audit log still has, newest first unless the page says
// otherwise: of one account, alias or API token by its ID, or of everything in
// the store for the zero UUID.
func (a *Admin) Log(ctx context.Context, id uuid.UUID, p Page) ([]Change, error) {
	changes, err := a.store.ListChanges(ctx, id, p)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return changes, nil
}

// DeleteOptions says how to delete an account.
type DeleteOptions struct {
	// Force lets the actor delete their own account.
	Force bool

	// KeepHashedBan leaves nothing that names the person, but bans that keep a keyed
	// hash: one of each of the account's mailboxes, for ever and of all actions, unless
	// there is such a ban; and those that there were, of its mailboxes and its handle,
	// in whatever state, with their reasons. So whoever is gone does not come back, and the
	// store cannot tell who it was. It wants [AdminOptions.Keys].
	//
	// The log keeps its entries about the account without its content. Where the
	// account did something itself, its ID takes the place of its name. Its aliases
	// go, and anybody can get their addresses then, unless KeepAliasAddresses. Reasons stay
	// as moderators wrote them, lists as they came, and backups as they are. What the
	// backend overwrites is said at its RedactBan.
	KeepHashedBan bool
	// KeepAliasAddresses keeps, with KeepHashedBan, the addresses of the aliases, turned
	// off and without a destination, so that nobody else gets the person's mail.
	KeepAliasAddresses bool
	// Label is that of the hashed bans that are made, see [ban.CreateOptions]. It must not
	// name the person.
	Label string
}

// Check reports what of the options does not fit an account, as Delete would: a
// [*ban.ValueError], for who shows what a deletion would do before it is done.
func (o *DeleteOptions) Check(acc *Account) error {
	switch {
	case o.KeepHashedBan:
		return tellsNothing(acc, o.Label)
	case o.KeepAliasAddresses || o.Label != "":
		return ban.NewValueError("keep_hashed_ban", "false", ban.CodeNoEffect, "what goes with it does nothing by itself")
	}
	return nil
}

// Deleted says what deleting an account did.
type Deleted struct {
	Account            Account // as it was
	CredentialsRevoked int64   // sessions and API tokens that ended with it
	AliasesDisabled    int64   // aliases that were turned off; they stay, so that nobody else gets their addresses, unless they are forgotten
	// BansCreated are the hashed bans that were made, and BansExisting those that were
	// there already, with KeepHashedBan.
	BansCreated  []ban.Ban
	BansExisting []ban.Ban
}

// Delete removes an account with its sessions and API tokens. Its handle and
// addresses are free again; the audit log keeps its content. To lock an account
// out and keep its record, Suspend it; one that waits for a decision is deleted like
// any other, but Reject it to tell the person by the hook. The error is [ErrNotFound],
// [ErrLastAdmin] or [ErrOwnAccount].
func (a *Admin) Delete(ctx context.Context, id uuid.UUID, o DeleteOptions) (Deleted, error) {
	if err := o.Check(new(Account)); err != nil {
		return Deleted{}, err
	}
	var done Deleted
	err := a.turns.Retry(ctx, isConflict, func() (err error) {
		done, err = a.deleteOnce(ctx, id, o)
		return err
	})
	return done, err
}

func (a *Admin) deleteOnce(ctx context.Context, id uuid.UUID, o DeleteOptions) (Deleted, error) {
	c, err := a.change(ctx, store.AccountDelete)
	if err != nil {
		return Deleted{}, err
	}
	if !o.Force || o.KeepHashedBan {
		found, err := a.Get(ctx, id)
		if err != nil {
			return Deleted{}, err
		}
		if !o.Force && IsActor(&found, c.Actor) {
			return Deleted{}, fmt.Errorf("delete account %s: %w", id, ErrOwnAccount)
		}
		if o.KeepHashedBan {
			return a.forget(ctx, &found, o, c)
		}
	}
	w, err := a.store.DeleteAccount(ctx, id, c)
	if err != nil {
		return Deleted{}, fmt.Errorf("delete account %s: %w", id, err)
	}
	return Deleted{Account: w.Account, CredentialsRevoked: w.CredentialsRevoked, AliasesDisabled: w.AliasesDisabled}, nil
}

// IsActor reports whether an actor, see [ban.WithActor], names the account: by its
// ID, its handle or one of its addresses.
func IsActor(acc *Account, actor string) bool {
	if id, err := uuid.Parse(actor); err == nil { // which no handle looks like
		return id == acc.ID
	}
	if name, err := ban.ParseUsername(actor); err == nil && name.String() == acc.HandleFold {
		return true
	}
	address, err := ban.ParseAddress(actor)
	return err == nil && acc.HasEmail(address.String())
}

// modify reads, edits and writes an account, anew if it changed meanwhile. An
// edit that reports that it changed nothing is not written.
func (a *Admin) modify(ctx context.Context, id uuid.UUID, edit func(w *store.AccountWrite, c *Change) (changed bool, err error)) (store.AccountWritten, error) {
	var written store.AccountWritten
	err := a.turns.Retry(ctx, isConflict, func() (err error) {
		written, err = a.modifyOnce(ctx, id, edit)
		return err
	})
	return written, err
}

func (a *Admin) modifyOnce(ctx context.Context, id uuid.UUID, edit func(*store.AccountWrite, *Change) (bool, error)) (store.AccountWritten, error) {
	c, err := a.change(ctx, store.AccountUpdate)
	if err != nil {
		return store.AccountWritten{}, err
	}
	found, err := a.Get(ctx, id)
	if err != nil {
		return store.AccountWritten{}, err
	}
	w := store.AccountWrite{Account: found}
	changed, err := edit(&w, &c)
	if err != nil {
		return store.AccountWritten{}, err
	}
	if !changed {
		return store.AccountWritten{Account: found}, nil
	}
	a.claimMailboxes(&found, &w.Account)
	w.Account.UpdatedAt = c.At
	written, err := a.store.UpdateAccount(ctx, w, c)
	if err != nil {
		return store.AccountWritten{}, fmt.Errorf("update account %s: %w", id, err)
	}
	return written, nil
}
