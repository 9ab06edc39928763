package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// partKeys is how many keys of a change one row holds.
const partKeys = 500

// keepKeys keeps the keys of a change that is Bulk, and forgets those of older ones
// that are too many with them.
func (t *tx) keepKeys(ctx context.Context, seq int64, keys []store.Key) error {
	part := 0
	texts := make([]string, 0, partKeys)
	for some := range slices.Chunk(keys, partKeys) {
		texts = texts[:0]
		for _, k := range some {
			text, err := sqlbackend.RuleKey(k)
			if err != nil {
				return err
			}
			texts = append(texts, text)
		}
		data, err := json.Marshal(texts)
		if err == nil {
			err = t.exec(ctx, `INSERT INTO ostraka_change_keys (seq, part, count, keys) VALUES (?, ?, ?, ?)`, seq, part, len(texts), string(data))
		}
		if err != nil {
			return err
		}
		part++
	}
	return t.exec(ctx, `DELETE FROM ostraka_change_keys WHERE seq <= (
		SELECT seq FROM (SELECT seq, sum(sum(count)) OVER (ORDER BY seq DESC) AS together FROM ostraka_change_keys GROUP BY seq)
		WHERE together > ? ORDER BY seq DESC LIMIT 1)`, store.MaxKnownKeys)
}

// ChangedKeys implements [store.Changes].
func (s *Store) ChangedKeys(ctx context.Context, seq int64) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		keys, err := s.changedKeys(ctx, seq)
		if err != nil {
			yield(store.Key{}, err)
			return
		}
		for _, k := range keys {
			if !yield(k, nil) {
				return
			}
		}
	}
}

func (s *Store) changedKeys(ctx context.Context, seq int64) (keys []store.Key, err error) {
	doing := fmt.Sprintf("read the keys of change %d", seq)
	err = s.view(ctx, doing, func(q querier) error {
		keys = nil
		var bulk bool
		var few []byte
		err := q.QueryRowContext(ctx, `SELECT bulk, keys FROM ostraka_changes WHERE seq = ?`, seq).Scan(&bulk, &few)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return store.ErrNotFound
		case err != nil || !bulk && few == nil:
			return err
		case !bulk:
			return json.Unmarshal(few, &keys)
		}
		keys, err = readKeptKeys(ctx, q, seq)
		return err
	})
	return keys, err
}

// readKeptKeys reads what keepKeys wrote.
func readKeptKeys(ctx context.Context, q querier, seq int64) (keys []store.Key, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		var data []byte
		var texts []string
		if err := rows.Scan(&data); err != nil {
			return err
		}
		if err := json.Unmarshal(data, &texts); err != nil {
			return fmt.Errorf("%w: keys of change %d: %w", ErrCorrupt, seq, err)
		}
		for _, text := range texts {
			key, err := sqlbackend.ParseRuleKey(text)
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
		return nil
	}, `SELECT keys FROM ostraka_change_keys WHERE seq = ? ORDER BY part`, seq)
	if err == nil && len(keys) == 0 {
		err = store.ErrNotFound
	}
	return keys, err
}
