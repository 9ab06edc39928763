package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// AliasStore is what Aliases needs of a store. Every [store.Store] is one.
type AliasStore interface {
	store.Aliases
	store.Accounts
}

// CodeNotVerified is the code of a [*ban.ValueError] about an address that is not
// verified where [AliasesOptions.RequireVerified] wants one that is.
const CodeNotVerified = "not_verified"

// Checker says whether somebody may sign up, sign in, or have an alias. A
// [*ban.Checker] is one.
type Checker interface {
	Check(ctx context.Context, s ban.Subject) (ban.Decision, error)
	Explain(ctx context.Context, s ban.Subject) (ban.Trace, error)
}

// AliasesOptions configures [Aliases]. The zero value is the default.
type AliasesOptions struct {
	// Actor is in whose name changes are made where the context names nobody.
	// Default none: then a context without an actor is an error.
	Actor string

	// Tables are those by which mailboxes are told: the same as of the Checkers of
	// the store. Default: those that package value bundles.
	Tables *value.Tables

	// RequireVerified forwards to verified addresses of the owner only: else
	// somebody could have a stranger's address on record and mail sent to it.
	RequireVerified bool

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// Aliases makes and finds addresses that forward to others. It is safe for
// concurrent use.
//
// Every method that changes something wants an actor in its context, see
// [ban.WithActor] and [AliasesOptions.Actor], and logs what it did in the same
// step.
type Aliases struct {
	store   AliasStore
	tables  *value.Tables
	checker Checker
	actor   string
	strict  bool // of the owner's addresses, only verified ones
	now     func() time.Time
}

// NewAliases returns Aliases over a store, which the checker reads as well.
func NewAliases(st AliasStore, checker Checker, opts AliasesOptions) (*Aliases, error) {
	if st == nil {
		return nil, errNoStore()
	}
	if checker == nil {
		return nil, errNoChecker()
	}
	l := &Aliases{store: st, tables: opts.Tables, checker: checker, actor: opts.Actor, strict: opts.RequireVerified, now: opts.Now}
	if l.now == nil {
		l.now = time.Now
	}
	return l, nil
}

func (l *Aliases) change(ctx context.Context, action store.ChangeAction) (Change, error) {
	c, err := ban.NewChange(ctx, action, l.now(), l.actor)
	c.KeyTables = l.tables.Version().String()
	return c, err
}

// AliasOptions describes an alias.
type AliasOptions struct {
	Address string // of the alias; required

	// Destination is the address that it forwards to. If there is an owner, it is
	// one of theirs, by default the primary one; else it is required.
	Destination string
	// Owner is the account that the alias belongs to; zero: none.
	Owner uuid.UUID

	IP string // of the client who asks for the alias; checked, not kept
}

// Create makes an alias, if it may be made: the [Checker] is asked about its
// local part as a name, its domain, its destination as the e-mail address, and
// the client, for the action [ban.Alias]. A refusal is a [*ban.DeniedError], or
// a [*ban.ReviewError] where a person has to decide; their texts are safe to
// show. If the Checker cannot find out, its [ban.OnError] decides.
//
// An address that is taken is [ErrExists], or [*InactiveAliasError] if all there is
// to do is to turn the alias on; an owner who is not there
// [ErrNotFound], one who is suspended [ErrSuspended] or waits [ErrPending], and input that does not
// fit a [*ban.ValueError].
func (l *Aliases) Create(ctx context.Context, o AliasOptions) (Alias, error) {
	c, err := l.change(ctx, store.AliasCreate)
	if err != nil {
		return Alias{}, err
	}
	alias, err := newAlias(l.tables, o, c)
	if err != nil {
		return Alias{}, err
	}
	for range maxRetries {
		var created Alias
		if created, err = l.create(ctx, alias, o, c); !isConflict(err) {
			return created, err
		}
		// The owner changed meanwhile.
	}
	return Alias{}, err
}

// newAlias checks the options and returns the alias that they describe, but for
// a destination that is the owner's to give.
func newAlias(tables *value.Tables, o AliasOptions, c Change) (Alias, error) {
	address, err := ban.ParseAddress(o.Address)
	if err != nil {
		return Alias{}, renamed(err, "address")
	}
	name, err := ban.ParseUsername(address.Local())
	if err != nil {
		return Alias{}, renamed(err, "address")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Alias{}, fmt.Errorf("make an id: %w", err)
	}
	a := Alias{
		ID: id, Local: address.Local(), LocalKey: name.Skeletons()[0], Domain: address.Domain(),
		Owner: o.Owner, Active: true, CreatedAt: c.At, CreatedBy: c.Actor, UpdatedAt: c.At,
	}
	if o.Destination == "" && o.Owner != uuid.Nil {
		return a, nil
	}
	destination, err := tables.ParseAddress(o.Destination)
	if err != nil {
		return Alias{}, renamed(err, "destination")
	}
	a.Destination, a.Mailbox = destination.String(), destination.Mailbox()
	return a, nil
}

func (l *Aliases) create(ctx context.Context, a Alias, o AliasOptions, c Change) (Alias, error) {
	if err := l.settle(ctx, &a); err != nil {
		return Alias{}, err
	}
	subject := subjectOf(&a, o.IP)
	if err := l.allowed(ctx, subject); err != nil {
		return Alias{}, err
	}
	if err := l.endless(ctx, &a); err != nil {
		return Alias{}, err
	}
	created, err := l.store.CreateAlias(ctx, a, c)
	if errors.Is(err, ErrExists) {
		err = l.off(ctx, &a, err)
	}
	if err != nil {
		return Alias{}, fmt.Errorf("create alias: %w", err)
	}
	return l.confirm(ctx, created, subject)
}

// maxHops bounds how many aliases may forward to each other in a row.
const maxHops = 8

// endless refuses an alias that mail would come back to, by what its destination
// forwards to, turned on or off; or that would take more than maxHops to arrive.
func (l *Aliases) endless(ctx context.Context, a *Alias) error {
	next := a.Destination
	for range maxHops {
		if next == a.Address() {
			return ban.NewValueError("destination", a.Destination, ban.CodeConflict, "mail to the alias would come back to it: forward to a mailbox")
		}
		hop, err := l.ByAddress(ctx, next)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		next = hop.Destination
	}
	return ban.NewValueError("destination", a.Destination, ban.CodeConflict, fmt.Sprintf("mail would be forwarded more than %d times: forward to a mailbox", maxHops))
}

// off returns the error for an address that is taken: an [*InactiveAliasError] if
// the alias that has it is merely off, else the one it was.
func (l *Aliases) off(ctx context.Context, a *Alias, taken error) error {
	there, err := l.store.AliasByAddress(ctx, a.Local, a.Domain)
	if err != nil || there.Active {
		return taken
	}
	return &InactiveAliasError{there}
}

// InactiveAliasError reports that the address is that of an alias which is turned
// off: [Aliases.SetActive] turns it on again. It matches [ErrExists].
type InactiveAliasError struct {
	Alias Alias // as it is
}

func (e *InactiveAliasError) Error() string {
	return fmt.Sprintf("alias %s exists and is turned off", e.Alias.Address())
}

// Is reports whether target is [ErrExists].
func (e *InactiveAliasError) Is(target error) bool { return target == ErrExists }

// subjectOf returns what is checked of an alias.
func subjectOf(a *Alias, ip string) ban.Subject {
	return ban.Subject{Email: a.Destination, Domain: a.Domain, Name: a.Local, IP: ip, Action: ban.Alias}
}

// settle checks the owner of an alias, and gives it a destination if it has
// none.
func (l *Aliases) settle(ctx context.Context, a *Alias) error {
	if a.Owner == uuid.Nil {
		return nil
	}
	owner, err := l.store.Account(ctx, a.Owner)
	switch {
	case err != nil:
		return fmt.Errorf("owner %s: %w", a.Owner, err)
	case !owner.Active():
		return lockedOut(&owner)
	case a.Destination == "" && len(owner.Emails) > 0:
		a.Destination, a.Mailbox = owner.Emails[0].Address, owner.Emails[0].Mailbox
	}
	i := indexOf(owner.Emails, a.Destination)
	switch {
	case i < 0:
		return ban.NewValueError("destination", a.Destination, ban.CodeUnknown, "use an address of the account that owns the alias")
	case l.strict && owner.Emails[i].VerifiedAt.IsZero():
		return ban.NewValueError("destination", a.Destination, CodeNotVerified, "verify the address first")
	}
	return nil
}

// allowed returns why an alias may not be made; nil if it may.
func (l *Aliases) allowed(ctx context.Context, s ban.Subject) error {
	d, err := l.checker.Check(ctx, s)
	if err != nil && d.Verdict != ban.Allowed {
		return err
	}
	return d.Err()
}

// confirm looks again when the alias is there: a ban that turned off matching
// aliases between the check and now has not seen it. Where the second look
// fails, the first stands; that whoever asked has gone is no reason to fail.
func (l *Aliases) confirm(ctx context.Context, a Alias, s ban.Subject) (Alias, error) {
	ctx = context.WithoutCancel(ctx)
	if loop, ok := errors.AsType[*ban.ValueError](l.endless(ctx, &a)); ok { // closed by another meanwhile
		off, err := l.setActive(ctx, a.ID, false, uuid.Nil)
		if err != nil {
			return off, err
		}
		return off, loop
	}
	t, err := l.checker.Explain(ctx, s)
	if err != nil || t.Decision.Err() == nil {
		return a, nil
	}
	var by uuid.UUID
	if m := t.Decision.Match; m.Origin == store.OriginBan {
		by = m.ID
	}
	off, err := l.setActive(ctx, a.ID, false, by)
	if err != nil {
		return off, err
	}
	return off, t.Decision.Err()
}

// Get returns an alias, whatever its state, or [ErrNotFound].
func (l *Aliases) Get(ctx context.Context, id uuid.UUID) (Alias, error) {
	a, err := l.store.Alias(ctx, id)
	if err != nil {
		return Alias{}, fmt.Errorf("alias %s: %w", id, err)
	}
	return a, nil
}

// GetSeq is Get by the number that the store gave the alias.
func (l *Aliases) GetSeq(ctx context.Context, seq int64) (Alias, error) {
	a, err := l.store.AliasBySeq(ctx, seq)
	if err != nil {
		return Alias{}, fmt.Errorf("alias %d: %w", seq, err)
	}
	return a, nil
}

// ByAddress is Get by the address of the alias. A text that is no address is
// [ErrNotFound].
func (l *Aliases) ByAddress(ctx context.Context, address string) (Alias, error) {
	parsed, err := ban.ParseAddress(address)
	if err != nil {
		return Alias{}, fmt.Errorf("alias by address: %w", ErrNotFound)
	}
	a, err := l.store.AliasByAddress(ctx, parsed.Local(), parsed.Domain())
	if err != nil {
		return Alias{}, fmt.Errorf("alias by address: %w", err)
	}
	return a, nil
}

// Resolve returns the alias that mail to the address is to be forwarded by. One
// that is turned off, or whose owner is suspended, waits or is gone, is [ErrNotFound] like
// one that was never there.
func (l *Aliases) Resolve(ctx context.Context, address string) (Alias, error) {
	a, err := l.ByAddress(ctx, address)
	if err != nil {
		return Alias{}, err
	}
	active := a.Active
	if active && a.Owner != uuid.Nil {
		owner, err := l.store.Account(ctx, a.Owner)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Alias{}, fmt.Errorf("owner of alias %s: %w", a.ID, err)
		}
		active = err == nil && owner.Active()
	}
	if !active {
		return Alias{}, fmt.Errorf("alias by address: %w", ErrNotFound)
	}
	return a, nil
}

