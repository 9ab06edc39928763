package store

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Block keeps e-mail addresses of a domain out, or holds them for review. Its
// JSON form is what a [Change] keeps of it.
type Block struct {
	// ID identifies the block everywhere: a version 7 UUID, given by the
	// creator.
	ID uuid.UUID `json:"id"`
	// Seq numbers the blocks of one store in the order of their creation, from
	// 1, never reusing a number. Given by the store; pages are ordered by it.
	Seq int64 `json:"seq"`

	Domain  string `json:"domain"`   // canonical, as the value of a domain rule
	KeyText string `json:"key_text"` // the text of the key that the block's rule is found by

	Effect       Effect `json:"effect"` // Deny or Review
	Scope        Scope  `json:"scope"`
	Reason       string `json:"reason,omitzero"`        // for moderators
	PublicReason string `json:"public_reason,omitzero"` // for the person refused

	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by,omitzero"` // the actor

	// Hits is how often the block matched, over its whole life, and LastHitAt
	// when it last did. Given by the store from [Hits.AddHits]; ignored in
	// writes.
	Hits      int64     `json:"hits"`
	LastHitAt time.Time `json:"last_hit_at,omitzero"`
}

// Key returns the key that the block's rule is found by.
func (b *Block) Key() Key { return Key{Kind: KindDomain, Text: b.KeyText} }

// Rule returns what the matcher sees of the block.
func (b *Block) Rule() Rule {
	return Rule{
		Key: b.Key(), Value: b.Domain,
		Effect: b.Effect, Scope: b.Scope,
		Origin: OriginBlock, ID: b.ID,
		Reason: b.Reason, PublicReason: b.PublicReason,
	}
}

// BlockPatch says what to change of a block. Fields that are nil stay as they are.
type BlockPatch struct {
	Effect       *Effect
	Scope        *Scope
	Reason       *string
	PublicReason *string
}

// Apply returns the block as the patch leaves it.
func (p *BlockPatch) Apply(b Block) Block {
	if p.Effect != nil {
		b.Effect = *p.Effect
	}
	if p.Scope != nil {
		b.Scope = *p.Scope
	}
	if p.Reason != nil {
		b.Reason = *p.Reason
	}
	if p.PublicReason != nil {
		b.PublicReason = *p.PublicReason
	}
	return b
}

// BlockFilter selects blocks. A zero field selects nothing out; the fields that are
// set must all hold.
type BlockFilter struct {
	Contains string  // blocks whose domain has this substring, byte for byte
	Effect   *Effect // blocks of this effect
}

// Match reports whether the filter selects the block.
func (f *BlockFilter) Match(b *Block) bool {
	return (f.Contains == "" || strings.Contains(b.Domain, f.Contains)) &&
		(f.Effect == nil || b.Effect == *f.Effect)
}

// BlockOrder is the order in which a list of blocks comes.
type BlockOrder uint8

const (
	// BlocksBySeq is the order of a [Page]: newest first, or oldest first.
	BlocksBySeq BlockOrder = iota
	// BlocksByHits puts the most [Block.Hits] first, and among as many the newest;
	// with [Page.OldestFirst] it is the other way round. After and Before of the page
	// still bound the stretch by Seq: to read on, use Offset. Hits that come
	// meanwhile may move a block from one page to another.
	BlocksByHits
)

// Valid reports whether there is such an order.
func (o BlockOrder) Valid() bool { return o <= BlocksByHits }

// Compare returns in which order two blocks come, below zero if a comes first,
// where the page says nothing of the oldest.
func (o BlockOrder) Compare(a, b *Block) int {
	if o == BlocksByHits && a.Hits != b.Hits {
		return cmp.Compare(b.Hits, a.Hits)
	}
	return cmp.Compare(b.Seq, a.Seq)
}

// BlockExistsError reports that the domain has a block already. It matches
// [ErrExists].
type BlockExistsError struct {
	// Existing is the block that is in the way.
	Existing Block
}

func (e *BlockExistsError) Error() string {
	return fmt.Sprintf("a block of %q %s", e.Existing.Domain, ErrExists)
}

// Is reports whether target is [ErrExists].
func (e *BlockExistsError) Is(target error) bool { return target == ErrExists }
