package accounthttp_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// pathOf returns the path of a route, with an id or a handle for its variable.
func pathOf(r web.Route, id, handle string) string {
	return strings.NewReplacer("{account_handle}", handle, "{credential}", uuid.Max.String()).Replace(webtest.Path(r, id))
}

// bodyOf returns a body that a route takes.
func bodyOf(where string) string {
	return map[string]string{
		"users.create": `{"username":"eve","email":"eve@example.org","password":"example_string"}`, "users.update": `{"username":"robert"}`,
		"aliases.update": `{"active":true}`, "users.own_password": `{"current_password":"` + password + `","new_password":"battery staple"}`,
		"credentials.create": `{"name":"metrics","scopes":["admin:read:metrics"]}`,
		"auth.sign_in":       signInBody("bob", password), "aliases.create": `{"address":"shop@alias.example","destination":"bob@example.org"}`,
	}[where]
}

func TestTroubleWithTheStore(t *testing.T) {
	tests := []struct {
		name            string
		err             error
		status          int
		error, reason   string
		storyden, retry string
	}{
		{"broken", errDriver, 500, "internal_error", "unexpected_error",
			`{"error":"internal_error","message":"Something went wrong.","suggested":"Try again later.","metadata":{}}`, ""},
		{"busy", fmt.Errorf("%w: %w", store.ErrBusy, errDriver), 503, "temporarily_unavailable", "store_busy",
			`{"error":"temporarily_unavailable","message":"This is not possible at the moment.","suggested":"Try again in a moment.","metadata":{}}`, "1"},
		{"closed", store.ErrClosed, 503, "temporarily_unavailable", "shutting_down",
			`{"error":"temporarily_unavailable","message":"This is not possible at the moment.","suggested":"Try again in a moment.","metadata":{}}`, "1"},
	}
	for _, tt := range tests {
		for prefix, routes := range accounthttp.Routes() {
			for _, route := range routes {
				if route.Where == "auth.session" || route.Where == "auth.csrf" {
					continue // which ask no more than who it is: TestTroubleWithCredentialsIsNoRefusal
				}
				t.Run(tt.name+", "+route.Where, func(t *testing.T) {
					broken := &brokenStore{Store: memstore.New()}
					o := siteOptions{store: broken, authorize: letIn}
					s := newSite(t, o)
					s.createAdmin(t, "alice")
					s.createAliases(t, s.create(t, account.CreateOptions{Handle: "bob"}))
					header := s.login(t, "alice") // where letIn is not asked
					broken.err = tt.err
					target := route.Method + " " + prefix + pathOf(route, "2", "bob")
					w := s.do(request{target: target, body: bodyOf(route.Where), header: header})
					want := fmt.Sprintf(`{"error":%q,"where":%q,"reason":%q}`, tt.error, route.Where, tt.reason)
					if prefix == "/storyden/api" {
						want = tt.storyden
					}
					webtest.WantAnswer(t, w, tt.status, want)
					if !strings.Contains(s.log.String(), tt.err.Error()) || !strings.Contains(s.log.String(), route.Where) {
						t.Errorf("the log has %q", s.log)
					}
					if got := w.Header().Get("Retry-After"); got != tt.retry {
						t.Errorf("Retry-After: %q, want %q", got, tt.retry)
					}
				})
			}
		}
	}
}

// TestTroubleCountsForNoTry: a person whose sign-in failed because of the store
// has all their tries.
func TestTroubleCountsForNoTry(t *testing.T) {
	broken := &brokenStore{Store: memstore.New()}
	s := newSite(t, siteOptions{store: broken, signIn: accounthttp.SignInOptions{PerClient: accounthttp.Rate{Burst: 1, Every: time.Hour}}})
	s.createAdmin(t, "alice")
	in := request{target: signInPath, body: signInBody("alice", password)}
	broken.err = errDriver
	for range 3 {
		if w := s.do(in); w.Code != 500 {
			t.Fatal(w.Code, w.Body)
		}
	}
	broken.err = nil
	if w := s.do(in); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRefusalsByAHostsAuthorize(t *testing.T) {
	for _, tt := range []struct {
		actor  string
		err    error
		status int
	}{
		{"alice", accounthttp.ErrForbidden, 403},
		{"alice", fmt.Errorf("session 5: %w", accounthttp.ErrUnauthenticated), 401},
		{"", &accounthttp.RateLimitError{RetryAfter: time.Minute}, 429},
		{" ", nil, 500},
		{"a\nb", nil, 500},
		{"alice", errDriver, 500},
	} {
		s := newSite(t, siteOptions{authorize: func(*http.Request, accounthttp.Need) (string, error) { return tt.actor, tt.err }})
		s.createAdmin(t, "root")
		s.createAliases(t, s.create(t, account.CreateOptions{Handle: "bob"}))
		before := s.changes(t)
		for _, e := range endpoints(t) {
			if e.by == "blocks" || strings.Contains(e.target, "/bans") && e.by == "cookie" || e.ownRule() {
				continue
			}
			if tt.actor == "a\nb" && !e.mutation() {
				continue // the actor counts only for changes
			}
			w := s.do(request{target: e.target, body: e.body})
			if w.Code != tt.status || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%q, %v, %s: %d %s, want %d", tt.actor, tt.err, e.target, w.Code, w.Body, tt.status)
			}
			if limited := tt.status == 429; limited != (w.Header().Get("Retry-After") == "60") {
				t.Errorf("%s: Retry-After %q", e.target, w.Header().Get("Retry-After"))
			}
		}
		if after := s.changes(t); after != before {
			t.Errorf("%q, %v: %d changes were made", tt.actor, tt.err, after-before)
		}
	}
}