// List returns the aliases that the filter selects, newest first unless the page
// says otherwise. Its texts are compared with canonical forms.
func (l *Aliases) List(ctx context.Context, f AliasFilter, p Page) ([]Alias, error) {
	aliases, err := l.store.ListAliases(ctx, f, p)
	if err != nil {
		return nil, fmt.Errorf("list aliases: %w", err)
	}
	return aliases, nil
}

// Count returns how many aliases the filter selects.
func (l *Aliases) Count(ctx context.Context, f AliasFilter) (int64, error) {
	n, err := l.store.CountAliases(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("count aliases: %w", err)
	}
	return n, nil
}

// SetActive turns an alias on or off. Turning it on asks the Checker as Create
// does, but for the client: what a ban has turned off stays off as long as the
// ban refuses it. One that is so already stays as it is. The error is
// [ErrNotFound], or one of Create's.
func (l *Aliases) SetActive(ctx context.Context, id uuid.UUID, active bool) (Alias, error) {
	a, err := l.Get(ctx, id)
	if err != nil || !active || a.Active {
		if err != nil {
			return Alias{}, err
		}
		return l.setActive(ctx, id, active, uuid.Nil)
	}
	if err := l.settle(ctx, &a); err != nil {
		return Alias{}, err
	}
	subject := subjectOf(&a, "")
	if err := l.allowed(ctx, subject); err != nil {
		return Alias{}, err
	}
	if err := l.endless(ctx, &a); err != nil {
		return Alias{}, err
	}
	on, err := l.setActive(ctx, id, true, uuid.Nil)
	if err != nil {
		return Alias{}, err
	}
	return l.confirm(ctx, on, subject)
}

