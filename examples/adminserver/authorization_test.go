package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/adminserver/openapi"
)

// route is a request that an admin may make.
type route struct {
	request, body string
	path          string // as the document has it, if it has a parameter
}

func (r route) method() string { return strings.Fields(r.request)[0] }
func (r route) target() string { return strings.Fields(r.request)[1] }

// protected are all routes that want to know who asks, in an order in which all
// of them can be made.
var protected = []route{
	{request: "GET /api/admin/bans"},
	{request: "POST /api/admin/bans", body: `{"ban_type":"name","ban_value":"mallory"}`},
	{request: "GET /api/admin/bans/1", path: "/api/admin/bans/{id}"},
	{request: "PATCH /api/admin/bans/1", path: "/api/admin/bans/{id}", body: `{"reason":"x"}`},
	{request: "DELETE /api/admin/bans/1", path: "/api/admin/bans/{id}"},
	{request: "GET /api/admin/users"},
	{request: "POST /api/admin/users", body: `{"username":"carol","email":"carol@example.org","password":"long enough"}`},
	{request: "GET /api/admin/users/2", path: "/api/admin/users/{id}"},
	{request: "PATCH /api/admin/users/2", path: "/api/admin/users/{id}", body: `{"email":"bob@example.com"}`},
	{request: "POST /api/admin/users/2/credentials", path: "/api/admin/users/{id}/credentials", body: `{"scopes":["admin:read:metrics"]}`},
	{request: "GET /api/admin/users/2/credentials", path: "/api/admin/users/{id}/credentials"},
	{request: noCredential, path: "/api/admin/users/{id}/credentials/{credential}"},
	{request: "DELETE /api/admin/users/2/credentials", path: "/api/admin/users/{id}/credentials"},
	{request: "POST /storyden/api/admin/bans/bob", path: "/storyden/api/admin/bans/{account_handle}"},
	{request: "DELETE /storyden/api/admin/bans/bob", path: "/storyden/api/admin/bans/{account_handle}"},
	{request: "DELETE /api/admin/users/2", path: "/api/admin/users/{id}"},
	{request: "GET /api/v1/admin/email_domain_blocks"},
	{request: "POST /api/v1/admin/email_domain_blocks", body: `{"domain":"spam.example"}`},
	{request: "GET /api/v1/admin/email_domain_blocks/1", path: "/api/v1/admin/email_domain_blocks/{id}"},
	{request: "PATCH /api/v1/admin/email_domain_blocks/1", path: "/api/v1/admin/email_domain_blocks/{id}", body: `{"comment":"seen again"}`},
	{request: "DELETE /api/v1/admin/email_domain_blocks/1", path: "/api/v1/admin/email_domain_blocks/{id}"},
	{request: "POST /api/aliases", body: `{"address":"shop@alias.example","destination":"bob@example.net","ip":"198.51.100.7"}`},
	{request: "POST /api/admin/aliases", body: `{"address":"news@alias.example","destination":"carol@example.org","ip":"198.51.100.7"}`},
	{request: "GET /api/admin/aliases"},
	{request: "GET /api/admin/aliases/1", path: "/api/admin/aliases/{id}"},
	{request: "PATCH /api/admin/aliases/1", path: "/api/admin/aliases/{id}", body: `{"active":false}`},
	{request: "DELETE /api/admin/aliases/1", path: "/api/admin/aliases/{id}"},
	{request: "GET /api/admin/pending"},
	{request: "POST /api/admin/pending/1/approve", path: "/api/admin/pending/{id}/approve", body: `{}`},
	{request: "POST /api/admin/pending/1/reject", path: "/api/admin/pending/{id}/reject", body: `{"reason":"x"}`},
	{request: "POST /api/admin/pending/approve", body: `{"domain":"wait.example"}`},
	{request: "POST /api/admin/pending/reject", body: `{"domain":"wait.example"}`},
	{request: "POST /api/check", body: `{"name":"bob"}`},
	{request: "GET /metrics"},
	{request: "GET /api/auth/session"},
	{request: "GET /api/auth/csrf"},
	{request: "PATCH " + ownPassword, body: `{}`},
	{request: "POST /api/auth/sign-out"},
	{request: "POST /api/auth/sign-out-all"},
}

