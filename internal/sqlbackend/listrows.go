package sqlbackend

import (
	"context"

	"example.com/ostraka/store"
)

// ListRow is a row of @lists.
type ListRow struct {
	store.List
	Content  int64        // the number by which entries in force are told
	Previous PreviousList // if Undoable; its texts are those of now if none are kept
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
