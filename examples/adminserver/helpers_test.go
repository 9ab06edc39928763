package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// waitFor bounds what a test waits for. It is not reached unless something is
// broken.
const waitFor = 30 * time.Second

// made is a database with an admin, which bootstrap makes once for all tests.
var made = sync.OnceValue(func() (made struct {
	db, printed []byte
	err         error
}) {
	dir, err := os.MkdirTemp("", "adminserver")
	if err != nil {
		made.err = err
		return made
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "ostraka.db")
	var stdout, stderr strings.Builder
	if code := run(context.Background(), []string{"bootstrap", "-db", path, "-admin", "alice", "-email", "alice@example.org"}, &stdout, &stderr); code != 0 {
		panic(stderr.String())
	}
	made.printed = []byte(stdout.String())
	made.db, made.err = os.ReadFile(path)
	return made
})

// admin is what bootstrap printed.
type admin struct{ password, token string }

// database returns the path of a database with the admin alice.
func database(t *testing.T) (string, admin) {
	t.Helper()
	m := made()
	if m.err != nil {
		t.Fatal(m.err)
	}
	path := filepath.Join(t.TempDir(), "ostraka.db")
	if err := os.WriteFile(path, m.db, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, admin{printed(t, "password"), printed(t, "token")}
}

func printed(t *testing.T, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + `: (\S+)$`).FindSubmatch(made().printed)
	if m == nil {
		t.Fatalf("bootstrap printed no %s: %s", name, made().printed)
	}
	return string(m[1])
}

// open opens a database as another program would.
func open(t *testing.T, db string) *sqlitestore.Store {
	t.Helper()
	st, err := sqlitestore.Open(t.Context(), db, sqlitestore.Options{BusyTimeout: waitFor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// openServer opens a database on a server as another program would.
func openServer(t *testing.T, a backend.Address) store.Store {
	t.Helper()
	db, err := backend.Open(t.Context(), a, backend.Options{Mode: backend.Make, Wait: waitFor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db.Store
}

// accounts returns what manages the accounts of a database. Time passes by the
// clock.
func accounts(t *testing.T, st *sqlitestore.Store, now func() time.Time) (*account.Admin, *account.Auth) {
	t.Helper()
	cheap := account.PasswordOptions{Memory: 64, Time: 1}
	a, err := account.NewAdmin(st, account.AdminOptions{Actor: "test", Passwords: cheap, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	auth, err := account.NewAuth(st, account.AuthOptions{Passwords: cheap, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return a, auth
}

// addBan makes a ban, whatever guards say.
func addBan(t *testing.T, st *sqlitestore.Store, o ban.CreateOptions) {
	t.Helper()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	o.Force = true
	if _, err := bans.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// program is a running adminserver.
type program struct {
	t    *testing.T
	url  string
	stop func() int // ends it, and returns the exit status

	parts *parts // of siteOver alone: what the site is made of

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

var listening = regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)

// start runs the program on a free port, until the test ends.
func start(t *testing.T, db string, flags ...string) *program {
	t.Helper()
	p := &program{t: t}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"-db", db, "-addr", "127.0.0.1:0", "-insecure-cookie"}, flags...), io.Discard, p)
	}()
	p.stop = sync.OnceValue(func() int {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		return <-ended
	})
	t.Cleanup(func() { p.stop() })
	for began := time.Now(); time.Since(began) < waitFor; time.Sleep(5 * time.Millisecond) {
		if m := listening.FindStringSubmatch(p.logged()); m != nil {
			p.url = "http://" + m[1]
			return p
		}
	}
	t.Fatalf("the program does not listen: %s", p.logged())
	return nil
}

// login is what a request comes with.
type login struct{ session, csrf, token string }

// answer is an answer, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request with a body in JSON, if there is one.
func (p *program) send(method, path, body string, c login, headers ...string) answer {
	p.t.Helper()
	a, err := p.try(method, path, strings.NewReader(body), c, headers...)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *program) try(method, path string, body io.Reader, c login, headers ...string) (answer, error) {
	r, err := http.NewRequest(method, p.url+path, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.session != "" {
		for _, name := range []string{accounthttp.InsecureCookieName, accounthttp.StorydenCookieName} {
			r.AddCookie(&http.Cookie{Name: name, Value: c.session})
		}
	}
	if c.csrf != "" {
		r.Header.Set(accounthttp.CSRFHeader, c.csrf)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// want fails the test if the answer is another.
func (a answer) want(t *testing.T, status int, piece string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, piece) {
		t.Errorf("%d %s, want %d with %s", a.status, a.body, status, piece)
	}
}

// signIn signs the person in over HTTP.
func (p *program) signIn(who, password string) login {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"login": who, "password": password})
	if err != nil {
		p.t.Fatal(err)
	}
	a := p.send("POST", "/api/auth/sign-in", string(body), login{})
	a.want(p.t, http.StatusOK, "csrf_token")
	var in struct {
		CSRFToken string `json:"csrf_token"`
	}
	if err := json.Unmarshal([]byte(a.body), &in); err != nil {
		p.t.Fatal(err)
	}
	c := login{csrf: in.CSRFToken}
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		c.session = cookie.Value
	}
	return c
}
