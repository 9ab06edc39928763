package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

func TestWritesBesideALockAreRefusedInTimeAndNotMade(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-busy-timeout", "500ms")
	admin := p.signIn("alice", alice.password)
	token := login{token: alice.token}
	conn := execute(t, db, "BEGIN IMMEDIATE")
	began := time.Now()
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			a, err := p.try("POST", "/api/admin/bans", strings.NewReader(fmt.Sprintf(`{"ban_type":"domain","ban_value":"d%d.example"}`, i)), admin)
			if err != nil || a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
				t.Errorf("%d %s, %v, want 503 with Retry-After", a.status, a.body, err)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	asked := time.Now()
	p.send("GET", "/api/v1/admin/email_domain_blocks", "", token).want(t, http.StatusOK, "[]") // notes no use of the token
	if d := time.Since(asked); d > 5*time.Second {
		t.Errorf("who only reads waited %v", d)
	}
	wg.Wait()
	if d := time.Since(began); d > 8*time.Second { // one after the other: 15 s
		t.Errorf("with a -busy-timeout of 500 ms the answers took %v", d)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	p.send("GET", "/api/admin/bans", "", admin).want(t, http.StatusOK, `"total":0`)
}

func TestStoppingEndsInTimeWhateverHoldsTheDatabase(t *testing.T) {
	db, alice := database(t)
	addBan(t, open(t, db), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	p := start(t, db, "-busy-timeout", "30s", "-shutdown-timeout", "2s")
	admin := p.signIn("alice", alice.password)
	execute(t, db, "BEGIN IMMEDIATE")
	p.send("POST", "/api/aliases", `{"address":"shop@alias.example","destination":"x@spam.example","ip":"198.51.100.7"}`, login{token: alice.token}).
		want(t, http.StatusForbidden, "banned") // a hit, to be written at the end
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if a, err := p.try("POST", "/api/admin/bans", strings.NewReader(`{"ban_type":"name","ban_value":"bob"}`), admin); err == nil && a.status == http.StatusOK {
			t.Errorf("written beside a lock: %s", a.body)
		}
	}()
	time.Sleep(300 * time.Millisecond)
	began := time.Now()
	status := p.stop()
	if d := time.Since(began); status != 1 || d > 5*time.Second {
		t.Errorf("exit status %d after %v: %s", status, d, p.logged())
	}
	<-answered
}

func TestADatabaseThatIsNotInItsPlace(t *testing.T) {
	for name, flags := range map[string][]string{"": nil, "with a mirror": {"-mirror"}} {
		t.Run(name, func(t *testing.T) {
			db, alice := database(t)
			p := start(t, db, flags...)
			admin := p.signIn("alice", alice.password)
			p.send("GET", "/healthz", "", login{}).want(t, http.StatusOK, `{"ok":true}`)
			if err := os.Rename(db, db+".old"); err != nil {
				t.Fatal(err)
			}
			p.send("GET", "/healthz", "", login{}).want(t, http.StatusServiceUnavailable, `{"ok":false}`)
			for path, w := range writes(admin, alice.token) {
				a := p.send("POST", path, w.body, w.who)
				a.want(t, http.StatusServiceUnavailable, "")
				if driver.MatchString(a.body) || a.header.Get("Retry-After") == "" {
					t.Errorf("%s: %s", path, a.body)
				}
			}
			if _, err := os.Stat(db); err == nil {
				t.Error("a new file was made")
			}
			if !strings.Contains(p.logged(), "moved, deleted or replaced") {
				t.Error("the log lacks the cause")
			}
		})
	}
}

func TestTheLogIsPruned(t *testing.T) {
	for _, tt := range []struct {
		flags []string
		left  int
	}{{nil, 1}, {[]string{"-keep-log", "9700h"}, 2}, {[]string{"-keep-log", "0"}, 2}} {
		db := filepath.Join(t.TempDir(), "ostraka.db")
		st := open(t, db)
		for _, age := range []time.Duration{400 * 24 * time.Hour, time.Hour} {
			bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test", Now: func() time.Time { return time.Now().Add(-age) }})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindName, Value: "bob " + age.String()}); err != nil {
				t.Fatal(err)
			}
		}
		p := start(t, db, tt.flags...)
		for began := time.Now(); time.Since(began) < waitFor; time.Sleep(20 * time.Millisecond) {
			if tt.left == 2 || strings.Contains(p.logged(), "old records removed") {
				break
			}
		}
		p.stop()
		log, err := st.ListChanges(t.Context(), uuid.Nil, ban.Page{})
		if err != nil || len(log) != tt.left {
			t.Errorf("%v: %d changes are left, %v, want %d", tt.flags, len(log), err, tt.left)
		}
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
			db, _ := database(t)
			if err := os.Chmod(db, c.mode); err != nil {
				t.Fatal(err)
			}
			p := start(t, db, c.flags...)
			p.stop()
			log := p.logged()
			for _, warning := range c.want {
				if !strings.Contains(log, warning) {
					t.Errorf("it does not say %q: %s", warning, log)
				}
			}
			if n := strings.Count(log, `"level":"WARN"`) - 1; n != len(c.want) { // beside that of -insecure-cookie
				t.Errorf("%d warnings, want %d: %s", n, len(c.want), log)
			}
		})
	}
}
