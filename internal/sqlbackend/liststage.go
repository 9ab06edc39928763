package sqlbackend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// staging is the writing of entries of a list that no read sees yet, in many
// transactions, so that other writers get their turn between them.
//
// Whoever begins one leaves a token in the list's row. A later one replaces it,
// and the earlier one's next step fails: so at most one at a time writes, and
// one that was cut off bars nobody.
type staging struct {
	o     Operations
	doing string
	list  ListRow
	token uuid.UUID
}

func (o Operations) newStaging(doing string) *staging {
	return &staging{o: o, doing: doing, token: uuid.New()}
}

// step runs fn in a transaction, if the list is still ours to write.
func (g *staging) step(ctx context.Context, fn func(writer) error) error {
	return g.o.stepTogether(ctx, g.doing, func(t writer) error {
		if err := g.held(ctx, t); err != nil {
			return err
		}
		return fn(t)
	})
}

// stepTogether runs fn in a transaction of an operation of several ones, of which
// nothing is logged.
func (o Operations) stepTogether(ctx context.Context, doing string, fn func(writer) error) error {
	return o.db.StepTogether(ctx, doing, o.writer(fn))
}

// transact runs fn in one beside which nobody else writes, and returns what it logged.
func (g *staging) transact(ctx context.Context, fn func(writer) error) ([]store.Change, error) {
	return g.o.db.Step(ctx, g.doing, g.o.writer(fn))
}

// held fails if the list was taken over.
func (g *staging) held(ctx context.Context, t writer) error {
	var held bool
	err := t.Row(ctx, []any{&held}, `SELECT writer IS NOT DISTINCT FROM ? FROM @lists WHERE seq = ? @for_update`, g.token, g.list.Seq)
	if errors.Is(err, store.ErrNotFound) || err == nil && !held {
		return fmt.Errorf("%w: the list is being written by another", store.ErrConflict)
	}
	return err
}

// begin takes the list over for a delta, or makes a row for a new one.
func (g *staging) begin(ctx context.Context, want *store.List) error {
	_, err := g.transact(ctx, func(t writer) error {
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
		return t.Exec(ctx, `UPDATE @lists SET writer = ? WHERE seq = ?`, g.token, g.list.Seq)
	})
	return err
}

// list reads a list within a transaction.
func (t writer) list(ctx context.Context, name string) (ListRow, error) {
	var row ListRow
	err := t.Row(ctx, row.Dest(), SelectLists+` AND name = ?`, name)
	return row, err
}

// addList makes a row for a list of which no version is in force yet. It takes
// the place of one that is in the same state: the new seq parts its entries
// from any that the other has written.
func (t writer) addList(ctx context.Context, want *store.List) (ListRow, error) {
	row := ListRow{List: store.List{ID: want.ID, Name: want.Name}}
	if !want.CreatedAt.IsZero() {
		row.CreatedAt = time.UnixMicro(want.CreatedAt.UnixMicro()).UTC()
	}
	err := t.Exec(ctx, `DELETE FROM @lists WHERE version = 0 AND (name = ? OR id = ?)`, want.Name, want.ID)
	if err != nil {
		return row, err
	}
	row.Seq, err = t.Insert(ctx, `INSERT INTO @lists (id, name, source, reason, public_reason, version, content, entries, created_at, synced_by)
		VALUES (?, ?, '', '', '', 0, 0, 0, ?, '')`, row.ID, row.Name, TimeArg(row.CreatedAt))
	return row, err
}
