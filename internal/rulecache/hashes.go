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
func (c *Cache) hash(ctx context.Context, fields *match.Fields, by *settings) error {
	if !fields.Hashable() {
		return nil
	}
	fields.Hash(c.ring.All())
	if !by.known {
		inUse, err := c.hashes.get(ctx, c.source, by.trusted)
		if err != nil {
			return err
		}
		by.hashing, by.known = c.ring.Using(inUse), true
	}
	if len(by.hashing.Missing(fields)) == 0 {
		return nil
	}
	// The set only grows: those that are missing may be in use no more.
	inUse, err := c.source.HashKeysInUse(ctx)
	if err != nil {
		return fmt.Errorf("read hash keys in use: %w", err)
	}
	by.hashing = c.ring.Using(inUse)
	return by.hashing.Check(fields)
}
