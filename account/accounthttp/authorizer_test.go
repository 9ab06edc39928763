package accounthttp_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestEverythingIsServedToAnAdmin(t *testing.T) {
	for _, e := range endpoints(t) {
		want := 200
		if strings.Contains(e.target, uuid.Max.String()) { // which is no credential of bob's
			want = 404
		}
		s := populated(t, siteOptions{})
		if w := s.do(request{target: e.target, body: e.body, header: s.credentials(t, "alice")}); w.Code != want {
			t.Errorf("%s: %d %s", e.target, w.Code, w.Body)
		}
	}
}

// TestNothingIsServedWithoutAuthorization makes every request with every kind of
// credentials that are not good enough.
func TestNothingIsServedWithoutAuthorization(t *testing.T) {
	const none, forbidden = "invalid_or_expired_session", "forbidden"
	tests := []struct {
		name   string
		header func(t *testing.T, s *site) map[string]string
		status int                   // of contracts A and C; B has 403 for all
		reason string                // of contract A
		but    func(e endpoint) bool // where these credentials are good enough
	}{
		{"no credentials", func(*testing.T, *site) map[string]string { return nil }, 401, none, nil},
		{"empty credentials", func(*testing.T, *site) map[string]string {
			return map[string]string{"Cookie": "__Host-access=; storyden-session=", "Authorization": "Bearer ", "X-CSRF-Token": "x"}
		}, 401, none, nil},
		{"made-up credentials", func(*testing.T, *site) map[string]string {
			return map[string]string{"Cookie": "__Host-access=x; storyden-session=x", "Authorization": "Bearer ostraka_x", "X-CSRF-Token": "x"}
		}, 401, none, nil},
		{"another scheme", func(*testing.T, *site) map[string]string {
			return map[string]string{"Authorization": "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ=="}
		}, 401, none, nil},
		{"a token for a session, and a session for a token", func(t *testing.T, s *site) map[string]string {
			all := s.credentials(t, "alice")
			_, token, _ := strings.Cut(all["Authorization"], " ")
			session := sessionOf(all)
			return map[string]string{
				"Cookie": "__Host-access=" + token + "; storyden-session=" + token, "Authorization": "Bearer " + session, "X-CSRF-Token": all["X-CSRF-Token"],
			}
		}, 401, none, nil},
		{"the cookie of a site without TLS", func(t *testing.T, s *site) map[string]string {
			all := s.login(t, "alice")
			all["Cookie"] = "access=" + sessionOf(all)
			return all
		}, 401, none, nil},
		{"of somebody suspended", func(t *testing.T, s *site) map[string]string {
			s.createAdmin(t, "sam")
			all := s.credentials(t, "sam")
			must(s.admin.Suspend(as("alice"), must(s.admin.ByHandle(t.Context(), "sam"))(t).ID, account.SuspendOptions{}))(t)
			return all
		}, 401, none, nil},
		{"of somebody demoted", func(t *testing.T, s *site) map[string]string {
			s.createAdmin(t, "sam")
			all := s.credentials(t, "sam")
			no := false
			must(s.admin.Update(as("alice"), must(s.admin.ByHandle(t.Context(), "sam"))(t).ID, account.Patch{Admin: &no}))(t)
			return all
		}, 401, none, nil},
		{"of somebody deleted", func(t *testing.T, s *site) map[string]string {
			s.createAdmin(t, "sam")
			all := s.credentials(t, "sam")
			must(s.admin.Delete(as("alice"), must(s.admin.ByHandle(t.Context(), "sam"))(t).ID, account.DeleteOptions{}))(t)
			return all
		}, 401, none, nil},
		{"that were revoked", func(t *testing.T, s *site) map[string]string {
			all := s.credentials(t, "alice")
			must(s.auth.RevokeAll(as("alice"), must(s.admin.ByHandle(t.Context(), "alice"))(t).ID, [16]byte{}))(t)
			return all
		}, 401, none, nil},
		{"that have expired", func(t *testing.T, s *site) map[string]string {
			all := s.login(t, "alice")
			acc := must(s.admin.ByHandle(t.Context(), "alice"))(t)
			token := must(s.auth.CreateToken(as("alice"), acc.ID, account.TokenOptions{Scopes: []string{"admin"}, ExpiresAt: noon.Add(time.Hour)}))(t)
			all["Authorization"] = "Bearer " + token.Secret
			s.clock.advance(account.DefaultSessionLifetime)
			return all
		}, 401, none, nil},
		{"of a session that was idle, and no token", func(t *testing.T, s *site) map[string]string {
			all := s.login(t, "alice")
			s.clock.advance(account.DefaultIdleTimeout)
			return all
		}, 401, none, nil},
		{"of somebody who is no admin", func(t *testing.T, s *site) map[string]string { return s.credentials(t, "bob") }, 403, forbidden,
			endpoint.anybodys},
		{"a session without CSRF token, and a token of another scope", func(t *testing.T, s *site) map[string]string {
			all := s.login(t, "alice")
			delete(all, "X-CSRF-Token")
			maps.Copy(all, s.token(t, must(s.admin.ByHandle(t.Context(), "alice"))(t), "admin:read:reports", "admin:write:reports", "write"))
			return all
		}, 403, "csrf_required", func(e endpoint) bool { return e.by == "storyden" || e.by == "cookie" && !e.mutation() }},
		{"another session's CSRF token, and a token that only reads", func(t *testing.T, s *site) map[string]string {
			all := s.login(t, "alice")
			all["X-CSRF-Token"] = s.login(t, "alice")["X-CSRF-Token"]
			maps.Copy(all, s.token(t, must(s.admin.ByHandle(t.Context(), "alice"))(t), "admin:read"))
			return all
		}, 403, "invalid_csrf_token", func(e endpoint) bool { return e.by == "storyden" || !e.mutation() }},
		{"a CSRF token that is none, and a token that only writes", func(t *testing.T, s *site) map[string]string {
			all := s.login(t, "alice")
			all["X-CSRF-Token"] = "%"
			maps.Copy(all, s.token(t, must(s.admin.ByHandle(t.Context(), "alice"))(t), "admin:write"))
			return all
		}, 403, "invalid_csrf_token", func(e endpoint) bool {
			return e.by == "storyden" || e.by == "cookie" && !e.mutation() || e.by != "cookie" && e.mutation()
		}},
		{"of a page of another site", func(t *testing.T, s *site) map[string]string {
			all := s.credentials(t, "alice")
			all["Sec-Fetch-Site"], all["Origin"] = "cross-site", "https://evil.example"
			return all
		}, 403, forbidden, func(e endpoint) bool { return e.by != "storyden" && !e.readsSession() }},
		{"of a page of a neighbour", func(t *testing.T, s *site) map[string]string {
			all := s.credentials(t, "alice")
			all["Sec-Fetch-Site"] = "same-site"
			return all
		}, 403, forbidden, func(e endpoint) bool { return e.by != "storyden" && !e.readsSession() }},
		{"of a page of another origin, in an old browser", func(t *testing.T, s *site) map[string]string {
			all := s.credentials(t, "alice")
			all["Origin"] = "https://evil.example"
			return all
		}, 403, forbidden, func(e endpoint) bool { return e.by != "storyden" && !e.readsSession() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := populated(t, siteOptions{})
			header := tt.header(t, s)
			before := s.changes(t)
			refused := 0
			for i, e := range endpoints(t) {
				if tt.but != nil && tt.but(e) {
					continue
				}
				refused++
				w := s.do(request{target: e.target, body: e.body, header: header, from: fmt.Sprintf("198.51.100.%d:1", i)})
				status := tt.status
				if e.by == "blocks" {
					status = 403
				}
				if w.Code != status {
					t.Errorf("%s: %d %s, want %d", e.target, w.Code, w.Body, status)
				}
				if strings.Contains(w.Body.String(), "alice") || strings.Contains(w.Body.String(), "bob") || len(w.Header().Values("Set-Cookie")) > 0 {
					t.Errorf("%s: refused, but %v %s", e.target, w.Header(), w.Body)
				}
				if e.by == "cookie" && !strings.HasPrefix(e.target, "HEAD") && !strings.Contains(w.Body.String(), `"reason":"`+tt.reason+`"`) {
					t.Errorf("%s: %s, want the reason %s", e.target, w.Body, tt.reason)
				}
			}
			if after := s.changes(t); after != before {
				t.Errorf("%d changes were made", after-before)
			}
			if refused == 0 {
				t.Error("nothing was tried")
			}
		})
	}
}

