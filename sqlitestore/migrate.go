package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"example.com/ostraka/store"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration brings the schema from the version before it to its own.
type migration struct {
	version int
	script  string
}

// migrations are those of this package, in order, without a gap: the file
// 0001_x.sql is migrations[0]. A migration that was released never changes.
var migrations = func() []migration {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err) // embedded
	}
	var all []migration
	for i, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		if v, err := strconv.Atoi(number); err != nil || v != i+1 {
			panic("sqlitestore: migration out of order: " + f.Name())
		}
		script, err := migrationFiles.ReadFile("migrations/" + f.Name())
		if err != nil {
			panic(err) // embedded
		}
		all = append(all, migration{i + 1, string(script)})
	}
	return all
}()

// The version is kept in a table, since user_version belongs to the host of a
// database that has other tables too.
const schemaTable = `CREATE TABLE IF NOT EXISTS ostraka_schema (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	version INTEGER NOT NULL CHECK (version >= 0)
) STRICT`

// querier is what reads: a pool, or one connection.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// schemaVersion returns the version of the schema, 0 if there is none yet.
func schemaVersion(ctx context.Context, q querier) (int, error) {
	var tables, version int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'ostraka_schema'`).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM ostraka_schema`).Scan(&version)
	if err != nil {
		return 0, err
	}
	if want := len(migrations); version > want {
		return 0, &SchemaError{Have: version, Want: want}
	}
	return version, nil
}

// refuseNewerSchema keeps a store that was opened before a newer version of this
// package migrated the file from writing what that version would misread.
func (t *tx) refuseNewerSchema(ctx context.Context) error {
	var version int
	err := t.row(ctx, []any{&version}, `SELECT version FROM ostraka_schema`)
	if want := len(migrations); err == nil && version > want {
		err = &SchemaError{Have: version, Want: want}
	}
	return err
}

// migrate brings the schema up to date, one transaction a step. It takes the
// write lock only if there is something to do, and looks again when it has it:
// several processes may open a new file at once.
func (s *Store) migrate(ctx context.Context) error {
	var have int
	err := s.retryRead(ctx, func() (err error) {
		have, err = schemaVersion(ctx, s.writeDB)
		return err
	})
	if err != nil {
		return explain(ctx, "read the schema version", err)
	}
	for _, m := range migrations[have:] {
		doing := fmt.Sprintf("migrate to schema version %d", m.version)
		err := s.mutate(ctx, doing, func() ([]store.Change, error) {
			return s.transaction(ctx, s.patience(), doing, func(t *tx) error { return t.apply(ctx, m, s.owned) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) apply(ctx context.Context, m migration, owned bool) error {
	have, err := schemaVersion(ctx, t.conn)
	if err != nil || have >= m.version {
		return err
	}
	if owned && have == 0 {
		if err := t.claim(ctx); err != nil {
			return err
		}
	}
	for _, query := range []string{schemaTable, m.script} {
		if _, err := t.conn.ExecContext(ctx, query); err != nil {
			// A script may have set it, and no rollback takes that back.
			_, off := t.conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA writable_schema = OFF`)
			return errors.Join(err, off)
		}
	}
	return t.exec(ctx, `INSERT INTO ostraka_schema (one, version) VALUES (1, ?)
		ON CONFLICT (one) DO UPDATE SET version = excluded.version`, m.version)
}

// claim marks a database as ours, if nothing else is in it.
func (t *tx) claim(ctx context.Context) error {
	var objects int
	if err := t.conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&objects); err != nil || objects > 0 {
		return err
	}
	_, err := t.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return err
}
