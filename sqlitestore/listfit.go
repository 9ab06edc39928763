package sqlitestore

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
)

// fits fails if an entry that stays has the ID or the value of one to add. It
// reads all of them, as their IDs have no index: whoever made the delta has
// read more. Entries to be removed are marked by now, and nobody else writes to
// the list.
func (a *listApply) fits(ctx context.Context) error {
	if len(a.delta.Add) == 0 || a.list.Entries == 0 {
		return nil
	}
	coming, err := a.delta.Newcomers()
	if err != nil {
		return err
	}
	return a.store.retryRead(ctx, func() error {
		rows, err := a.store.readDB.QueryContext(ctx, `SELECT id, key, coalesce(value, substr(key, 3)) FROM ostraka_rules
			WHERE list = ? AND since <= ? AND until IS NULL`, a.list.Seq, a.list.content)
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