func TestScopes(t *testing.T) {
	for _, tt := range []struct {
		scopes      []string
		read, write int
	}{
		{[]string{"admin"}, 200, 200},
		{[]string{"admin:read", "admin:write"}, 200, 200},
		{[]string{"admin:read"}, 200, 403},
		{[]string{"admin:write"}, 403, 200},
		{[]string{"admin:read:email_domain_blocks"}, 200, 403},
		{[]string{"admin:write:email_domain_blocks"}, 403, 200},
		{[]string{"admin:read:email_domain_blocks:x", "admin:write:x", "read", "write", "admin:readx"}, 403, 403},
	} {
		s := newSite(t, siteOptions{})
		header := s.token(t, s.createAdmin(t, "alice"), tt.scopes...)
		for _, in := range []struct {
			request
			want int
		}{
			{request{target: "GET " + blocksPath}, tt.read},
			{request{target: "POST " + blocksPath, body: `{"domain":"spam.example"}`}, tt.write},
		} {
			in.header = header
			w := s.do(in.request)
			if w.Code != in.want || in.want == 403 && strings.TrimSpace(w.Body.String()) != `{"error":"This action is outside the authorized scopes"}` {
				t.Errorf("%v, %s: %d %s, want %d", tt.scopes, in.target, w.Code, w.Body, in.want)
			}
		}
	}
}

