package ban

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Patch says what to change of a ban. Fields that are nil stay as they are.
type Patch struct {
	Kind         *Kind
	Value        *string
	Effect       *Effect
	Scope        *Scope
	Shadow       *bool
	Reason       *string
	PublicReason *string
	ExpiresAt    *time.Time // a zero time: never

	// Revoked ends the ban, or lets it work again. RevokedReason says why it
	// was ended, and goes with Revoked or with a ban that is revoked. Letting a
	// ban work again clears it.
	Revoked       *bool
	RevokedReason *string

	IPv6Prefix int  // as in [CreateOptions], for Value
	Force      bool // as in [CreateOptions]
}

func (p *Patch) empty() bool {
	return p.Kind == nil && p.Value == nil && p.Effect == nil && p.Scope == nil && p.Shadow == nil &&
		p.Reason == nil && p.PublicReason == nil && p.ExpiresAt == nil && p.Revoked == nil && p.RevokedReason == nil
}

// Update changes a ban and returns it as it then is. An empty patch gives a
// [*ValueError] of code [CodeEmptyPatch], a missing ban [ErrNotFound]; what
// does not fit gives the errors of Create. A patch that changes nothing writes
// nothing. Updates of several callers at once are applied one after the other.
func (a *Admin) Update(ctx context.Context, id uuid.UUID, p Patch) (Ban, error) {
	if p.empty() {
		return Ban{}, &ValueError{Field: "patch", Code: CodeEmptyPatch, Hint: "set at least one field to change"}
	}
	return a.update(ctx, id, store.BanUpdate, p)
}

// Revoke ends a ban, and keeps its record with the reason, which may be empty.
// Revoking a revoked ban changes nothing.
func (a *Admin) Revoke(ctx context.Context, id uuid.UUID, reason string) (Ban, error) {
	return a.revocation(ctx, id, store.BanRevoke, Patch{Revoked: new(true), RevokedReason: &reason})
}

// Reinstate lets a revoked ban work again, until it expires. If another active
// ban of the same value was made meanwhile, the error is an [*ExistsError].
// Reinstating a ban that is not revoked changes nothing.
func (a *Admin) Reinstate(ctx context.Context, id uuid.UUID) (Ban, error) {
	return a.revocation(ctx, id, store.BanReinstate, Patch{Revoked: new(false)})
}

// revocation applies a patch of the revocation alone, unless the ban is in that
// state already.
func (a *Admin) revocation(ctx context.Context, id uuid.UUID, action store.ChangeAction, p Patch) (Ban, error) {
	b, err := a.Get(ctx, id)
	if err != nil || !b.RevokedAt.IsZero() == *p.Revoked {
		return b, err
	}
	return a.update(ctx, id, action, p)
}

// update reads, patches and writes, anew if the ban changed meanwhile.
func (a *Admin) update(ctx context.Context, id uuid.UUID, action store.ChangeAction, p Patch) (Ban, error) {
	var err error
	for range maxAttempts {
		c, cerr := a.change(ctx, action, a.clock())
		if cerr != nil {
			return Ban{}, cerr
		}
		var old Ban
		if old, err = a.Get(ctx, id); err != nil {
			return Ban{}, err
		}
		b := old
		if err = a.patch(&b, p, c); err != nil {
			return Ban{}, err
		}
		if b == old {
			return old, nil
		}
		b.UpdatedAt = c.At
		if b, err = a.store.UpdateBan(ctx, b, c); err == nil {
			return b, nil
		}
		if !again(err) {
			break
		}
	}
	return Ban{}, fmt.Errorf("update ban %s: %w", id, err)
}

// patch applies a patch to a ban and checks the result.
func (a *Admin) patch(b *Ban, p Patch, c store.Change) error {
	old := *b
	if err := patchValue(b, p); err != nil {
		return err
	}
	assign(&b.Effect, p.Effect)
	assign(&b.Scope, p.Scope)
	assign(&b.Shadow, p.Shadow)
	assign(&b.Reason, p.Reason)
	assign(&b.PublicReason, p.PublicReason)
	if p.ExpiresAt != nil {
		if t := storedTime(*p.ExpiresAt); !t.Equal(b.ExpiresAt) {
			if err := checkExpiry(t, c.At); err != nil {
				return err
			}
			b.ExpiresAt = t
		}
	}
	if err := patchRevocation(b, p, c); err != nil {
		return err
	}
	if err := checkBan(b); err != nil {
		return err
	}
	risky := b.Kind != old.Kind || b.Value != old.Value || b.Effect != old.Effect || old.Shadow && !b.Shadow
	if risky && !p.Force {
		if guard := a.guard(valueOf(b.Kind, b.Value, b.KeyText), b.Effect); guard != nil {
			return guard
		}
	}
	return nil
}

func patchValue(b *Ban, p Patch) error {
	if p.Kind == nil && p.Value == nil {
		return nil
	}
	kind, text := b.Kind, b.Value
	assign(&kind, p.Kind)
	assign(&text, p.Value)
	v, err := parseBanValue(kind, text, p.IPv6Prefix)
	if err != nil {
		return err
	}
	setValue(b, v)
	return nil
}

func patchRevocation(b *Ban, p Patch, c store.Change) error {
	if p.Revoked != nil {
		switch revoked := !b.RevokedAt.IsZero(); {
		case *p.Revoked && !revoked:
			b.RevokedAt, b.RevokedBy = c.At, c.Actor
		case !*p.Revoked:
			b.RevokedAt, b.RevokedBy, b.RevokedReason = time.Time{}, "", ""
		}
	}
	if p.RevokedReason == nil || *p.RevokedReason == b.RevokedReason {
		return nil
	}
	if b.RevokedAt.IsZero() {
		return &ValueError{Field: "revoked_reason", Value: *p.RevokedReason, Code: CodeNotRevoked, Hint: "only a revoked ban has this reason; revoke it in the same patch"}
	}
	if err := checkText("revoked_reason", *p.RevokedReason); err != nil {
		return err
	}
	b.RevokedReason = *p.RevokedReason
	return nil
}

func assign[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
