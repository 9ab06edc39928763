package ban

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// CreateOptions describes a ban.
type CreateOptions struct {
	Kind  Kind   // required
	Value string // as [Parse] reads it for the kind; required

	Effect Effect // default Deny
	Scope  Scope  // default all actions
	Shadow bool   // only report what the ban would do

	// Hashed keeps only the hash of an e-mail address or name, under
	// [AdminOptions.HashKey]: the store, its log, and whatever is shown of it have not
	// the Value. The ban keeps out who has the mailbox, or a name that looks the same. So
	// an address is banned as its mailbox in its plain spelling would be, in each
	// spelling, and nobody can see which one was meant. A pattern, "=name", a domain and an
	// IP address are not hashed, nor an exception (Allow) for a name, which would let in
	// who looks like it: a [*ValueError]. A Value that is a hash already is kept as it
	// is, with Hashed or without.
	Hashed bool

	// Label is what moderators read in the place of a hashed value: a case number, say;
	// one line of at most [MaxReason] characters. Neither it nor the reasons may name
	// what is hashed.
	Label string

	Reason       string    // for moderators, at most [MaxReason] characters
	PublicReason string    // for the person refused, likewise
	ExpiresAt    time.Time // when the ban ends, in the future; zero: never

	// Ladder, instead of ExpiresAt, makes the ban last longer the more often the value
	// was banned before. [Admin.Put] of a value that is banned leaves its end as it
	// is. Package account and CreateMany do without.
	Ladder Ladder

	// IPv6Prefix widens a single IPv6 address to the prefix of that many bits
	// around it: 64 bans the network that one customer usually has. 1 to 128,
	// default 128.
	IPv6Prefix int

	// DisableMatchingAliases turns off, in the same step, every active alias
	// that the ban matches and that the rules, with it, now refuse: by its
	// destination for an e-mail ban, by its destination or its own domain for a
	// domain ban, by its local part for a name ban. Those that a more specific
	// rule lets in, or holds for review, stay, unless a still more specific one
	// refuses them again. Look-alikes are judged without [CheckerOptions.Leet].
	// [Ban.AliasesDisabled] says how many it was. For a ban that refuses no
	// aliases it is a [*ValueError] of code [CodeNoEffect], for one of an IP
	// address of code [CodeNotForIP].
	DisableMatchingAliases bool

	// Force makes the ban even if a guard advises against it; see [GuardError].
	Force bool
}

// Create makes a ban. If an active ban of the same kind and value exists, the
// error is an [*ExistsError] that holds it; use Put to update it. Input that
// does not fit gives a [*ValueError], a value that is dangerous to ban a
// [*GuardError].
func (a *Admin) Create(ctx context.Context, o CreateOptions) (Ban, error) {
	now := a.clock()
	c, err := a.change(ctx, store.BanCreate, now)
	if err != nil {
		return Ban{}, err
	}
	if o, err = a.climb(ctx, o, now); err != nil {
		return Ban{}, err
	}
	b, v, err := a.newBan(ctx, o, c)
	if err != nil {
		return Ban{}, err
	}
	created, err := a.write(ctx, b, v, c, o.DisableMatchingAliases, a.store.CreateBan, a.store.CreateBanDisabling)
	if err != nil {
		return Ban{}, fmt.Errorf("create %s ban of %q: %w", b.Kind, b.Value, err)
	}
	return created, nil
}

// write writes a ban, with the aliases to turn off if that is wanted.
func (a *Admin) write(
	ctx context.Context, b Ban, v Value, c store.Change, disable bool,
	plain func(context.Context, store.Ban, store.Change) (store.Ban, error),
	disabling func(context.Context, store.Ban, store.Selector, store.Change) (store.Ban, error),
) (Ban, error) {
	if !disable {
		return plain(ctx, b, c)
	}
	said := a.hasher.plainly(b, v)
	aliases, err := refusedAliases(ctx, a.store, a.tables, a.hasher.ring, &said, c.At)
	if err != nil {
		return Ban{}, err
	}
	return disabling(ctx, b, aliases, c)
}