// setActive writes whether an alias is on, anew if it changed meanwhile, and
// which ban turned it off.
func (l *Aliases) setActive(ctx context.Context, id uuid.UUID, active bool, by uuid.UUID) (Alias, error) {
	var err error
	for range maxRetries {
		var a Alias
		if a, err = l.setActiveOnce(ctx, id, active, by); !isConflict(err) {
			return a, err
		}
	}
	return Alias{}, err
}

func (l *Aliases) setActiveOnce(ctx context.Context, id uuid.UUID, active bool, by uuid.UUID) (Alias, error) {
	c, err := l.change(ctx, store.AliasUpdate)
	if err != nil {
		return Alias{}, err
	}
	a, err := l.Get(ctx, id)
	if err != nil || a.Active == active {
		return a, err
	}
	a.Active, a.DisabledBan, a.UpdatedAt = active, by, c.At
	updated, err := l.store.UpdateAlias(ctx, a, c)
	if err != nil {
		return Alias{}, fmt.Errorf("update alias %s: %w", id, err)
	}
	return updated, nil
}

// Delete removes an alias and returns it as it was, or [ErrNotFound]. Somebody
// else can then have its address: to keep that from happening, turn it off.
func (l *Aliases) Delete(ctx context.Context, id uuid.UUID) (Alias, error) {
	c, err := l.change(ctx, store.AliasDelete)
	if err != nil {
		return Alias{}, err
	}
	a, err := l.store.DeleteAlias(ctx, id, c)
	if err != nil {
		return Alias{}, fmt.Errorf("delete alias %s: %w", id, err)
	}
	return a, nil
}
