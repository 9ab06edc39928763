package banhttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestOptionsThatDoNotFit(t *testing.T) {
	admin, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func() (http.Handler, error){
		"no Authorize": func() (http.Handler, error) { return banhttp.New(admin, banhttp.Options{}) },
		"no admin":     func() (http.Handler, error) { return banhttp.New(nil, banhttp.Options{Authorize: letIn}) },
		"negative Timeout": func() (http.Handler, error) {
			return banhttp.New(admin, banhttp.Options{Authorize: letIn, Timeout: -1})
		},
	} {
		if h, err := make(); h != nil || err == nil {
			t.Errorf("%s: %v, %v", name, h, err)
		}
	}
}

// bodyFor returns a body that the route with the method takes.
func bodyFor(method string) string {
	switch method {
	case "POST":
		return `{"ban_type":"name","ban_value":"eve"}`
	case "PATCH":
		return `{"reason":"x"}`
	}
	return ""
}

func TestNobodyIsLetInUnauthorized(t *testing.T) {
	refusals := []struct {
		name   string
		actor  string
		err    error
		status int
		reason string
	}{
		{"no session", "", banhttp.ErrUnauthenticated, 401, "invalid_or_expired_session"},
		{"no right", "alice", banhttp.ErrForbidden, 403, "forbidden"},
		{"another scope", "alice", banhttp.ErrWrongScope, 403, "forbidden"},
		{"no CSRF token", "alice", banhttp.ErrCSRFRequired, 403, "csrf_required"},
		{"another CSRF token", "alice", banhttp.ErrInvalidCSRFToken, 403, "invalid_csrf_token"},
		{"wrapped", "alice", fmt.Errorf("session 5: %w", banhttp.ErrUnauthenticated), 401, "invalid_or_expired_session"},
		{"too many tries", "", &banhttp.RateLimitError{RetryAfter: time.Minute}, 429, ""},
		{"too many tries, for whatever time", "", banhttp.ErrRateLimited, 429, ""},
		{"in nobody's name", "", nil, 500, "unexpected_error"},
		{"trouble", "alice", errDriver, 500, "unexpected_error"},
		{"a busy store", "alice", store.ErrBusy, 503, "store_busy"},
	}
	for _, refusal := range refusals {
		f := newFixture(t, memstore.New(), func(*http.Request, banhttp.Need) (string, error) { return refusal.actor, refusal.err })
		f.bans(t, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		before := f.changes(t)
		for _, target := range webtest.Targets(banhttp.Routes()) {
			t.Run(refusal.name+", "+target.Method+" "+target.Path, func(t *testing.T) {
				w := f.do(target.Method, target.Path, bodyFor(target.Method))
				body := w.Body.String()
				if w.Code != refusal.status || target.Method != "HEAD" && refusal.reason != "" && !strings.Contains(body, `"reason":"`+refusal.reason+`"`) {
					t.Errorf("%d %s, want %d %s", w.Code, body, refusal.status, refusal.reason)
				}
				if strings.Contains(body, "bob") || strings.Contains(body, "secret") || f.changes(t) != before {
					t.Errorf("refused, but: %s", body)
				}
				if want := refusal.err != nil && strings.HasSuffix(refusal.err.Error(), "1m0s"); want != (w.Header().Get("Retry-After") == "60") {
					t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
				}
			})
		}
	}
}

func TestAuthorizeIsToldWhatIsNeeded(t *testing.T) {
	var got banhttp.Need
	f := newFixture(t, memstore.New(), func(_ *http.Request, n banhttp.Need) (string, error) {
		got = n
		return "alice", nil
	})
	for _, target := range webtest.Targets(banhttp.Routes()) {
		f.do(target.Method, target.Path, bodyFor(target.Method))
		if want := (banhttp.Need{Resource: "bans", Mutation: target.Method != "GET" && target.Method != "HEAD"}); got != want {
			t.Errorf("%v needs %+v, want %+v", target, got, want)
		}
	}
}

func TestTroubleWithTheStore(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		error  string
		reason string
	}{
		{"broken", errDriver, 500, "internal_error", "unexpected_error"},
		{"busy", fmt.Errorf("%w: %w", store.ErrBusy, errDriver), 503, "temporarily_unavailable", "store_busy"},
		{"closed", store.ErrClosed, 503, "temporarily_unavailable", "shutting_down"},
	}
	for _, tt := range tests {
		f := newFixture(t, newBrokenStore(tt.err), letIn)
		for i, route := range banhttp.Routes() {
			t.Run(tt.name+", "+route.Where, func(t *testing.T) {
				f.log.Reset()
				w := f.do(route.Method, webtest.Path(route, "1"), bodyFor(route.Method))
				webtest.WantAnswer(t, w, tt.status, fmt.Sprintf(`{"error":%q,"where":%q,"reason":%q}`, tt.error, route.Where, tt.reason))
				if !strings.Contains(f.log.String(), tt.err.Error()) || !strings.Contains(f.log.String(), route.Where) {
					t.Errorf("route %d: the log has %q", i, f.log)
				}
				if (tt.status == 503) != (w.Header().Get("Retry-After") != "") {
					t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
				}
			})
		}
	}
}

