package blocklist

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Store is what an Admin needs of a store. Every [store.Store] is one.
type Store interface {
	store.Blocks
	store.Lists
	store.Subscriptions
	store.Hits
	store.Changes
}

// AdminOptions configures an [Admin]. The zero value is the default.
type AdminOptions struct {
	// Protected and NoDefaultProtected say which values no block or entry may
	// cover unless forced, as in [ban.GuardOptions].
	Protected          []string
	NoDefaultProtected bool

	// Tables are those by which values are read: the same as of the Checkers of the
	// store. Default: those that package value bundles.
	Tables *value.Tables

	// Actor is in whose name changes are made where the context names nobody.
	// Default none: then a context without an actor is an error.
	Actor string

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// Admin makes blocks and keeps lists. It is safe for concurrent use.
//
// Every method that changes something wants an actor in its context, see
// [ban.WithActor] and [AdminOptions.Actor], and logs one change in the same step;
// without an actor it fails with a [*ban.ValueError].
type Admin struct {
	store  Store
	tables *value.Tables
	guard  *ban.Guard
	actor  string
	now    func() time.Time
}

// NewAdmin returns an Admin of the blocks and lists in a store. An option that
// does not parse gives a [*ban.ValueError].
func NewAdmin(st Store, opts AdminOptions) (*Admin, error) {
	if st == nil {
		return nil, ban.NewValueError("store", "", ban.CodeEmpty, "give a store, for example memstore.New()")
	}
	guard, err := ban.NewGuard(ban.GuardOptions{Protected: opts.Protected, NoDefaultProtected: opts.NoDefaultProtected, Tables: opts.Tables})
	if err != nil {
		return nil, err
	}
	a := &Admin{store: st, tables: opts.Tables, guard: guard, actor: opts.Actor, now: opts.Now}
	if a.now == nil {
		a.now = time.Now
	}
	return a, nil
}

// change returns the change to log for a mutation now.
func (a *Admin) change(ctx context.Context, action store.ChangeAction) (store.Change, error) {
	c, err := ban.NewChange(ctx, action, a.now(), a.actor)
	c.KeyTables = a.tables.Version().String()
	return c, err
}

// CreateOptions describes an e-mail domain block.
type CreateOptions struct {
	// Domain is blocked with its subdomains; a mark as in [ban.ParseDomain]
	// narrows that. Required.
	Domain string

	Effect ban.Effect // Deny, the default, or Review: let in after a person approves
	Scope  ban.Scope  // default all actions

	Reason       string // for moderators, at most [ban.MaxReason] characters
	PublicReason string // for the person refused, likewise

	// AllowWide takes a domain that a guard finds too wide, a public suffix, as
	// [SyncOptions.AllowWide] does. One that covers what is protected is still
	// refused.
	AllowWide bool

	// Force makes the block even if a guard advises against it; see
	// [ban.GuardError]. A block that only holds for review needs none: it turns
	// nobody away.
	Force bool
}

// Create blocks an e-mail domain. If the domain has a block already, the error
// is an [*ExistsError] that holds it. Input that does not fit gives a
// [*ban.ValueError], a domain that is dangerous to block a [*ban.GuardError].
func (a *Admin) Create(ctx context.Context, o CreateOptions) (Block, error) {
	c, err := a.change(ctx, store.BlockCreate)
	if err != nil {
		return Block{}, err
	}
	b, err := a.newBlock(o, c)
	if err != nil {
		return Block{}, err
	}
	created, err := a.store.CreateBlock(ctx, b, c)
	if err != nil {
		return Block{}, fmt.Errorf("create block: %w", err)
	}
	return created, nil
}

// newBlock checks the options and returns the block that they describe.
func (a *Admin) newBlock(o CreateOptions, c store.Change) (Block, error) {
	v, err := ban.ParseDomain(o.Domain)
	if err != nil {
		return Block{}, err
	}
	if err := checkEffect(o.Effect); err != nil {
		return Block{}, err
	}
	if err := checkScope(o.Scope); err != nil {
		return Block{}, err
	}
	if err := ban.CleanReasons(&o.Reason, &o.PublicReason); err != nil {
		return Block{}, err
	}
	if !o.Force && o.Effect != ban.Review { // which turns nobody away
		if err := a.guard.Check(v, o.Effect, excused(o.AllowWide)...); err != nil {
			return Block{}, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Block{}, fmt.Errorf("make an id: %w", err)
	}
	return Block{
		ID: id, Domain: v.String(), KeyText: v.Key().Text,
		Effect: o.Effect, Scope: o.Scope, Reason: o.Reason, PublicReason: o.PublicReason,
		CreatedAt: c.At, CreatedBy: c.Actor,
	}, nil
}

func checkEffect(e ban.Effect) error {
	if e != ban.Deny && e != ban.Review {
		return ban.NewValueError("effect", e.String(), ban.CodeUnknown, "a block is Deny or Review; put exceptions into an allow list")
	}
	return nil
}

func checkScope(s ban.Scope) error {
	if !s.Valid() {
		return ban.NewValueError("scope", fmt.Sprintf("%#x", uint8(s)), ban.CodeUnknown, "use ban.ScopeOf with the actions of package ban")
	}
	return nil
}

// Get returns a block, or [ErrNotFound].
func (a *Admin) Get(ctx context.Context, id uuid.UUID) (Block, error) {
	b, err := a.store.Block(ctx, id)
	if err != nil {
		return Block{}, fmt.Errorf("block %s: %w", id, err)
	}
	return b, nil
}

// GetSeq is Get by the number that the store gave the block.
func (a *Admin) GetSeq(ctx context.Context, seq int64) (Block, error) {
	b, err := a.store.BlockBySeq(ctx, seq)
	if err != nil {
		return Block{}, fmt.Errorf("block %d: %w", seq, err)
	}
	return b, nil
}

// Delete lifts a block and returns it as it was, or [ErrNotFound]. Its history
// goes with it; the audit log keeps its content.
func (a *Admin) Delete(ctx context.Context, id uuid.UUID) (Block, error) {
	c, err := a.change(ctx, store.BlockDelete)
	if err != nil {
		return Block{}, err
	}
	b, err := a.store.DeleteBlock(ctx, id, c)
	if err != nil {
		return Block{}, fmt.Errorf("delete block %s: %w", id, err)
	}
	return b, nil
}

// HistoryDays is how many days the history of a block has.
const HistoryDays = 7

// Hits is [Admin.History] of as many days, up to [ban.HitDays].
func (a *Admin) Hits(ctx context.Context, id uuid.UUID, days int) ([]DayHits, error) {
	if days < 1 || days > ban.HitDays {
		return nil, ban.NewValueError("days", fmt.Sprint(days), ban.CodeRange, fmt.Sprintf("give 1 to %d: hits are kept for so many days", ban.HitDays))
	}
	hits, err := store.LastDays(ctx, a.store, id, a.now(), days)
	if err != nil {
		return nil, fmt.Errorf("hits of %s: %w", id, err)
	}
	return hits, nil
}

// History returns what a block or an entry of a list caught on each of the last
// seven UTC days, today first, days without hits included. It takes the ID of
// either, which [ban.Match] has as well. Uses of a block are the attempts that
// were refused or held for review while it matched, those of an entry all that it
// matched; Clients are the distinct addresses they came from, an estimate with a
// standard error of 1.6%, exact for small numbers. What was caught reaches the
// store within [ban.CheckerOptions.FlushInterval].
//
// A block or entry that does not exist has an empty history.
func (a *Admin) History(ctx context.Context, id uuid.UUID) ([]DayHits, error) {
	return a.Hits(ctx, id, HistoryDays)
}

// Log returns what the audit log still has, newest first unless the page says
// otherwise: of one block or list by its ID, or of everything in the store, bans
// included, for the zero UUID.
func (a *Admin) Log(ctx context.Context, id uuid.UUID, p Page) ([]Change, error) {
	changes, err := a.store.ListChanges(ctx, id, p)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return changes, nil
}
