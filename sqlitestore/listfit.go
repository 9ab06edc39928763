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

// fits fails if an entry that stays has the ID or the value of one to add. Entries
// to be removed are marked by now, and nobody else writes to the list.
//
// IDs have no index of their own. For a few among many, SQLite looks for them in
// that of the list, which has them; else all entries are read.
func (a *listApply) fits(ctx context.Context) error {
	if len(a.delta.Add) == 0 || a.list.Entries == 0 {
		return nil
	}
	coming, err := a.delta.Newcomers()
	if err != nil {
		return err
	}
	if n := len(a.delta.Add); n > manyNewcomers || int64(n) > a.list.Entries/8 {
		return a.fit(ctx, coming, `list = ? AND since <= ? AND until IS NULL`, a.list.Seq, a.list.content)
	}
	keys, ids := []any{a.list.Seq, a.list.content}, []any{a.list.Seq, a.list.content}
	for _, e := range a.delta.Add {
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return err
		}
		keys, ids = append(keys, key), append(ids, e.ID[:])
	}
	in := ` IN (?` + strings.Repeat(`, ?`, len(a.delta.Add)-1) + `)`
	if err := a.fit(ctx, coming, `+list = ? AND +since <= ? AND until IS NULL AND key`+in, keys...); err != nil {
		return err
	}
	return a.fit(ctx, coming, `until IS NULL AND (key, id, since) IN (
		SELECT key, id, since FROM ostraka_rules INDEXED BY ostraka_rules_list
		WHERE list IS NOT NULL AND list = ? AND since <= ? AND id`+in+`)`, ids...)
}

// fit fails if one of the entries that a condition selects is in the way of those
// that come.
func (a *listApply) fit(ctx context.Context, coming *sqlbackend.Newcomers, where string, args ...any) error {
	return a.store.retryRead(ctx, func() error {
		rows, err := a.store.readDB.QueryContext(ctx, `SELECT id, key, coalesce(value, substr(key, 3)) FROM ostraka_rules
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
