//go:build unix

// Package backendtest has databases on a PostgreSQL server for the tests of programs.
//
//	func TestMain(m *testing.M) { backendtest.Main(m) }
//
//	func TestSomething(t *testing.T) {
//		address := backendtest.Server(t) // an empty one, which no other test has
//	}
package backendtest

import (
	"testing"

	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/pgstore/pgtest"
)

// Main runs the tests of a package, and then stops the server that they had in common.
func Main(m *testing.M) { pgtest.Main(m) }

// Server returns the address of a database without tables on a server that the tests
// of the package have in common. Without PostgreSQL on the machine it skips the test.
func Server(t testing.TB) backend.Address {
	t.Helper()
	return address(t, pgtest.Shared(t), pgtest.Schema())
}

// Text returns the address as a command line has it.
func Text(t testing.TB) string {
	t.Helper()
	return text(pgtest.Shared(t), pgtest.Schema())
}

func text(s *pgtest.Server, schema string) string { return s.DSN() + "&schema=" + schema }

func address(t testing.TB, s *pgtest.Server, schema string) backend.Address {
	t.Helper()
	a, err := backend.Named("-db", text(s, schema))
	if err != nil {
		t.Fatal(err)
	}
	return a
}
