package accounthttp_test

import (
	"bytes"
	"example.com/ostraka/internal/web/webtest"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
)

const signInPath = "POST /api/auth/sign-in"

func signInBody(login, password string) string {
	return fmt.Sprintf(`{"login":%q,"password":%q}`, login, password)
}

func TestSigningInAndOut(t *testing.T) {
	for _, insecure := range []bool{false, true} {
		s := newSite(t, siteOptions{authorizer: accounthttp.AuthorizerOptions{InsecureCookie: insecure}})
		s.createAdmin(t, "alice")
		w := s.do(request{target: signInPath, body: signInBody("ALICE@example.org", password)})
		cookies := w.Result().Cookies()
		if w.Code != 200 || len(cookies) != 2 {
			t.Fatalf("%d %s, cookies %v", w.Code, w.Body, cookies)
		}
		name, attributes := "__Host-access", "Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict"
		if insecure {
			name, attributes = "access", "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"
		}
		for i, name := range []string{name, "storyden-session"} {
			if want := name + "=" + cookies[0].Value + "; " + attributes; w.Header().Values("Set-Cookie")[i] != want {
				t.Errorf("the cookie is %s, want %s", w.Header().Values("Set-Cookie")[i], want)
			}
		}
		session := must(s.auth.Session(t.Context(), cookies[0].Value))(t)
		token := s.auth.CSRFToken(session)
		alice := strings.NewReplacer("\n", "", "\t", "", `"last_login_at":"2024-12-01T12:00:00.123Z"`, `"last_login_at":null`).Replace(aliceItem)
		webtest.WantAnswer(t, w, 200, `{"ok":true,"csrf_token":"`+token+`","expires_at":"2024-12-31T12:00:00.123Z","item":`+alice+`}`)

		// The cookie and the token let in, and then end the session.
		header := map[string]string{"Cookie": name + "=" + cookies[0].Value, "X-CSRF-Token": token}
		if w := s.do(request{target: "POST /api/admin/bans", body: `{"ban_type":"name","ban_value":"eve"}`, header: header}); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		w = s.do(request{target: "POST /api/auth/sign-out", header: header})
		webtest.WantAnswer(t, w, 200, `{"ok":true}`)
		if got := w.Header().Values("Set-Cookie"); len(got) != 2 || !strings.HasPrefix(got[0], name+"=; Path=/; Max-Age=0; HttpOnly") {
			t.Errorf("the cookies are %q", got)
		}
		if w := s.do(request{target: "GET /api/admin/users", header: header}); w.Code != 401 {
			t.Errorf("after signing out: %d", w.Code)
		}
		if w := s.do(request{target: "POST /api/auth/sign-out", header: header}); w.Code != 401 {
			t.Errorf("signing out twice: %d", w.Code)
		}
		if loud := strings.Contains(s.log.String(), "level=WARN msg=\"INSECURE COOKIES"); loud != insecure {
			t.Errorf("insecure %t, the log has %q", insecure, s.log)
		}
	}
}

