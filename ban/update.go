package ban

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Patch says what to change of a ban. Fields that are nil stay as they are.
type Patch struct {
	Kind         *Kind
	Value        *string
	Label        *string // of a hashed value; "" for none
	Effect       *Effect
	Scope        *Scope
	Shadow       *bool
	Reason       *string
	PublicReason *string
	ExpiresAt    *time.Time // a zero time: never; the one it has, cut to the millisecond or not, stays

	// PastEnds lets ExpiresAt be a time that has passed, which is an error else:
	// the ban ends now. One that has ended already keeps the time at which it did,
	// so that a form may send that time back, be it rounded.
	PastEnds bool

	// Revoked ends the ban, or lets it work again. RevokedReason says why it was
	// ended, or, of a ban that is not, why it is to be. Letting a ban work again
	// clears it, whatever the patch has for it.
	Revoked       *bool
	RevokedReason *string

	IPv6Prefix int  // as in [CreateOptions], for Value
	Force      bool // as in [CreateOptions]
}

func (p *Patch) empty() bool {
	return p.Kind == nil && p.Value == nil && p.Label == nil && p.Effect == nil && p.Scope == nil && p.Shadow == nil &&
		p.Reason == nil && p.PublicReason == nil && p.ExpiresAt == nil && p.Revoked == nil && p.RevokedReason == nil
}

// Update changes a ban and returns it as it then is. An empty patch gives a
// [*ValueError] of code [CodeEmptyPatch], a missing ban [ErrNotFound]; what
// does not fit gives the errors of Create. A patch that changes nothing writes
// nothing. Updates of several callers at once are applied one after the other.
//
// Guards look at a ban whose value or effect changes, or that ceases to be a
// shadow. The log says ban.revoke or ban.reinstate if the patch does that, else
// ban.update.
func (a *Admin) Update(ctx context.Context, id uuid.UUID, p Patch) (Ban, error) {
	if p.empty() {
		return Ban{}, NewValueError("patch", "", CodeEmptyPatch, "set at least one field to change")
	}
	return a.modify(ctx, id, func(b *Ban, c store.Change) error { return a.patch(ctx, b, p, c) })
}

// Revoke ends a ban, and keeps its record with the reason, which may be empty.
// Revoking a revoked ban changes nothing.
func (a *Admin) Revoke(ctx context.Context, id uuid.UUID, reason string) (Ban, error) {
	reason, err := CleanText("revoked_reason", reason)
	if err != nil {
		return Ban{}, err
	}
	return a.modify(ctx, id, func(b *Ban, c store.Change) error {
		if b.RevokedAt.IsZero() {
			b.RevokedAt, b.RevokedBy, b.RevokedReason = c.At, c.Actor, reason
		}
		return a.hasher.checkHashed(b)
	})
}

// Reinstate lets a revoked ban work again, until it expires. If another active
// ban of the same value was made meanwhile, the error is an [*ExistsError].
// Reinstating a ban that is not revoked changes nothing.
func (a *Admin) Reinstate(ctx context.Context, id uuid.UUID) (Ban, error) {
	return a.modify(ctx, id, func(b *Ban, _ store.Change) error {
		reinstate(b)
		return nil
	})
}

func reinstate(b *Ban) { b.RevokedAt, b.RevokedBy, b.RevokedReason = time.Time{}, "", "" }

// modify reads, edits and writes a ban, anew if it changed meanwhile.
func (a *Admin) modify(ctx context.Context, id uuid.UUID, edit func(*Ban, store.Change) error) (Ban, error) {
	var b Ban
	err := a.turns.Retry(ctx, conflicts, func() (err error) {
		b, err = a.modifyOnce(ctx, id, edit)
		return err
	})
	return b, err
}

func conflicts(err error) bool { return errors.Is(err, ErrConflict) }