// Put makes a ban, or updates the active one of the same kind and value to what
// the options say. It reports which it did. An update that changes nothing
// writes nothing, unless it is to turn off aliases.
func (a *Admin) Put(ctx context.Context, o CreateOptions) (b Ban, created bool, err error) {
	if err := CleanReasons(&o.Reason, &o.PublicReason); err != nil {
		return Ban{}, false, err
	}
	err = a.turns.Retry(ctx, overtaken, func() error {
		b, err = a.Create(ctx, o)
		created = err == nil
		if exists, ok := errors.AsType[*ExistsError](err); ok {
			b, err = a.replace(ctx, exists.Existing, o)
		}
		if err == nil && o.Hashed && !b.Hashed() {
			b, err = a.Hash(ctx, b.ID, o.Label)
		}
		return err
	})
	return b, created, err
}

// overtaken reports whether the ban that was in the way is no longer what it
// was: changed, deleted, or ended with another in its place.
func overtaken(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists)
}

// replace gives an existing ban the fields that options can set.
func (a *Admin) replace(ctx context.Context, b Ban, o CreateOptions) (Ban, error) {
	expires := storedTime(o.ExpiresAt)
	if !o.Ladder.none() {
		expires = b.ExpiresAt
	}
	if b.Effect == o.Effect && b.Scope == o.Scope && b.Shadow == o.Shadow && b.Reason == o.Reason &&
		b.PublicReason == o.PublicReason && (b.Label == o.Label || !b.Hashed()) && b.ExpiresAt.Equal(expires) && !o.DisableMatchingAliases {
		return b, nil
	}
	c, err := a.change(ctx, store.BanUpdate, a.clock())
	if err != nil {
		return Ban{}, err
	}
	v, err := parseBanValue(a.tables, o.Kind, o.Value, o.IPv6Prefix)
	if err != nil {
		return Ban{}, hideValue(err, o.Hashed)
	}
	if b.Hashed() {
		b.Label = o.Label
	}
	b.Effect, b.Scope, b.Shadow = o.Effect, o.Scope, o.Shadow
	b.Reason, b.PublicReason, b.ExpiresAt = o.Reason, o.PublicReason, expires
	b.UpdatedAt = c.At
	if err := a.hasher.checkHashed(&b); err != nil {
		return Ban{}, err
	}
	updated, err := a.write(ctx, b, v, c, o.DisableMatchingAliases, a.store.UpdateBan, a.store.UpdateBanDisabling)
	if err != nil {
		return Ban{}, fmt.Errorf("update ban %s: %w", b.ID, err)
	}
	return updated, nil
}

// Rejected is one of many bans that was not made, and why.
type Rejected struct {
	Index int   // in the slice given
	Err   error // a [*ValueError] or [*GuardError]
}

// ManyResult says what became of many bans.
type ManyResult struct {
	Created  int        // bans made
	Existing []int      // indexes of those whose value has an active ban already, or stands earlier in the slice
	Rejected []Rejected // those that do not fit
}

