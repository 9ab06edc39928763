package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"example.com/ostraka/store/storecopy"
)

var _ storecopy.Source = (*Store)(nil)

const tablePrefix = "ostraka_"

// notCopied are tables that are no rows of a store: they are its state, or what those
// who follow the log are spared by, of whom a copy has none.
var notCopied = []string{"schema", "key_tables", "change_keys"}

// CopyTables implements [storecopy.Source].
func (s *Store) CopyTables(ctx context.Context) ([]storecopy.Table, error) {
	var tables []storecopy.Table
	err := s.read(ctx, "list tables", func(q querier) error {
		tables = nil
		rows, err := q.QueryContext(ctx, `SELECT substr(t.name, 9), c.name, c.pk FROM pragma_table_list t, pragma_table_info(t.name) c
			WHERE t.schema = 'main' AND t.type = 'table' AND t.name GLOB '`+tablePrefix+`*'
			ORDER BY t.name <> '`+tablePrefix+`accounts', t.name, c.pk = 0, c.pk, c.name`)
		if err != nil {
			return err
		}
		return drain(rows, func(r *sql.Rows) error {
			var table, column string
			var key int
			if err := r.Scan(&table, &column, &key); err != nil || slices.Contains(notCopied, table) {
				return err
			}
			if n := len(tables); n == 0 || tables[n-1].Name != table {
				tables = append(tables, storecopy.Table{Name: table})
			}
			t := &tables[len(tables)-1]
			t.Columns = append(t.Columns, column)
			t.Key += min(key, 1)
			return nil
		})
	})
	return tables, err
}

// CopyRows implements [storecopy.Source].
func (s *Store) CopyRows(ctx context.Context, t storecopy.Table, after storecopy.Row, limit int) ([]storecopy.Row, error) {
	key := strings.Join(t.Columns[:t.Key], ", ")
	query := `SELECT ` + strings.Join(t.Columns, ", ") + ` FROM ` + tablePrefix + t.Name
	if after != nil {
		query += ` WHERE (` + key + `) > (?` + strings.Repeat(", ?", t.Key-1) + `)`
		after = after[:t.Key]
	}
	return s.copyRows(ctx, t, query+` ORDER BY `+key+` LIMIT `+fmt.Sprint(limit), after)
}

func (s *Store) copyRows(ctx context.Context, t storecopy.Table, query string, args []any) ([]storecopy.Row, error) {
	var out []storecopy.Row
	err := s.read(ctx, "read rows of "+t.Name, func(q querier) error {
		out = nil
		rows, err := q.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		return drain(rows, func(r *sql.Rows) error {
			row := make(storecopy.Row, len(t.Columns))
			to := make([]any, len(row))
			for i := range row {
				to[i] = &row[i]
			}
			out = append(out, row)
			return r.Scan(to...)
		})
	})
	return out, err
}

// CopyState implements [storecopy.Source].
func (s *Store) CopyState(ctx context.Context) (storecopy.State, error) {
	state := storecopy.State{Given: make(map[string]int64)}
	err := s.view(ctx, "read the state", func(q querier) error {
		err := q.QueryRowContext(ctx, `SELECT coalesce(max(tables), '') FROM ostraka_key_tables`).Scan(&state.KeyTables)
		if err != nil {
			return err
		}
		rows, err := q.QueryContext(ctx, `SELECT substr(name, 9), seq FROM sqlite_sequence WHERE name GLOB '`+tablePrefix+`*'`)
		if err != nil {
			return err
		}
		return drain(rows, func(r *sql.Rows) error {
			var table string
			var given int64
			err := r.Scan(&table, &given)
			state.Given[table] = given
			return err
		})
	})
	return state, err
}
