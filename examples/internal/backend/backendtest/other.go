//go:build !unix

package backendtest

import (
	"os"
	"testing"

	"example.com/ostraka/examples/internal/backend"
)

// Main runs the tests of a package.
func Main(m *testing.M) { os.Exit(m.Run()) }

// Server skips the test: servers are started on Unix only.
func Server(t testing.TB) backend.Address {
	t.Skip("no PostgreSQL server is started on this system")
	return backend.Address{}
}

// Text skips the test, as [Server] does.
func Text(t testing.TB) string { return Server(t).String() }
