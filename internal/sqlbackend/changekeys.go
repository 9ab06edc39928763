package sqlbackend

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"example.com/ostraka/store"
)

// partKeys is how many keys of a change one row holds.
const partKeys = 500

// KeepKeys keeps the keys of a change that is Bulk, and forgets those of older ones
// that are too many with them.
func KeepKeys(ctx context.Context, t Tx, seq int64, keys []store.Key) error {
	part := 0
	texts := make([]string, 0, partKeys)
	for some := range slices.Chunk(keys, partKeys) {
		texts = texts[:0]
		for _, k := range some {
			text, err := RuleKey(k)
			if err != nil {
				return err
			}
			texts = append(texts, text)
		}
		if err := t.KeepKeys(ctx, seq, part, texts); err != nil {
			return err
		}
		part++
	}
	return t.ForgetKeys(ctx, store.MaxKnownKeys)
}

// ChangedKeys implements [store.Changes].
func (o Operations) ChangedKeys(ctx context.Context, seq int64) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		keys, err := o.changedKeys(ctx, seq)
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

func (o Operations) changedKeys(ctx context.Context, seq int64) (keys []store.Key, err error) {
	doing := fmt.Sprintf("read the keys of change %d", seq)
	err = o.db.View(ctx, doing, func(q Querier) error {
		keys = nil
		var bulk bool
		var few []byte
		err := q.Row(ctx, []any{&bulk, &few}, `SELECT bulk, keys FROM @changes WHERE seq = ? AND @primary`, seq)
		switch {
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

// readKeptKeys reads what KeepKeys wrote.
func readKeptKeys(ctx context.Context, q Querier, seq int64) (keys []store.Key, err error) {
	err = q.Each(ctx, func(row Row) error {
		var texts []string
		if err := row.Scan(&texts); err != nil {
			return err
		}
		for _, text := range texts {
			key, err := ParseRuleKey(text)
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
