package store

import (
	"fmt"
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
