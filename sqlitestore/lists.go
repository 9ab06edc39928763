package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// ListEntries implements [store.Lists].
func (s *Store) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		reader := entryReader{name: name, lastID: make([]byte, 16)}
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

// entryReader reads the entries of a list page by page. Between two pages it holds no connection, as Scan does.
type entryReader struct {
	name      string
	list      sqlbackend.ListRow // as it was at the first page
	query     string
	lastSince int64
	lastKey   string
	lastID    []byte
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
	if err := (sharedQuerier{q}).Row(ctx, now.Dest(), sqlbackend.SelectLists+` AND name = ?`, r.name); err != nil {
		return err
	}
	if r.list.Seq == 0 {
		r.list = now
	}
	if now.Seq != r.list.Seq || now.Version != r.list.Version {
		return store.ErrConflict
	}
	if len(r.page) == 0 { // it is the first one
		if err := r.chooseOrder(ctx, q); err != nil {
			return err
		}
	}
	rows, err := q.QueryContext(ctx, r.query, now.Seq, r.lastSince, r.lastKey, r.lastID, now.Content, rowPage)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.page = r.page[:0]
	var id sql.RawBytes
	var since, value, effect, scope, shadow, line any // what is scanned into any is not converted
	for rows.Next() {
		if err := rows.Scan(&r.lastKey, &id, &since, &value, &effect, &scope, &shadow, &line); err != nil {
			return err
		}
		if len(id) != len(uuid.Nil) {
			return fmt.Errorf("%w: an entry with an id of %d bytes", ErrCorrupt, len(id))
		}
		e := store.Entry{
			ID: uuid.UUID(id), Effect: store.Effect(number(effect)), Scope: store.Scope(number(scope)),
			Shadow: number(shadow) != 0, Line: int(number(line)),
		}
		if e.Key, err = sqlbackend.ParseRuleKey(r.lastKey); err != nil {
			return err
		}
		var ok bool
		if e.Value, ok = value.(string); !ok {
			e.Value = e.Key.Text
		}
		r.lastSince = number(since)
		r.page = append(r.page, e)
	}
	if n := len(r.page); n > 0 {
		copy(r.lastID, r.page[n-1].ID[:])
	}
	return rows.Err()
}

const selectEntries = `SELECT key, id, since, value, effect, scope, shadow, line FROM ostraka_rules `

// chooseOrder reads a list that is most of the rules in the order of their rows, and
// a smaller one by its index, which costs several times as much an entry.
func (r *entryReader) chooseOrder(ctx context.Context, q querier) error {
	var others int64
	err := q.QueryRowContext(ctx, `SELECT (SELECT coalesce(sum(entries), 0) FROM ostraka_lists WHERE seq <> ?)
		+ (SELECT count(*) FROM ostraka_bans INDEXED BY ostraka_bans_ruled WHERE ruled = 1) + (SELECT count(*) FROM ostraka_blocks)`, r.list.Seq).Scan(&others)
	if r.query = selectEntries + `WHERE list = ?1 AND (since, key, id) > (?2, ?3, ?4) AND since <= ?5 AND (until IS NULL OR until > ?5)
		ORDER BY since, key, id LIMIT ?6`; r.list.Entries > 2*others {
		r.query = selectEntries + `WHERE +list = ?1 AND (key, id, since) > (?3, ?4, ?2) AND +since <= ?5 AND (until IS NULL OR until > ?5)
		ORDER BY key, id, since LIMIT ?6`
	}
	return err
}