// anybodys reports whether everybody who has a session may do it.
func anybodys(r route) bool { return strings.HasPrefix(r.target(), "/api/auth") }

// eitherWay reports whether both a session and a token let in.
func eitherWay(r route) bool { return ofAliases(r) || ofPending(r) }

func ofAliases(r route) bool { return strings.HasPrefix(r.target(), "/api/admin/aliases") }

func ofPending(r route) bool { return strings.HasPrefix(r.target(), "/api/admin/pending") }

const ownPassword = "/api/admin/users/me/password"

// noCredential ends a session that nobody has.
const noCredential = "DELETE /api/admin/users/2/credentials/ffffffff-ffff-ffff-ffff-ffffffffffff"

// public are the routes that anybody may ask.
var public = []route{
	{request: "POST /api/auth/sign-in"}, {request: "GET /healthz"}, {request: "GET /openapi.yaml"},
}

// TestEveryRouteIsListed compares the lists with the document, whose routes are
// those of the handlers.
func TestEveryRouteIsListed(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, r := range slices.Concat(protected, public) {
		path := r.path
		if path == "" {
			path = r.target()
		}
		listed[r.method()+" "+path] = true
	}
	documented := 0
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			documented++
			if !listed[method+" "+path] {
				t.Errorf("%s %s is not tested for who may", method, path)
			}
		}
	}
	if documented == 0 {
		t.Error("the document has no routes")
	}
}

// cookieOnly and tokenOnly say what lets in.
func cookieOnly(r route) bool {
	return strings.HasPrefix(r.target(), prefixAdmin) && !eitherWay(r) || strings.HasPrefix(r.target(), prefixStoryden) || strings.HasPrefix(r.target(), "/api/auth")
}

func tokenOnly(r route) bool {
	return strings.HasPrefix(r.target(), prefixMastodon) || r.target() == "/api/aliases" || r.target() == "/metrics"
}

// byToken reports whether a token of the right scope lets in.
func byToken(r route) bool { return tokenOnly(r) || eitherWay(r) }

func everyRoute(route) bool { return true }

// outsider is somebody who may not make requests, at least not those of only.
type outsider struct {
	login
	only func(route) bool
}

// outsiders makes people who may not, in the database of a running server.
func outsiders(t *testing.T, p *program, db string, alice admin) map[string]outsider {
	t.Helper()
	st := open(t, db)
	ctx := ban.WithActor(t.Context(), "test")
	people, auth := accounts(t, st, nil)
	long := time.Now().AddDate(0, -3, 0)
	_, past := accounts(t, st, func() time.Time { return long })
	newAccount := func(handle string, admin bool) account.Account {
		a, err := people.Create(ctx, account.CreateOptions{Handle: handle, Email: handle + "@example.org", Password: "long enough", Admin: admin})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	newToken := func(auth *account.Auth, of uuid.UUID, o account.TokenOptions) string {
		token, err := auth.CreateToken(ctx, of, o)
		if err != nil {
			t.Fatal(err)
		}
		return token.Secret
	}
	everything := account.TokenOptions{Scopes: adminScopes}

	bob, dora := newAccount("bob", false), newAccount("dora", true)
	admin := p.signIn("alice", alice.password)
	stranger := p.signIn("bob", "long enough")
	stranger.token = newToken(auth, bob.ID, everything)
	suspended := p.signIn("dora", "long enough")
	suspended.token = newToken(auth, dora.ID, everything)
	if _, err := people.Suspend(ctx, dora.ID, account.SuspendOptions{}); err != nil {
		t.Fatal(err)
	}
	acc, err := people.ByHandle(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	old, err := past.StartSession(ctx, acc)
	if err != nil {
		t.Fatal(err)
	}
	expired := login{session: old.Secret, csrf: admin.csrf, token: newToken(past, acc.ID, account.TokenOptions{Scopes: adminScopes, ExpiresAt: long.Add(time.Hour)})}

	wantsCSRF := func(r route) bool {
		return !strings.HasPrefix(r.target(), prefixStoryden) && r.method() != http.MethodGet
	}
	return map[string]outsider{
		"nobody":            {login{}, everyRoute},
		"garbage":           {login{"x", "x", "x"}, everyRoute},
		"no admin":          {stranger, func(r route) bool { return !anybodys(r) }},
		"a suspended admin": {suspended, everyRoute},
		"an expired login":  {expired, everyRoute},
		"a token only":      {login{token: alice.token}, cookieOnly},
		"a cookie only":     {login{session: admin.session, csrf: admin.csrf}, tokenOnly},
		"no CSRF token":     {login{session: admin.session}, func(r route) bool { return wantsCSRF(r) || tokenOnly(r) }},
		"another's CSRF token": {login{session: admin.session, csrf: stranger.csrf},
			func(r route) bool { return wantsCSRF(r) || tokenOnly(r) }},
		"another scope": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:read:others", "admin:write:others", "read"}})}, everyRoute},
		"a token that reads": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:read"}})},
			func(r route) bool { return cookieOnly(r) || byToken(r) && r.method() != http.MethodGet }},
		"a token that writes": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:write"}})},
			func(r route) bool {
				return cookieOnly(r) || r.target() == "/api/check" || byToken(r) && r.method() == http.MethodGet
			}},
		"a token that reads aliases": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:read:aliases"}})},
			func(r route) bool { return !ofAliases(r) || r.method() != http.MethodGet }},
		"a token that reads pending": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:read:pending"}})},
			func(r route) bool { return !ofPending(r) || r.method() != http.MethodGet }},
		"a token that writes pending": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:write:pending"}})},
			func(r route) bool { return !ofPending(r) || r.method() == http.MethodGet }},
		"a token that writes aliases": {login{token: newToken(auth, acc.ID, account.TokenOptions{Scopes: []string{"admin:write:aliases"}})},
			func(r route) bool {
				return r.target() != "/api/aliases" && (!ofAliases(r) || r.method() == http.MethodGet)
			}},
	}
}

