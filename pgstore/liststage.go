package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// staging is the writing of entries of a list that no read sees yet, in many
// transactions, so that other writers get their turn between them.
//
// Whoever begins one leaves a token in the list's row. A later one replaces it,
// and the earlier one's next step fails: so at most one at a time writes, and
// one that was cut off bars nobody.
type staging struct {
	store *Store
	doing string
	list  listRow
	token uuid.UUID
}

func (s *Store) newStaging(doing string) *staging {
	return &staging{store: s, doing: doing, token: uuid.New()}
}

// step runs fn in a transaction, if the list is still ours to write.
func (g *staging) step(ctx context.Context, fn func(*tx) error) error {
	_, err := g.transact(ctx, together, func(t *tx) error {
		if err := g.held(ctx, t); err != nil {
			return err
		}
		return fn(t)
	})
	return err
}

func (g *staging) transact(ctx context.Context, with turn, fn func(*tx) error) ([]store.Change, error) {
	return g.store.transact(ctx, g.doing, with, fn)
}

// held fails if the list was taken over.
func (g *staging) held(ctx context.Context, t *tx) error {
	var held bool
	err := t.row(ctx, []any{&held}, `SELECT writer IS NOT DISTINCT FROM ? FROM @lists WHERE seq = ? FOR UPDATE`, uid(g.token), g.list.Seq)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !held {
		return fmt.Errorf("%w: the list is being written by another", store.ErrConflict)
	}
	return err
}

// begin takes the list over for a delta, or makes a row for a new one.
func (g *staging) begin(ctx context.Context, want *store.List) error {
	_, err := g.transact(ctx, alone, func(t *tx) error {
		row, err := t.list(ctx, want.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		switch exists := err == nil; {
		case exists && row.ID == want.ID && row.Version == want.Version:
			g.list = row
		case exists && row.ID == want.ID, want.Version != 0:
			return fmt.Errorf("%w: the list is not at version %d", store.ErrConflict, want.Version)
		case exists:
			return fmt.Errorf("list %.64q %w", want.Name, store.ErrExists)
		default:
			if g.list, err = t.addList(ctx, want); err != nil {
				return err
			}
		}
		return t.exec(ctx, `UPDATE @lists SET writer = ? WHERE seq = ?`, uid(g.token), g.list.Seq)
	})
	return err
}

// list reads a list within a transaction.
func (t *tx) list(ctx context.Context, name string) (listRow, error) {
	var row listRow
	err := t.row(ctx, row.dest(), selectLists+` AND name = ?`, name)
	return row, notFound(err)
}

// addList makes a row for a list of which no version is in force yet. It takes
// the place of one that is in the same state: the new seq parts its entries
// from any that the other has written.
func (t *tx) addList(ctx context.Context, want *store.List) (listRow, error) {
	row := listRow{List: store.List{ID: want.ID, Name: want.Name}}
	if !want.CreatedAt.IsZero() {
		row.CreatedAt = time.UnixMicro(want.CreatedAt.UnixMicro()).UTC()
	}
	err := t.exec(ctx, `DELETE FROM @lists WHERE version = 0 AND (name = ? OR id = ?)`, want.Name, uid(want.ID))
	if err != nil {
		return row, err
	}
	err = t.row(ctx, []any{&row.Seq}, `INSERT INTO @lists (id, name, source, reason, public_reason, version, content, entries, created_at, synced_by)
		VALUES (?, ?, '', '', '', 0, 0, 0, ?, '') RETURNING seq`, uid(row.ID), row.Name, sqlbackend.TimeArg(row.CreatedAt))
	return row, err
}