func TestWhoMayNotSignIn(t *testing.T) {
	const refused = `{"error":%q,"message":%q,"code":%d,"reason":%q}`
	const invalid = `{"error":"invalid_params","field":%q,"reason":%q,"hint":"*","constraints":{"type":"string"}}`
	wrong := fmt.Sprintf(refused, "Unauthorized", "Wrong login or password", 401, "invalid_credentials")
	foreign := fmt.Sprintf(refused, "Forbidden", "You don't have permission to access this resource", 403, "forbidden")
	tests := []struct {
		name, body string
		header     map[string]string
		status     int
		want       string
	}{
		{"another password", signInBody("alice", "wrong horse"), nil, 401, wrong},
		{"an empty password", signInBody("alice", ""), nil, 401, wrong},
		{"nobody", signInBody("eve", password), nil, 401, wrong},
		{"nobody's address", signInBody("eve@example.org", password), nil, 401, wrong},
		{"what nobody is called", signInBody("a\u200bb", password), nil, 401, wrong},
		{"a suspended person with another password", signInBody("sam", "wrong horse"), nil, 401, wrong},
		{"a suspended person", signInBody("sam", password), nil, 403, fmt.Sprintf(refused, "Forbidden", "This account is suspended", 403, "account_suspended")},
		{"no login", `{"password":"x"}`, nil, 400, fmt.Sprintf(invalid, "login", "empty")},
		{"no identifier", `{"identifier":null,"password":"x"}`, nil, 400, fmt.Sprintf(invalid, "identifier", "wrong_type")},
		{"two logins", `{"login":"alice","identifier":"alice","password":"x"}`, nil, 400, fmt.Sprintf(invalid, "identifier", "duplicate")},
		{"another password, by identifier", `{"identifier":"alice","password":"wrong horse"}`, nil, 401, wrong},
		{"no password", `{"login":"alice"}`, nil, 400, fmt.Sprintf(invalid, "password", "empty")},
		{"a login of null", `{"login":null,"password":"x"}`, nil, 400, fmt.Sprintf(invalid, "login", "wrong_type")},
		{"a password that is a number", `{"login":"alice","password":12345678}`, nil, 400, fmt.Sprintf(invalid, "password", "wrong_type")},
		{"a form", "login=alice", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, `{"error":"unsupported_media_type"}`},
		{"33 KiB", signInBody("alice", strings.Repeat("x", 33<<10)), nil, 413, `{"error":"payload_too_large"}`},
		{"a page of another site", signInBody("alice", password), map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, foreign},
		{"a page of a neighbour", signInBody("alice", password), map[string]string{"Sec-Fetch-Site": "same-site"}, 403, foreign},
		{"a page of another origin, in an old browser", signInBody("alice", password), map[string]string{"Origin": "https://evil.example"}, 403, foreign},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			s.createAdmin(t, "alice")
			s.create(t, account.CreateOptions{Handle: "sam", Suspended: true})
			w := s.do(request{target: signInPath, body: tt.body, header: tt.header})
			webtest.WantAnswer(t, w, tt.status, tt.want)
			if got := w.Header().Values("Set-Cookie"); len(got) > 0 {
				t.Errorf("refused, with cookies %q", got)
			}
		})
	}
}

func TestPagesOfOneselfAndOfTrustedOriginsMaySignIn(t *testing.T) {
	s := newSite(t, siteOptions{authorizer: accounthttp.AuthorizerOptions{TrustedOrigins: []string{"https://forum.example"}}})
	s.createAdmin(t, "alice")
	for _, header := range []map[string]string{
		nil,
		{"Sec-Fetch-Site": "same-origin"},
		{"Sec-Fetch-Site": "none"},
		{"Origin": "https://example.com"}, // what httptest makes requests to
		{"Sec-Fetch-Site": "cross-site", "Origin": "https://forum.example"},
	} {
		if w := s.do(request{target: signInPath, body: signInBody("alice", password), header: header}); w.Code != 200 {
			t.Errorf("%v: %d %s", header, w.Code, w.Body)
		}
	}
}

