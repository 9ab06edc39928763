package pgstore

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const blockColumns = `id, domain, key_text, effect, scope, reason, public_reason, created_at, created_by`

// selectBlock is followed by a condition.
const selectBlock = `SELECT seq, ` + blockColumns + ` FROM @blocks WHERE `

// blockDest returns where a row of seq and blockColumns is scanned to.
func blockDest(b *store.Block) []any {
	return []any{
		&b.Seq, (*id)(&b.ID), &b.Domain, &b.KeyText, (*small)(&b.Effect), (*small)(&b.Scope),
		&b.Reason, &b.PublicReason, (*micros)(&b.CreatedAt), &b.CreatedBy,
	}
}

// CreateBlock implements [store.Blocks].
func (s *Store) CreateBlock(ctx context.Context, block store.Block, change store.Change) (store.Block, error) {
	sqlbackend.NormalTimes(&block.CreatedAt)
	err := s.write(ctx, "create a block", func(t *tx) error {
		var other store.Block
		err := t.row(ctx, blockDest(&other), selectBlock+`domain = ?`, block.Domain)
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
		return notFound(q.row(ctx, blockDest(&b), selectBlock+where, arg))
	})
	if err != nil {
		return store.Block{}, err
	}
	return b, nil
}

// ListBlocks implements [store.Blocks].
func (s *Store) ListBlocks(ctx context.Context, page store.Page) ([]store.Block, error) {
	c := new(sqlbackend.Conditions)
	tail := c.Page(page)
	return readAll(ctx, s, "list blocks", func(rows pgx.Rows) (b store.Block, err error) {
		return b, rows.Scan(blockDest(&b)...)
	}, `SELECT seq, `+blockColumns+` FROM @blocks`+c.Where()+tail, c.Args...)
}

// CountBlocks implements [store.Blocks].
func (s *Store) CountBlocks(ctx context.Context) (int64, error) {
	return s.readNumber(ctx, "count blocks", `SELECT count(*) FROM @blocks`)
}

// DeleteBlock implements [store.Blocks].
func (s *Store) DeleteBlock(ctx context.Context, id uuid.UUID, change store.Change) (store.Block, error) {
	var block store.Block
	err := s.write(ctx, "delete a block", func(t *tx) error {
		if err := t.row(ctx, blockDest(&block), selectBlock+`id = ?`, uid(id)); err != nil {
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
