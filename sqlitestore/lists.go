package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// Entries implements [sqlbackend.Database].
func (d database) Entries() func(context.Context, sqlbackend.Querier, *sqlbackend.ListRow) ([]store.Entry, error) {
	r := entryReader{lastID: make([]byte, len(uuid.Nil))}
	return func(ctx context.Context, q sqlbackend.Querier, list *sqlbackend.ListRow) ([]store.Entry, error) {
		err := r.next(ctx, q.(sharedQuerier).q, list)
		return r.page, err
	}
}

// entryReader reads the entries of a list page by page.
type entryReader struct {
	query     string
	lastSince int64
	lastKey   string
	lastID    []byte
	page      []store.Entry
}

// next reads the next page.
func (r *entryReader) next(ctx context.Context, q querier, list *sqlbackend.ListRow) error {
	if r.query == "" { // it is the first one
		if err := r.chooseOrder(ctx, q, list); err != nil {
			return err
		}
	}
	rows, err := q.QueryContext(ctx, r.query, list.Seq, r.lastSince, r.lastKey, r.lastID, list.Content, rowPage)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.page = r.page[:0]
	var id sql.RawBytes
	key := r.lastKey
	var since, value, effect, scope, shadow, line any // what is scanned into any is not converted
	for rows.Next() {
		if err := rows.Scan(&key, &id, &since, &value, &effect, &scope, &shadow, &line); err != nil {
			return err
		}
		if len(id) != len(uuid.Nil) {
			return fmt.Errorf("%w: an entry with an id of %d bytes", ErrCorrupt, len(id))
		}
		e := store.Entry{
			ID: uuid.UUID(id), Effect: store.Effect(number(effect)), Scope: store.Scope(number(scope)),
			Shadow: number(shadow) != 0, Line: int(number(line)),
		}
		if e.Key, err = sqlbackend.ParseRuleKey(key); err != nil {
			return err
		}
		var ok bool
		if e.Value, ok = value.(string); !ok {
			e.Value = e.Key.Text
		}
		r.page = append(r.page, e)
	}
	if err := rows.Err(); err != nil || len(r.page) == 0 {
		return err // the same page may be read again
	}
	r.lastSince, r.lastKey = number(since), key
	copy(r.lastID, r.page[len(r.page)-1].ID[:])
	return nil
}

const selectEntries = `SELECT key, id, since, value, effect, scope, shadow, line FROM ostraka_rules `

// chooseOrder reads a list that is most of the rules in the order of their rows, and
// a smaller one by its index, which costs several times as much an entry.
func (r *entryReader) chooseOrder(ctx context.Context, q querier, list *sqlbackend.ListRow) error {
	var others int64
	err := q.QueryRowContext(ctx, `SELECT (SELECT coalesce(sum(entries), 0) FROM ostraka_lists WHERE seq <> ?)
		+ (SELECT count(*) FROM ostraka_bans INDEXED BY ostraka_bans_ruled WHERE ruled = 1) + (SELECT count(*) FROM ostraka_blocks)`, list.Seq).Scan(&others)
	if r.query = selectEntries + `WHERE list = ?1 AND (since, key, id) > (?2, ?3, ?4) AND since <= ?5 AND (until IS NULL OR until > ?5)
		ORDER BY since, key, id LIMIT ?6`; list.Entries > 2*others {
		r.query = selectEntries + `WHERE +list = ?1 AND (key, id, since) > (?3, ?4, ?2) AND +since <= ?5 AND (until IS NULL OR until > ?5)
		ORDER BY key, id, since LIMIT ?6`
	}
	return err
}
