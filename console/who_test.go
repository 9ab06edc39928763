package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/ostraka/console"
)

// pathOf returns a path that a pattern matches.
func pathOf(pattern string) string {
	p := strings.ReplaceAll(pattern, "{$}", "")
	for {
		before, rest, ok := strings.Cut(p, "{")
		if !ok {
			return p
		}
		_, after, _ := strings.Cut(rest, "}")
		p = before + "0198c0de-0000-7000-8000-000000000000" + after
	}
}

// TestWhoMay makes every request as everybody who may not, and as who may.
func TestWhoMay(t *testing.T) {
	w := newWorld(t)
	routes := console.Routes()
	if len(routes) < 5 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, route := range routes {
		path := pathOf(route.Pattern)
		send := func(who string, edit func(*http.Request, url.Values)) reply {
			form := url.Values{"csrf": {people[who].CSRFToken}}
			r := w.formRequest(who, path, form)
			if edit != nil {
				edit(r, form)
				again := w.formRequest(who, path, form)
				again.Header = r.Header
				r = again
			}
			if route.Method == "GET" {
				header := r.Header
				r = httptest.NewRequest("GET", w.prefix+path, nil)
				r.Header.Set(personHeader, header.Get(personHeader))
			}
			return w.do(r)
		}
		refused := func(what string, status int, a reply) {
			t.Helper()
			if a.status != status {
				t.Errorf("%s %s as %s: status %d, want %d: %s", route.Method, path, what, a.status, status, a.main())
			}
		}
		before := w.changes()
		refused("a stranger", 401, send("", nil))
		refused("a member", 403, send("member", nil))
		refused("somebody without a name", 500, send("nameless", nil))
		a := send("trouble", nil)
		refused("somebody whom the host cannot tell", 500, a)
		if strings.Contains(a.body, "disk of secrets") {
			t.Errorf("%s tells what went wrong", path)
		}
		if route.Changes {
			refused("a reader", 403, send("reader", nil))
		} else if a := send("reader", nil); a.status == 401 || a.status == 403 || a.status >= 500 {
			t.Errorf("%s %s as a reader: %d", route.Method, path, a.status)
		}
		if route.Method != "GET" {
			refused("a moderator without a token", 403, send("tokenless", nil))
			for what, edit := range map[string]func(*http.Request, url.Values){
				"a wrong token":          func(_ *http.Request, f url.Values) { f.Set("csrf", "token-of-rita") },
				"no token":               func(_ *http.Request, f url.Values) { f.Del("csrf") },
				"an empty token":         func(_ *http.Request, f url.Values) { f.Set("csrf", "") },
				"a page of another site": func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
				"a page of a neighbour":  func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "same-site") },
				"another origin": func(r *http.Request, _ url.Values) {
					r.Header.Del("Sec-Fetch-Site")
					r.Header.Set("Origin", "https://evil.example")
				},
				"an origin that is not named": func(r *http.Request, _ url.Values) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
			} {
				refused(what, 403, send("moderator", edit))
			}
			refused("JSON", 415, send("moderator", func(r *http.Request, _ url.Values) { r.Header.Set("Content-Type", "application/json") }))
			refused("plain text, as a form can send it", 415, send("moderator", func(r *http.Request, _ url.Values) { r.Header.Set("Content-Type", "text/plain") }))
		}
		if after := w.changes(); after != before {
			t.Errorf("%s %s: %d changes were made by who may not", route.Method, path, after-before)
		}
		if a := send("moderator", nil); a.status == 401 || a.status == 403 || a.status >= 500 {
			t.Errorf("%s %s as a moderator: %d: %s", route.Method, path, a.status, a.main())
		}
	}
}

// TestChangesWantModerators: what is not a GET is for moderators, but for what only
// shows something.
func TestChangesWantModerators(t *testing.T) {
	onlyShow := map[string]bool{"/ban/preview": true}
	for _, r := range console.Routes() {
		if r.Method != "GET" && !r.Changes && !onlyShow[r.Pattern] {
			t.Errorf("%s %s may be asked by readers", r.Method, r.Pattern)
		}
		if r.Method == "GET" && r.Changes {
			t.Errorf("GET %s changes something", r.Pattern)
		}
		if first, _, _ := strings.Cut(strings.TrimPrefix(r.Pattern, "/"), "/"); first != r.Page && first != "{$}" {
			t.Errorf("%s is a route of the page %q", r.Pattern, r.Page)
		}
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, a := range []reply{w.get("moderator", "/"), w.get("moderator", "/ask"), w.get("", "/"), w.get("moderator", "/nothing"), w.post("moderator", "/ask")} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Content-Type": "text/html; charset=utf-8",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", a.what, name, got, want)
			}
		}
		csp := a.header.Get("Content-Security-Policy")
		for _, piece := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, piece) {
				t.Errorf("%s: the policy lacks %s: %s", a.what, piece, csp)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", a.what, csp)
		}
		if n := strings.Count(a.body, "<h1"); n != 1 {
			t.Errorf("%s: %d h1", a.what, n)
		}
		for _, bad := range []string{" style=", "<style", "onclick=", "javascript:"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s has %s", a.what, bad)
			}
		}
	}
}

// TestAnyPrefix: all links lead to what is there, wherever the pages are mounted.
func TestAnyPrefix(t *testing.T) {
	for _, prefix := range []string{"", "/console", "/a/b"} {
		w := newWorld(t)
		w.prefix = prefix
		w.remake()
		for _, start := range []string{"/", "/ask?name=eve", "/bans"} {
			w.follow(start)
		}
		if prefix == "" {
			continue
		}
		pages, err := console.New(w.parts, w.options)
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("GET", prefix, nil)
		http.StripPrefix(prefix, pages).ServeHTTP(rec, r)
		to, err := r.URL.Parse(rec.Header().Get("Location"))
		if err != nil || rec.Code != http.StatusPermanentRedirect || to.Path != prefix+"/" {
			t.Errorf("%s leads to %v: %v", prefix, to, err)
		}
	}
}

// follow asks for everything that a page links to, loads and sends forms to.
func (w *world) follow(path string) {
	w.t.Helper()
	page := w.get("moderator", path).want(200)
	at := &url.URL{Path: w.prefix + path}
	if u, err := url.Parse(w.prefix + path); err == nil {
		at = u
	}
	_, rest, ok := strings.Cut(page.body, `<base href="`)
	if !ok {
		w.t.Fatalf("%s has no base", path)
	}
	b, _, _ := strings.Cut(rest, `"`)
	at, err := at.Parse(b)
	if err != nil || at.Path != w.prefix+"/" {
		w.t.Errorf("%s: the base is %v: %v", page.what, at, err)
	}
	found := 0
	for _, attr := range []string{` href="`, ` src="`, ` action="`} {
		for _, piece := range strings.Split(page.body, attr)[1:] {
			link, _, _ := strings.Cut(piece, `"`)
			link = strings.ReplaceAll(link, "&amp;", "&")
			to, err := at.Parse(link)
			if err != nil || to.Host != "" || !strings.HasPrefix(to.Path, w.prefix+"/") {
				w.t.Errorf("%s links to %s: %v", page.what, link, err)
				continue
			}
			found++
			r := httptest.NewRequest("GET", to.RequestURI(), nil)
			r.Header.Set(personHeader, "moderator")
			if a := w.do(r); a.status != 200 && a.status != http.StatusMethodNotAllowed && a.status != http.StatusSeeOther {
				w.t.Errorf("%s links to %s: %d", page.what, link, a.status)
			}
		}
	}
	if found < 6 {
		w.t.Errorf("%s has %d links", page.what, found)
	}
}
