package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const blockColumns = `id, domain, key_text, effect, scope, reason, public_reason, created_at, created_by`

// selectBlocks reads blocks with their hits.
const selectBlocks = `SELECT seq, ` + blockColumns + `, coalesce(uses, 0) AS hits, last_at
	FROM @blocks LEFT JOIN @hit_totals ON rule_id = id`

// blockDest returns where a row of selectBlocks is scanned to.
func blockDest(b *store.Block) []any {
	return []any{
		&b.Seq, (*id)(&b.ID), &b.Domain, &b.KeyText, (*small)(&b.Effect), (*small)(&b.Scope),
		&b.Reason, &b.PublicReason, (*micros)(&b.CreatedAt), &b.CreatedBy, &b.Hits, (*micros)(&b.LastHitAt),
	}
}

// CreateBlock implements [store.Blocks].
func (s *Store) CreateBlock(ctx context.Context, block store.Block, change store.Change) (store.Block, error) {
	sqlbackend.NormalTimes(&block.CreatedAt)
	err := s.write(ctx, "create a block", func(t *tx) error {
		var other store.Block
		err := t.row(ctx, blockDest(&other), selectBlocks+` WHERE domain = ?`, block.Domain)
		if err == nil {
			return &store.BlockExistsError{Existing: other}
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := t.addBlock(ctx, &block); err != nil {
			return err
		}
		return t.logBlock(ctx, change, nil, &block)
	})
	if err != nil {
		return store.Block{}, err
	}
	return block, nil
}

// addBlock inserts a new block with its rule, giving it its Seq.
func (t *tx) addBlock(ctx context.Context, b *store.Block) error {
	b.Hits, b.LastHitAt = 0, time.Time{}
	err := t.row(ctx, []any{&b.Seq}, `INSERT INTO @blocks (`+blockColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		uid(b.ID), b.Domain, b.KeyText, int64(b.Effect), int64(b.Scope),
		b.Reason, b.PublicReason, sqlbackend.TimeArg(b.CreatedAt), b.CreatedBy)
	if err != nil {
		return err
	}
	rules, rule := t.ruleWriter(), b.Rule()
	if err := rules.insert(ctx, &rule); err != nil {
		return err
	}
	return rules.finish(ctx)
}

func (t *tx) logBlock(ctx context.Context, change store.Change, before, after *store.Block) error {
	c, err := changelog.Block(change, before, after)
	if err != nil {
		return err
	}
	return t.log(c)
}

// Block implements [store.Blocks].
func (s *Store) Block(ctx context.Context, id uuid.UUID) (store.Block, error) {
	return s.oneBlock(ctx, `id = ?`, uid(id))
}

// BlockBySeq implements [store.Blocks].
func (s *Store) BlockBySeq(ctx context.Context, seq int64) (store.Block, error) {
	return s.oneBlock(ctx, `seq = ?`, seq)
}

func (s *Store) oneBlock(ctx context.Context, where string, arg any) (store.Block, error) {
	var b store.Block
	err := s.read(ctx, "read a block", func(q querier) error {
		return notFound(q.row(ctx, blockDest(&b), selectBlocks+` WHERE `+where, arg))
	})
	if err != nil {
		return store.Block{}, err
	}
	return b, nil
}

// blockConditions says in SQL what [store.BlockFilter.Match] says.
func blockConditions(f store.BlockFilter) *sqlbackend.Conditions {
	c := new(sqlbackend.Conditions)
	if f.Contains != "" {
		// Of texts, position would compare characters.
		c.Add(`position(CAST(? AS bytea) in convert_to(domain, 'UTF8')) > 0`, []byte(f.Contains))
	}
	if f.Effect != nil {
		c.Add(`effect = ?`, int64(*f.Effect))
	}
	return c
}

// ListBlocks implements [store.Blocks].
func (s *Store) ListBlocks(ctx context.Context, filter store.BlockFilter, order store.BlockOrder, page store.Page) ([]store.Block, error) {
	c := blockConditions(filter)
	var by []string
	switch order {
	case store.BlocksBySeq:
	case store.BlocksByHits:
		by = []string{`hits`}
	default:
		return nil, fmt.Errorf("list blocks: there is no order %d", order)
	}
	tail := c.Page(page, by...)
	return readAll(ctx, s, "list blocks", func(rows pgx.Rows) (b store.Block, err error) {
		return b, rows.Scan(blockDest(&b)...)
	}, selectBlocks+c.Where()+tail, c.Args...)
}

// CountBlocks implements [store.Blocks].
func (s *Store) CountBlocks(ctx context.Context, filter store.BlockFilter) (int64, error) {
	c := blockConditions(filter)
	return s.readNumber(ctx, "count blocks", `SELECT count(*) FROM @blocks`+c.Where(), c.Args...)
}

// UpdateBlock implements [store.Blocks].
func (s *Store) UpdateBlock(ctx context.Context, id uuid.UUID, patch store.BlockPatch, change store.Change) (store.Block, error) {
	var block store.Block
	err := s.write(ctx, "update a block", func(t *tx) error {
		var before store.Block
		if err := t.row(ctx, blockDest(&before), selectBlocks+` WHERE id = ?`, uid(id)); err != nil {
			return notFound(err)
		}
		if block = patch.Apply(before); block == before {
			return nil
		}
		if err := t.replaceBlock(ctx, &before, &block); err != nil {
			return err
		}
		return t.logBlock(ctx, change, &before, &block)
	})
	if err != nil {
		return store.Block{}, err
	}
	return block, nil
}

// replaceBlock writes what may change of a block, and its rule.
func (t *tx) replaceBlock(ctx context.Context, before, after *store.Block) error {
	err := t.exec(ctx, `UPDATE @blocks SET (effect, scope, reason, public_reason) = (?, ?, ?, ?) WHERE seq = ?`,
		int64(after.Effect), int64(after.Scope), after.Reason, after.PublicReason, after.Seq)
	if err != nil {
		return err
	}
	rules, rule := t.ruleWriter(), after.Rule()
	if err := rules.delete(ctx, before.Key(), before.ID); err != nil {
		return err
	}
	if err := rules.insert(ctx, &rule); err != nil {
		return err
	}
	return rules.finish(ctx)
}

// DeleteBlock implements [store.Blocks].
func (s *Store) DeleteBlock(ctx context.Context, id uuid.UUID, change store.Change) (store.Block, error) {
	var block store.Block
	err := s.write(ctx, "delete a block", func(t *tx) error {
		if err := t.row(ctx, blockDest(&block), selectBlocks+` WHERE id = ?`, uid(id)); err != nil {
			return notFound(err)
		}
		for _, query := range []string{
			`DELETE FROM @blocks WHERE id = ?`,
			`DELETE FROM @hit_totals WHERE rule_id = ?`,
			`DELETE FROM @hits WHERE rule_id = ?`,
		} {
			if err := t.exec(ctx, query, uid(id)); err != nil {
				return err
			}
		}
		rules := t.ruleWriter()
		if err := rules.delete(ctx, block.Key(), id); err != nil {
			return err
		}
		if err := rules.finish(ctx); err != nil {
			return err
		}
		return t.logBlock(ctx, change, &block, nil)
	})
	if err != nil {
		return store.Block{}, err
	}
	return block, nil
}
