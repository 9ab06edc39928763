package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// partKeys is how many keys of a change one row holds.
const partKeys = 500

// keepKeys keeps the keys of a change that is Bulk, and forgets those of older ones
// that are too many with them. The row of @log is locked: nobody else does so now.
func (t *tx) keepKeys(ctx context.Context, seq int64, keys []store.Key) error {
	part := 0
	for some := range slices.Chunk(keys, partKeys) {
		texts := make([]string, len(some))
		for i, k := range some {
			var err error
			if texts[i], err = sqlbackend.RuleKey(k); err != nil {
				return err
			}
		}
		err := t.exec(ctx, `INSERT INTO @change_keys (seq, part, keys) VALUES (?, ?, CAST(? AS text[]))`, seq, part, texts)
		if err != nil {
			return err
		}
		part++
	}
	return t.exec(ctx, `DELETE FROM @change_keys WHERE seq <= (
		SELECT seq FROM (
			SELECT seq, sum(sum(cardinality(keys))) OVER (ORDER BY seq DESC) AS together FROM @change_keys GROUP BY seq
		) AS newest WHERE together > ? ORDER BY seq DESC LIMIT 1)`, int64(store.MaxKnownKeys))
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
		err := q.row(ctx, []any{&bulk, &few}, `SELECT bulk, keys FROM @changes WHERE seq = ? AND `+onPrimary, seq)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
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
	err = q.each(ctx, func(rows pgx.Rows) error {
		var texts []string
		if err := rows.Scan(&texts); err != nil {
			return err
		}
		for _, text := range texts {
			key, err := sqlbackend.ParseRuleKey(text)
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
		return nil
	}, `SELECT keys FROM @change_keys WHERE seq = ? ORDER BY part`, seq)
	if err == nil && len(keys) == 0 {
		err = store.ErrNotFound
	}
	return keys, err
}
