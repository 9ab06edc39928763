package openapi_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/examples/adminserver/openapi"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentIsValid(t *testing.T) {
	doc := document(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("the version is %s", doc.OpenAPI)
	}
}

// credentials are what a request comes with: the name of an error that the
// Authorize function of these tests returns, or nothing.
var credentials = map[string]error{
	"":          nil,
	"none":      banhttp.ErrUnauthenticated,
	"no right":  banhttp.ErrForbidden,
	"no CSRF":   banhttp.ErrCSRFRequired,
	"scope":     banhttp.ErrWrongScope,
	"too often": &banhttp.RateLimitError{RetryAfter: time.Second},
	"trouble":   errors.New("driver says no"),
	"busy":      store.ErrBusy,
}

func authorize(r *http.Request, _ banhttp.Need) (string, error) {
	return "alice", credentials[r.Header.Get("X-Test")]
}

// testKeys are those that bans are hashed under.
var testKeys = ban.KeyRing{"k": make([]byte, ban.MinKey)}

// server serves all APIs over a store with a ban, a block and accounts, behind a
// guard.
func server(t *testing.T) http.Handler {
	t.Helper()
	st := memstore.New()
	ctx := ban.WithActor(t.Context(), "bob")
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Keys: testKeys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	_, err = bans.CreateMany(ctx, []ban.CreateOptions{
		{Kind: ban.KindName, Value: "eve", Reason: "spam", ExpiresAt: time.Now().Add(time.Hour)},
		{Kind: ban.KindName, Value: "mallory"},
		{Kind: ban.KindIP, Value: "203.0.113.0/24", PublicReason: "Too much spam."},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocks.Create(ctx, blocklist.CreateOptions{Domain: "spam.example"}); err != nil {
		t.Fatal(err)
	}

	logger := slog.New(slog.DiscardHandler)
	banAPI, err := banhttp.New(bans, banhttp.Options{Authorize: authorize, Logger: logger, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	blockAPI, err := blocklisthttp.New(blocks, blocklisthttp.Options{Authorize: authorize, Logger: logger, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := banhttp.Guard(checker, banhttp.GuardOptions{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/admin/", http.StripPrefix("/api/admin", banAPI))
	mux.Handle("/api/v1/admin/", http.StripPrefix("/api/v1/admin", blockAPI))
	serveAccounts(t, mux, st, checker)
	return guard(mux)
}

// call is a request, and the status that it is answered with.
type call struct {
	target      string
	media, body string
	credentials string
	from        string // its address, if not that of a stranger
	status      int
	accept      string // the header
}

// asProblems are the calls of Storyden's API that fail, by a client that asks for
// problem details.
func asProblems(calls []call) (again []call) {
	for _, c := range calls {
		if strings.Contains(c.target, storyden) && c.status >= 400 && c.from == "" { // where the guard answers, in its own form
			c.accept = problemJSON
			again = append(again, c)
		}
	}
	return again
}

const problemJSON = "application/problem+json"

// anyRoute are the calls that every route answers alike. In contract B nobody is
// told a lack of credentials by 401.
func anyRoute(target, body string, unauthenticated int) []call {
	media := "application/json"
	if body == "" {
		media = ""
	}
	return []call{
		{target: target, media: media, body: body, credentials: "none", status: unauthenticated},
		{target: target, media: media, body: body, credentials: "no right", status: 403},
		{target: target, media: media, body: body, credentials: "no CSRF", status: 403},
		{target: target, media: media, body: body, credentials: "scope", status: 403},
		{target: target, media: media, body: body, from: "203.0.113.7:9", status: 403},
		{target: target, media: media, body: body, credentials: "too often", status: 429},
		{target: target, media: media, body: body, credentials: "trouble", status: 500},
		{target: target, media: media, body: body, credentials: "busy", status: 503},
	}
}

// crooked is a proxy that does not say who its client is.
const crooked = "192.0.2.1:9"

// behindCrooked are requests by that proxy, which no API gets to see.
func behindCrooked(targets ...string) (all []call) {
	for _, target := range targets {
		all = append(all, call{target: target, from: crooked, status: 400})
	}
	return all
}

// takesBody are the calls that every route with a body answers alike.
func takesBody(target string) []call {
	return []call{
		{target: target, media: "application/json", body: "[]", status: 400},
		{target: target, media: "application/json", body: slow, status: 408},
		{target: target, media: "application/json", body: strings.Repeat(" ", 33<<10), status: 413},
		{target: target, media: "text/plain", body: "x", status: 415},
	}
}

// slow is a body that does not come.
const slow = "…"

func calls() []call {
	const bans, blocks = "/api/admin/bans", "/api/v1/admin/email_domain_blocks"
	const jsonType, form = "application/json", "application/x-www-form-urlencoded"
	const newBan, newBlock = `{"ban_type":"ip","ban_value":"198.51.100.0/24","effect":null,"shadow":true}`, `{"domain":"other.example","allow_with_approval":true}`
	multi := "--x\r\nContent-Disposition: form-data; name=\"domain\"\r\n\r\nthird.example\r\n--x--\r\n"
	all := []call{
		{target: "GET " + bans + "?limit=1&offset=1&active=1&ban_type=name&ban_value=e", status: 200},
		{target: "GET " + bans, status: 200},
		{target: "GET " + bans + "?limit=x", status: 400},
		{target: "POST " + bans, media: jsonType, body: newBan, status: 200},
		{target: "POST " + bans, media: jsonType, body: newBan, status: 200},
		{target: "POST " + bans + "?force=1", media: jsonType, body: `{"ban_type":"domain","ban_value":"co.uk","expires_at":null}`, status: 200},
		{target: "GET " + bans + "/1", status: 200},
		{target: "GET " + bans + "/x", status: 400},
		{target: "GET " + bans + "/99", status: 404},
		{target: "PATCH " + bans + "/1", media: jsonType, body: `{"revoked":1,"revoked_reason":"appeal"}`, status: 200},
		{target: "PATCH " + bans + "/1", media: jsonType, body: `{"revoked":false,"revoked_reason":"c","id":1}`, status: 200},
		{target: "PATCH " + bans + "/1", media: jsonType, body: `{"ban_type":"Name","expires_at":"2020-12-25","public_reason":"Spam."}`, status: 200},
		{target: "PATCH " + bans + "/1", media: jsonType, body: `{"revoked":"no","expires_at":""}`, status: 200},
		{target: "GET " + bans + "?limit=201", status: 400},
		{target: "GET " + bans + "?active=yes&ban_type=NAME", status: 200},
		{target: "PATCH " + bans + "/99", media: jsonType, body: `{"reason":"x"}`, status: 404},
		{target: "PATCH " + bans + "/1", media: jsonType, body: `{"ban_value":"mallory"}`, status: 409},
		{target: "DELETE " + bans + "/x", status: 400},
		{target: "DELETE " + bans + "/99", status: 404},
		{target: "DELETE " + bans + "/1", status: 200},

		{target: "GET " + blocks + "?limit=5&min_id=0&max_id=9&since_id=0", status: 200},
		{target: "GET " + blocks + "?q=SPAM&order=uses&offset=0", status: 200},
		{target: "GET " + blocks + "?order=size", status: 422},
		{target: "PATCH " + blocks + "/1", media: jsonType, body: `{"allow_with_approval":true,"comment":"seen again"}`, status: 200},
		{target: "PATCH " + blocks + "/1", media: form, body: "allow_with_approval=false&force=true", status: 200},
		{target: "PATCH " + blocks + "/1", media: jsonType, body: `{"comment":null,"domain":"spam.example","allow_with_approval":false}`, status: 200},
		{target: "PATCH " + blocks + "/1", media: jsonType, body: `{}`, status: 422},
		{target: "PATCH " + blocks + "/x", media: jsonType, body: `{"comment":"x"}`, status: 404},
		{target: "GET " + blocks + "?%zz", status: 400},
		{target: "POST " + blocks, media: jsonType, body: newBlock, status: 200},
		{target: "POST " + blocks, media: form, body: "domain=another.example&allow_with_approval=true", status: 200},
		{target: "POST " + blocks, media: "multipart/form-data; boundary=x", body: multi, status: 200},
		{target: "POST " + blocks, media: jsonType, body: newBlock, status: 422},
		{target: "GET " + blocks + "/1", status: 200},
		{target: "GET " + blocks + "/x", status: 404},
		{target: "DELETE " + blocks + "/x", status: 404},
		{target: "DELETE " + blocks + "/1", status: 200},
	}
	all = slices.Concat(all, accountCalls(), takesBody("POST "+bans), takesBody("PATCH "+bans+"/1"), takesBody("POST "+blocks), takesBody("PATCH "+blocks+"/2"))
	for target, body := range map[string]string{
		"GET " + bans: "", "POST " + bans: newBan, "GET " + bans + "/2": "", "PATCH " + bans + "/2": `{"reason":"x"}`, "DELETE " + bans + "/2": "",
	} {
		all = append(all, anyRoute(target, body, 401)...)
	}
	for target, body := range map[string]string{"GET " + blocks: "", "POST " + blocks: newBlock, "GET " + blocks + "/2": "", "PATCH " + blocks + "/2": `{"comment":"x"}`, "DELETE " + blocks + "/2": ""} {
		all = append(all, anyRoute(target, body, 403)...)
	}
	return append(all, behindCrooked("GET "+bans, "GET "+blocks, "POST "+blocks, "GET "+blocks+"/2", "PATCH "+blocks+"/2", "DELETE "+blocks+"/2",
		"POST "+storyden+"/bob", "DELETE "+storyden+"/bob", "GET /api/auth/session", "GET /api/auth/csrf")...)
}

// TestContract makes every call, and holds all requests that are accepted and
// all answers to the document. Each answer in the document is seen.
func TestContract(t *testing.T) {
	doc := document(t)
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewUnstartedServer(nil)
	apis := server(t)
	ts.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = cmp.Or(r.Header.Get("X-From"), r.RemoteAddr)
		apis.ServeHTTP(w, r)
	})
	ts.Start()
	t.Cleanup(ts.Close)

	seen := map[string]bool{}
	all := calls()
	for _, c := range append(all, asProblems(all)...) {
		t.Run(fmt.Sprintf("%s, %s%s %s gives %d", c.target, c.credentials, c.from, c.accept, c.status), func(t *testing.T) {
			route := c.check(t, ts.URL, router)
			seen[fmt.Sprint(route.Operation.OperationID, " ", c.status)] = true
		})
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		for _, operation := range doc.Paths.Find(path).Operations() {
			if slices.Contains(operation.Tags, "server") {
				continue // tested with the server
			}
			for _, status := range slices.Sorted(maps.Keys(operation.Responses.Map())) {
				if name := operation.OperationID + " " + status; !seen[name] {
					t.Errorf("no call is answered as %s", name)
				}
			}
		}
	}
}

// check makes the call, and returns the route of the document that it is of.
func (c call) check(t *testing.T, base string, router routers.Router) *routers.Route {
	t.Helper()
	method, target, _ := strings.Cut(c.target, " ")
	newRequest := func(base string) *http.Request {
		var body io.Reader
		if c.body != "" {
			body = strings.NewReader(c.body)
		}
		if c.body == slow {
			reader, writer := io.Pipe()
			t.Cleanup(func() { writer.Close() })
			body = reader
		}
		r, err := http.NewRequestWithContext(t.Context(), method, base+target, body)
		if err != nil {
			t.Fatal(err)
		}
		if c.media != "" {
			r.Header.Set("Content-Type", c.media)
		}
		if c.accept != "" {
			r.Header.Set("Accept", c.accept)
		}
		r.Header.Set("X-Test", c.credentials)
		r.Header.Set("X-From", c.from)
		if c.from == crooked {
			r.Header.Set("X-Forwarded-For", "somebody")
		}
		return r
	}

	resp, err := http.DefaultClient.Do(newRequest(base))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != c.status {
		t.Fatalf("%d %s, %v", resp.StatusCode, answer, err)
	}

	if got := resp.Header.Get("Content-Type"); c.accept != "" && got != c.accept {
		t.Errorf("the answer is %s", got)
	}
	asked := newRequest("")
	route, pathParams, err := router.FindRoute(asked)
	if err != nil {
		t.Fatal(err)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: asked, Route: route, PathParams: pathParams,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if c.status == http.StatusOK {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			t.Errorf("the request: %v", err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(answer)), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		t.Errorf("the answer %s: %v", answer, err)
	}
	return route
}