// CreateMany makes many bans in one atomic step, for imports: it logs one
// change. Those that cannot be made are passed over and named in the result;
// the error is about the whole, and means that none was made: a [*GuardError] if
// those without Force deny too many addresses together, see [Guard.CheckTogether].
// Bans that are there already do not count: what was made on purpose would have to
// be forced again with every ban that follows.
func (a *Admin) CreateMany(ctx context.Context, all []CreateOptions) (ManyResult, error) {
	var result ManyResult
	c, err := a.change(ctx, store.BanCreateMany, a.clock())
	if err != nil {
		return result, err
	}
	bans := make([]Ban, 0, len(all))
	indexes := make([]int, 0, len(all))
	for i, o := range all {
		b, _, err := a.newBan(ctx, o, c)
		switch {
		case err != nil && !isRejection(err):
			return ManyResult{}, fmt.Errorf("create %d bans: %w", len(all), err)
		case err != nil:
		case !o.Ladder.none():
			err = NewValueError("ladder", "", CodeNoEffect, "make this ban by itself, with Create or Put")
		case o.DisableMatchingAliases:
			err = NewValueError("disable_matching_aliases", "true", CodeNoEffect, "make this ban by itself, with Create or Put")
		}
		if err != nil {
			result.Rejected = append(result.Rejected, Rejected{i, err})
			continue
		}
		bans, indexes = append(bans, b), append(indexes, i)
	}
	if err := a.guardTogether(all, indexes, bans); err != nil {
		return ManyResult{}, err
	}
	skipped, err := a.store.CreateBans(ctx, bans, c)
	if err != nil {
		return ManyResult{}, fmt.Errorf("create %d bans: %w", len(bans), err)
	}
	result.Created = len(bans) - len(skipped)
	for _, i := range skipped {
		result.Existing = append(result.Existing, indexes[i])
	}
	slices.Sort(result.Existing)
	return result, nil
}

// isRejection reports whether an error is about one ban among many.
func isRejection(err error) bool {
	_, guard := errors.AsType[*GuardError](err)
	return guard || isValueError(err)
}

// newBan returns the ban that the options describe, if no guard is against it.
func (a *Admin) newBan(ctx context.Context, o CreateOptions, c store.Change) (Ban, Value, error) {
	b, v, err := draft(a.tables, &a.hasher, o, c)
	if err != nil || o.Force {
		return b, v, err
	}
	guard, err := a.dangers(ctx, &b, v)
	switch {
	case err != nil:
		return Ban{}, Value{}, err
	case guard != nil:
		return Ban{}, Value{}, guard
	}
	return b, v, nil
}

// dangers asks the guard about a ban of a value, which it may keep as a hash only.
func (a *Admin) dangers(ctx context.Context, b *Ban, v Value) (*GuardError, error) {
	if id := v.HashKey(); id != "" && !a.hasher.ring.Has(id) {
		missing, err := MissingKeys(ctx, a.store, nil)
		if err != nil || slices.Contains(missing, id) {
			return nil, err // checks need the key already
		}
		return &GuardError{GuardHashKey, b.Value, "nothing is hashed under the key " + id + " yet: checks fail wherever it is missing"}, nil
	}
	guard := a.guard.check(v, b.Effect)
	if guard != nil && b.Hashed() {
		// Whatever says what is dangerous about the value may name it.
		guard = &GuardError{guard.Code, b.Value, "it covers what is protected"}
	}
	return guard, nil
}

