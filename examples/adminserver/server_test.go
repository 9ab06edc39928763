//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/pgstore/pgtest"
)

// bootstrapped makes an admin in the database that the address names.
func bootstrapped(t *testing.T, db string) admin {
	t.Helper()
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"bootstrap", "-db", db, "-admin", "alice", "-email", "alice@example.org"}, &stdout, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	field := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + `: (\S+)$`).FindStringSubmatch(stdout.String())
		if m == nil {
			t.Fatalf("bootstrap printed no %s: %s", name, stdout.String())
		}
		return m[1]
	}
	return admin{field("password"), field("token")}
}

func TestServersOnOneDatabaseHaveOneSite(t *testing.T) {
	db := backendtest.Text(t)
	alice := bootstrapped(t, db)
	key := filepath.Join(t.TempDir(), "key")
	a, b := start(t, db, "-csrf-key", key), start(t, db, "-csrf-key", key, "-mirror")
	for _, p := range []*program{a, b} {
		p.send("GET", "/healthz", "", login{}).want(t, http.StatusOK, "true")
	}
	in := a.signIn("alice", alice.password)
	ban := `{"ban_type":"domain","ban_value":"spam.example"}`
	b.send("POST", "/api/admin/bans", ban, in).want(t, http.StatusOK, "spam.example")
	asked := `{"email":"x@mail.spam.example"}`
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		got := a.send("POST", "/api/check", asked, login{token: alice.token})
		if strings.Contains(got.body, `"denied"`) {
			break
		}
		if time.Since(began) > waitFor {
			t.Fatalf("the other server still answers %s", got.body)
		}
	}
	metrics := a.send("GET", "/metrics", "", login{token: alice.token})
	for _, piece := range []string{"ostraka_store_listening 1", "ostraka_store_deadlocks_total 0", "ostraka_store_listener_connects_total 1"} {
		metrics.want(t, http.StatusOK, piece)
	}
	if strings.Contains(a.logged(), "CSRF") {
		t.Error("a server that shares its key says that it does not:", a.logged())
	}
	start(t, db).waitLog(t, "-csrf-key")
}

// waitLog waits until the log has a piece.
func (p *program) waitLog(t *testing.T, piece string) {
	t.Helper()
	for began := time.Now(); !strings.Contains(p.logged(), piece); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > waitFor {
			t.Fatalf("the log lacks %q: %s", piece, p.logged())
		}
	}
}

func TestAServerWithoutTablesIsNotServed(t *testing.T) {
	var stderr strings.Builder
	if code := run(t.Context(), []string{"-db", backendtest.Text(t), "-addr", "127.0.0.1:0"}, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "banctl migrate") {
		t.Errorf("%d, %s", code, stderr.String())
	}
}

func TestAServerThatIsDownAtTheStartIsTrouble(t *testing.T) {
	var stderr strings.Builder
	if code := run(t.Context(), []string{"-db", "postgres://postgres@127.0.0.1:1/app"}, io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), "is the server up") {
		t.Errorf("%d, %s", code, stderr.String())
	}
}

// While the database is away a server answers 503, and goes on when it is back.
func TestAServerOutlivesItsDatabase(t *testing.T) {
	s := pgtest.Own(t)
	db := s.DSN()
	alice := bootstrapped(t, db)
	p := start(t, db)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	const ban = `{"domain":"spam.example"}`
	health := p.send("GET", "/healthz", "", login{})
	health.want(t, http.StatusServiceUnavailable, "false")
	a := p.send("POST", "/api/v1/admin/email_domain_blocks", ban, login{token: alice.token})
	a.want(t, http.StatusServiceUnavailable, "")
	for _, a := range []answer{health, a} {
		if a.header.Get("Retry-After") == "" {
			t.Error("the answer has no Retry-After:", a)
		}
	}
	if strings.Contains(a.body, "127.0.0.1") || strings.Contains(a.body, "postgres") {
		t.Error("the answer says where the database is:", a.body)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); p.send("GET", "/healthz", "", login{}).status != http.StatusOK; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > waitFor {
			t.Fatal("it does not come back:", p.logged())
		}
	}
	p.send("POST", "/api/v1/admin/email_domain_blocks", ban, login{token: alice.token}).want(t, http.StatusOK, "spam.example")
}

func TestADatabaseThatTakesNoWritesIsTrouble(t *testing.T) {
	s := pgtest.Own(t)
	alice := bootstrapped(t, s.DSN())
	conn, err := pgx.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	p := start(t, s.DSN())
	if _, err := conn.Exec(t.Context(), `ALTER SYSTEM SET default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil { // the connections that may write end with it
		t.Fatal(err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	p.send("GET", "/healthz", "", login{}).want(t, http.StatusServiceUnavailable, "false")
	a := p.send("POST", "/api/v1/admin/email_domain_blocks", `{"domain":"spam.example"}`, login{token: alice.token})
	a.want(t, http.StatusServiceUnavailable, "")
	var stderr strings.Builder
	if code := run(t.Context(), []string{"-db", s.DSN()}, io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), "does it take writes?") {
		t.Errorf("%d, %s", code, stderr.String())
	}
}
