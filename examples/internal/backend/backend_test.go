package backend_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/pgstore/pgtest"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// wantTrouble checks what is said of a database that cannot be used, and whether it
// may pass.
func wantTrouble(t *testing.T, err error, outage bool, pieces ...string) {
	t.Helper()
	e, ok := errors.AsType[*backend.Error](err)
	if !ok || e.Outage() != outage || backend.Unusable(err) == outage {
		t.Fatalf("%v, want an *Error that is an outage: %v", err, outage)
	}
	for _, piece := range pieces {
		if !strings.Contains(err.Error(), piece) {
			t.Errorf("%v lacks %q", err, piece)
		}
	}
}

func TestAServerHasTablesOnceTheyAreMade(t *testing.T) {
	a := backendtest.Server(t)
	for _, mode := range []backend.Mode{backend.Existing, backend.Serve} {
		_, err := backend.Open(t.Context(), a, backend.Options{Mode: mode})
		wantTrouble(t, err, false, "banctl migrate --db 'postgres://postgres@", a.Schema())
	}
	for _, fresh := range []bool{true, false} {
		db, err := backend.Open(t.Context(), a, backend.Options{Mode: backend.Make})
		if err != nil || db.Fresh != fresh || db.Server == nil || db.File != nil {
			t.Fatalf("%+v, %v", db, err)
		}
		db.Close()
	}
	db, err := backend.Open(t.Context(), a, backend.Options{Mode: backend.Serve})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}

func TestMigrateSaysFromWhereToWhere(t *testing.T) {
	file, err := backend.Named("-db", filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []backend.Address{file, backendtest.Server(t)} {
		first, err := backend.Migrate(t.Context(), a, "")
		if err != nil || first.From != 0 || first.To < 1 {
			t.Errorf("%v: %+v, %v", a, first, err)
		}
		again, err := backend.Migrate(t.Context(), a, "")
		if err != nil || again.From != first.To || again.To != first.To {
			t.Errorf("%v, again: %+v, %v", a, again, err)
		}
	}
	_, err = backend.Migrate(t.Context(), file, "ostraka")
	wantTrouble(t, err, false, "no roles")
}

func exec(t *testing.T, s *pgtest.Server, queries ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, q := range queries {
		if _, err := conn.Exec(t.Context(), q); err != nil {
			t.Fatal(q, err)
		}
	}
}

func TestARoleThatMayNotMigrateRunsOnTablesThatAnotherHasMade(t *testing.T) {
	s := pgtest.Shared(t)
	schema := pgtest.Schema()
	exec(t, s, `CREATE ROLE keeper LOGIN`, `CREATE ROLE runner LOGIN`, `CREATE SCHEMA `+schema+` AUTHORIZATION keeper`)
	as := func(role string) backend.Address {
		text := strings.Replace(s.DSN(), "postgres@", role+"@", 1) + "&schema=" + schema
		a, err := backend.Named("-db", text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, mode := range []backend.Mode{backend.Serve, backend.Make} {
		_, err := backend.Open(t.Context(), as("runner"), backend.Options{Mode: mode})
		wantTrouble(t, err, false, "banctl migrate")
	}
	if _, err := backend.Migrate(t.Context(), as("keeper"), "runner"); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []backend.Mode{backend.Serve, backend.Make} {
		db, err := backend.Open(t.Context(), as("runner"), backend.Options{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
	}
	m, err := backend.Migrate(t.Context(), as("runner"), "")
	if err != nil || m.From != m.To {
		t.Error("nothing is left to migrate:", m, err)
	}
	exec(t, s, `UPDATE `+schema+`.log SET schema_version = 1000`)
	for _, mode := range []backend.Mode{backend.Serve, backend.Make} {
		_, err := backend.Open(t.Context(), as("runner"), backend.Options{Mode: mode})
		wantTrouble(t, err, false, "run the newer program")
	}
	_, err = backend.Migrate(t.Context(), as("keeper"), "")
	wantTrouble(t, err, false, "run the newer program")
}

func TestWhatIsWrongWithAServerIsSaid(t *testing.T) {
	s := pgtest.Shared(t)
	for name, c := range map[string]struct {
		text   string
		outage bool
		piece  string
	}{
		"nobody listens":      {"postgres://postgres@127.0.0.1:1/app", true, "is the server up"},
		"no such host":        {"postgres://postgres@nowhere.invalid/app", true, "the address right"},
		"no such database":    {strings.Replace(s.DSN(), "/postgres?", "/other?", 1), false, "createdb"},
		"no such role":        {strings.Replace(s.DSN(), "postgres@", "nobody@", 1), false, "role"},
		"no such setting":     {s.DSN() + "&sslmod=disable", false, "settings behind the ?"},
		"no such value":       {s.DSN() + "&default_transaction_isolation=read%20some", false, `"read some" (SQLSTATE 22023); correct the settings behind the ?`},
		"no name of a schema": {s.DSN() + "&schema=pg_mine", false, "correct the settings behind the ?"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := backend.Named("-db", c.text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = backend.Open(t.Context(), a, backend.Options{Mode: backend.Serve})
			wantTrouble(t, err, c.outage, "-db postgres://", c.piece)
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestARoleThatIsNotThereCannotBeGrantedTheTables(t *testing.T) {
	a, err := backend.Named("-db", pgtest.Shared(t).DSN()+"&schema="+pgtest.Schema())
	if err != nil {
		t.Fatal(err)
	}
	_, err = backend.Migrate(t.Context(), a, `nobody"; DROP SCHEMA public; --`)
	wantTrouble(t, err, false, "does not exist", "CREATE ROLE")
}

func TestAWrongPasswordIsSaidAndNotShown(t *testing.T) {
	s := pgtest.Own(t)
	exec(t, s, `CREATE ROLE locked LOGIN PASSWORD 'right'`)
	if err := s.RequirePasswords(); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(s.DSN(), "postgres@", "locked@", 1)
	try := func() error {
		a, err := backend.Named("-db", text)
		if err != nil {
			return err
		}
		_, err = backend.Open(t.Context(), a, backend.Options{Mode: backend.Serve})
		return err
	}
	t.Setenv("PGPASSFILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("PGPASSWORD", "wrong")
	wantTrouble(t, try(), false, "PGPASSFILE")
	t.Setenv("PGPASSWORD", "right")
	wantTrouble(t, try(), false, "banctl migrate")
	t.Setenv("PGPASSWORD", "")
	t.Setenv(backend.Variable, strings.Replace(text, "locked@", "locked:hush@", 1))
	a, err := backend.Named("-db", "", backend.Variable)
	if err != nil {
		t.Fatal(err)
	}
	_, err = backend.Open(t.Context(), a, backend.Options{})
	wantTrouble(t, err, false, "PGPASSFILE", backend.Variable+" postgres://locked@")
	if strings.Contains(err.Error(), "hush") {
		t.Error("the error shows the password:", err)
	}
}
