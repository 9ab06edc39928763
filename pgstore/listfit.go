package pgstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/store"
)

// idsAdded returns the IDs of the entries to add. It refuses a delta that fits
// no list, before anything is written.
func (a *listApply) idsAdded() (map[uuid.UUID]struct{}, error) {
	ids := make(map[uuid.UUID]struct{}, len(a.add))
	for i, e := range a.add {
		if ids[e.ID] = struct{}{}; len(ids) <= i {
			return nil, fmt.Errorf("%w: two entries to be added have the ID %s", store.ErrConflict, e.ID)
		}
		if i > 0 && e.Key.Kind == a.add[i-1].Key.Kind && e.Value == a.add[i-1].Value {
			return nil, fmt.Errorf("%w: %.64q is added twice", store.ErrConflict, e.Value)
		}
	}
	return ids, nil
}

// fits fails if an entry that stays has the ID or the value of one to add. It
// reads all of them, as their IDs have no index: whoever made the delta has
// read more. Entries to be removed are marked by now, and nobody else writes to
// the list.
func (a *listApply) fits(ctx context.Context, ids map[uuid.UUID]struct{}) error {
	if len(a.add) == 0 || a.list.Entries == 0 {
		return nil
	}
	type value struct{ key, value string }
	added := make(map[value]struct{}, len(a.add))
	for _, e := range a.add {
		key, err := ruleKey(e.Key)
		if err != nil {
			return err
		}
		added[value{key, e.Value}] = struct{}{}
	}
	rows, err := querier{a.store, a.store.pool}.query(ctx, `SELECT id, key, coalesce(value, substr(key, 3)) FROM @rules
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
		_, sameID := ids[uuid.UUID(staying)]
		_, sameValue := added[value{string(key), string(text)}]
		if sameID || sameValue {
			return fmt.Errorf("%w: the list has an entry %.64q, in the way of one to be added", store.ErrConflict, text)
		}
		return nil
	})
}
