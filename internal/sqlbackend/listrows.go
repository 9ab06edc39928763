package sqlbackend

import (
	"context"
	"fmt"
	"iter"

	"example.com/ostraka/store"
)

// ListRow is a row of @lists.
type ListRow struct {
	store.List
	Content  int64        // the number by which entries in force are told
	Previous previousList // if Undoable; its texts are those of now if none are kept
}

const listColumns = `seq, id, name, source, reason, public_reason, version, entries, created_at, synced_at, synced_by,
	content, coalesce(previous_entries, 0), previous_synced_at, coalesce(previous_synced_by, ''), previous_entries IS NOT NULL,
	coalesce(previous_source, source), coalesce(previous_reason, reason), coalesce(previous_public_reason, public_reason),
	digest, coalesce(previous_digest, '')`

// SelectLists leaves out lists whose first version is still being written. More
// conditions may follow.
const SelectLists = `SELECT ` + listColumns + ` FROM @lists WHERE version > 0`

// Dest returns where a row of [SelectLists] is scanned to.
func (l *ListRow) Dest() []any {
	return []any{
		&l.Seq, &l.ID, &l.Name, &l.Source, &l.Reason, &l.PublicReason, &l.Version, &l.Entries,
		&l.CreatedAt, &l.SyncedAt, &l.SyncedBy,
		&l.Content, &l.Previous.Entries, &l.Previous.SyncedAt, &l.Previous.SyncedBy, &l.Undoable,
		&l.Previous.Texts[0], &l.Previous.Texts[1], &l.Previous.Texts[2],
		&l.Digest, &l.Previous.Digest,
	}
}

// List implements [store.Lists].
func (o Operations) List(ctx context.Context, name string) (store.List, error) {
	var row ListRow
	err := o.db.Read(ctx, "read a list", func(q Querier) error {
		return q.Row(ctx, row.Dest(), SelectLists+` AND name = ?`, name)
	})
	if err != nil {
		return store.List{}, err
	}
	return row.List, nil
}

// Lists implements [store.Lists].
func (o Operations) Lists(ctx context.Context) ([]store.List, error) {
	return readAll(ctx, o, "list the lists", func(row Row) (store.List, error) {
		var l ListRow
		err := row.Scan(l.Dest()...)
		return l.List, err
	}, SelectLists+` ORDER BY name`)
}

// ListEntries implements [store.Lists]. Between two pages it holds no connection, so that
// the loop's body may use the store even if there is only one.
func (o Operations) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		reader := entryReader{name: name, read: o.db.Entries()}
		doing := fmt.Sprintf("read the entries of the list %.64q", name)
		for {
			err := o.db.View(ctx, doing, func(q Querier) error { return reader.next(ctx, q) })
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if len(reader.page) == 0 {
				return // as it may only once the list is known to be the same still
			}
			for _, e := range reader.page {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// entryReader reads the entries of a list page by page.
type entryReader struct {
	name string
	list ListRow // as it was at the first page
	read func(context.Context, Querier, *ListRow) ([]store.Entry, error)
	page []store.Entry
}

// next reads the next page, unless the list has changed since the first.
func (r *entryReader) next(ctx context.Context, q Querier) (err error) {
	var now ListRow
	if err := q.Row(ctx, now.Dest(), SelectLists+` AND name = ?`, r.name); err != nil {
		return err
	}
	if r.list.Seq == 0 {
		r.list = now
	}
	if now.Seq != r.list.Seq || now.Version != r.list.Version {
		return store.ErrConflict
	}
	r.page, err = r.read(ctx, q, &now)
	return err
}