func TestAnActorThatDoesNotFitIsTheHostsFault(t *testing.T) {
	f := newFixture(t, memstore.New(), func(*http.Request, banhttp.Need) (string, error) { return "a\nb", nil })
	w := f.do("POST", "/bans", bodyFor("POST"))
	webtest.WantAnswer(t, w, 500, `{"error":"internal_error","where":"bans.create","reason":"unexpected_error"}`)
}

func TestMediaTypes(t *testing.T) {
	for media, want := range map[string]int{
		"application/json": 200, "application/json; charset=UTF-8": 200, "Application/JSON": 200,
		"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "application/json; charset=latin1": 415, "application/json;;": 415, "json": 415,
	} {
		f := newFixture(t, memstore.New(), letIn)
		r := httptest.NewRequest("POST", "/api/admin/bans", strings.NewReader(bodyFor("POST")))
		if media != "" {
			r.Header.Set("Content-Type", media)
		}
		w := httptest.NewRecorder()
		f.api.ServeHTTP(w, r)
		if w.Code != want || want == 415 && strings.TrimSpace(w.Body.String()) != `{"error":"unsupported_media_type"}` {
			t.Errorf("%q: %d %s", media, w.Code, w.Body)
		}
	}
	f := newFixture(t, memstore.New(), letIn)
	r := httptest.NewRequest("POST", "/api/admin/bans", strings.NewReader(bodyFor("POST")))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", "gzip")
	w := httptest.NewRecorder()
	if f.api.ServeHTTP(w, r); w.Code != 415 {
		t.Errorf("gzip: %d", w.Code)
	}
}

func TestConcurrentCreatesMakeOneBan(t *testing.T) {
	f := newFixture(t, memstore.New(), letIn)
	server := httptest.NewServer(f.api)
	defer server.Close()
	var wg sync.WaitGroup
	made := make(chan bool, 100)
	for i := range cap(made) {
		wg.Go(func() {
			body := fmt.Sprintf(`{"ban_type":"domain","ban_value":"spam.example","reason":"by %d"}`, i)
			resp, err := http.Post(server.URL+"/api/admin/bans", "application/json", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			var answer struct{ Created, Updated bool }
			if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != 200 || answer.Created == answer.Updated {
				t.Errorf("%d %+v, %v", resp.StatusCode, answer, err)
			}
			made <- answer.Created
		})
	}
	wg.Wait()
	close(made)
	created := 0
	for m := range made {
		if m {
			created++
		}
	}
	active := true
	n, err := f.admin.Count(t.Context(), ban.Filter{Active: &active})
	if created != 1 || n != 1 || err != nil {
		t.Errorf("%d were created, %d are active, %v; want 1", created, n, err)
	}
}

// FuzzRequest sends anything: it is never a 500, and what is refused, or only
// asks, changes nothing.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{"ban_type":"name","ban_value":"eve","reason":"r","expires_at":"2030-01-01T00:00:00Z","effect":"allow","shadow":1}`,
		`{"revoked":0,"revoked_reason":null}`, `{"revoked":true}`, `{"ban_type":"ip","ban_value":"::/0"}`, `{"expires_at":"9999-12-31T23:59:59-23:59"}`,
		`{"reason":"\u0000"}`, `{"ban_value":"x\ud800"}`, `[`, `{"shadow":1e400}`, ``,
	} {
		for i := range uint8(5) {
			f.Add(i, "1", "force=1&limit=2&offset=1&active=0&ban_type=name&ban_value=e", body, "application/json")
		}
	}
	f.Add(uint8(1), "%2e%2e", "%", "", "")
	f.Fuzz(func(t *testing.T, route uint8, id, query, body, media string) {
		x := newFixture(t, memstore.New(), letIn)
		x.bans(t, ban.CreateOptions{Kind: ban.KindName, Value: "eve"})
		routes := banhttp.Routes()
		to := routes[int(route)%len(routes)]
		r := httptest.NewRequest(to.Method, "/", strings.NewReader(body))
		r.URL.Path = "/api/admin" + webtest.Path(to, id)
		r.URL.RawQuery = query
		r.Header["Content-Type"] = []string{media}
		before := x.changes(t)
		w := httptest.NewRecorder()
		x.api.ServeHTTP(w, r)
		webtest.Harmless(t, to, w, x.changes(t) != before)
	})
}
