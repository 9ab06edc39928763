package blocklist

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// Patch says what to change of a block. Fields that are nil stay as they are. A
// block of another domain is another block.
type Patch struct {
	Effect       *ban.Effect // Deny or Review
	Scope        *ban.Scope
	Reason       *string
	PublicReason *string

	AllowWide bool // as in [CreateOptions]
	Force     bool // as in [CreateOptions]
}

// Update changes a block and returns it as it then is: it may go from Deny to Review
// and back, and keeps its history. An empty patch gives a [*ban.ValueError] of code
// [ban.CodeEmptyPatch], a missing block [ErrNotFound]; what does not fit gives the
// errors of Create. Guards look at a block that comes to deny. A patch that changes
// nothing writes nothing. Of several at once each changes only what it names.
func (a *Admin) Update(ctx context.Context, id uuid.UUID, p Patch) (Block, error) {
	c, err := a.change(ctx, store.BlockUpdate)
	if err != nil {
		return Block{}, err
	}
	if err := p.clean(); err != nil {
		return Block{}, err
	}
	if p.Effect != nil && *p.Effect == ban.Deny && !p.Force {
		if err := a.mayDeny(ctx, id, p.AllowWide); err != nil {
			return Block{}, err
		}
	}
	b, err := a.store.UpdateBlock(ctx, id, store.BlockPatch{
		Effect: p.Effect, Scope: p.Scope, Reason: p.Reason, PublicReason: p.PublicReason,
	}, c)
	if err != nil {
		return Block{}, fmt.Errorf("update block %s: %w", id, err)
	}
	return b, nil
}

// clean makes the texts of a patch what they are kept as. The error is what is wrong
// with the patch by itself.
func (p *Patch) clean() error {
	if p.Effect == nil && p.Scope == nil && p.Reason == nil && p.PublicReason == nil {
		return ban.NewValueError("patch", "", ban.CodeEmptyPatch, "set at least one field to change")
	}
	if p.Effect != nil {
		if err := checkEffect(*p.Effect); err != nil {
			return err
		}
	}
	if p.Scope != nil {
		if err := checkScope(*p.Scope); err != nil {
			return err
		}
	}
	var reason, public string
	for _, text := range []struct {
		given **string
		to    *string
	}{{&p.Reason, &reason}, {&p.PublicReason, &public}} {
		if *text.given != nil {
			*text.to = **text.given
			*text.given = text.to // the caller's stays as it is
		}
	}
	return ban.CleanReasons(&reason, &public)
}

// mayDeny returns why a guard would not have the block deny, which it may not do yet.
// The domain of a block never changes, so that this holds for the step that follows.
func (a *Admin) mayDeny(ctx context.Context, id uuid.UUID, wide bool) error {
	b, err := a.Get(ctx, id)
	if err != nil || b.Effect == ban.Deny {
		return err
	}
	v, err := ban.ParseDomain(b.Domain)
	if err != nil {
		return fmt.Errorf("block %s: %w", id, err)
	}
	return a.guard.Check(v, ban.Deny, excused(wide)...)
}

// List returns the blocks that the filter selects, in that order. Contains of the
// filter is compared with canonical domains, whatever the case of its letters. Of a
// domain beyond ASCII that is its A-labels, so only a whole one is found by its own
// letters. An order that is none gives a [*ban.ValueError].
func (a *Admin) List(ctx context.Context, f Filter, o Order, p Page) ([]Block, error) {
	if !o.Valid() {
		return nil, ban.NewValueError("order", fmt.Sprint(o), ban.CodeUnknown, "use blocklist.BySeq or blocklist.ByHits")
	}
	blocks, err := a.store.ListBlocks(ctx, canonical(f), o, p)
	if err != nil {
		return nil, fmt.Errorf("list blocks: %w", err)
	}
	return blocks, nil
}

// Count returns how many blocks the filter selects, which is as for List.
func (a *Admin) Count(ctx context.Context, f Filter) (int64, error) {
	n, err := a.store.CountBlocks(ctx, canonical(f))
	if err != nil {
		return 0, fmt.Errorf("count blocks: %w", err)
	}
	return n, nil
}

// canonical returns the filter as it is compared with stored domains.
func canonical(f Filter) Filter {
	f.Contains = strings.ToLower(strings.TrimSpace(f.Contains))
	if strings.IndexFunc(f.Contains, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return f
	}
	if v, err := ban.ParseDomain(f.Contains); err == nil {
		f.Contains = v.String()
	}
	return f
}
