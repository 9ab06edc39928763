package sqlitestore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
)

// manyNewcomers are so many that they are not bound one by one: SQLite takes 32,766
// parameters.
const manyNewcomers = 30_000

// Fits fails if an entry that stays has the ID or the value of one to add. Entries
// to be removed are marked by now, and nobody else writes to the list.
//
// IDs have no index of their own. For a few among many, SQLite looks for them in
// that of the list, which has them; else all entries are read.
func (d database) Fits(ctx context.Context, list *sqlbackend.ListRow, delta *sqlbackend.Delta, coming *sqlbackend.Newcomers) error {
	if n := len(delta.Add); n > manyNewcomers || int64(n) > list.Entries/8 {
		return d.fit(ctx, coming, `list = ? AND since <= ? AND until IS NULL`, list.Seq, list.Content)
	}
	keys, ids := []any{list.Seq, list.Content}, []any{list.Seq, list.Content}
	for _, e := range delta.Add {
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return err
		}
		keys, ids = append(keys, key), append(ids, e.ID[:])
	}
	in := ` IN (?` + strings.Repeat(`, ?`, len(delta.Add)-1) + `)`
	if err := d.fit(ctx, coming, `+list = ? AND +since <= ? AND until IS NULL AND key`+in, keys...); err != nil {
		return err
	}
	return d.fit(ctx, coming, `until IS NULL AND (key, id, since) IN (
		SELECT key, id, since FROM ostraka_rules INDEXED BY ostraka_rules_list
		WHERE list IS NOT NULL AND list = ? AND since <= ? AND id`+in+`)`, ids...)
}

// fit fails if one of the entries that a condition selects is in the way of those
// that come.
func (d database) fit(ctx context.Context, coming *sqlbackend.Newcomers, where string, args ...any) error {
	return d.store.retryRead(ctx, func() error {
		rows, err := d.store.readDB.QueryContext(ctx, `SELECT id, key, coalesce(value, substr(key, 3)) FROM ostraka_rules
			WHERE `+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var staying id
		var key, text sql.RawBytes // without a copy: in most rows they are only compared
		for rows.Next() {
			if err := rows.Scan(&staying, &key, &text); err != nil {
				return err
			}
			if err := coming.Fit(uuid.UUID(staying), key, text); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
