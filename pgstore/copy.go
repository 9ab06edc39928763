package pgstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/store/storecopy"
)

var _ storecopy.Source = (*Store)(nil)

// notCopied are tables that are no rows of a store: they are its state, or what those
// who follow the log are spared by, of whom a copy has none.
var notCopied = []string{"log", "change_keys"}

// CopyTables implements [storecopy.Source].
func (s *Store) CopyTables(ctx context.Context) ([]storecopy.Table, error) {
	columns, err := s.copyColumns(ctx)
	if err != nil {
		return nil, err
	}
	var tables []storecopy.Table
	for _, c := range columns {
		if n := len(tables); n == 0 || tables[n-1].Name != c.table {
			tables = append(tables, storecopy.Table{Name: c.table})
		}
		t := &tables[len(tables)-1]
		t.Columns = append(t.Columns, c.name)
		if c.key {
			t.Key++
		}
	}
	return tables, nil
}

// copyColumn is a column of a table.
type copyColumn struct {
	table, name, typ string
	key              bool
}

// copyColumns returns the columns of all tables, in the order of [storecopy.Table].
func (s *Store) copyColumns(ctx context.Context) ([]copyColumn, error) {
	var columns []copyColumn
	err := s.read(ctx, "list tables", func(q querier) error {
		columns = nil
		rows, err := q.query(ctx, `SELECT c.relname, a.attname, format_type(a.atttypid, NULL), k.place IS NOT NULL
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
			LEFT JOIN LATERAL (SELECT array_position(CAST(i.indkey AS smallint[]), a.attnum) AS place) k ON true
			WHERE n.nspname = ? AND c.relkind = 'r'
			ORDER BY c.relname <> 'accounts', c.relname COLLATE "C", k.place IS NULL, k.place, a.attname COLLATE "C"`, s.options.Schema)
		if err != nil {
			return err
		}
		var c copyColumn
		_, err = pgx.ForEachRow(rows, []any{&c.table, &c.name, &c.typ, &c.key}, func() error {
			if !slices.Contains(notCopied, c.table) {
				columns = append(columns, c)
			}
			return nil
		})
		return err
	})
	return columns, err
}

// typesOf returns the types of a table's columns, by name.
func (s *Store) typesOf(ctx context.Context, table string) (map[string]string, error) {
	if types, ok := s.copyTypes.Load(table); ok {
		return types.(map[string]string), nil
	}
	columns, err := s.copyColumns(ctx)
	if err != nil {
		return nil, err
	}
	types := make(map[string]string)
	for _, c := range columns {
		if c.table == table {
			types[c.name] = c.typ
		}
	}
	s.copyTypes.Store(table, types)
	return types, nil
}

// portable returns the expression for a column as [storecopy.Row] has it, and native
// the one for a value of a row as the column has it.
func portable(typ, column string) string {
	switch typ {
	case "boolean":
		return `CAST(CAST(` + column + ` AS integer) AS bigint)`
	case "smallint", "integer":
		return `CAST(` + column + ` AS bigint)`
	case "uuid":
		return `uuid_send(` + column + `)`
	case "json", "jsonb":
		return `CAST(` + column + ` AS text)`
	}
	return column
}

func native(typ, value string) string {
	switch typ {
	case "boolean":
		return `CAST(CAST(` + value + ` AS integer) AS boolean)`
	case "smallint", "integer", "json", "jsonb":
		return `CAST(` + value + ` AS ` + typ + `)`
	case "uuid":
		return `CAST(encode(` + value + `, 'hex') AS uuid)`
	}
	return value
}

// wireType returns the type in which values of a column of that type travel.
func wireType(typ string) string {
	switch typ {
	case "boolean", "smallint", "integer", "bigint":
		return "bigint"
	case "uuid", "bytea":
		return "bytea"
	}
	return "text"
}

// CopyRows implements [storecopy.Source].
func (s *Store) CopyRows(ctx context.Context, t storecopy.Table, after storecopy.Row, limit int) ([]storecopy.Row, error) {
	types, err := s.typesOf(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	key := strings.Join(t.Columns[:t.Key], ", ")
	where, args := onPrimaryOnly, []any(nil)
	if after != nil {
		values := make([]string, t.Key)
		for i, c := range t.Columns[:t.Key] {
			values[i] = native(types[c], `CAST(? AS `+wireType(types[c])+`)`)
		}
		where += ` AND (` + key + `) > (` + strings.Join(values, ", ") + `)`
		args = after[:t.Key]
	}
	return s.copyRows(ctx, t, types, where+` ORDER BY `+key+` LIMIT `+fmt.Sprint(limit), args)
}

// copyRows reads the rows of a table that a clause selects.
func (s *Store) copyRows(ctx context.Context, t storecopy.Table, types map[string]string, tail string, args []any) ([]storecopy.Row, error) {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = portable(types[c], c)
	}
	var out []storecopy.Row
	err := s.read(ctx, "read rows of "+t.Name, func(q querier) error {
		rows, err := q.query(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM @`+t.Name+tail, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (storecopy.Row, error) {
			values, err := r.Values()
			return values, err
		})
		return err
	})
	return out, err
}

// CopyState implements [storecopy.Source].
func (s *Store) CopyState(ctx context.Context) (storecopy.State, error) {
	state := storecopy.State{Given: make(map[string]int64)}
	err := s.view(ctx, "read the state", func(q querier) error {
		var last int64
		if err := q.row(ctx, []any{&state.KeyTables, &last}, `SELECT key_tables, last FROM @log`+onPrimaryOnly); err != nil {
			return err
		}
		if last > 0 {
			state.Given["changes"] = last
		}
		rows, err := q.query(ctx, `SELECT c.relname, pg_sequence_last_value(d.objid)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_depend d ON d.refobjid = c.oid AND d.deptype = 'i' AND d.classid = CAST('pg_class' AS regclass)
			JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
			WHERE n.nspname = ? AND c.relkind = 'r'`, s.options.Schema)
		if err != nil {
			return err
		}
		var table string
		var given *int64
		_, err = pgx.ForEachRow(rows, []any{&table, &given}, func() error {
			if given != nil {
				state.Given[table] = *given
			}
			return nil
		})
		return err
	})
	return state, err
}
