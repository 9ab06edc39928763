package storetest

import (
	"context"
	"iter"

	"example.com/ostraka/store"
)

// knownAs has ChangedKeys yield what becomes of the keys there are, and of the error.
func knownAs(o *override, as func(keys []store.Key, err error) ([]store.Key, error)) {
	o.changedKeys = func(ctx context.Context, seq int64) iter.Seq2[store.Key, error] {
		return func(yield func(store.Key, error) bool) {
			var keys []store.Key
			var err error
			for k, e := range o.Store.ChangedKeys(ctx, seq) {
				if err = e; err == nil {
					keys = append(keys, k)
				}
			}
			keys, err = as(keys, err)
			for _, k := range keys {
				if !yield(k, nil) {
					return
				}
			}
			if err != nil {
				yield(store.Key{}, err)
			}
		}
	}
}

var changedKeysFlaws = []flaw{
	{"loses one key of a change", func(o *override) {
		knownAs(o, func(keys []store.Key, err error) ([]store.Key, error) { return keys[:max(len(keys)-1, 0)], err })
	}, []string{
		"ChangedKeys of a change that names its keys yields those",
		"ChangedKeys yields those of many bans that come and go",
		"ChangedKeys yields those of entries that come and go",
		"ChangedKeys yields those of entries that stay in a list of other texts",
	}},
	{"tells a key of a change twice", func(o *override) {
		knownAs(o, func(keys []store.Key, err error) ([]store.Key, error) {
			return append(keys, keys[:min(len(keys), 1)]...), err
		})
	}, []string{"ChangedKeys yields those of many bans that come and go", "ChangedKeys yields those of entries that come and go"}},
	{"has no keys where it should say that it does not know them", func(o *override) {
		knownAs(o, func(keys []store.Key, err error) ([]store.Key, error) { return keys, nil })
	}, []string{"ChangedKeys of what is not known is ErrNotFound"}},
	{"tells of half a change only", func(o *override) {
		knownAs(o, func(keys []store.Key, err error) ([]store.Key, error) {
			if len(keys) > store.MaxChangeKeys {
				err = store.ErrNotFound
			}
			return keys, err
		})
	}, []string{"ChangedKeys of what is not known is ErrNotFound", "ChangedKeys yields those of entries that come and go"}},
	{"tells keys while it is locked", func(o *override) {
		knownAs(o, func(keys []store.Key, err error) ([]store.Key, error) { return keys[:min(len(keys), 2)], err })
	}, []string{"A loop over ChangedKeys may stop, and may write"}},
}