func TestWhoIsNoAdminMaySignInAndOutButNoMore(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.create(t, account.CreateOptions{Handle: "bob"})
	cookies := s.login(t, "bob")
	for _, target := range []string{"GET /api/admin/users", "GET /api/admin/bans", "POST " + storydenBans + "bob"} {
		if w := s.do(request{target: target, header: cookies}); w.Code != 403 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if w := s.do(request{target: "POST /api/auth/sign-out", header: cookies}); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTriesToSignInAreBounded(t *testing.T) {
	s := newSite(t, siteOptions{signIn: accounthttp.SignInOptions{
		PerClient: accounthttp.Rate{Burst: 5, Every: 10 * time.Second}, PerLogin: accounthttp.Rate{Burst: 3, Every: time.Minute},
	}})
	s.createAdmin(t, "alice")
	try := func(from, login, password string) int {
		w := s.do(request{target: signInPath, body: signInBody(login, password), from: from + ":1"})
		if (w.Code == 429) != (w.Header().Get("Retry-After") != "") || w.Code == 429 && strings.TrimSpace(w.Body.String()) != `{"error":"rate_limited"}` {
			t.Errorf("%d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
		}
		return w.Code
	}
	steps := []struct {
		rule, from, login, password string
		wait                        time.Duration // before
		want                        int
	}{
		{"the first tries are answered", "192.0.2.1", "alice", "wrong", 0, 401},
		{"in other spellings too", "192.0.2.1", "ALICE", "wrong", 0, 401},
		{"a success counts for nothing", "192.0.2.1", " Alice ", password, 0, 200},
		{"nor another", "192.0.2.1", "alice", password, 0, 200},
		{"the last try of the login", "192.0.2.1", "alice", "wrong", 0, 401},
		{"then the login is closed", "192.0.2.1", "alice", "wrong", 0, 429},
		{"from elsewhere, too", "192.0.2.2", "alice", "wrong", 0, 429},
		{"and for the right password", "192.0.2.2", "alice", password, 0, 429},
		{"other logins are open", "192.0.2.1", "bob", "wrong", 0, 401},
		{"until the client is closed", "192.0.2.1", "carol", "wrong", 0, 429},
		{"others are open", "192.0.2.3", "carol", "wrong", 0, 401},
		{"a client gets a try back in time", "192.0.2.1", "carol", "wrong", 10 * time.Second, 401},
		{"one", "192.0.2.1", "carol", "wrong", 0, 429},
		{"a login gets a try back in time", "192.0.2.3", "alice", password, 50 * time.Second, 200},
	}
	for _, step := range steps {
		s.clock.advance(step.wait)
		if got := try(step.from, step.login, step.password); got != step.want {
			t.Errorf("%s: %d, want %d", step.rule, got, step.want)
		}
	}
}

// Ten strangers who know a handle and the address lock the owner out of neither
// network that they use.
func TestStrangersDoNotLockTheOwnerOut(t *testing.T) {
	s := newSite(t, siteOptions{signIn: accounthttp.SignInOptions{
		PerClient:        accounthttp.Rate{Burst: 100, Every: time.Second},
		PerLogin:         accounthttp.Rate{Burst: 3, Every: time.Minute},
		PerLoginAnywhere: accounthttp.Rate{Burst: 20, Every: time.Minute},
	}})
	s.createAdmin(t, "alice")
	try := func(from, login, password string) int {
		return s.do(request{target: signInPath, body: signInBody(login, password), from: from}).Code
	}
	home, abroad := "192.0.2.1:1", "[2001:db8:1::1]:1"
	if got := try(home, "alice", password); got != 200 {
		t.Fatalf("from home: %d", got)
	}
	for i := range 10 {
		from := fmt.Sprintf("198.51.%d.1:1", i)
		for _, step := range []struct {
			login string
			want  int
		}{{"alice", 401}, {"alice@example.org", 401}} {
			if got := try(from, step.login, "wrong"); got != step.want {
				t.Fatalf("%s, %s: %d, want %d", from, step.login, got, step.want)
			}
		}
	}
	for _, step := range []struct {
		rule, from, login, password string
		want                        int
	}{
		{"all that strangers have is used up", "203.0.113.1:1", "alice", "wrong", 429},
		{"by the address too", "203.0.113.1:1", "alice@example.org", "wrong", 429},
		{"also with the right password", abroad, "alice", password, 429},
		{"another login is open", abroad, "bob", "wrong", 401},
		{"the usual network is open", home, "alice", password, 200},
		{"and so are its neighbours", "192.0.2.200:1", "alice@example.org", password, 200},
		{"for wrong passwords as well", home, "alice", "wrong", 401},
		{"by handle or address", home, "ALICE@example.org", "wrong", 401},
		{"a third time", home, "Alice", "wrong", 401},
		{"but no more than that", home, "alice@example.org", "wrong", 429},
	} {
		if got := try(step.from, step.login, step.password); got != step.want {
			t.Errorf("%s: %d, want %d", step.rule, got, step.want)
		}
	}
	s.clock.advance(2 * time.Minute) // two tries for everybody
	if got := try(abroad, "alice", password); got != 200 {
		t.Errorf("abroad, in time: %d", got)
	}
	s.clock.advance(91 * 24 * time.Hour)
	for i := range 20 {
		try(fmt.Sprintf("198.51.%d.1:1", i), "alice", "wrong")
	}
	if got := try(home, "alice", password); got != 429 {
		t.Errorf("from a network that is no longer usual: %d, want 429", got)
	}
}

// A client that has no tries left costs nothing, whatever it sends.
func TestTriesAreCountedBeforeAnythingIsRead(t *testing.T) {
	s := newSite(t, siteOptions{signIn: accounthttp.SignInOptions{PerClient: accounthttp.Rate{Burst: 2, Every: time.Minute}}})
	s.createAdmin(t, "alice")
	unread := strings.Repeat("x", 1<<20)
	for i, want := range []int{400, 413, 429, 429} {
		body := map[int]string{400: `{"login":`, 413: unread, 429: unread}[want]
		if w := s.do(request{target: signInPath, body: body, from: "192.0.2.1:1"}); w.Code != want {
			t.Errorf("request %d: %d, want %d", i, w.Code, want)
		}
	}
	if w := s.do(request{target: signInPath, body: signInBody("alice", password), from: "192.0.2.2:1"}); w.Code != 200 {
		t.Errorf("somebody else: %d", w.Code)
	}
}

func TestWhoIsKeptFromSigningInLearnsThePublicReason(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.createAdmin(t, "alice")
	must(s.bans.Create(ban.WithActor(t.Context(), "root"), ban.CreateOptions{
		Kind: ban.KindEmail, Value: "alice@example.org", Scope: ban.ScopeOf(ban.SignIn), Reason: "internal", PublicReason: "pay first",
	}))(t)
	w := s.do(request{target: signInPath, body: signInBody("alice", password)})
	if w.Code != 403 || !strings.Contains(w.Body.String(), `"error":"banned"`) || !strings.Contains(w.Body.String(), "pay first") ||
		strings.Contains(w.Body.String(), "internal") || len(w.Header().Values("Set-Cookie")) > 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.do(request{target: signInPath, body: signInBody("alice", "wrong")}); w.Code != 401 || strings.Contains(w.Body.String(), "pay first") {
		t.Errorf("with a wrong password: %d %s", w.Code, w.Body)
	}
}

func TestClientsOfLimits(t *testing.T) {
	tests := []struct {
		rule          string
		first, second request
		same          bool
	}{
		{"ports do not matter", request{from: "192.0.2.1:1"}, request{from: "192.0.2.1:2"}, true},
		{"addresses do", request{from: "192.0.2.1:1"}, request{from: "192.0.2.2:1"}, false},
		{"a /64 is one client", request{from: "[2001:db8::1]:1"}, request{from: "[2001:db8::ffff:1]:1"}, true},
		{"the next is another", request{from: "[2001:db8::1]:1"}, request{from: "[2001:db8:0:1::1]:1"}, false},
		{"IPv4 in IPv6 is IPv4", request{from: "192.0.2.1:1"}, request{from: "[::ffff:192.0.2.1]:1"}, true},
		{"a stranger's header counts for nothing", request{from: "192.0.2.1:1"},
			request{from: "192.0.2.1:1", header: map[string]string{"X-Forwarded-For": "198.51.100.9"}}, true},
		{"a proxy's does", request{from: "203.0.113.1:1", header: map[string]string{"X-Forwarded-For": "198.51.100.8"}},
			request{from: "203.0.113.1:1", header: map[string]string{"X-Forwarded-For": "198.51.100.9"}}, false},
		{"what cannot be read is one client", request{from: "203.0.113.1:1", header: map[string]string{"X-Forwarded-For": "x"}},
			request{from: "@", header: nil}, true},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			o := siteOptions{signIn: accounthttp.SignInOptions{PerClient: accounthttp.Rate{Burst: 1, Every: time.Minute}}}
			o.authorizer.TrustedProxies = proxyRange
			s := newSite(t, o)
			tt.first.target, tt.first.body = signInPath, signInBody("alice", "wrong")
			tt.second.target, tt.second.body = signInPath, signInBody("bob", "wrong")
			if w := s.do(tt.first); w.Code != 401 {
				t.Fatal(w.Code, w.Body)
			}
			want := 401
			if tt.same {
				want = 429
			}
			if w := s.do(tt.second); w.Code != want {
				t.Errorf("%d, want %d", w.Code, want)
			}
		})
	}
}

func TestTriesAtTheSameTimeAreBoundedAsOneAfterTheOther(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.createAdmin(t, "alice")
	var mu sync.Mutex
	codes := map[int]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			w := s.do(request{target: signInPath, body: signInBody("alice", "wrong")})
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
		})
	}
	wg.Wait()
	if codes[401] != 10 || codes[429] != 40 {
		t.Errorf("%v, want 10 answers and 40 refusals", codes)
	}
}

