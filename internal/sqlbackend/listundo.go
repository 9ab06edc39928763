package sqlbackend

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// UndoList implements [store.Lists].
func (o Operations) UndoList(ctx context.Context, name string, version int64, change store.Change) (store.List, error) {
	doing := fmt.Sprintf("undo the list %.64q", name)
	g := o.newStaging(doing)
	var after store.List
	err := o.write(ctx, doing, func(t writer) (err error) {
		if g.list, err = t.list(ctx, name); err != nil {
			return err
		}
		if version != 0 && g.list.Version != version {
			return fmt.Errorf("%w: the list is not at version %d", store.ErrConflict, version)
		}
		if !g.list.Undoable {
			return fmt.Errorf("%w: the version before is gone", store.ErrConflict)
		}
		after, err = t.undo(ctx, &g.list, g.token, change)
		return err
	})
	if err != nil {
		return store.List{}, err
	}
	g.list.List, g.list.Content = after, g.list.Content-1
	o.db.Tidy(ctx, doing, func() error {
		if err := g.dropLeftovers(ctx); err != nil {
			return err
		}
		if err := o.forgetVersions(ctx, doing, after.Seq); err != nil {
			return err
		}
		return g.release(ctx)
	})
	return after, nil
}

// undo puts the content before into force. It takes the list over, so that a
// staging that is under way ends, and its entries can be told from leftovers.
func (t writer) undo(ctx context.Context, row *ListRow, token uuid.UUID, change store.Change) (store.List, error) {
	before, after := row.List, row.Previous.Undone(row.List)

	keys, err := t.changedKeys(ctx, &before, &after, row.Content)
	if err != nil {
		return after, err
	}
	counts, err := t.undoCounts(ctx, row)
	if err != nil {
		return after, err
	}
	err = t.Exec(ctx, `UPDATE @lists SET version = ?, entries = ?, content = content - 1, synced_at = ?, synced_by = ?,
		source = ?, reason = ?, public_reason = ?, writer = ?, previous_entries = NULL, previous_synced_at = NULL,
		previous_synced_by = NULL, previous_source = NULL, previous_reason = NULL, previous_public_reason = NULL,
		digest = ?, previous_digest = NULL WHERE seq = ?`,
		after.Version, after.Entries, TimeArg(after.SyncedAt), after.SyncedBy,
		after.Source, after.Reason, after.PublicReason, token, after.Digest, after.Seq)
	if err != nil {
		return after, err
	}
	if err := t.moveHitsBack(ctx, row); err != nil {
		return after, err
	}
	c, err := changelog.List(change, &before, &after, keys, counts)
	if err != nil {
		return after, err
	}
	return after, t.Log(ctx, c)
}

// changedKeys returns the keys of the entries that a list has in a content and not
// in the one before, or the other way round; and of all in either if texts differ.
// Leftovers of a staging that was cut off are of other contents.
func (t writer) changedKeys(ctx context.Context, before, after *store.List, content int64) ([]store.Key, error) {
	if changelog.OtherRules(before, after) {
		return t.entryKeys(ctx, `SELECT key FROM @rules
			WHERE list = ?1 AND since <= ?2 AND (until IS NULL OR until >= ?2)`, after.Seq, content)
	}
	return t.entryKeys(ctx, `SELECT key FROM @rules WHERE list = ?1 AND since = ?2
		UNION SELECT key FROM @rules WHERE list = ?1 AND until = ?2`, after.Seq, content)
}

// undoCounts returns what [changelog.ListCounts] does of the entries that come
// back and go: the rows of the content before and of the one in force.
func (t writer) undoCounts(ctx context.Context, row *ListRow) (map[string]int64, error) {
	var added, removed, changed int64
	err := t.Row(ctx, []any{&added, &removed, &changed}, `SELECT
		count(*) FILTER (WHERE back = 1 AND gone = 0), count(*) FILTER (WHERE gone = 1 AND back = 0),
		count(*) FILTER (WHERE gone = 1 AND back = 1 AND other)
		FROM (
			SELECT max(back) AS back, max(gone) AS gone, min(effect) <> max(effect) OR min(scope) <> max(scope)
				OR min(CAST(shadow AS integer)) <> max(CAST(shadow AS integer)) AS other
			FROM (
				SELECT id, 1 AS back, 0 AS gone, effect, scope, shadow FROM @rules WHERE list = ?1 AND until = ?2
				UNION ALL
				SELECT id, 0, 1, effect, scope, shadow FROM @rules WHERE list = ?1 AND since = ?2
			) AS either GROUP BY id
		) AS entries`, row.Seq, row.Content)
	return map[string]int64{"added": added, "removed": removed, "changed": changed}, err
}

// DropList implements [store.Lists].
func (o Operations) DropList(ctx context.Context, name string, change store.Change) (store.List, error) {
	doing := fmt.Sprintf("drop the list %.64q", name)
	var list store.List
	err := o.write(ctx, doing, func(t writer) error {
		row, err := t.list(ctx, name)
		if err != nil {
			return err
		}
		list = row.List
		keys, err := t.entryKeys(ctx, `SELECT key FROM @rules
			WHERE list = ?1 AND since <= ?2 AND (until IS NULL OR until > ?2)`, list.Seq, row.Content)
		if err != nil {
			return err
		}
		// Without this row, none of its entries is in force.
		if err := t.Exec(ctx, `DELETE FROM @lists WHERE seq = ?`, list.Seq); err != nil {
			return err
		}
		c, err := changelog.List(change, &list, nil, keys, map[string]int64{"added": 0, "removed": list.Entries, "changed": 0})
		if err != nil {
			return err
		}
		return t.Log(ctx, c)
	})
	if err != nil {
		return store.List{}, err
	}
	o.db.Tidy(ctx, doing, func() error { return o.dropOrphans(ctx, doing) })
	return list, nil
}

// entryKeys returns the keys that the query selects of a content of a list, as
// many as decide whether a change can name them.
func (t writer) entryKeys(ctx context.Context, query string, list, content int64) ([]store.Key, error) {
	var keys []store.Key
	err := t.Each(ctx, func(row Row) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		key, err := ParseRuleKey(text)
		keys = append(keys, key)
		return err
	}, fmt.Sprintf(`SELECT DISTINCT key FROM (%s) AS entries LIMIT %d`, query, store.MaxKnownKeys+1), list, content)
	return keys, err
}
