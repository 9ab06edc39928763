package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/sqlitestore"
)

// waitFor bounds what a test waits for. It is not reached unless something is
// broken.
const waitFor = 30 * time.Second

// database makes a database with the bans, and returns its path.
func database(t *testing.T, bans ...ban.CreateOptions) string {
	t.Helper()
	path := sqlitetest.File(t)
	addBans(t, path, bans...)
	return path
}

// addBans adds bans as another program would, that has the same database open.
func addBans(t *testing.T, path string, bans ...ban.CreateOptions) {
	t.Helper()
	st, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	createBans(t, st, bans...)
}

func createBans(t *testing.T, st ban.AdminStore, bans ...ban.CreateOptions) {
	t.Helper()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bans {
		b.Force = true // addresses on loopback are guarded
		if _, err := admin.Create(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// program is a running postfixpolicy.
type program struct {
	addr string // where it listens
	stop func() // ends it, and checks that it ends well

	mu  sync.Mutex
	log strings.Builder
}

// Write takes what the program writes to standard error.
func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *program) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

var listening = regexp.MustCompile(`msg=listening addr=(\S+)`)

// start runs the program until the test ends.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, io.Discard, p) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit status %d: %s", code, p.logged())
		}
	})
	t.Cleanup(p.stop)
	p.addr = p.waitToListen(t)
	return p
}

// waitToListen returns the address on which the program listens, once it does.
func (p *program) waitToListen(t *testing.T) string {
	t.Helper()
	for began := time.Now(); time.Since(began) < waitFor; time.Sleep(5 * time.Millisecond) {
		if m := listening.FindStringSubmatch(p.logged()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("the program does not listen: %s", p.logged())
	return ""
}

// client asks as Postfix does.
type client struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, network, addr string) *client {
	t.Helper()
	conn, err := net.DialTimeout(network, addr, waitFor)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewReader(conn)}
}

// request writes a request with the attributes.
func request(attributes map[string]string) string {
	var b strings.Builder
	b.WriteString("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n")
	for name, value := range attributes {
		fmt.Fprintf(&b, "%s=%s\n", name, value)
	}
	return b.String() + "\n"
}

// ask returns the action for a request.
func (c *client) ask(attributes map[string]string) (string, error) {
	if err := c.conn.SetDeadline(time.Now().Add(waitFor)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c.conn, request(attributes)); err != nil {
		return "", err
	}
	return c.answer()
}

func (c *client) answer() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	if empty, err := c.r.ReadString('\n'); err != nil || empty != "\n" {
		return "", fmt.Errorf("%q follows the answer, %w", empty, err)
	}
	action, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "action=")
	if !ok {
		return "", fmt.Errorf("the answer is %q", line)
	}
	return action, nil
}
