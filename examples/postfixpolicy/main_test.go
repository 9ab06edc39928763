package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
)

func TestTenThousandRequestsOnFiftyConnections(t *testing.T) {
	const conns, requests = 50, 10_000
	db := database(t,
		ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", PublicReason: "spam"},
		ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24"})
	before := runtime.NumGoroutine()
	p := start(t, "-addr", "127.0.0.1:0", "-db", db)
	var wg sync.WaitGroup
	for i := range conns {
		c := dial(t, "tcp", p.addr)
		wg.Go(func() {
			defer c.conn.Close()
			for n := range requests / conns {
				attributes, want := sample(i*requests + n)
				if got, err := c.ask(attributes); err != nil || got != want {
					t.Errorf("connection %d, request %d: %q, %v, want %q", i, n, got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
	p.stop()
	if strings.Contains(p.logged(), "level=WARN") || strings.Contains(p.logged(), "level=ERROR") {
		t.Errorf("the log has trouble:\n%s", p.logged())
	}
	for began := time.Now(); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > waitFor {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// sample returns request n of many, and its answer. Most have not been seen before.
func sample(n int) (attributes map[string]string, want string) {
	attributes = map[string]string{
		"sender":         fmt.Sprintf("user%d@mail%d.example", n, n%1000),
		"recipient":      "bob@here.example",
		"client_address": fmt.Sprintf("192.0.2.%d", n%256),
		"helo_name":      "mx.good.example",
	}
	switch n % 5 {
	case 0:
		attributes["sender"] = fmt.Sprintf("user%d@x%d.spam.example", n, n)
		return attributes, "REJECT 5.7.1 this mail is not allowed: spam"
	case 1:
		attributes["client_address"] = fmt.Sprintf("203.0.113.%d", n%256)
		return attributes, "REJECT 5.7.1 this mail is not allowed"
	}
	return attributes, "DUNNO"
}

func TestABanOfAnotherProcessTakesEffect(t *testing.T) {
	db := database(t)
	p := start(t, "-addr", "127.0.0.1:0", "-db", db)
	c := dial(t, "tcp", p.addr)
	eve := map[string]string{"sender": "eve@spam.example"}
	if got, err := c.ask(eve); err != nil || got != "DUNNO" {
		t.Fatalf("before the ban: %q, %v", got, err)
	}
	addBans(t, db, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		got, err := c.ask(eve)
		if err != nil || time.Since(began) > waitFor {
			t.Fatalf("after the ban: %q, %v", got, err)
		}
		if got == "REJECT 5.7.1 this mail is not allowed" {
			return
		}
	}
}

func TestUnixSocket(t *testing.T) {
	// Not t.TempDir: the path of a socket has room for 100 bytes.
	dir, err := os.MkdirTemp("", "ostraka-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "policy")
	leaveStaleSocket(t, path)

	db := database(t, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	p := start(t, "-addr", "unix:"+path, "-db", db, "-socket-mode", "666")
	if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeSocket|0o666 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if got, err := dial(t, "unix", path).ask(map[string]string{"sender": "eve@spam.example"}); err != nil || !strings.HasPrefix(got, "REJECT") {
		t.Errorf("the answer is %q, %v", got, err)
	}

	var log strings.Builder
	if code := run(t.Context(), []string{"-addr", "unix:" + path, "-db", db}, io.Discard, &log); code != 2 || !strings.Contains(log.String(), "in use") {
		t.Errorf("a second program on the socket exits with %d: %s", code, log.String())
	}
	p.stop()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// leaveStaleSocket leaves a socket as a killed process does.
func leaveStaleSocket(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
}

func TestWhatBreaksTheProtocolGetsNoAnswer(t *testing.T) {
	p := start(t, "-addr", "127.0.0.1:0", "-db", database(t))
	c := dial(t, "tcp", p.addr)
	if _, err := io.WriteString(c.conn, request(nil)+"no attribute\n\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.answer(); got != "DUNNO" || err != nil {
		t.Errorf("the request before is answered %q, %v", got, err)
	}
	if got, err := c.answer(); err == nil {
		t.Errorf("it is answered %q", got)
	}
	c.conn.Close()
	p.stop()
	if !strings.Contains(p.logged(), `line 1 of the policy request: no \"=\"`) {
		t.Errorf("the log says nothing of it: %s", p.logged())
	}
}

func TestWhatCannotBeUsed(t *testing.T) {
	db, dir := database(t), t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("no socket\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for rule, c := range map[string]struct {
		args []string
		want string
	}{
		"no database":       {nil, "-db: no database named"},
		"a text":            {[]string{"-db", file}, "-db " + file},
		"an unknown flag":   {[]string{"-x"}, "-h shows the flags"},
		"an argument":       {[]string{"-db", db, "x"}, `unexpected argument "x"`},
		"a taken port":      {[]string{"-db", db, "-addr", taken.Addr().String()}, "-addr " + taken.Addr().String()},
		"a file for socket": {[]string{"-db", db, "-addr", "unix:" + file}, "no socket"},
		"another review":    {[]string{"-db", db, "-review", "maybe"}, "use defer or hold or prepend or reject"},
		"another on-error":  {[]string{"-db", db, "-on-error", "reject"}, "use accept or defer"},
		"a wrong mode":      {[]string{"-db", db, "-socket-mode", "4660"}, "give permissions"},
		"no connections":    {[]string{"-db", db, "-max-conns", "0"}, "-max-conns"},
		"a DNS for nothing": {[]string{"-db", db, "-dns", "127.0.0.1:53"}, "-dns: nothing is asked"},
		"a DNS at no port":  {[]string{"-db", db, "-mx", "-dns", "127.0.0.1"}, "-dns 127.0.0.1: no HOST:PORT"},
		"no time":           {[]string{"-db", db, "-idle-timeout", "0s"}, "-idle-timeout"},
	} {
		t.Run(rule, func(t *testing.T) {
			var log strings.Builder
			code := run(t.Context(), c.args, io.Discard, &log)
			if code != 2 || !strings.Contains(log.String(), c.want) || strings.Count(log.String(), "\n") != 1 {
				t.Errorf("exit status %d, want 2 and one line with %q: %s", code, c.want, log.String())
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var out, log strings.Builder
	if code := run(t.Context(), []string{"-h"}, &out, &log); code != 0 || log.Len() > 0 {
		t.Errorf("exit status %d: %s", code, log.String())
	}
	for _, name := range []string{"-addr HOST:PORT", "-db FILE", "-review hold", "-on-error defer", "-mx", "-mx-unknown ignore", "-mx-none ignore", "-mx-null ignore", "-dns HOST:PORT", "-socket-mode OCTAL", "-max-conns N", "-idle-timeout TIME"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("help lacks %s:\n%s", name, out.String())
		}
	}
}
