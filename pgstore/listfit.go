package pgstore

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
)

// Fits fails if an entry that stays has the ID or the value of one to add. It
// reads all of them, as their IDs have no index: whoever made the delta has
// read more. Entries to be removed are marked by now, and nobody else writes to
// the list.
func (d database) Fits(ctx context.Context, list *sqlbackend.ListRow, delta *sqlbackend.Delta, coming *sqlbackend.Newcomers) error {
	rows, err := querier{store: d.store, conn: d.store.pool}.query(ctx, `SELECT id, key, coalesce(value, substr(key, 3)) FROM @rules
		WHERE list = ? AND since <= ? AND until IS NULL`, list.Seq, list.Content)
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
