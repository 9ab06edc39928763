package pgstore

import (
	"context"
	"embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are those of this package, in order, without a gap: the file
// 0001_x.sql is migrations[0]. A migration that was released never changes.
var migrations = func() []string {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err) // embedded
	}
	var all []string
	for i, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		if v, err := strconv.Atoi(number); err != nil || v != i+1 {
			panic("pgstore: migration out of order: " + f.Name())
		}
		script, err := migrationFiles.ReadFile("migrations/" + f.Name())
		if err != nil {
			panic(err) // embedded
		}
		all = append(all, string(script))
	}
	return all
}()

// functions makes the functions of a schema anew, after it was renamed: the migrations
// that have one have nothing else.
var functions = func() string {
	var all strings.Builder
	for _, m := range migrations {
		if strings.Contains(m, "CREATE FUNCTION") {
			all.WriteString(strings.ReplaceAll(m, "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
		}
	}
	return all.String()
}()

// Migrate makes the schema if it is not there, brings it up to date, and grants
// what a store needs of it to the role, unless that is empty. It is for a role that
// may make schemas, where the one of the stores may not: those have
// [Options.NoMigrate]. Stores that are open go on, but those of an older version
// write no more.
func Migrate(ctx context.Context, dsn string, options Options, role string) error {
	options.NoMigrate, options.NoListen = false, true
	s, err := Open(ctx, dsn, options)
	if err != nil {
		return err
	}
	defer s.Close()
	if role == "" {
		return nil
	}
	return explain(ctx, "grant privileges", s.grant(ctx, role))
}

// grant gives a role the least that a store needs.
func (s *Store) grant(ctx context.Context, role string) error {
	return pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error { return s.grantIn(ctx, t, role) })
}

// grantIn is grant in a transaction.
func (s *Store) grantIn(ctx context.Context, t pgx.Tx, role string) error {
	to := ` TO ` + pgx.Identifier{role}.Sanitize()
	for _, what := range []string{
		`USAGE ON SCHEMA ` + s.quoted,
		`SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ` + s.quoted,
		`USAGE ON ALL SEQUENCES IN SCHEMA ` + s.quoted,
		`EXECUTE ON ALL FUNCTIONS IN SCHEMA ` + s.quoted,
	} {
		if _, err := t.Exec(ctx, `GRANT `+what+to); err != nil {
			return err
		}
	}
	return nil
}

// schemaVersion returns the version of the schema, 0 if there is none yet.
func (s *Store) schemaVersion(ctx context.Context, c conn) (version int, err error) {
	var there bool
	err = c.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.quoted+`.log`).Scan(&there)
	if err == nil && there {
		err = c.QueryRow(ctx, s.sql(`SELECT schema_version FROM @log`)).Scan(&version)
	}
	if want := len(migrations); err == nil && version > want {
		err = &SchemaError{Schema: s.options.Schema, Have: version, Want: want}
	}
	return version, err
}

// migrate brings the schema up to date. Of several stores that are opened at once
// one does, and the others wait for it.
func (s *Store) migrate(ctx context.Context) error {
	version, err := s.schemaVersion(ctx, s.pool)
	if err != nil || version == len(migrations) {
		return err
	}
	if s.options.NoMigrate {
		return &SchemaError{Schema: s.options.Schema, Have: version, Want: len(migrations)}
	}
	return pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error { return s.migrateAll(ctx, t) })
}

// migrateAll runs what migrations are missing, in one transaction: all or none. It
// keeps out those who write, and has the time that the context gives it.
func (s *Store) migrateAll(ctx context.Context, t pgx.Tx) error {
	if _, err := t.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0`); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, s.lockKey); err != nil {
		return err
	}
	version, err := s.schemaVersion(ctx, t)
	if err != nil {
		return err
	}
	if version == 0 {
		if err := s.makeSchema(ctx, t); err != nil {
			return err
		}
	}
	for i, script := range migrations[version:] {
		if _, err := t.Exec(ctx, s.sql(script)); err != nil {
			return fmt.Errorf("migrate to schema version %d: %w", version+i+1, err)
		}
	}
	_, err = t.Exec(ctx, s.sql(`UPDATE @log SET schema_version = ?`), len(migrations))
	return err
}

// makeSchema makes the schema, unless a role that may has done so.
func (s *Store) makeSchema(ctx context.Context, t pgx.Tx) error {
	var there bool
	err := t.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)`, s.options.Schema).Scan(&there)
	if err == nil && !there {
		_, err = t.Exec(ctx, `CREATE SCHEMA `+s.quoted)
	}
	return err
}