func TestAuthorizeIsToldWhatIsNeeded(t *testing.T) {
	var got accounthttp.Need
	s := newSite(t, siteOptions{authorize: func(_ *http.Request, n accounthttp.Need) (string, error) {
		got = n
		return "", accounthttp.ErrForbidden
	}})
	for _, e := range endpoints(t) {
		if e.by == "blocks" || e.ownRule() || strings.Contains(e.target, "/admin/bans") && e.by == "cookie" {
			continue
		}
		want := accounthttp.Need{Resource: map[string]string{"cookie": "users", "storyden": "accounts", "token": "aliases"}[e.by], Mutation: e.mutation()}
		if strings.Contains(e.target, "/credentials") {
			want.Resource = "credentials"
		}
		if s.do(request{target: e.target, body: e.body}); got != want {
			t.Errorf("%s needs %+v, want %+v", e.target, got, want)
		}
	}
}

// concurrently sends requests at once, and counts the statuses of the answers.
func (s *site) concurrently(all []request) map[int]int {
	var mu sync.Mutex
	codes := map[int]int{}
	var wg sync.WaitGroup
	for _, in := range all {
		wg.Go(func() {
			w := s.do(in)
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
		})
	}
	wg.Wait()
	return codes
}

func TestConcurrentCreatesMakeOneUser(t *testing.T) {
	overEachStore(t, func(t *testing.T, open func() store.Store) {
		s := newSite(t, siteOptions{store: open(), authorize: letIn})
		var all []request
		for i := range 50 {
			body := fmt.Sprintf(`{"username":"eve","email":"eve%d@example.org","password":"example_string"}`, i)
			all = append(all, request{target: "POST /api/admin/users", body: body})
		}
		if codes := s.concurrently(all); codes[200] != 1 || codes[409] != 49 {
			t.Errorf("%v, want one 200 and 49 times 409", codes)
		}
	})
}

func TestConcurrentDemotionsLeaveAnAdmin(t *testing.T) {
	overEachStore(t, func(t *testing.T, open func() store.Store) {
		for range 5 {
			s := newSite(t, siteOptions{store: open(), authorize: func(*http.Request, accounthttp.Need) (string, error) { return "a service", nil }})
			s.createAdmin(t, "alice")
			s.createAdmin(t, "bob")
			codes := s.concurrently([]request{
				{target: "PATCH /api/admin/users/1", body: `{"is_admin":false}`},
				{target: "PATCH /api/admin/users/2", body: `{"is_active":false}`},
			})
			if codes[200] != 1 || codes[409] != 1 {
				t.Fatalf("%v, want one 200 and one 409", codes)
			}
		}
	})
}

// TestASlowClientIsCutOff: a server whose host has set no timeouts is not held up
// by a body that does not come.
func TestASlowClientIsCutOff(t *testing.T) {
	admin := newSite(t, siteOptions{}).admin
	h := must(accounthttp.NewUsers(admin, accounthttp.Options{Authorize: letIn, Timeout: 50 * time.Millisecond}))(t)
	server := httptest.NewServer(h)
	defer server.Close()
	conn := must(net.Dial("tcp", server.Listener.Addr().String()))(t)
	defer conn.Close()
	fmt.Fprint(conn, "POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408") || !strings.Contains(string(answer), "request_timeout") {
		t.Errorf("%q, %v", answer, err)
	}
}

// FuzzRequest sends anything: it is never a 500, and what is refused, or only
// asks, changes nothing.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{"username":"eve","email":"eve@example.org","password":"example_string","is_active":0,"is_admin":1}`,
		`{"is_active":false}`, `{"is_admin":null}`, `{"password":"x\ud800xxxxxxx"}`, `{"username":"\u0000"}`, `{"email":"@"}`,
		signInBody("bob", password), signInBody("bob@example.org", "x"), `{"login":"a@b@c","password":""}`,
		`{"address":"a@b.example","destination":"c@d.example","user_id":2,"ip":"::ffff:1.2.3.4"}`, `{"user_id":1e400}`, `{"user_id":9223372036854775808}`,
		`[`, ``, `{}`,
	} {
		for i := range uint8(10) {
			f.Add(i, "2", "force=1&limit=2&offset=1&active=0&is_admin=1&email=e", body, "application/json", "")
		}
	}
	f.Add(uint8(1), "%2e%2e", "%", "", "", "x=y; __Host-access=")
	f.Fuzz(func(t *testing.T, route uint8, id, query, body, media, cookie string) {
		s := newSite(t, siteOptions{authorize: letIn})
		s.createAdmin(t, "alice")
		s.create(t, account.CreateOptions{Handle: "bob"})
		type mounted struct {
			web.Route
			prefix string
		}
		var all []mounted
		for _, prefix := range []string{"/api", "/api/admin", "/storyden/api"} {
			for _, r := range accounthttp.Routes()[prefix] {
				all = append(all, mounted{r, prefix})
			}
		}
		to := all[int(route)%len(all)]
		r := httptest.NewRequest(to.Method, "/", strings.NewReader(body))
		r.URL.Path = to.prefix + pathOf(to.Route, id, id)
		r.URL.RawQuery = query
		r.Header["Content-Type"] = []string{media}
		r.Header["Cookie"] = []string{cookie}
		before := s.changes(t)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code/100 != 3 { // which only the mux around the handlers answers
			webtest.Harmless(t, to.Route, w, s.changes(t) != before)
		}
	})
}
