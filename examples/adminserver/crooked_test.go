package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/adminserver/openapi"
)

// TestCrookedRequests makes requests that no client would, as an admin, of every route
// that the document has. None is answered with a status of 500 and above or by a
// connection that breaks, and no answer tells of the database.
func TestCrookedRequests(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	onEveryBackend(t, func(t *testing.T, p *program) {
		// In memory all are sent. What is special about the others is what gets as far
		// as a driver, of which each fifth gives enough.
		h := &crookedClient{t: t, p: p, every: 5, statuses: map[int]int{}}
		if strings.HasSuffix(t.Name(), "/memstore") {
			h.every = 1
		}
		for _, path := range doc.Paths.InMatchingOrder() {
			methods := slices.Sorted(maps.Keys(doc.Paths.Find(path).Operations()))
			for _, method := range slices.Backward(methods) { // DELETE last
				h.attack(method, path)
			}
		}
		h.raw()
		if h.requests < 500 {
			t.Errorf("only %d requests were made", h.requests)
		}
		t.Logf("%d requests: %v", h.requests, h.statuses)
		p.send("GET", "/healthz", "", login{}).want(t, http.StatusOK, "true")
		h.comeIn()
		p.send("GET", "/api/admin/bans?limit=200", "", h.who).want(t, http.StatusOK, "pagination")
		p.send("GET", "/api/admin/users?limit=200", "", h.who).want(t, http.StatusOK, `"username":"alice"`)
	}, func(p *parts) { p.trustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
}

type crookedClient struct {
	t        *testing.T
	p        *program
	token    string
	who      login
	every    int // of so many requests one is sent
	built    int
	requests int
	statuses map[int]int
}

// Values in every place: what is empty, huge, of another type, not UTF-8, of several
// lines, and what means something in SQL, paths and patterns.
var (
	crookedSegments = []string{
		"0", "-1", "1e3", "%31", "99999999999999999999", "9223372036854775807", "%00", "%2e%2e%2f", "%ff%fe", "1%20", "1;2", "%27%20OR%201=1--",
		"%D9%A1", "b%CE%BFb", "*", "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000", strings.Repeat("x", 3000), "%F0%9F%92%A9",
	}
	crookedQueries = []string{
		"limit=-1", "limit=0", "limit=1e9", "limit=%00", "limit=99999999999999999999", "limit=1&limit=2", "offset=9223372036854775807", "offset=-1", "offset=99999999999999999999&order=uses",
		"active=%ff", "active=perhaps", "suspended=&active=", "q=%00", "q=%ff", "q=%25%27%22%5C", "q=%ED%A0%80", "order=uses&max_id=-5&min_id=x&since_id=%00",
		"max_id=-9223372036854775808&min_id=9223372036854775807", "ban_type=%00&ban_value=%00", "ban_value=%5C%25_", "email=%00", "email=" + strings.Repeat("%F0%9F%92%A9", 400),
		"address=%00&domain=%ff&destination=%27", "disabled_ban=x", "user_id=9223372036854775808", "user_id=-1", "force=2", "force=1&force=0", "lift_bans=%00", "kind=%00", "%zz", "a=1;b=2", "=&&==&", strings.Repeat("a=b&", 700),
	}
	crookedBodies = []string{
		"", " ", "{", "}", "null", "[]", "0", `"x"`, "{}", "{}{}", "\ufeff{}", "{\"a\":1,\"a\":2}", `{"":""}`, "\x00", "\xff\xfe", strings.Repeat("[", 20000), strings.Repeat(`{"a":`, 5000),
		strings.Repeat(" ", 33<<10), `{"a":"` + strings.Repeat("x", 40000) + `"}`, "a=1&b=%zz", "domain=%00", "--x\r\n", "<xml/>",
	}
	crookedFields = []string{
		"ban_type", "ban_value", "reason", "public_reason", "expires_at", "effect", "scope", "shadow", "revoked", "revoked_reason", "disable_matching_aliases",
		"username", "email", "email_verified_at", "password", "is_active", "is_admin", "current_password", "new_password", "login", "identifier",
		"name", "scopes", "address", "destination", "user_id", "ip", "active", "domain", "allow_with_approval", "comment", "force", "action",
	}
	crookedValues = []string{
		"null", "true", "-1", "1e400", "18446744073709551616", `""`, `" "`, `"\u0000"`, `"\ud800"`, `"\u202e"`, `"` + strings.Repeat("x", 300) + `"`, "[]", "{}", "[null]", `["admin:read",1]`,
		`"9999-12-31T23:59:59.999999999Z"`, `"0000-01-01"`, `"*"`, `"="`, `"::/0"`, `"0.0.0.0/0"`, `"@"`, `"%"`, `"a@b@c"`, `"xn--"`, `"' OR 1=1 --"`, "\"\xff\"",
	}
	crookedHeaders = [][]string{
		{"Content-Type", ""}, {"Content-Type", ";;;"}, {"Content-Type", "application/json; charset=utf-16"}, {"Content-Type", "multipart/form-data"},
		{"Content-Type", `multipart/form-data; boundary=""`}, {"Content-Type", "multipart/form-data; boundary=" + strings.Repeat("b", 300)}, {"Content-Type", "text/html"},
		{"Content-Encoding", "gzip"}, {"Accept", "application/problem+json;q=x"}, {"Accept", strings.Repeat("a/b,", 2000)}, {"Accept", "text/html"},
		{"X-Forwarded-For", "not an address"}, {"X-Forwarded-For", strings.Repeat("1.2.3.4,", 500)}, {"Forwarded", `for="[::1`}, {"X-Forwarded-Host", "evil.example/%0d%0a"},
		{"Authorization", "Bearer"}, {"Authorization", "Basic eDp5"}, {"Authorization", "Bearer " + strings.Repeat("x", 5000)}, {"Authorization", "bearer\t\x7f"},
		{"Cookie", "__Host-access=; storyden-session=%00"}, {"Cookie", strings.Repeat("a=b; ", 500)}, {"X-CSRF-Token", strings.Repeat("A", 5000)}, {"Range", "bytes=0-"},
		{"Expect", "100-continue"}, {"If-None-Match", "*"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Host", "evil.example"},
	}
)

// comeIn makes new credentials: some requests end those that there are.
func (h *crookedClient) comeIn() {
	h.t.Helper()
	auth, accounts := h.p.parts.auth, h.p.parts.accounts
	ctx := ban.WithActor(h.t.Context(), "test")
	alice, err := accounts.ByHandle(ctx, "alice")
	if err == nil {
		_, err = accounts.Update(ctx, alice.ID, account.Patch{Password: new(dayPassword)})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	session, err := auth.Login(ctx, "alice", dayPassword)
	if err != nil {
		h.t.Fatal(err)
	}
	h.who = login{session: session.Secret, csrf: auth.CSRFToken(session)}
	h.token = h.p.tokenOf("alice", "admin:read", "admin:write")
}

// attack makes the requests of one route.
func (h *crookedClient) attack(method, pattern string) {
	h.comeIn()
	if strings.Contains(pattern, "/users/") {
		pattern = strings.Replace(pattern, "{id}", "{user}", 1)
	}
	path := strings.NewReplacer("{id}", "1", "{user}", "3", "{account_handle}", "bob", "{credential}", "ffffffff-ffff-ffff-ffff-ffffffffffff").Replace(pattern)
	if strings.Contains(pattern, "{") {
		for _, segment := range crookedSegments {
			h.send(method, strings.NewReplacer("{id}", segment, "{user}", segment, "{account_handle}", segment, "{credential}", segment).Replace(pattern), `{"reason":"x","comment":"x"}`)
		}
	}
	for _, suffix := range []string{"/", "//", "/.", "/%2e%2e", ";x", "%00", "?"} {
		h.send(method, path+suffix, "{}")
	}
	for _, query := range crookedQueries {
		h.send(method, path+"?"+query, "{}")
	}
	for _, header := range crookedHeaders {
		h.send(method, path, "{}", header...)
	}
	if method == http.MethodGet {
		return
	}
	for _, body := range crookedBodies {
		h.send(method, path, body)
		h.send(method, path, body, "Content-Type", "application/x-www-form-urlencoded")
		h.send(method, path, body, "Content-Type", "multipart/form-data; boundary=x")
	}
	if method == http.MethodDelete || strings.Contains(pattern, "/storyden/") {
		return
	}
	for i, field := range crookedFields {
		for j, value := range crookedValues {
			if (i+j)%9 == len(pattern)%9 { // not all, which would take long: others of each route
				h.send(method, path, fmt.Sprintf(`{"ban_type":"name","domain":"a%d.example",%q:%s}`, i*100+j, field, value))
			}
		}
	}
}

// send makes a request with all credentials that there are.
func (h *crookedClient) send(method, path, body string, headers ...string) {
	h.t.Helper()
	if h.built++; h.built%h.every != 0 {
		return
	}
	who := h.who
	if strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/api/aliases") || strings.HasPrefix(path, "/metrics") {
		who = login{token: h.token}
	}
	if _, err := url.Parse(h.p.url + path); err != nil {
		return // no request can be made of it
	}
	if !slices.Contains(headers, "X-Forwarded-For") { // another client each time: none is refused too often
		headers = append(slices.Clone(headers), "X-Forwarded-For", netip.AddrFrom4([4]byte{10, byte(h.requests >> 16), byte(h.requests >> 8), byte(h.requests)}).String())
	}
	a, err := h.p.try(method, path, strings.NewReader(body), who, headers...)
	if err != nil && strings.Contains(err.Error(), "invalid header field value") {
		return // nor of this
	}
	h.requests++
	what := fmt.Sprintf("%s %.200s %v %.200q", method, path, headers, body)
	if err != nil {
		h.t.Errorf("%s: the connection broke: %v", what, err)
		return
	}
	h.statuses[a.status]++
	h.judge(what, a)
	if a.status == http.StatusUnauthorized && len(headers) == 2 || strings.HasPrefix(path, "/api/auth/sign-out") && a.status == http.StatusOK {
		h.comeIn()
	}
}

func (h *crookedClient) judge(what string, a answer) {
	h.t.Helper()
	if a.status >= 500 {
		h.t.Errorf("%s: %d %s", what, a.status, a.body)
	}
	text := strings.ToLower(a.body)
	for _, word := range []string{"sqlite", "sqlstate", "pgx", "postgres", "panic", "goroutine", "runtime error", ".go:", "driver"} {
		if a.status >= 400 && strings.Contains(text, word) {
			h.t.Errorf("%s: the answer has %q: %s", what, word, a.body)
		}
	}
	if strings.Contains(a.header.Get("Content-Type"), "json") && a.body != "" && !json.Valid([]byte(a.body)) {
		h.t.Errorf("%s: no JSON: %s", what, a.body)
	}
}

// raw sends what Go's client would not.
func (h *crookedClient) raw() {
	auth := "Authorization: Bearer " + h.token + "\r\n"
	const host = "Host: x\r\n"
	for _, request := range []string{
		"GET /api/v1/admin/email_domain_blocks HTTP/1.0\r\n" + auth + "\r\n",
		"GET http://evil.example/api/v1/admin/email_domain_blocks HTTP/1.1\r\n" + host + auth + "\r\n",
		"GET /api/v1/admin/email_domain_blocks?limit=%2 HTTP/1.1\r\n" + host + auth + "\r\n",
		"GET /api/v1/admin/email_domain_blocks?q=\xff HTTP/1.1\r\n" + host + auth + "\r\n",
		"PROPFIND /api/admin/bans HTTP/1.1\r\n" + host + "\r\n",
		"get /api/admin/bans HTTP/1.1\r\n" + host + "\r\n",
		"OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
		"POST /api/v1/admin/email_domain_blocks HTTP/1.1\r\n" + host + auth + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /api/v1/admin/email_domain_blocks HTTP/1.1\r\n" + host + auth + "Content-Length: -1\r\n\r\n",
		"POST /api/v1/admin/email_domain_blocks HTTP/1.1\r\n" + host + auth + "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET /api/admin/bans HTTP/1.1\r\n" + host + "Cookie: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"GET /%zz HTTP/1.1\r\n" + host + "\r\n",
		"GET  HTTP/1.1\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.p.url, "http://"))
		if err != nil {
			h.t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(waitFor))
		_, _ = io.WriteString(conn, request) // the server may hang up first
		h.requests++
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			if !strings.Contains(err.Error(), "connection reset") { // before all of the headers were sent
				h.t.Errorf("%.80q: %v", request, err)
			}
			conn.Close()
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		conn.Close()
		h.statuses[resp.StatusCode]++
		if !slices.Contains([]int{431, 501, 505}, resp.StatusCode) { // those of net/http itself
			h.judge(fmt.Sprintf("%.80q", request), answer{resp.StatusCode, resp.Header, string(body)})
		}
	}
}
