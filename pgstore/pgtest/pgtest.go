//go:build unix

// Package pgtest starts PostgreSQL servers for tests, from what is installed on the
// machine.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		server := pgtest.Shared(t) // or the test is skipped
//		st, err := pgstore.Open(t.Context(), server.DSN(), pgstore.Options{Schema: pgtest.Schema()})
//		…
//	}
//
// [Start] is for programs: it starts a server that the caller removes. A server takes
// connections from this machine alone, and everybody on it is let in as whoever they
// say they are, unless [Server.RequirePasswords] is called.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoServer: there is no PostgreSQL on this machine.
var ErrNoServer = errors.New("no PostgreSQL server installed: initdb and postgres are not found")

// Server is a PostgreSQL server in a folder of its own, which listens on a port of
// the loopback interface.
type Server struct {
	Port    int
	dir     string // has data, and the socket
	bin     string
	child   *exec.Cmd
	exited  chan struct{}
	watch   *watcher
	poolers []func() // which end them
}

// Start makes a server and starts it. It does so as the user postgres if this process
// is root's, as whom PostgreSQL refuses to run. Settings are appended to its
// configuration, one a line.
func Start(settings ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return StartOn(port, settings...)
}

// StartOn is [Start] on a port of the caller's choice.
func StartOn(port int, settings ...string) (*Server, error) {
	s, err := newServer(port)
	if err != nil {
		return nil, err
	}
	initdb := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), s.Remove())
	}
	if err := s.configure(settings); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	if err := s.Restart(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Replica makes a streaming replica of the server that is so far behind it, and
// starts it.
func (s *Server) Replica(behind time.Duration) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	r, err := newServer(port)
	if err != nil {
		return nil, err
	}
	backup := r.command("pg_basebackup", "-D", r.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
	if out, err := backup.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("pg_basebackup: %w: %s", err, out), r.Remove())
	}
	if err := r.configure([]string{fmt.Sprintf("recovery_min_apply_delay = %d", behind.Milliseconds())}); err != nil {
		return nil, errors.Join(err, r.Remove())
	}
	if err := r.Restart(); err != nil {
		return nil, errors.Join(err, r.Remove())
	}
	return r, nil
}

func newServer(port int) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{Port: port, dir: dir, bin: bin}
	if uid, gid, drop := account(); drop {
		err = os.Chown(dir, int(uid), int(gid))
	}
	if err == nil {
		s.watch, err = watch(dir)
	}
	if err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// binaries returns the folder of the server's programs: that of PG_BIN, of the
// newest version that Debian's packages have put into theirs, or of PATH.
func binaries() (string, error) {
	candidates := []string{os.Getenv("PG_BIN")}
	for version := 30; version >= 14; version-- {
		candidates = append(candidates, fmt.Sprintf("/usr/lib/postgresql/%d/bin", version))
	}
	if path, err := exec.LookPath("pg_basebackup"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); dir != "" && err == nil {
			return dir, nil
		}
	}
	return "", ErrNoServer
}

// account returns the account that the server is to run as, if it is not that of this
// process.
func account() (uid, gid uint32, drop bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	id := func(text string) uint32 {
		n, _ := strconv.ParseUint(text, 10, 32)
		return uint32(n)
	}
	return id(u.Uid), id(u.Gid), true
}

// freePort returns a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// command is one of the server's programs, to be run in its folder.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, drop := account(); drop {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return c
}

func (s *Server) configure(settings []string) error {
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	settings = append([]string{
		fmt.Sprintf("port = %d", s.Port), "listen_addresses = '127.0.0.1'",
		fmt.Sprintf("unix_socket_directories = '%s'", s.dir), "max_connections = 200", "shared_buffers = 256MB", "max_wal_size = 4GB",
	}, settings...)
	_, err = f.WriteString(strings.Join(settings, "\n") + "\n")
	return errors.Join(err, f.Close())
}

// Restart starts the server where it does not run, and waits until it answers.
func (s *Server) Restart() error {
	var log bytes.Buffer
	c := s.command("postgres", "-D", s.data())
	c.Stderr = &log
	if err := c.Start(); err != nil {
		return err
	}
	s.child, s.exited = c, make(chan struct{})
	go func(exited chan struct{}) {
		_ = c.Wait()
		close(exited)
	}(s.exited)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended: %s", log.String())
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

// DSN returns the connection string of the database postgres, as its superuser.
func (s *Server) DSN() string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", s.Addr())
}

// RequirePasswords starts the server anew, and has it ask for the password of every role
// but postgres.
func (s *Server) RequirePasswords() error {
	rules := "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		return err
	}
	return errors.Join(s.Stop(), s.Restart())
}

// Promote makes a replica a server of its own, which takes writes.
func (s *Server) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var done bool
	if err = conn.QueryRow(ctx, `SELECT pg_promote(true, 60)`).Scan(&done); err == nil && !done {
		err = errors.New("the replica was not promoted within a minute")
	}
	return err
}

// Kill ends the server without warning (SIGKILL), and waits until it is gone. Its
// children end when they notice.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Stop ends the server, and every connection to it.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

func (s *Server) end(signal syscall.Signal) error {
	if s.child == nil {
		return nil
	}
	err := s.child.Process.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-s.exited
	s.child = nil
	return err
}

// Remove stops the server and removes what it kept.
func (s *Server) Remove() error {
	for _, end := range s.poolers {
		end()
	}
	return errors.Join(s.Stop(), s.watch.close(), os.RemoveAll(s.dir))
}
