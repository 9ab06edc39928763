package pgstore

import (
	"context"
)

const readKeyTables = `SELECT key_tables FROM @log`

// KeyTables implements [store.Keys].
func (s *Store) KeyTables(ctx context.Context) (tables string, err error) {
	err = s.lookup(ctx, "read the tables of keys", func(q querier) error {
		return q.row(ctx, []any{&tables}, readKeyTables)
	})
	return tables, err
}

// KeyTables implements [sqlbackend.Tx].
func (t *tx) KeyTables(ctx context.Context) (tables string, err error) {
	err = t.row(ctx, []any{&tables}, readKeyTables)
	return tables, err
}

// SetKeyTables implements [sqlbackend.Tx].
func (t *tx) SetKeyTables(ctx context.Context, tables string) error {
	return t.exec(ctx, `UPDATE @log SET key_tables = ?`, tables)
}
