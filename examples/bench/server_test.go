package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"example.com/ostraka/examples/internal/backend/backendtest"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

func TestAServerIsMeasuredAndLeftAsItWas(t *testing.T) {
	address := backendtest.Server(t)
	conn, err := address.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-rules", "1000", "-rounds", "5", "-db", backendtest.Text(t)}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"Sync of a list into PostgreSQL", "LRU Check, cold, on PostgreSQL", "loading the mirror from PostgreSQL"} {
		if !strings.Contains(out.String(), what) {
			t.Errorf("%q is missing in %s", what, out.String())
		}
	}
	var left int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bench%'`).Scan(&left); err != nil || left > 0 {
		t.Errorf("%d schemas are left behind, %v", left, err)
	}
}

func TestBenchesOfFilesNameNone(t *testing.T) {
	for _, args := range [][]string{{"-db", "x.db"}, {"-db", "postgres://u:secret@h/d"}, {"-db", "postgres://u@h/d", "-soak", "1s"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
