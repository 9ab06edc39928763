//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"example.com/ostraka/examples/internal/usage"
)

// cluster is the admin servers, with an admin who is signed in.
type cluster struct {
	flags
	dir string // of all that is written
	dsn string
	log io.Writer

	client   *http.Client
	nodes    []*node
	password string
	login    http.Header // of requests of the admin
}

// node is a running admin server.
type node struct {
	url    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// startWithin is how long a server may take to start, and stopWithin to stop.
const (
	startWithin = time.Minute
	stopWithin  = 5 * time.Second
)

// start makes the tables and an admin, starts the servers and signs in.
func (c *cluster) start(ctx context.Context) error {
	c.client = &http.Client{Timeout: startWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	if c.program == "" {
		c.program = filepath.Join(c.dir, "adminserver")
		fmt.Fprintln(c.log, "building the admin server")
		build := exec.CommandContext(ctx, "go", "build", "-o", c.program, "example.com/ostraka/examples/adminserver")
		if out, err := build.CombinedOutput(); err != nil {
			return usage.New("", "", fmt.Errorf("the admin server cannot be built: %w: %s", err, out), "run this in the project, or name a program with -adminserver")
		}
	}
	if err := c.bootstrap(ctx); err != nil {
		return err
	}
	for i := range c.flags.nodes {
		n, err := c.startNode(ctx, i)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
	}
	return c.signIn(ctx)
}

// printed finds what bootstrap prints.
var printed = regexp.MustCompile(`(?m)^password: (\S+)$`)

func (c *cluster) bootstrap(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.program, "bootstrap", "-db", c.dsn, "-admin", "alice", "-email", "alice@example.org")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("adminserver bootstrap: %w: %s", err, stderr.Bytes())
	}
	m := printed.FindSubmatch(stdout.Bytes())
	if m == nil {
		return errors.New("adminserver bootstrap printed no password")
	}
	c.password = string(m[1])
	return nil
}

var listening = regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)

// startNode starts an admin server, and waits until it listens.
func (c *cluster) startNode(ctx context.Context, i int) (*node, error) {
	path := filepath.Join(c.dir, fmt.Sprintf("node%d.log", i))
	log, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	n := &node{exited: make(chan struct{})}
	n.cmd = exec.Command(c.program, "-db", c.dsn, "-addr", "127.0.0.1:0", "-insecure-cookie", "-trusted-proxy", "127.0.0.1",
		"-csrf-key", filepath.Join(c.dir, "csrf-key"), fmt.Sprintf("-mirror=%t", c.mirror))
	n.cmd.Stderr = log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ctrl-C is for this program, which stops it
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = n.cmd.Wait()
		close(n.exited)
	}()
	for began := time.Now(); time.Since(began) < startWithin; {
		text, err := os.ReadFile(path)
		if err != nil {
			n.stop()
			return nil, err
		}
		if m := listening.FindSubmatch(text); m != nil {
			n.url = "http://" + string(m[1])
			return n, nil
		}
		select {
		case <-n.exited:
			return nil, fmt.Errorf("an admin server ended: %s", text)
		case <-ctx.Done():
			n.stop()
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	n.stop()
	return nil, errors.New("an admin server does not listen")
}

// stop ends the server, and waits until it has ended.
func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.exited:
	case <-time.After(stopWithin):
		_ = n.cmd.Process.Kill()
		<-n.exited
	}
}

// stop ends all servers, at once.
func (c *cluster) stop() {
	c.client.CloseIdleConnections()
	for _, n := range c.nodes {
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, n := range c.nodes {
		n.stop()
	}
}
