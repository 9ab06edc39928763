package memstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// deltaBatch is how many entries of a delta are taken up between two looks at
// the context and reports of progress.
const deltaBatch = 4096

// builder makes the next version of a list.
type builder struct {
	ctx     context.Context
	delta   *store.ListDelta
	made    *step
	remove  map[uuid.UUID]*store.Entry // those not found yet
	ids     map[uuid.UUID]struct{}     // of the entries to add
	values  map[value]struct{}         // of the entries to add
	written int
}

func valueOfEntry(e *store.Entry) value { return value{e.Key.Kind, e.Value} }

// build returns the step that the delta makes from v. It takes no lock, and
// time in proportion to both: an entry that does not fit may be anywhere.
func (v *version) build(ctx context.Context, delta *store.ListDelta) (*step, error) {
	b := &builder{
		ctx: ctx, delta: delta, made: &step{before: v, after: &version{}},
		remove: make(map[uuid.UUID]*store.Entry, len(delta.Remove)),
		ids:    make(map[uuid.UUID]struct{}, len(delta.Add)),
		values: make(map[value]struct{}, len(delta.Add)),
	}
	for _, do := range []func() error{b.takeRemoved, b.takeAdded, b.keep, b.add} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	b.made.after.index()
	return b.made, nil
}

// unfit is the error of a delta that is for another version.
func unfit(e *store.Entry, why string) error {
	return fmt.Errorf("entry %s of %s %q %s: %w", e.ID, e.Key.Kind, e.Value, why, store.ErrConflict)
}

func (b *builder) takeRemoved() error {
	for i := range b.delta.Remove {
		e := &b.delta.Remove[i]
		if b.remove[e.ID] != nil {
			return unfit(e, "is removed twice")
		}
		b.remove[e.ID] = e
	}
	return b.ctx.Err()
}

func (b *builder) takeAdded() error {
	for i := range b.delta.Add {
		e := &b.delta.Add[i]
		b.ids[e.ID], b.values[valueOfEntry(e)] = struct{}{}, struct{}{}
		if len(b.ids) <= i || len(b.values) <= i {
			return unfit(e, "is added twice")
		}
	}
	return b.ctx.Err()
}

// keep takes over the entries of v that are not removed.
func (b *builder) keep() error {
	there := b.made.before.entries
	entries := make([]*store.Entry, 0, max(0, len(there)+len(b.delta.Add)-len(b.delta.Remove)))
	for i, e := range there {
		if i%deltaBatch == 0 && b.ctx.Err() != nil {
			return b.ctx.Err()
		}
		if r := b.remove[e.ID]; r != nil {
			if valueOfEntry(r) != valueOfEntry(e) {
				return unfit(r, "is another one by now")
			}
			delete(b.remove, e.ID)
			b.made.removed = append(b.made.removed, e)
			if err := b.wrote(); err != nil {
				return err
			}
			continue
		}
		if _, dup := b.ids[e.ID]; dup {
			return unfit(e, "is there already")
		}
		if _, dup := b.values[valueOfEntry(e)]; dup {
			return unfit(e, "is there already")
		}
		entries = append(entries, e)
	}
	for _, e := range b.remove {
		return unfit(e, "is not there")
	}
	b.made.after.entries = entries
	return nil
}

func (b *builder) add() error {
	v := b.made.after
	kept := len(v.entries)
	for i := range b.delta.Add {
		// Each by itself: in a slice of all, one that stays would hold on to
		// those that go.
		e := b.delta.Add[i]
		v.entries = append(v.entries, &e)
		if err := b.wrote(); err != nil {
			return err
		}
	}
	b.made.added = v.entries[kept:]
	return nil
}

// wrote counts an entry, and after every batch and the last one reports it.
func (b *builder) wrote() error {
	b.written++
	if b.written%deltaBatch != 0 && b.written != len(b.delta.Add)+len(b.delta.Remove) {
		return nil
	}
	if b.delta.Progress != nil {
		b.delta.Progress(b.written)
	}
	return b.ctx.Err()
}
