package accounthttp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/internal/web/webtest"
)

// TestAPageThatWasReloadedGoesOn: all that it has left is the cookie.
func TestAPageThatWasReloadedGoesOn(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.create(t, account.CreateOptions{Handle: "bob"}) // who is no admin
	w := s.do(request{target: signInPath, body: `{"identifier":"bob@example.org","password":"` + password + `"}`})
	if w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	token := strings.Split(w.Body.String(), `"`)[5]
	cookie := map[string]string{"Cookie": "__Host-access=" + w.Result().Cookies()[0].Value}
	again := s.do(request{target: "GET /api/auth/session", header: cookie})
	if want := strings.Replace(w.Body.String(), `"last_login_at":null`, `"last_login_at":"2024-12-01T12:00:00.123Z"`, 1); again.Code != 200 || again.Body.String() != want {
		t.Errorf("%d %s, want %s", again.Code, again.Body, want)
	}
	webtest.WantAnswer(t, s.do(request{target: "GET /api/auth/csrf", header: cookie}), 200, `{"ok":true,"csrf_token":"`+token+`"}`)
	if again.Header().Get("Set-Cookie") != "" {
		t.Errorf("cookies %q", again.Header().Values("Set-Cookie"))
	}
	for name, value := range map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://example.com"} {
		own := map[string]string{"Cookie": cookie["Cookie"], name: value}
		if w := s.do(request{target: "GET /api/auth/csrf", header: own}); w.Code != 200 {
			t.Errorf("from a page of the site, %s: %d %s", name, w.Code, w.Body)
		}
	}
	cookie["X-CSRF-Token"] = token
	if w := s.do(request{target: "POST /api/auth/sign-out", header: cookie}); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	webtest.WantAnswer(t, s.do(request{target: "GET /api/auth/session", header: cookie}), 401,
		`{"error":"Unauthorized","message":"Authentication required. Please provide a valid API token","code":401,"reason":"invalid_or_expired_session"}`)
}

func TestSigningOutEverywhere(t *testing.T) {
	s := newSite(t, siteOptions{})
	alice := s.createAdmin(t, "alice")
	s.createAdmin(t, "carol")
	here, there, other, program := s.login(t, "alice"), s.login(t, "alice"), s.login(t, "carol"), s.token(t, alice, "admin")
	before := s.changes(t)
	w := s.do(request{target: "POST /api/auth/sign-out-all", header: here})
	webtest.WantAnswer(t, w, 200, `{"ok":true,"sessions_revoked":2}`)
	if got := w.Header().Values("Set-Cookie"); len(got) != 2 || !strings.HasPrefix(got[0], "__Host-access=; Path=/; Max-Age=0;") {
		t.Errorf("cookies %q", got)
	}
	for _, x := range []struct {
		who    string
		header map[string]string
		target string
		want   int
	}{
		{"here", here, "GET /api/admin/users", 401}, {"there", there, "GET /api/admin/users", 401},
		{"another person", other, "GET /api/admin/users", 200}, {"a program", program, "GET " + blocksPath, 200},
		{"here, once more", here, "POST /api/auth/sign-out-all", 401},
	} {
		if w := s.do(request{target: x.target, header: x.header}); w.Code != x.want {
			t.Errorf("%s: %d, want %d", x.who, w.Code, x.want)
		}
	}
	if after := s.changes(t); after != before {
		t.Errorf("%d changes were logged", after-before)
	}
}

const ownPasswordPath = "PATCH /api/admin/users/me/password"

func passwordBody(current, next string) string {
	return fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, current, next)
}

func TestChangingOnesOwnPassword(t *testing.T) {
	s := newSite(t, siteOptions{})
	alice := s.createAdmin(t, "alice")
	s.createAdmin(t, "carol")
	here, there, other, program := s.login(t, "alice"), s.login(t, "alice"), s.login(t, "carol"), s.token(t, alice, "admin")
	before := s.changes(t)
	w := s.do(request{target: ownPasswordPath, body: passwordBody(password, "battery staple"), header: here})
	webtest.WantAnswer(t, w, 200, `{"ok":true,"updated":true,"sessions_revoked":2}`)
	if after := s.changes(t); after != before+1 {
		t.Errorf("%d changes were logged, want 1", after-before)
	}
	for _, x := range []struct {
		who    string
		header map[string]string
		target string
		want   int
	}{
		{"here", here, "GET /api/admin/users", 200}, {"there", there, "GET /api/admin/users", 401},
		{"another person", other, "GET /api/admin/users", 200}, {"a program", program, "GET " + blocksPath, 403},
	} {
		if w := s.do(request{target: x.target, header: x.header}); w.Code != x.want {
			t.Errorf("%s: %d, want %d", x.who, w.Code, x.want)
		}
	}
	for tried, want := range map[string]int{password: 401, "battery staple": 200} {
		if w := s.do(request{target: signInPath, body: signInBody("alice", tried)}); w.Code != want {
			t.Errorf("signing in with %q: %d, want %d", tried, w.Code, want)
		}
	}
}

