package sqlbackend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

const blockColumns = `id, domain, key_text, effect, scope, reason, public_reason, created_at, created_by`

// selectBlocks reads blocks with their hits.
const selectBlocks = `SELECT seq, ` + blockColumns + `, coalesce(uses, 0) AS hits, last_at
	FROM @blocks LEFT JOIN @hit_totals ON rule_id = id`

// blockDest returns where a row of selectBlocks is scanned to.
func blockDest(b *store.Block) []any {
	return []any{
		&b.Seq, &b.ID, &b.Domain, &b.KeyText, (*uint8)(&b.Effect), (*uint8)(&b.Scope),
		&b.Reason, &b.PublicReason, &b.CreatedAt, &b.CreatedBy, &b.Hits, &b.LastHitAt,
	}
}

// CreateBlock implements [store.Blocks].
func (o Operations) CreateBlock(ctx context.Context, block store.Block, change store.Change) (store.Block, error) {
	normalTimes(&block.CreatedAt)
	err := o.write(ctx, "create a block", func(t writer) error {
		var other store.Block
		err := t.Row(ctx, blockDest(&other), selectBlocks+` WHERE domain = ?`, block.Domain)
		if err == nil {
			return &store.BlockExistsError{Existing: other}
		}
		if !errors.Is(err, store.ErrNotFound) {
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
func (t writer) addBlock(ctx context.Context, b *store.Block) error {
	b.Hits, b.LastHitAt = 0, time.Time{}
	seq, err := t.Insert(ctx, `INSERT INTO @blocks (`+blockColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.ID, b.Domain, b.KeyText, int64(b.Effect), int64(b.Scope),
		b.Reason, b.PublicReason, TimeArg(b.CreatedAt), b.CreatedBy)
	if err != nil {
		return err
	}
	b.Seq = seq
	rules, rule := NewRuleWriter(t), b.Rule()
	if err := rules.Insert(ctx, &rule); err != nil {
		return err
	}
	return rules.Finish(ctx)
}

func (t writer) logBlock(ctx context.Context, change store.Change, before, after *store.Block) error {
	c, err := changelog.Block(change, before, after)
	if err != nil {
		return err
	}
	return t.Log(ctx, c)
}

// Block implements [store.Blocks].
func (o Operations) Block(ctx context.Context, id uuid.UUID) (store.Block, error) {
	return o.oneBlock(ctx, `id = ?`, id)
}

// BlockBySeq implements [store.Blocks].
func (o Operations) BlockBySeq(ctx context.Context, seq int64) (store.Block, error) {
	return o.oneBlock(ctx, `seq = ?`, seq)
}

func (o Operations) oneBlock(ctx context.Context, where string, arg any) (store.Block, error) {
	var b store.Block
	err := o.db.Read(ctx, "read a block", func(q Querier) error {
		return q.Row(ctx, blockDest(&b), selectBlocks+` WHERE `+where, arg)
	})
	if err != nil {
		return store.Block{}, err
	}
	return b, nil
}

// blockConditions says in SQL what [store.BlockFilter.Match] says.
func (o Operations) blockConditions(f store.BlockFilter) *conditions {
	c := new(conditions)
	if f.Contains != "" {
		c.Add(o.db.Dialect().Contains(`domain`), []byte(f.Contains))
	}
	if f.Effect != nil {
		c.Add(`effect = ?`, int64(*f.Effect))
	}
	return c
}

// ListBlocks implements [store.Blocks].
func (o Operations) ListBlocks(ctx context.Context, filter store.BlockFilter, order store.BlockOrder, page store.Page) ([]store.Block, error) {
	c := o.blockConditions(filter)
	var by []string
	switch order {
	case store.BlocksBySeq:
	case store.BlocksByHits:
		by = []string{`hits`}
	default:
		return nil, fmt.Errorf("list blocks: there is no order %d", order)
	}
	tail := c.Page(page, by...)
	return readAll(ctx, o, "list blocks", func(row Row) (b store.Block, err error) {
		return b, row.Scan(blockDest(&b)...)
	}, selectBlocks+c.Where()+tail, c.Args...)
}

// CountBlocks implements [store.Blocks].
func (o Operations) CountBlocks(ctx context.Context, filter store.BlockFilter) (int64, error) {
	c := o.blockConditions(filter)
	return o.readNumber(ctx, "count blocks", `SELECT count(*) FROM @blocks`+c.Where(), c.Args...)
}

// UpdateBlock implements [store.Blocks].
func (o Operations) UpdateBlock(ctx context.Context, id uuid.UUID, patch store.BlockPatch, change store.Change) (store.Block, error) {
	var block store.Block
	err := o.write(ctx, "update a block", func(t writer) error {
		var before store.Block
		if err := t.Row(ctx, blockDest(&before), selectBlocks+` WHERE id = ?`, id); err != nil {
			return err
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
func (t writer) replaceBlock(ctx context.Context, before, after *store.Block) error {
	err := t.Exec(ctx, `UPDATE @blocks SET (effect, scope, reason, public_reason) = (?, ?, ?, ?) WHERE seq = ?`,
		int64(after.Effect), int64(after.Scope), after.Reason, after.PublicReason, after.Seq)
	if err != nil {
		return err
	}
	rules, rule := NewRuleWriter(t), after.Rule()
	if err := rules.Delete(ctx, before.Key(), before.ID); err != nil {
		return err
	}
	if err := rules.Insert(ctx, &rule); err != nil {
		return err
	}
	return rules.Finish(ctx)
}

// DeleteBlock implements [store.Blocks].
func (o Operations) DeleteBlock(ctx context.Context, id uuid.UUID, change store.Change) (store.Block, error) {
	var block store.Block
	err := o.write(ctx, "delete a block", func(t writer) error {
		if err := t.Row(ctx, blockDest(&block), selectBlocks+` WHERE id = ?`, id); err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM @blocks WHERE id = ?`,
			`DELETE FROM @hit_totals WHERE rule_id = ?`,
			`DELETE FROM @hits WHERE rule_id = ?`,
		} {
			if err := t.Exec(ctx, query, id); err != nil {
				return err
			}
		}
		rules := NewRuleWriter(t)
		if err := rules.Delete(ctx, block.Key(), id); err != nil {
			return err
		}
		if err := rules.Finish(ctx); err != nil {
			return err
		}
		return t.logBlock(ctx, change, &block, nil)
	})
	if err != nil {
		return store.Block{}, err
	}
	return block, nil
}
