package ban

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/oldkeys"
	"example.com/ostraka/internal/turns"
	"example.com/ostraka/store"
)

// AdminStore is what an Admin needs of a store. Every [store.Store] is one.
type AdminStore interface {
	store.Rules
	store.Bans
	store.Redactions
	store.Hits
	store.Changes
	store.Cascades
	store.Keys
}

// AdminOptions configures an [Admin]. The zero value is the default.
type AdminOptions struct {
	// Protected are values that a ban must not cover unless forced: your own
	// domains, the addresses of your proxies. Each is read as by [ParseAny].
	// They are in addition to [DefaultProtected].
	Protected []string

	// NoDefaultProtected leaves out DefaultProtected.
	NoDefaultProtected bool

	// Tables are those by which values are read: the same as of the Checkers of the
	// store. Default: those that package value bundles.
	Tables *value.Tables

	// PreviewRules is how many rules of the kinds concerned [Admin.Preview] reads
	// one by one; where there are more, it looks for those that matter by their
	// keys. Default [DefaultPreviewRules].
	PreviewRules int

	// Keys are those under which bans are hashed. The ring is copied. Default none: then
	// [CreateOptions.Hashed] gives a [*ValueError].
	Keys KeyRing

	// HashKey is the ID of the key in Keys that new bans are hashed under. Default: the
	// only one; where there are several, it must be named.
	HashKey string

	// Actor is in whose name changes are made where the context names nobody:
	// for a program that is the only one to make changes. Default none: then a
	// context without an actor is an error.
	Actor string

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// Admin makes and changes bans. It is safe for concurrent use.
//
// Every method that changes something wants an actor in its context, see
// [WithActor] and [AdminOptions.Actor], and logs one [Change] in the same step;
// without an actor it fails with a [*ValueError].
type Admin struct {
	store  AdminStore
	tables *value.Tables
	hasher hasher
	actor  string
	now    func() time.Time
	guard  *Guard
	turns  *turns.Turns

	previewRules int
}

// DefaultPreviewRules is that of [AdminOptions.PreviewRules]: it takes a database
// some hundredths of a second to read them.
const DefaultPreviewRules = 10_000

// NewAdmin returns an Admin of the bans in a store. An option that does not
// parse gives a [*ValueError].
func NewAdmin(st AdminStore, opts AdminOptions) (*Admin, error) {
	if st == nil {
		return nil, NewValueError("store", "", CodeEmpty, "give a store, for example memstore.New()")
	}
	guard, err := NewGuard(GuardOptions{Protected: opts.Protected, NoDefaultProtected: opts.NoDefaultProtected, Tables: opts.Tables})
	if err != nil {
		return nil, err
	}
	hasher, err := newHasher(opts.Tables, opts.Keys, opts.HashKey)
	if err != nil {
		return nil, err
	}
	a := &Admin{
		store: st, tables: opts.Tables, hasher: hasher, actor: opts.Actor, now: opts.Now, guard: guard, turns: turns.New(),
		previewRules: opts.PreviewRules,
	}
	switch {
	case a.previewRules < 0:
		return nil, NewValueError("PreviewRules", strconv.Itoa(a.previewRules), CodeRange, "give a number of rules, or 0 for the default")
	case a.previewRules == 0:
		a.previewRules = DefaultPreviewRules
	}
	if a.now == nil {
		a.now = time.Now
	}
	return a, nil
}

// clock returns the time as stores keep it.
func (a *Admin) clock() time.Time { return storedTime(a.now()) }

// change returns the change to log for a mutation at now.
func (a *Admin) change(ctx context.Context, action store.ChangeAction, now time.Time) (store.Change, error) {
	c, err := NewChange(ctx, action, now, a.actor)
	c.KeyTables = a.tables.Version().String()
	return c, err
}

// oldKeys reports whether rules that have to do with one of that kind may be stored
// under keys that other tables made.
func (a *Admin) oldKeys(ctx context.Context, k Kind) (bool, error) {
	return oldkeys.May(ctx, a.store, a.tables, k)
}

// Get returns a ban, whatever its state, or [ErrNotFound].
func (a *Admin) Get(ctx context.Context, id uuid.UUID) (Ban, error) {
	b, err := a.store.Ban(ctx, id)
	if err != nil {
		return Ban{}, fmt.Errorf("ban %s: %w", id, err)
	}
	return a.inThePast(b), nil
}

// inThePast returns a ban whose last hit is not in the future, in which it may
// have been dated by another process whose clock was wrong.
func (a *Admin) inThePast(b Ban) Ban {
	if now := a.clock(); b.LastHitAt.After(now) {
		b.LastHitAt = now
	}
	return b
}

// GetSeq is Get by the number that the store gave the ban.
func (a *Admin) GetSeq(ctx context.Context, seq int64) (Ban, error) {
	b, err := a.store.BanBySeq(ctx, seq)
	if err != nil {
		return Ban{}, fmt.Errorf("ban %d: %w", seq, err)
	}
	return a.inThePast(b), nil
}

// Filter selects bans in lists. A zero field selects nothing out. Contains is
// compared with canonical values, in lower case; a whole address or name selects the
// hashed bans of it too, as far as [AdminOptions.Keys] tell, and a text that begins as
// a hash does is compared as it is. At is filled in.
type Filter = store.BanFilter

// List returns the bans that the filter selects, newest first unless the page
// says otherwise.
func (a *Admin) List(ctx context.Context, f Filter, p Page) ([]Ban, error) {
	f = a.complete(f)
	bans, err := a.withHashed(ctx, f, p, func(p Page) ([]Ban, error) { return a.store.ListBans(ctx, f, p) })
	if err != nil {
		return nil, fmt.Errorf("list bans: %w", err)
	}
	for i := range bans {
		bans[i] = a.inThePast(bans[i])
	}
	return bans, nil
}

// Count returns how many bans the filter selects.
func (a *Admin) Count(ctx context.Context, f Filter) (int64, error) {
	f = a.complete(f)
	total := int64(0)
	for _, f := range append(a.hasher.filters(f), f) {
		n, err := a.store.CountBans(ctx, f)
		if err != nil {
			return 0, fmt.Errorf("count bans: %w", err)
		}
		total += n
	}
	return total, nil
}

func (a *Admin) complete(f Filter) Filter {
	if f.Contains = strings.TrimSpace(f.Contains); !strings.HasPrefix(f.Contains, store.HashMark) {
		f.Contains = strings.ToLower(f.Contains)
	}
	f.At = a.clock()
	return f
}

// Delete removes a ban and its hits, and returns it as it was, or
// [ErrNotFound]. The audit log keeps its content. To end a ban and keep the
// record, Revoke it.
func (a *Admin) Delete(ctx context.Context, id uuid.UUID) (Ban, error) {
	c, err := a.change(ctx, store.BanDelete, a.clock())
	if err != nil {
		return Ban{}, err
	}
	b, err := a.store.DeleteBan(ctx, id, c)
	if err != nil {
		return Ban{}, fmt.Errorf("delete ban %s: %w", id, err)
	}
	return b, nil
}

// Purge removes the bans that were revoked, or had expired, before that time,
// with their hits, and says how many. The time must have passed: an active ban
// is never purged. The audit log says how many went, and keeps what it had of
// each.
func (a *Admin) Purge(ctx context.Context, before time.Time) (int64, error) {
	now := a.clock()
	c, err := a.change(ctx, store.BanPurge, now)
	if err != nil {
		return 0, err
	}
	if before.After(now) {
		return 0, NewValueError("before", before.Format(time.RFC3339), CodeRange, "give a time that has passed")
	}
	n, err := a.store.PurgeBans(ctx, storedTime(before), c)
	if err != nil {
		return 0, fmt.Errorf("purge bans: %w", err)
	}
	return n, nil
}

// Log returns what the audit log still has, newest first unless the page says
// otherwise: of one ban, or of everything for the zero UUID.
func (a *Admin) Log(ctx context.Context, id uuid.UUID, p Page) ([]Change, error) {
	changes, err := a.store.ListChanges(ctx, id, p)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return changes, nil
}

// DayHits is what a ban caught on one day.
type DayHits = store.DayHits

// Hits returns what a ban caught on each of the last days, up to [HitDays],
// today (UTC) first, days without hits included. Hits reach the store within
// [CheckerOptions.FlushInterval].
func (a *Admin) Hits(ctx context.Context, id uuid.UUID, days int) ([]DayHits, error) {
	if err := checkDays(days); err != nil {
		return nil, err
	}
	hits, err := store.LastDays(ctx, a.store, id, a.now(), days)
	if err != nil {
		return nil, fmt.Errorf("hits of ban %s: %w", id, err)
	}
	return hits, nil
}
