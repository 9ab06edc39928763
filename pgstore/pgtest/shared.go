//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// shared is the server that the tests of a package have in common.
var shared = sync.OnceValues(func() (*Server, error) { return Start("fsync = off", "full_page_writes = off") })

var started atomic.Bool

// Main runs the tests of a package and then removes the server that they had in
// common, if any has asked for it.
func Main(m *testing.M) {
	code := m.Run()
	if started.Load() {
		if s, err := shared(); err == nil {
			_ = s.Remove()
		}
	}
	os.Exit(code)
}

// Shared returns the server that the tests of the package have in common. Without
// PostgreSQL on the machine it skips the test. Its commits are not put on disk, which
// spares the tests most of their time.
func Shared(t testing.TB) *Server {
	t.Helper()
	started.Store(true)
	return or(t, shared)
}

// Own returns a server that the test has for itself.
func Own(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := or(t, func() (*Server, error) { return Start(settings...) })
	t.Cleanup(func() { _ = s.Remove() })
	return s
}

func or(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	s, err := start()
	if errors.Is(err, ErrNoServer) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var schemas atomic.Int64

// Schema returns the name of a schema that no other test of the process has.
func Schema() string { return fmt.Sprintf("test_%d", schemas.Add(1)) }
