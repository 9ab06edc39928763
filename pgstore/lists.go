package pgstore

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// Entries implements [sqlbackend.Database].
func (d database) Entries() func(context.Context, sqlbackend.Querier, *sqlbackend.ListRow) ([]store.Entry, error) {
	var r entryReader
	return func(ctx context.Context, q sqlbackend.Querier, list *sqlbackend.ListRow) ([]store.Entry, error) {
		err := r.next(ctx, q.(querier), list)
		return r.page, err
	}
}

// entryReader reads the entries of a list page by page, in the order of since,
// key and id.
type entryReader struct {
	lastSince int64
	lastKey   string
	lastID    uuid.UUID
	page      []store.Entry
}

// next reads the next page.
func (r *entryReader) next(ctx context.Context, q querier, list *sqlbackend.ListRow) error {
	rows, err := q.query(ctx, `SELECT key, id, since, value, effect, scope, shadow, line FROM @rules
		WHERE list = ?1 AND (since, key, id) > (?2, ?3, ?4) AND since <= ?5 AND (until IS NULL OR until > ?5)
		ORDER BY since, key, id LIMIT ?6`, list.Seq, r.lastSince, r.lastKey, uid(r.lastID), list.Content, scanPage)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.page = r.page[:0]
	since, key := r.lastSince, r.lastKey
	for rows.Next() {
		var e store.Entry
		var value pgtype.Text
		if err := rows.Scan(&key, (*id)(&e.ID), &since, &value,
			(*small)(&e.Effect), (*small)(&e.Scope), &e.Shadow, &e.Line); err != nil {
			return err
		}
		if e.Key, err = sqlbackend.ParseRuleKey(key); err != nil {
			return err
		}
		e.Value = e.Key.Text
		if value.Valid {
			e.Value = value.String
		}
		r.page = append(r.page, e)
	}
	if err := rows.Err(); err != nil || len(r.page) == 0 {
		return err // the same page may be read again
	}
	r.lastSince, r.lastKey, r.lastID = since, key, r.page[len(r.page)-1].ID
	return nil
}
