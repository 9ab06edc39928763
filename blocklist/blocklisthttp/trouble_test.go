package blocklisthttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func bodyFor(method string) string {
	if method == "POST" {
		return "domain=spam.example"
	}
	return ""
}

func TestNobodyIsLetInUnauthorized(t *testing.T) {
	const notAllowed, scopes = "This action is not allowed", "This action is outside the authorized scopes"
	refusals := []struct {
		name   string
		actor  string
		err    error
		status int
		text   string
	}{
		{"no token", "", blocklisthttp.ErrUnauthenticated, 403, notAllowed},
		{"another role", "alice", blocklisthttp.ErrForbidden, 403, notAllowed},
		{"another scope", "alice", fmt.Errorf("token 7: %w", blocklisthttp.ErrWrongScope), 403, scopes},
		{"too many tries", "", &blocklisthttp.RateLimitError{RetryAfter: time.Minute}, 429, "Too many requests"},
		{"in nobody's name", "", nil, 500, "Internal server error"},
		{"trouble", "alice", errDriver, 500, "Internal server error"},
		{"a busy store", "alice", store.ErrBusy, 503, "There was a temporary problem serving your request, please try again"},
	}
	for _, refusal := range refusals {
		f := newFixture(t, memstore.New(), blocklisthttp.Options{
			Authorize: func(*http.Request, blocklisthttp.Need) (string, error) { return refusal.actor, refusal.err },
		})
		f.blocks(t, "foo")
		before := f.changes(t)
		for _, target := range webtest.Targets(blocklisthttp.Routes()) {
			t.Run(refusal.name+", "+target.Method+" "+target.Path, func(t *testing.T) {
				w := f.do(target.Method, target.Path, bodyFor(target.Method))
				want := errorBody(refusal.text)
				if target.Method == "HEAD" {
					want = ""
				}
				if w.Code != refusal.status || w.Body.String() != want || f.changes(t) != before {
					t.Errorf("%d %s, want %d %s", w.Code, w.Body, refusal.status, want)
				}
			})
		}
	}
}

func TestAuthorizeIsToldWhatIsNeeded(t *testing.T) {
	var got blocklisthttp.Need
	f := newFixture(t, memstore.New(), blocklisthttp.Options{Authorize: func(_ *http.Request, n blocklisthttp.Need) (string, error) {
		got = n
		return "alice", nil
	}})
	for _, target := range webtest.Targets(blocklisthttp.Routes()) {
		f.do(target.Method, target.Path, bodyFor(target.Method))
		want := "admin:write:email_domain_blocks"
		if target.Method == "GET" || target.Method == "HEAD" {
			want = "admin:read:email_domain_blocks"
		}
		if scopes := got.Scopes(); len(scopes) != 2 || scopes[1] != want {
			t.Errorf("%v needs %v, want %s", target, scopes, want)
		}
	}
}

func TestTroubleWithTheStore(t *testing.T) {
	const internal, temporary = "Internal server error", "There was a temporary problem serving your request, please try again"
	for _, tt := range []struct {
		name   string
		err    error
		status int
		text   string
	}{
		{"broken", errDriver, 500, internal},
		{"busy", fmt.Errorf("%w: %w", store.ErrBusy, errDriver), 503, temporary},
		{"closed", store.ErrClosed, 503, temporary},
	} {
		stores := map[string]store.Store{"blocks": newBrokenStore(tt.err), "history": brokenHistory{memstore.New(), tt.err}}
		for what, st := range stores {
			f := newFixture(t, st, blocklisthttp.Options{})
			if what == "history" {
				f.blocks(t, "foo")
			}
			for _, route := range blocklisthttp.Routes() {
				if what == "history" && route.Method == "DELETE" {
					continue // it does not ask for it
				}
				t.Run(tt.name+" "+what+", "+route.Where, func(t *testing.T) {
					w := f.do(route.Method, webtest.Path(route, "1"), bodyFor(route.Method))
					if w.Code != tt.status || w.Body.String() != errorBody(tt.text) {
						t.Errorf("%d %s", w.Code, w.Body)
					}
					if !strings.Contains(f.log.String(), tt.err.Error()) || !strings.Contains(f.log.String(), route.Where) {
						t.Errorf("the log has %q", f.log)
					}
				})
			}
		}
	}
}

func TestConcurrentCreatesMakeOneBlock(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	server := httptest.NewServer(f.api)
	defer server.Close()
	var wg sync.WaitGroup
	var created, taken atomic.Int32
	for range 100 {
		wg.Go(func() {
			resp, err := http.Post(server.URL+"/api/v1/admin/email_domain_blocks", "application/x-www-form-urlencoded", strings.NewReader("domain=spam.example"))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			switch resp.StatusCode {
			case 200:
				created.Add(1)
			case 422:
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 || taken.Load() != 99 || f.count(t) != 1 {
		t.Errorf("%d created, %d taken, %d blocks", created.Load(), taken.Load(), f.count(t))
	}
}
