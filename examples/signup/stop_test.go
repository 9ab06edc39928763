package main

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
)

func TestItEndsInTimeWhileTheDatabaseIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signup.db")
	banIn(t, path, ban.CreateOptions{Kind: ban.KindIP, Value: "127.0.0.1", Force: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	var log strings.Builder
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-db", path, "-shutdown-timeout", "1s"}, in, &log)
		in.Close()
	}()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the program ended with %d: %s", <-ended, &log)
	}
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // the one that holds the lock of writers
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(strings.TrimSpace(url)) // which is refused, and counts
	if err != nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	began := time.Now()
	cancel()
	if code := <-ended; code != 1 {
		t.Errorf("exit status %d, though a hit could not be written: %s", code, &log)
	}
	// A write alone would wait for the lock for 5 s.
	if d := time.Since(began); d > 4*time.Second {
		t.Errorf("it ended after %v, and was to end within 1 s", d)
	}
}

func TestWhatIsTooOpenIsWarnedOf(t *testing.T) {
	const readable, everybody = "everybody on this machine can read", "every client is a trusted proxy"
	for name, c := range map[string]struct {
		mode  os.FileMode
		flags []string
		want  []string
	}{
		"nothing":                       {0o600, []string{"-trusted-proxy", "127.0.0.1"}, nil},
		"a database that all can read":  {0o644, nil, []string{readable}},
		"all of IPv4 as proxies":        {0o600, []string{"-trusted-proxy", "0.0.0.0/0"}, []string{everybody}},
		"all of IPv6, and the database": {0o644, []string{"-trusted-proxy", "::/0"}, []string{readable, everybody}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "signup.db")
			banIn(t, path, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			p := start(t, append([]string{"-db", path}, c.flags...)...)
			p.stop()
			log := p.log.String()
			for _, warning := range c.want {
				if !strings.Contains(log, warning) {
					t.Errorf("it does not say %q: %s", warning, log)
				}
			}
			if n := strings.Count(log, "level=WARN"); n != len(c.want) {
				t.Errorf("%d warnings, want %d: %s", n, len(c.want), log)
			}
		})
	}
}
