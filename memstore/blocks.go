package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// blocks are the e-mail domain blocks.
type blocks struct {
	byID     map[uuid.UUID]*blockRecord
	byDomain map[string]*blockRecord
	order    []*blockRecord // by Seq, ascending
	last     int64          // the last Seq given
}

// blockRecord is a block with its hits.
type blockRecord struct {
	block store.Block
	tally tally
}

func (r *blockRecord) seq() int64 { return r.block.Seq }

// CreateBlock implements [store.Blocks].
func (s *Store) CreateBlock(ctx context.Context, block store.Block, change store.Change) (store.Block, error) {
	err := s.write(ctx, func() (*store.Change, error) {
		if r := s.blocks.byDomain[block.Domain]; r != nil {
			return nil, &store.BlockExistsError{Existing: r.block}
		}
		if s.taken(block.ID) {
			return nil, fmt.Errorf("block %s %w", block.ID, store.ErrExists)
		}
		block.Seq, block.Hits, block.LastHitAt = s.blocks.last+1, 0, time.Time{}
		logged, err := changelog.Block(change, nil, &block)
		if err != nil {
			return nil, err
		}
		r := &blockRecord{block: block}
		s.blocks.byID[block.ID], s.blocks.byDomain[block.Domain] = r, r
		s.blocks.order = append(s.blocks.order, r)
		s.blocks.last = block.Seq
		s.rules.Put(block.Rule())
		return &logged, nil
	})
	if err != nil {
		return store.Block{}, err
	}
	return block, nil
}

// Block implements [store.Blocks].
func (s *Store) Block(ctx context.Context, id uuid.UUID) (block store.Block, err error) {
	err = s.read(ctx, func() error {
		r := s.blocks.byID[id]
		if r == nil {
			return missingBlock(id)
		}
		block = r.block
		return nil
	})
	return block, err
}

// BlockBySeq implements [store.Blocks].
func (s *Store) BlockBySeq(ctx context.Context, seq int64) (block store.Block, err error) {
	err = s.read(ctx, func() error {
		i, ok := position(s.blocks.order, seq)
		if !ok {
			return fmt.Errorf("block number %d: %w", seq, store.ErrNotFound)
		}
		block = s.blocks.order[i].block
		return nil
	})
	return block, err
}

// UpdateBlock implements [store.Blocks].
func (s *Store) UpdateBlock(ctx context.Context, id uuid.UUID, patch store.BlockPatch, change store.Change) (block store.Block, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		r := s.blocks.byID[id]
		if r == nil {
			return nil, missingBlock(id)
		}
		if block = patch.Apply(r.block); block == r.block {
			return nil, nil
		}
		logged, err := changelog.Block(change, &r.block, &block)
		if err != nil {
			return nil, err
		}
		r.block = block
		s.rules.Put(block.Rule())
		return &logged, nil
	})
	if err != nil {
		return store.Block{}, err
	}
	return block, nil
}

// DeleteBlock implements [store.Blocks].
func (s *Store) DeleteBlock(ctx context.Context, id uuid.UUID, change store.Change) (block store.Block, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		r := s.blocks.byID[id]
		if r == nil {
			return nil, missingBlock(id)
		}
		logged, err := changelog.Block(change, &r.block, nil)
		if err != nil {
			return nil, err
		}
		block = r.block
		s.rules.Remove(block.Key(), id)
		delete(s.blocks.byID, id)
		delete(s.blocks.byDomain, block.Domain)
		i, _ := position(s.blocks.order, block.Seq)
		s.blocks.order = slices.Delete(s.blocks.order, i, i+1)
		return &logged, nil
	})
	return block, err
}

func missingBlock(id uuid.UUID) error { return fmt.Errorf("block %s: %w", id, store.ErrNotFound) }