func (a *Admin) modifyOnce(ctx context.Context, id uuid.UUID, edit func(*Ban, store.Change) error) (Ban, error) {
	c, err := a.change(ctx, store.BanUpdate, a.clock())
	if err != nil {
		return Ban{}, err
	}
	old, err := a.Get(ctx, id)
	if err != nil {
		return Ban{}, err
	}
	b := old
	if err := edit(&b, c); err != nil {
		return Ban{}, err
	}
	if b == old {
		return old, nil
	}
	switch was, is := !old.RevokedAt.IsZero(), !b.RevokedAt.IsZero(); {
	case !was && is:
		c.Action = store.BanRevoke
	case was && !is:
		c.Action = store.BanReinstate
	}
	b.UpdatedAt = c.At
	if !old.Active(c.At) || b.Kind != old.Kind || b.Value != old.Value || b.Effect != old.Effect {
		b.Rivals = a.hasher.rivals(&b, a.tables.Value(banValue(&b)))
	}
	updated, err := a.store.UpdateBan(ctx, b, c)
	if err != nil {
		return Ban{}, fmt.Errorf("update ban %s: %w", id, err)
	}
	return updated, nil
}

// patch applies a patch to a ban and checks the result.
func (a *Admin) patch(ctx context.Context, b *Ban, p Patch, c store.Change) error {
	old := *b
	if err := patchValue(a.tables, b, p); err != nil {
		return err
	}
	assign(&b.Label, p.Label)
	assign(&b.Effect, p.Effect)
	assign(&b.Scope, p.Scope)
	assign(&b.Shadow, p.Shadow)
	assign(&b.Reason, p.Reason)
	assign(&b.PublicReason, p.PublicReason)
	if err := patchExpiry(b, p, c.At); err != nil {
		return err
	}
	if err := patchRevocation(b, p, c); err != nil {
		return err
	}
	if err := checkBan(b); err != nil {
		return err
	}
	if err := a.hasher.checkHashed(b); err != nil {
		return err
	}
	risky := b.Kind != old.Kind || b.Value != old.Value || b.Effect != old.Effect || old.Shadow && !b.Shadow
	if risky && !p.Force {
		guard, err := a.dangers(ctx, b, banValue(b))
		switch {
		case err != nil:
			return err
		case guard != nil:
			return guard
		}
	}
	return nil
}

func patchValue(tables *value.Tables, b *Ban, p Patch) error {
	if p.Kind == nil && p.Value == nil {
		return nil
	}
	kind, text := b.Kind, b.Value
	assign(&kind, p.Kind)
	assign(&text, p.Value)
	v, err := parseBanValue(tables, kind, text, p.IPv6Prefix)
	if err != nil {
		return err
	}
	setValue(b, v)
	return nil
}

// patchExpiry sets when a ban ends.
func patchExpiry(b *Ban, p Patch, now time.Time) error {
	if p.ExpiresAt == nil {
		return nil
	}
	t := storedTime(*p.ExpiresAt)
	ended := !b.ExpiresAt.IsZero() && !b.ExpiresAt.After(now)
	switch past := !p.ExpiresAt.IsZero() && !t.After(now); {
	case t.Equal(b.ExpiresAt), t.Equal(b.ExpiresAt.Truncate(time.Millisecond)), past && p.PastEnds && ended:
		return nil
	case past && p.PastEnds:
		b.ExpiresAt = now
		return nil
	}
	t, err := expiry(t, now)
	if err == nil {
		b.ExpiresAt = t
	}
	return err
}

func patchRevocation(b *Ban, p Patch, c store.Change) (err error) {
	switch {
	case p.Revoked == nil:
	case !*p.Revoked:
		reinstate(b)
		return nil
	case b.RevokedAt.IsZero():
		b.RevokedAt, b.RevokedBy = c.At, c.Actor
	}
	assign(&b.RevokedReason, p.RevokedReason)
	b.RevokedReason, err = CleanText("revoked_reason", b.RevokedReason)
	return err
}

func assign[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