// TestNobodyElse makes every request as everybody who may not. Each comes from an
// address of its own, so that the limit of refusals does not hide the reason.
func TestNobodyElse(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-trusted-proxy", "127.0.0.1")
	people := outsiders(t, p, db, alice)
	st := open(t, db)
	before, err := st.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, who := range people {
		for _, r := range protected {
			if !who.only(r) {
				continue
			}
			n++
			a := p.send(r.method(), r.target(), r.body, who.login, "X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", 100+n/256, n%256))
			if a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
				t.Errorf("%s as %s: %d %.200s", r.request, name, a.status, a.body)
			}
		}
	}
	if a := p.send("POST", "/api/auth/sign-in", `{"login":"alice","password":"a wrong one"}`, login{}); a.status != http.StatusUnauthorized || a.header.Get("Set-Cookie") != "" {
		t.Errorf("a wrong password: %d %s", a.status, a.body)
	}
	if after, err := st.LastChange(t.Context()); err != nil || after != before {
		t.Errorf("something was changed: %d changes, %d before, %v", after, before, err)
	}
	if n < 100 {
		t.Errorf("only %d requests were made", n)
	}
}

// TestAdmins makes every request as an admin, who may: were it answered otherwise,
// TestNobodyElse would show nothing.
func TestAdmins(t *testing.T) {
	db, alice := database(t)
	st := open(t, db)
	people, _ := accounts(t, st, nil)
	if _, err := people.Create(t.Context(), account.CreateOptions{Handle: "bob", Email: "bob@example.org"}); err != nil {
		t.Fatal(err)
	}
	p := start(t, db)
	session := p.signIn("alice", alice.password)
	p.send("POST", "/api/check", `{"name":"bob"}`, login{token: alice.token}).want(t, http.StatusOK, "allowed")
	for _, r := range protected {
		who := session
		if tokenOnly(r) {
			who = login{token: alice.token}
		}
		status := http.StatusOK
		if r.request == noCredential {
			status = http.StatusNotFound
		}
		switch r.target() {
		case "/api/admin/pending/1/approve", "/api/admin/pending/1/reject":
			status = http.StatusConflict // an admin, who waits for nobody
		case ownPassword: // which is another one for each database
			r.body = fmt.Sprintf(`{"current_password":%q,"new_password":"long enough"}`, alice.password)
			alice.password = "long enough"
		case "/api/auth/sign-out-all": // once more
			session = p.signIn("alice", alice.password)
			who = session
		}
		p.send(r.method(), r.target(), r.body, who).want(t, status, "")
	}
	for _, r := range public[1:] {
		p.send(r.method(), r.target(), "", login{}).want(t, http.StatusOK, "")
	}
	other := p.signIn("alice", alice.password)
	p.send("POST", "/api/check", `{"name":"bob"}`, other).want(t, http.StatusOK, "allowed")
}

