//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoPooler: there is no PgBouncer on this machine.
var ErrNoPooler = errors.New("no pooler server installed: pgbouncer is not found")

// Pooler is a PgBouncer that gives each transaction another connection of a server.
type Pooler struct {
	server *Server
	port   int
	dir    string
	child  *exec.Cmd
}

// pooler is that of the shared server.
var pooler = sync.OnceValues(func() (*Pooler, error) {
	s, err := shared()
	if err != nil {
		return nil, err
	}
	return NewPooler(s)
})

// SharedPooler returns the pooler that the tests of a package have in common, in front of
// the server that [Shared] returns. It skips the test where one of the two is not
// installed.
func SharedPooler(t testing.TB) *Pooler {
	t.Helper()
	Shared(t)
	p, err := pooler()
	if errors.Is(err, ErrNoPooler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// NewPooler starts a pooler in front of a server, and ends with it.
func NewPooler(s *Server) (*Pooler, error) {
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		if bin = "/usr/sbin/pgbouncer"; exec.Command(bin, "--version").Run() != nil {
			return nil, ErrNoPooler
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &Pooler{server: s, port: port, dir: s.dir}
	config := filepath.Join(p.dir, "pgbouncer.ini")
	// With auth_type any, everybody is the user that the database names.
	text := fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%d user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 20
`, s.Port, port)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	p.child = s.command("pgbouncer", "-q", config)
	p.child.Path = bin
	p.child.Args[0] = bin
	if err := p.child.Start(); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		_ = p.child.Wait()
		close(exited)
	}()
	s.poolers = append(s.poolers, func() {
		_ = p.child.Process.Signal(syscall.SIGKILL)
		<-exited
	})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, p.DSN())
		if err == nil {
			return p, conn.Close(ctx)
		}
		select {
		case <-exited:
			return nil, errors.New("pgbouncer ended")
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// DSN returns the connection string of the database postgres, through the pooler.
func (p *Pooler) DSN() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", p.port)
}
