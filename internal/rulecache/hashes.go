package rulecache

import (
	"context"
	"fmt"

	"example.com/ostraka/internal/match"
)

// hash makes the keys of hashed rules for the fields, by all secrets of the ring, in
// use or not: a rule may go from one to another, or be hashed, between two questions to
// the store, and must be found under the one key or the other in the same look-up.
//
// Rules hashed under a secret that is not in the ring are never found. As long as there
// are any, that is an error.
func (c *Cache) hash(ctx context.Context, fields *match.Fields, trusted bool) error {
	if !fields.Hashable() {
		return nil
	}
	fields.Hash(c.ring.All())
	inUse, err := c.hashes.get(ctx, c.source, trusted)
	if err != nil {
		return err
	}
	if len(c.ring.Using(inUse).Missing(fields)) == 0 {
		return nil
	}
	// The set only grows: those that are missing may be in use no more.
	if inUse, err = c.source.HashKeysInUse(ctx); err != nil {
		return fmt.Errorf("read hash keys in use: %w", err)
	}
	return c.ring.Using(inUse).Check(fields)
}