func TestRefusalsAreLimited(t *testing.T) {
	db, alice := database(t)
	p := start(t, db)
	var a answer
	for range 25 {
		a = p.send("POST", "/api/check", `{}`, login{token: "x"})
	}
	a.want(t, http.StatusTooManyRequests, `{"error":"rate_limited"}`)
	if a.header.Get("Retry-After") == "" {
		t.Error("it is not said when to come back")
	}
	p.send("GET", "/metrics", "", login{token: alice.token}).want(t, http.StatusOK, "ostraka")
}

func TestGuardedRoutes(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-trusted-proxy", "127.0.0.1/32")
	st := open(t, db)
	addBan(t, st, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24", PublicReason: "Too much spam.", Reason: "ticket 4711"})
	const from = "X-Forwarded-For"
	banned := func() bool {
		return p.send("POST", "/api/auth/sign-in", `{}`, login{}, from, "203.0.113.7").status == http.StatusForbidden
	}
	for began := time.Now(); !banned(); time.Sleep(20 * time.Millisecond) { // the ban is another program's
		if time.Since(began) > waitFor {
			t.Fatal("the ban does not take effect")
		}
	}
	token := login{token: alice.token}
	session := p.signIn("alice", alice.password)
	for _, path := range []string{"/api/auth/session", "/api/auth/csrf"} {
		p.send("GET", path, "", session, from, "203.0.113.7").want(t, http.StatusForbidden, `{"error":"banned"`)
		p.send("GET", path, "", session, from, "198.51.100.7").want(t, http.StatusOK, session.csrf)
	}
	for path, who := range map[string]login{"/api/auth/sign-in": {}, "/api/aliases": token} {
		a := p.send("POST", path, `{}`, who, from, "203.0.113.7")
		a.want(t, http.StatusForbidden, `{"error":"banned","ban":{"ban_type":"ip","ban_value":"203.0.113.0/24","reason":"Too much spam.",`)
		if strings.Contains(a.body, "4711") {
			t.Errorf("%s tells the reason: %s", path, a.body)
		}
		p.send("POST", path, `{}`, who, from, "198.51.100.7").want(t, http.StatusBadRequest, "invalid_params")
		p.send("POST", path, `{}`, who, from, "203.0.113.7, 198.51.100.7").want(t, http.StatusBadRequest, "invalid_params")
		p.send("POST", path, `{}`, who, from, "no address").want(t, http.StatusBadRequest, "X-Forwarded-For")
	}
	for _, r := range protected { // those of admins, of all three contracts
		admins := strings.HasPrefix(r.target(), prefixAdmin) || strings.HasPrefix(r.target(), prefixMastodon) || strings.HasPrefix(r.target(), prefixStoryden)
		if !admins {
			continue
		}
		who := session
		if tokenOnly(r) {
			who = token
		}
		p.send(r.method(), r.target(), r.body, who, from, "203.0.113.7").want(t, http.StatusForbidden, `{"error":"banned"`)
	}
	// The machine itself is never refused.
	addBan(t, st, ban.CreateOptions{Kind: ban.KindIP, Value: "127.0.0.0/8", Force: true})
	time.Sleep(1500 * time.Millisecond) // longer than it takes until the ban is seen
	p.send("GET", "/api/admin/bans", "", session).want(t, http.StatusOK, "203.0.113.0/24")
	// Whoever is in keeps what they have, and may go.
	p.send("POST", "/api/auth/sign-out-all", "", session, from, "203.0.113.7").want(t, http.StatusOK, `"sessions_revoked":1`)
	p.send("GET", "/metrics", "", token, from, "203.0.113.7").want(t, http.StatusOK, `ostraka_checks_total{kind="ip",verdict="denied"}`)
}