func TestOptionsOfAuthorizerAndSignInThatDoNotFit(t *testing.T) {
	s := newSite(t, siteOptions{})
	who := must(accounthttp.NewAuthorizer(s.auth, accounthttp.AuthorizerOptions{}))(t)
	for field, made := range map[string]func() (any, error){
		"auth": func() (any, error) { return accounthttp.NewAuthorizer(nil, accounthttp.AuthorizerOptions{}) },
		"TrustedOrigins": func() (any, error) {
			return accounthttp.NewAuthorizer(s.auth, accounthttp.AuthorizerOptions{TrustedOrigins: []string{"forum.example"}})
		},
		"TrustedProxies": func() (any, error) {
			return accounthttp.NewAuthorizer(s.auth, accounthttp.AuthorizerOptions{TrustedProxies: zeroRange})
		},
		"Failures": func() (any, error) {
			return accounthttp.NewAuthorizer(s.auth, accounthttp.AuthorizerOptions{Failures: accounthttp.Rate{Burst: 1}})
		},
		"authorizer": func() (any, error) { return accounthttp.NewSignIn(nil, accounthttp.SignInOptions{}) },
		"PerClient": func() (any, error) {
			return accounthttp.NewSignIn(who, accounthttp.SignInOptions{PerClient: accounthttp.Rate{Burst: -1, Every: 1}})
		},
		"PerLogin": func() (any, error) {
			return accounthttp.NewSignIn(who, accounthttp.SignInOptions{PerLogin: accounthttp.Rate{Every: 1}})
		},
		"PerLoginAnywhere": func() (any, error) {
			return accounthttp.NewSignIn(who, accounthttp.SignInOptions{PerLoginAnywhere: accounthttp.Rate{Burst: 1}})
		},
		"Timeout": func() (any, error) { return accounthttp.NewSignIn(who, accounthttp.SignInOptions{Timeout: -1}) },
	} {
		_, err := made()
		wantField(t, err, field)
	}
}

// TestTheWarningGoesToTheDefaultLogger: that nobody has set one does not silence
// it.
func TestTheWarningGoesToTheDefaultLogger(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)
	s := newSite(t, siteOptions{})
	must(accounthttp.NewAuthorizer(s.auth, accounthttp.AuthorizerOptions{InsecureCookie: true}))(t)
	if !strings.Contains(log.String(), "INSECURE COOKIES") {
		t.Errorf("the log has %q", log.String())
	}
}
