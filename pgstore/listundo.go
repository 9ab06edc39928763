package pgstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// UndoList implements [store.Lists].
func (s *Store) UndoList(ctx context.Context, name string, version int64, change store.Change) (store.List, error) {
	doing := fmt.Sprintf("undo the list %.64q", name)
	g := s.newStaging(doing)
	var after store.List
	err := s.write(ctx, doing, func(t *tx) (err error) {
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
	g.list.List, g.list.content = after, g.list.content-1
	s.tidy(ctx, doing, func() error {
		if err := g.dropLeftovers(ctx); err != nil {
			return err
		}
		if err := s.forgetVersions(ctx, doing, after.Seq); err != nil {
			return err
		}
		return g.release(ctx)
	})
	return after, nil
}

// undo puts the content before into force. It takes the list over, so that a
// staging that is under way ends, and its entries can be told from leftovers.
func (t *tx) undo(ctx context.Context, row *listRow, token uuid.UUID, change store.Change) (store.List, error) {
	before, after := row.List, row.previous.Undone(row.List)

	keys, err := t.changedKeys(ctx, &before, &after, row.content)
	if err != nil {
		return after, err
	}
	counts, err := t.undoCounts(ctx, row)
	if err != nil {
		return after, err
	}
	err = t.exec(ctx, `UPDATE @lists SET version = ?, entries = ?, content = content - 1, synced_at = ?, synced_by = ?,
		source = ?, reason = ?, public_reason = ?, writer = ?, previous_entries = NULL, previous_synced_at = NULL,
		previous_synced_by = NULL, previous_source = NULL, previous_reason = NULL, previous_public_reason = NULL,
		digest = ?, previous_digest = NULL WHERE seq = ?`,
		after.Version, after.Entries, sqlbackend.TimeArg(after.SyncedAt), after.SyncedBy,
		after.Source, after.Reason, after.PublicReason, uid(token), after.Digest, after.Seq)
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
	return after, t.log(c)
}

// changedKeys returns the keys of the entries that a list has in a content and not
// in the one before, or the other way round; and of all in either if texts differ.
// Leftovers of a staging that was cut off are of other contents.
func (t *tx) changedKeys(ctx context.Context, before, after *store.List, content int64) ([]store.Key, error) {
	if changelog.OtherRules(before, after) {
		return t.entryKeys(ctx, `SELECT key FROM @rules
			WHERE list = ?1 AND since <= ?2 AND (until IS NULL OR until >= ?2)`, after.Seq, content)
	}
	return t.entryKeys(ctx, `SELECT key FROM @rules WHERE list = ?1 AND since = ?2
		UNION SELECT key FROM @rules WHERE list = ?1 AND until = ?2`, after.Seq, content)
}

// undoCounts returns what [changelog.ListCounts] does of the entries that come
// back and go: the rows of the content before and of the one in force.
func (t *tx) undoCounts(ctx context.Context, row *listRow) (map[string]int64, error) {
	var added, removed, changed int64
	err := t.row(ctx, []any{&added, &removed, &changed}, `SELECT
		count(*) FILTER (WHERE came.id IS NULL), count(*) FILTER (WHERE back.id IS NULL),
		count(*) FILTER (WHERE (back.effect, back.scope, back.shadow) <> (came.effect, came.scope, came.shadow))
		FROM (SELECT id, effect, scope, shadow FROM @rules WHERE list = ?1 AND until = ?2) back
		FULL JOIN (SELECT id, effect, scope, shadow FROM @rules WHERE list = ?1 AND since = ?2) came ON came.id = back.id`,
		row.Seq, row.content)
	return map[string]int64{"added": added, "removed": removed, "changed": changed}, err
}

// DropList implements [store.Lists].
func (s *Store) DropList(ctx context.Context, name string, change store.Change) (store.List, error) {
	doing := fmt.Sprintf("drop the list %.64q", name)
	var list store.List
	err := s.write(ctx, doing, func(t *tx) error {
		row, err := t.list(ctx, name)
		if err != nil {
			return err
		}
		list = row.List
		keys, err := t.entryKeys(ctx, `SELECT key FROM @rules
			WHERE list = ?1 AND since <= ?2 AND (until IS NULL OR until > ?2)`, list.Seq, row.content)
		if err != nil {
			return err
		}
		// Without this row, none of its entries is in force.
		if err := t.exec(ctx, `DELETE FROM @lists WHERE seq = ?`, list.Seq); err != nil {
			return err
		}
		c, err := changelog.List(change, &list, nil, keys, map[string]int64{"added": 0, "removed": list.Entries, "changed": 0})
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.List{}, err
	}
	s.tidy(ctx, doing, func() error { return s.dropOrphans(ctx, doing) })
	return list, nil
}

// entryKeys returns the keys that the query selects of a content of a list, as
// many as decide whether a change can name them.
func (t *tx) entryKeys(ctx context.Context, query string, list, content int64) ([]store.Key, error) {
	var keys []store.Key
	err := t.each(ctx, func(rows pgx.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		key, err := sqlbackend.ParseRuleKey(text)
		keys = append(keys, key)
		return err
	}, fmt.Sprintf(`SELECT DISTINCT key FROM (%s) AS entries LIMIT %d`, query, store.MaxKnownKeys+1), list, content)
	return keys, err
}
