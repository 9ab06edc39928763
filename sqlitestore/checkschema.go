package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// schemaParts returns the tables, columns and indexes of this package that a
// database has, each as a line for an operator.
func schemaParts(ctx context.Context, q querier) ([]string, error) {
	return collect(ctx, q, func(rows *sql.Rows) (part string, err error) {
		return part, rows.Scan(&part)
	}, `SELECT type || ' ' || name FROM sqlite_schema WHERE name LIKE 'ostraka\_%' ESCAPE '\'
		UNION ALL
		SELECT 'column ' || t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
			WHERE t.type = 'table' AND t.name LIKE 'ostraka\_%' ESCAPE '\'`)
}

// wantedParts are the parts that the migrations of this package make.
var wantedParts = sync.OnceValues(func() ([]string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	if _, err := db.ExecContext(ctx, schemaTable); err != nil {
		return nil, err
	}
	for _, m := range migrations {
		if _, err := db.ExecContext(ctx, m.script); err != nil {
			return nil, err
		}
	}
	return schemaParts(ctx, db)
})

// missingParts returns what is missing from the schema of a database.
func missingParts(ctx context.Context, q querier) ([]string, error) {
	wanted, err := wantedParts()
	if err != nil {
		return nil, err
	}
	parts, err := schemaParts(ctx, q)
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(parts))
	for _, part := range parts {
		have[part] = true
	}
	var problems []string
	for _, part := range wanted {
		if !have[part] {
			problems = append(problems, fmt.Sprintf("%s is missing", part))
		}
	}
	return problems, nil
}