// draft checks the options and returns the ban that they describe, and the value that
// it is about, be it kept or hashed.
func draft(tables *value.Tables, hashes *hasher, o CreateOptions, c store.Change) (b Ban, v Value, err error) {
	if v, err = parseBanValue(tables, o.Kind, o.Value, o.IPv6Prefix); err != nil {
		return Ban{}, Value{}, hideValue(err, o.Hashed)
	}
	kept := v
	if o.Hashed && !v.Hashed() {
		if kept, err = hashes.hash(v); err != nil {
			return Ban{}, Value{}, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Ban{}, Value{}, fmt.Errorf("make an id: %w", err)
	}
	b = Ban{
		ID: id, CreatedAt: c.At, UpdatedAt: c.At, CreatedBy: c.Actor,
		Effect: o.Effect, Scope: o.Scope, Shadow: o.Shadow,
		Reason: o.Reason, PublicReason: o.PublicReason, Label: o.Label,
	}
	setValue(&b, kept)
	if b.ExpiresAt, err = expiry(o.ExpiresAt, c.At); err != nil {
		return Ban{}, Value{}, err
	}
	if err := checkBan(&b); err != nil {
		return Ban{}, Value{}, err
	}
	if err := hashes.checkHashed(&b); err != nil {
		return Ban{}, Value{}, err
	}
	b.Rivals = hashes.rivals(&b, v)
	if o.DisableMatchingAliases {
		return b, v, checkDisabling(&b)
	}
	return b, v, nil
}

// banValue returns the value that a ban has.
func banValue(b *Ban) Value {
	return value.Stored(store.Key{Kind: b.Kind, Text: b.KeyText}, b.Value)
}

func setValue(b *Ban, v Value) {
	b.Kind, b.Value, b.KeyText = v.Kind(), v.String(), v.Key().Text
}

// parseBanValue parses the value of a ban, and widens a single IPv6 address.
func parseBanValue(tables *value.Tables, k Kind, text string, ipv6Prefix int) (Value, error) {
	if ipv6Prefix < 0 || ipv6Prefix > 128 {
		return Value{}, NewValueError("ipv6_prefix", strconv.Itoa(ipv6Prefix), CodeRange, "use 1 to 128, or 0 for the address itself")
	}
	v, err := tables.Parse(k, text)
	if err != nil || ipv6Prefix == 0 {
		return v, err
	}
	p := v.Prefix()
	if !p.IsValid() || p.Addr().Is4() || !p.IsSingleIP() {
		return v, nil
	}
	return value.PrefixValue(netip.PrefixFrom(p.Addr(), ipv6Prefix).Masked()), nil
}

// Literal returns a text as the value of a rule that means just that text; see
// [value.Literal].
func Literal(text string) string { return value.Literal(text) }

// PlanStore is what [Planner.Plan] needs of a store. Every [store.Store] is one.
type PlanStore interface {
	store.Rules
	store.Cascades
	store.Keys
}

// PlanOptions configures a [Planner]. The zero value is the default.
type PlanOptions struct {
	// Tables are as in [AdminOptions].
	Tables *value.Tables
	// Keys and HashKey are as in [AdminOptions].
	Keys    KeyRing
	HashKey string
}

// Planner makes bans for a store to write in a step of its own: package account makes
// bans so with a suspension. It is safe for concurrent use.
type Planner struct {
	hasher hasher
}

// NewPlanner returns a Planner. What is wrong with the options gives a [*ValueError].
func NewPlanner(o PlanOptions) (*Planner, error) {
	hasher, err := newHasher(o.Tables, o.Keys, o.HashKey)
	if err != nil {
		return nil, err
	}
	return &Planner{hasher}, nil
}

// Hashes reports whether the Planner has a key that bans can be hashed under.
func (p *Planner) Hashes() bool { return p.hasher.ring != nil }

// Hash returns what a hashed ban of the value keeps in its place; see [KeyRing.Hash]. The
// error is a [*ValueError].
func (p *Planner) Hash(v Value) (Value, error) { return p.hasher.hash(v) }

// Plan returns the ban that the options describe. The change says when and in whose name.
// No guard is asked; input that does not fit gives a [*ValueError].
func (p *Planner) Plan(ctx context.Context, rules PlanStore, o CreateOptions, change Change) (store.BanDisabling, error) {
	if !o.Ladder.none() {
		return store.BanDisabling{}, NewValueError("ladder", "", CodeNoEffect, "say when this ban ends")
	}
	b, v, err := draft(p.hasher.tables, &p.hasher, o, change)
	if err != nil {
		return store.BanDisabling{}, err
	}
	planned := store.BanDisabling{Ban: b}
	if o.DisableMatchingAliases {
		said := p.hasher.plainly(b, v)
		aliases, err := refusedAliases(ctx, rules, p.hasher.tables, p.hasher.ring, &said, change.At)
		if err != nil {
			return store.BanDisabling{}, err
		}
		planned.Disable = &aliases
	}
	return planned, nil
}