func TestAuthorizationHeaders(t *testing.T) {
	s := newSite(t, siteOptions{})
	token := s.token(t, s.createAdmin(t, "alice"), "admin:read")["Authorization"]
	secret := strings.TrimPrefix(token, "Bearer ")
	for value, want := range map[string]int{
		"Bearer " + secret: 200, "bearer " + secret: 200, "BEARER  " + secret: 200,
		secret: 403, "Token " + secret: 403, "Bearer": 403, "Bearer " + secret + "x": 403, "Bearer " + strings.Repeat("x", 5000): 403,
	} {
		if w := s.do(request{target: "GET " + blocksPath, header: map[string]string{"Authorization": value}}); w.Code != want {
			t.Errorf("%.40q: %d, want %d", value, w.Code, want)
		}
	}
}

func TestFailuresAreBoundedTogether(t *testing.T) {
	s := newSite(t, siteOptions{authorizer: accounthttp.AuthorizerOptions{Failures: accounthttp.Rate{Burst: 3, Every: 90 * time.Second}}})
	s.createAdmin(t, "alice")
	good := s.credentials(t, "alice")
	from := func(client, target string, header map[string]string) (int, string) {
		w := s.do(request{target: target, header: header, from: client})
		return w.Code, w.Header().Get("Retry-After")
	}
	steps := []struct {
		rule, client, target string
		header               map[string]string
		wait                 time.Duration // before
		status               int
		retry                string
	}{
		{"a refusal of one authorizer", "192.0.2.1:1", "GET /api/admin/users", nil, 0, 401, ""},
		{"of another", "192.0.2.1:2", "GET " + blocksPath, nil, 0, 403, ""},
		{"of the third", "192.0.2.1:3", "POST " + storydenBans + "bob", nil, 0, 401, ""},
		{"are one too many for the first", "192.0.2.1:4", "GET /api/admin/bans", nil, 0, 429, "90"},
		{"and the others", "192.0.2.1:4", "GET " + blocksPath, nil, 0, 429, "90"},
		{"but not for who has credentials", "192.0.2.1:4", "GET /api/admin/bans", good, 0, 200, ""},
		{"nor for a token", "192.0.2.1:4", "GET " + blocksPath, good, 0, 200, ""},
		{"nor for another client", "192.0.2.2:1", "GET /api/admin/bans", nil, 0, 401, ""},
		{"the time to wait is rounded up", "192.0.2.1:4", "GET /api/admin/bans", nil, 1500 * time.Millisecond, 429, "89"},
		{"after it there is one more", "192.0.2.1:4", "GET /api/admin/bans", nil, 89 * time.Second, 401, ""},
		{"one", "192.0.2.1:4", "POST /api/auth/sign-out", nil, 0, 429, "90"},
	}
	for _, step := range steps {
		s.clock.advance(step.wait)
		if status, retry := from(step.client, step.target, step.header); status != step.status || retry != step.retry {
			t.Errorf("%s: %d, Retry-After %q; want %d, %q", step.rule, status, retry, step.status, step.retry)
		}
	}
}

func TestTroubleWithCredentialsIsNoRefusal(t *testing.T) {
	for _, tt := range []struct {
		err           error
		status        int
		error, reason string
	}{
		{errDriver, 500, "internal_error", "unexpected_error"},
		{fmt.Errorf("%w: %w", store.ErrBusy, errDriver), 503, "temporarily_unavailable", "store_busy"},
	} {
		broken := &brokenCredentials{Store: memstore.New()}
		s := populated(t, siteOptions{store: broken, authorizer: accounthttp.AuthorizerOptions{Failures: accounthttp.Rate{Burst: 1, Every: time.Hour}}})
		all := s.credentials(t, "alice")
		broken.err = tt.err
		for _, e := range endpoints(t) {
			w := s.do(request{target: e.target, body: e.body, header: all})
			if w.Code != tt.status || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s: %d %s, want %d", e.target, w.Code, w.Body, tt.status)
			}
			if (e.by == "cookie" || e.by == "token") && !strings.HasPrefix(e.target, "HEAD") &&
				(!strings.Contains(w.Body.String(), `"error":"`+tt.error+`"`) || !strings.Contains(w.Body.String(), `"reason":"`+tt.reason+`"`)) {
				t.Errorf("%s: %s", e.target, w.Body)
			}
		}
	}
}

func TestASessionIsUsableAfterRotation(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.createAdmin(t, "alice")
	old := must(s.auth.Login(context.Background(), "alice", password))(t)
	rotated := must(s.auth.Rotate(context.Background(), old.Secret))(t)
	header := map[string]string{"Cookie": "__Host-access=" + rotated.Secret, "X-CSRF-Token": s.auth.CSRFToken(old)}
	if w := s.do(request{target: "POST /api/admin/bans", body: `{"ban_type":"name","ban_value":"eve"}`, header: header}); w.Code != 200 {
		t.Errorf("the token of the family: %d %s", w.Code, w.Body)
	}
	header["Cookie"] = "__Host-access=" + old.Secret
	if w := s.do(request{target: "GET /api/admin/bans", header: header}); w.Code != 401 {
		t.Errorf("the old secret: %d", w.Code)
	}
}
