package pgstore

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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
	rows, err := querier{store: a.store, conn: a.store.pool}.query(ctx, `SELECT id, key, coalesce(value, substr(key, 3)) FROM @rules
		WHERE list = ? AND since <= ? AND until IS NULL`, a.list.Seq, a.list.content)
	if err != nil {
		return err
	}
	var staying id
	var key, text []byte
	return drain(rows, func(rows pgx.Rows) error {
		if err := rows.Scan(&staying, (*pgtype.DriverBytes)(&key), (*pgtype.DriverBytes)(&text)); err != nil {
			return err
		}
		return coming.Fit(uuid.UUID(staying), key, text)
	})
}
