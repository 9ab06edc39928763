package sqlitestore

import (
	"context"

	"example.com/ostraka/internal/sqlbackend"
)

const readKeyTables = `SELECT coalesce((SELECT tables FROM ostraka_key_tables), '')`

// KeyTables implements [store.Keys].
func (s *Store) KeyTables(ctx context.Context) (tables string, err error) {
	err = s.read(ctx, "read the tables of keys", func(q querier) error {
		return q.QueryRowContext(ctx, readKeyTables).Scan(&tables)
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
	if tables == "" {
		return t.exec(ctx, `DELETE FROM ostraka_key_tables`)
	}
	return t.exec(ctx, `INSERT INTO ostraka_key_tables (one, tables) VALUES (1, ?)
		ON CONFLICT (one) DO UPDATE SET tables = excluded.tables`, tables)
}

// noteTables compares the tables that the logged changes came with to those of the
// store, before the transaction commits.
func (t *tx) noteTables(ctx context.Context) error {
	for i := range t.logged {
		c := &t.logged[i]
		tables := c.KeyTables
		c.KeyTables = ""
		if tables == "" {
			continue
		}
		have, err := t.KeyTables(ctx)
		if err == nil {
			err = sqlbackend.NoteTables(ctx, t, c, tables, have)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
