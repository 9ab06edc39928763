//go:build unix

package pgstore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// The roles of the package's doc: one that owns the schema, one that runs the store.
const (
	ownerRole  = "ostraka_owner"
	runnerRole = "ostraka"
)

var rolesOnce sync.Once

// dsnOf returns the connection string of the shared server for a role.
func dsnOf(t testing.TB, role string) string {
	t.Helper()
	rolesOnce.Do(func() {
		superuser(t, `CREATE ROLE `+ownerRole+` LOGIN`, `CREATE ROLE `+runnerRole+` LOGIN`)
	})
	return strings.Replace(pgtest.Shared(t).DSN(), "//postgres@", "//"+role+"@", 1)
}

// superuser runs statements on the shared server.
func superuser(t testing.TB, statements ...string) {
	t.Helper()
	conn := rawConn(t, pgtest.Shared(t).DSN())
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func rawConn(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// openLeast opens a store as the role that runs it, in a schema that the other one
// migrates first.
func openLeast(t testing.TB, schema string) *pgstore.Store {
	t.Helper()
	owner := dsnOf(t, ownerRole)
	superuser(t, `CREATE SCHEMA IF NOT EXISTS `+schema+` AUTHORIZATION `+ownerRole)
	if err := pgstore.Migrate(t.Context(), owner, pgstore.Options{Schema: schema}, runnerRole); err != nil {
		t.Fatal(err)
	}
	s, err := pgstore.Open(t.Context(), dsnOf(t, runnerRole), pgstore.Options{Schema: schema, NoMigrate: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheRoleThatRunsTheStoreMayNotChangeTheSchema(t *testing.T) {
	schema := pgtest.Schema()
	defer openLeast(t, schema).Close()
	conn := rawConn(t, dsnOf(t, runnerRole))
	for _, statement := range []string{
		`CREATE TABLE ` + schema + `.mine (x int)`, `DROP TABLE ` + schema + `.bans`, `TRUNCATE ` + schema + `.changes`,
		`ALTER TABLE ` + schema + `.log ADD x int`, `DROP SCHEMA ` + schema + ` CASCADE`, `DROP FUNCTION ` + schema + `.analyze_rules()`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: the role that runs the store may do so", statement)
		}
	}
}

func TestWithNoMigrateTheSchemaMustBeThere(t *testing.T) {
	dsn := dsnOf(t, runnerRole)
	for _, c := range []struct {
		rule    string
		prepare func(schema string)
	}{
		{"no schema", func(string) {}},
		{"an empty schema", func(schema string) {
			superuser(t, `CREATE SCHEMA `+schema, `GRANT USAGE ON SCHEMA `+schema+` TO `+runnerRole)
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			schema := pgtest.Schema()
			c.prepare(schema)
			_, err := pgstore.Open(t.Context(), dsn, pgstore.Options{Schema: schema, NoMigrate: true})
			var e *pgstore.SchemaError
			if !errors.Is(err, pgstore.ErrSchemaTooOld) || !errors.As(err, &e) || e.Have != 0 || e.Want != pgstore.SchemaVersion() || e.Schema != schema {
				t.Errorf("Open: %v, want a *SchemaError that matches ErrSchemaTooOld", err)
			}
			var tables int
			row := rawConn(t, pgtest.Shared(t).DSN()).QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = $1`, schema)
			if err := row.Scan(&tables); err != nil || tables != 0 {
				t.Errorf("%d tables were made, %v", tables, err)
			}
		})
	}
}

func TestARoleThatWasGrantedNothingIsDenied(t *testing.T) {
	schema := pgtest.Schema()
	openAt(t, schema, pgstore.Options{}).Close()
	_, err := pgstore.Open(t.Context(), dsnOf(t, runnerRole), pgstore.Options{Schema: schema, NoMigrate: true})
	if !errors.Is(err, pgstore.ErrDenied) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Open: %v, want ErrDenied", err)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	schema := pgtest.Schema()
	open := openAt(t, schema, pgstore.Options{})
	defer open.Close()
	b, err := open.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate))
	if err != nil {
		t.Fatal(err)
	}
	superuser(t, `UPDATE `+schema+`.log SET schema_version = schema_version + 1`)
	for rule, o := range map[string]pgstore.Options{"Open": {Schema: schema}, "Open with NoMigrate": {Schema: schema, NoMigrate: true}} {
		_, err := pgstore.Open(t.Context(), pgtest.Shared(t).DSN(), o)
		if e := (*pgstore.SchemaError)(nil); !errors.Is(err, pgstore.ErrSchemaTooNew) || !errors.As(err, &e) || e.Have != pgstore.SchemaVersion()+1 {
			t.Errorf("%s: %v, want ErrSchemaTooNew", rule, err)
		}
	}
	if err := pgstore.Migrate(t.Context(), pgtest.Shared(t).DSN(), pgstore.Options{Schema: schema}, ""); !errors.Is(err, pgstore.ErrSchemaTooNew) {
		t.Errorf("Migrate: %v, want ErrSchemaTooNew", err)
	}
	// A store that was open reads on, and writes no more.
	if there, err := open.Ban(t.Context(), b.ID); err != nil || there.Value != b.Value {
		t.Errorf("Ban of a store that was open = %+v, %v", there, err)
	}
	_, err = open.CreateBan(t.Context(), newBan("b.example"), aChange(store.BanCreate))
	if !errors.Is(err, pgstore.ErrSchemaTooNew) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("CreateBan of a store that was open: %v, want ErrSchemaTooNew and ErrUnavailable", err)
	}
	if n, err := open.CountBans(t.Context(), store.BanFilter{}); err != nil || n != 1 {
		t.Errorf("%d bans, %v, want 1", n, err)
	}
}
