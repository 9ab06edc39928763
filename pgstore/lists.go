package pgstore

import (
	"context"
	"fmt"
	"iter"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// ListEntries implements [store.Lists].
func (s *Store) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		reader := entryReader{name: name}
		for {
			page, err := s.entryPage(ctx, &reader)
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if len(page) == 0 {
				return // as it may only once the list is known to be the same still
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// entryReader reads the entries of a list page by page, in the order of since,
// key and id. Between two pages it holds no connection, as Scan does.
type entryReader struct {
	name      string
	list      sqlbackend.ListRow // as it was at the first page
	lastSince int64
	lastKey   string
	lastID    uuid.UUID
	page      []store.Entry
}

func (s *Store) entryPage(ctx context.Context, r *entryReader) ([]store.Entry, error) {
	doing := fmt.Sprintf("read the entries of the list %.64q", r.name)
	err := s.view(ctx, doing, func(q querier) error { return r.next(ctx, q) })
	return r.page, err
}

// next reads the next page, unless the list has changed since the first.
func (r *entryReader) next(ctx context.Context, q querier) error {
	var now sqlbackend.ListRow
	if err := q.Row(ctx, now.Dest(), sqlbackend.SelectLists+` AND name = ?`, r.name); err != nil {
		return err
	}
	if r.list.Seq == 0 {
		r.list = now
	}
	if now.Seq != r.list.Seq || now.Version != r.list.Version {
		return store.ErrConflict
	}
	rows, err := q.query(ctx, `SELECT key, id, since, value, effect, scope, shadow, line FROM @rules
		WHERE list = ?1 AND (since, key, id) > (?2, ?3, ?4) AND since <= ?5 AND (until IS NULL OR until > ?5)
		ORDER BY since, key, id LIMIT ?6`, now.Seq, r.lastSince, r.lastKey, uid(r.lastID), now.Content, scanPage)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.page = r.page[:0]
	for rows.Next() {
		var e store.Entry
		var value pgtype.Text
		if err := rows.Scan(&r.lastKey, (*id)(&e.ID), &r.lastSince, &value,
			(*small)(&e.Effect), (*small)(&e.Scope), &e.Shadow, &e.Line); err != nil {
			return err
		}
		if e.Key, err = sqlbackend.ParseRuleKey(r.lastKey); err != nil {
			return err
		}
		e.Value = e.Key.Text
		if value.Valid {
			e.Value = value.String
		}
		r.page = append(r.page, e)
	}
	if n := len(r.page); n > 0 {
		r.lastID = r.page[n-1].ID
	}
	return rows.Err()
}
