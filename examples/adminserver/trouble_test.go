package main

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // another program on the same file
)

// driver finds what only a driver, or Go, would say.
var driver = regexp.MustCompile(`(?i)sqlite|database|locked|table|ostraka_|goroutine|\.go:|context`)

// execute runs statements on one connection of its own, which it returns.
func execute(t *testing.T, db string, statements ...string) *sql.Conn {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+db+"?_pragma=busy_timeout(30000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return conn
}

// writes are a request to each API that writes to the database.
func writes(admin login, token string) map[string]struct {
	who  login
	body string
} {
	type write = struct {
		who  login
		body string
	}
	return map[string]write{
		"/api/admin/bans":                   {admin, `{"ban_type":"name","ban_value":"mallory"}`},
		"/api/admin/users":                  {admin, `{"username":"carol","email":"carol@example.org","password":"long enough"}`},
		"/api/v1/admin/email_domain_blocks": {login{token: token}, `{"domain":"spam.example"}`},
		"/storyden/api/admin/bans/bob":      {admin, ""},
		"/api/aliases":                      {login{token: token}, `{"address":"shop@alias.example","destination":"bob@example.net","ip":"198.51.100.7"}`},
	}
}

func TestALockedDatabase(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-busy-timeout", "50ms")
	admin := p.signIn("alice", alice.password)
	p.send("POST", "/api/admin/users", `{"username":"bob","email":"bob@example.org","password":"long enough"}`, admin).want(t, http.StatusOK, "")
	p.send("GET", "/metrics", "", login{token: alice.token}).want(t, http.StatusOK, "") // the token's use is written down
	conn := execute(t, db, "BEGIN EXCLUSIVE")
	for path, w := range writes(admin, alice.token) {
		a := p.send("POST", path, w.body, w.who)
		a.want(t, http.StatusServiceUnavailable, "")
		if driver.MatchString(a.body) || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	p.send("POST", "/api/auth/sign-in", fmt.Sprintf(`{"login":"alice","password":%q}`, alice.password), login{}).
		want(t, http.StatusServiceUnavailable, `"reason":"store_busy"`)
	p.send("GET", "/api/admin/bans", "", admin).want(t, http.StatusOK, `"total":0`) // who only reads does not wait
	p.send("GET", "/healthz", "", login{}).want(t, http.StatusOK, `{"ok":true}`)
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for path, w := range writes(admin, alice.token) {
		p.send("POST", path, w.body, w.who).want(t, http.StatusOK, "")
	}
}

func TestADamagedDatabase(t *testing.T) {
	db, alice := database(t)
	p := start(t, db)
	admin := p.signIn("alice", alice.password)
	p.send("POST", "/api/admin/users", `{"username":"bob","email":"bob@example.org","password":"long enough"}`, admin).want(t, http.StatusOK, "")
	execute(t, db, "ALTER TABLE ostraka_changes RENAME TO gone")
	for path, w := range writes(admin, alice.token) {
		a := p.send("POST", path, w.body, w.who)
		a.want(t, http.StatusInternalServerError, "")
		if driver.MatchString(a.body) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	execute(t, db, "ALTER TABLE ostraka_rules RENAME TO gone_too", "ALTER TABLE ostraka_lists RENAME TO gone_as_well")
	a := p.send("GET", "/healthz", "", login{})
	if a.status != http.StatusServiceUnavailable || a.body != "{\"ok\":false}\n" {
		t.Errorf("/healthz: %d %s", a.status, a.body)
	}
	a = p.send("POST", "/api/check", `{"name":"bob"}`, login{token: alice.token})
	a.want(t, http.StatusInternalServerError, `{"error":"internal_error","where":"check","reason":"unexpected_error"}`)
	p.send("GET", "/metrics", "", login{token: alice.token}).want(t, http.StatusOK, `ostraka_rules{origin="ban"}`) // what can be counted is
	if !strings.Contains(p.logged(), "no such table") {
		t.Error("the log lacks the cause")
	}
}

func TestWhatIsTooMuch(t *testing.T) {
	db, alice := database(t)
	p := start(t, db)
	admin := p.signIn("alice", alice.password)
	long := `{"x":"` + strings.Repeat("x", 33<<10) + `"}`
	for path, who := range map[string]login{
		"/api/admin/bans": admin, "/api/admin/users": admin, "/api/auth/sign-in": {}, "/api/aliases": {token: alice.token},
		"/api/check": {token: alice.token}, "/api/v1/admin/email_domain_blocks": {token: alice.token},
	} {
		p.send("POST", path, long, who).want(t, http.StatusRequestEntityTooLarge, "")
	}
	if a, err := p.try("GET", "/healthz", nil, login{}, "X-Long", strings.Repeat("x", 32<<10)); err != nil || a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("long headers: %d, %v", a.status, err)
	}
}

// TestSlowClientsAreCutOff sends requests that never end, of which some have got
// as far as the body.
func TestSlowClientsAreCutOff(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-read-timeout", "200ms")
	for name, c := range map[string]struct{ sent, answer string }{
		"nothing":        {"", ""},
		"half a header":  {"POST /api/check HTTP/1.1\r\nHost: x\r\nX", "400"},
		"half of a body": {"POST /api/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + alice.token + "\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{", "408"},
		"of a sign-in":   {"POST /api/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{", "408"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(waitFor)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, c.sent); err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(conn) // ends when the server closes
			if err != nil || !strings.Contains(string(text), c.answer) {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

func TestTheLogNamesNobodyAndHasNoSecrets(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-mirror")
	admin := p.signIn("alice", alice.password)
	token := login{token: alice.token}
	p.send("POST", "/api/auth/sign-in", `{"login":"alice","password":"wr0ng-password"}`, login{})
	p.send("GET", "/api/admin/bans?ban_value=somebody", "", admin)
	p.send("POST", "/api/admin/users", `{"username":"somebody","email":"somebody@example.net","password":"wr0ng-password"}`, admin)
	p.send("POST", "/storyden/api/admin/bans/somebody", "", admin)
	p.send("GET", "/somebody@example.net", "", token)
	a := p.send("POST", "/api/check", `{"email":"somebody@example.net","ip":"198.51.100.77"}`, token)
	p.stop()
	log := p.logged()
	for _, secret := range []string{alice.password, alice.token, admin.session, admin.csrf, "wr0ng-password", "somebody", "198.51.100.77"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	for _, want := range []string{
		"INSECURE COOKIES",
		`"route":"POST /storyden/api/admin/bans/{account_handle}","status":200`,
		`"route":"POST /api/check","status":200`,
		`"actor":"alice","id":"` + a.header.Get("X-Request-Id") + `"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}