func TestOwnPasswordsThatAreNotChanged(t *testing.T) {
	const invalid = `{"error":"invalid_params","field":%q,"reason":%q,"hint":"*","constraints":%s}`
	const newRule, oldRule = `{"maxLength":128,"minLength":8}`, `{"type":"string"}`
	for _, tt := range []struct {
		rule, body string
		status     int
		want       string
	}{
		{"another current password", passwordBody("wrong horse", "battery staple"), 400, fmt.Sprintf(invalid, "current_password", "invalid_current_password", "{}")},
		{"a short new one", passwordBody(password, "battery"), 400, fmt.Sprintf(invalid, "new_password", "out_of_range", newRule)},
		{"an empty new one", passwordBody(password, ""), 400, fmt.Sprintf(invalid, "new_password", "out_of_range", newRule)},
		{"a common one", passwordBody(password, "password123"), 400, fmt.Sprintf(invalid, "new_password", "common_password", newRule)},
		{"no current one", `{"new_password":"battery staple"}`, 400, fmt.Sprintf(invalid, "current_password", "empty", oldRule)},
		{"no new one", `{"current_password":"x"}`, 400, fmt.Sprintf(invalid, "new_password", "empty", newRule)},
		{"a new one of null", `{"current_password":"x","new_password":null}`, 400, fmt.Sprintf(invalid, "new_password", "wrong_type", newRule)},
		{"a field that there is not", `{"current_password":"x","new_password":"battery staple","id":2}`, 400, fmt.Sprintf(invalid, "id", "unknown", `{"minimum":1,"type":"integer"}`)},
		{"33 KiB", passwordBody(strings.Repeat("x", 33<<10), "battery staple"), 413, `{"error":"payload_too_large"}`},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			s.createAdmin(t, "alice")
			here, there := s.login(t, "alice"), s.login(t, "alice")
			before := s.changes(t)
			webtest.WantAnswer(t, s.do(request{target: ownPasswordPath, body: tt.body, header: here}), tt.status, tt.want)
			if w := s.do(request{target: "GET /api/admin/users", header: there}); w.Code != 200 || s.changes(t) != before {
				t.Errorf("refused, but %d, and %d changes", w.Code, s.changes(t)-before)
			}
		})
	}
}

// TestOwnPasswordsAreNotGuessed: whoever took over a session tries passwords.
func TestOwnPasswordsAreNotGuessed(t *testing.T) {
	s := newSite(t, siteOptions{signIn: accounthttp.SignInOptions{PerLogin: accounthttp.Rate{Burst: 3, Every: time.Minute}}})
	s.createAdmin(t, "alice")
	header := s.login(t, "alice")
	for i, want := range []int{400, 400, 400, 429, 429} {
		w := s.do(request{target: ownPasswordPath, body: passwordBody("wrong horse", "battery staple"), header: header})
		if w.Code != want || (want == 429) != (w.Header().Get("Retry-After") == "60") {
			t.Errorf("try %d: %d %s, Retry-After %q", i, w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
	if w := s.do(request{target: ownPasswordPath, body: passwordBody(password, "battery staple"), header: header}); w.Code != 429 {
		t.Errorf("the right one, in time: %d", w.Code)
	}
	s.clock.advance(time.Minute)
	for _, next := range []string{"battery staple", "staple battery"} { // what is right counts for none
		if w := s.do(request{target: ownPasswordPath, body: passwordBody(password, next), header: header}); next == "battery staple" && w.Code != 200 {
			t.Errorf("the right one: %d %s", w.Code, w.Body)
		}
	}
}
