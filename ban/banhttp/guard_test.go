package banhttp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// doorway is a handler behind a guard, that answers with the client's address.
type doorway struct {
	fixture
	checker *ban.Checker
	http.Handler
	log *bytes.Buffer
}

func newDoorway(t *testing.T, st store.Store, o banhttp.GuardOptions) doorway {
	t.Helper()
	d := doorway{fixture: newFixture(t, st, letIn), log: new(bytes.Buffer)}
	var err error
	if d.checker, err = ban.NewChecker(st, ban.CheckerOptions{Now: clock, PollInterval: -1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.checker.Close() })
	o.Logger = slog.New(slog.NewTextHandler(d.log, nil))
	guard, err := banhttp.Guard(d.checker, o)
	if err != nil {
		t.Fatal(err)
	}
	d.Handler = guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, ok := banhttp.ClientFrom(r.Context())
		if !ok {
			client = netip.Addr{}
		}
		io.WriteString(w, "welcome "+client.String())
	}))
	return d
}

func (d doorway) visit(peer string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = peer
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestGuard(t *testing.T) {
	const banned = `{"error":"banned","ban":{"ban_type":"ip","ban_value":"203.0.113.0/24","reason":"Too much spam.","banned_at":"AT"}}`
	tests := []struct {
		name   string
		o      banhttp.GuardOptions
		peer   string
		header []string
		status int
		want   string
	}{
		{"a stranger", banhttp.GuardOptions{}, "198.51.100.1:9", nil, 200, "welcome 198.51.100.1"},
		{"a banned address that is an exception", banhttp.GuardOptions{Except: []netip.Prefix{netip.MustParsePrefix("203.0.113.7/32")}}, "203.0.113.7:9", nil, 200, "welcome 203.0.113.7"},
		{"a banned address beside an exception", banhttp.GuardOptions{Except: []netip.Prefix{netip.MustParsePrefix("203.0.113.8/32")}}, "203.0.113.7:9", nil, 403, banned},
		{"a banned address", banhttp.GuardOptions{}, "203.0.113.7:9", nil, 403, banned},
		{"a banned address in IPv6 clothes", banhttp.GuardOptions{}, "[::ffff:203.0.113.7]:9", nil, 403, banned},
		{"one who says it is another", banhttp.GuardOptions{}, "203.0.113.7:9", []string{"X-Forwarded-For", "198.51.100.1"}, 403, banned},
		{"a proxy that is not named", banhttp.GuardOptions{}, "192.0.2.1:9", []string{"X-Forwarded-For", "203.0.113.7"}, 200, "welcome 192.0.2.1"},
		{"a banned address behind a proxy", banhttp.GuardOptions{TrustedProxies: proxyRange}, "192.0.2.1:9", []string{"X-Forwarded-For", "198.51.100.1, 203.0.113.7"}, 403, banned},
		{"a stranger behind a proxy", banhttp.GuardOptions{TrustedProxies: proxyRange}, "192.0.2.1:9", []string{"Forwarded", `for="[2001:db8::1]:80"`}, 200, "welcome 2001:db8::1"},
		{"headers that differ", banhttp.GuardOptions{TrustedProxies: proxyRange, OnError: ban.FailOpen}, "192.0.2.1:9",
			[]string{"X-Forwarded-For", "203.0.113.7", "Forwarded", "for=198.51.100.1"}, 400,
			`{"error":"invalid_params","field":"Forwarded","reason":"bad_syntax","hint":"it names another client than X-Forwarded-For; let your proxy remove the one that it does not write","constraints":{}}`},
		{"a header that is garbage", banhttp.GuardOptions{TrustedProxies: proxyRange, OnError: ban.FailOpen}, "192.0.2.1:9", []string{"X-Forwarded-For", "x"}, 400,
			`{"error":"invalid_params","field":"X-Forwarded-For","reason":"bad_syntax","hint":"it does not say the address of the client","constraints":{}}`},
		{"review is for the handler", banhttp.GuardOptions{}, "198.51.100.66:9", nil, 200, "welcome 198.51.100.66"},
		{"review, refused", banhttp.GuardOptions{RefuseReview: true}, "198.51.100.66:9", nil, 403,
			`{"error":"banned","ban":{"ban_type":"ip","ban_value":"198.51.100.66","reason":null,"banned_at":"AT"}}`},
		{"a ban from mail is none from signing up", banhttp.GuardOptions{}, "198.51.100.77:9", nil, 200, "welcome 198.51.100.77"},
		{"a ban from mail, where mail is served", banhttp.GuardOptions{Action: ban.Mail}, "198.51.100.77:9", nil, 403,
			`{"error":"banned","ban":{"ban_type":"ip","ban_value":"198.51.100.77","reason":null,"banned_at":"AT"}}`},
		{"a ban on trial", banhttp.GuardOptions{}, "198.51.100.88:9", nil, 200, "welcome 198.51.100.88"},
		{"no address, closed", banhttp.GuardOptions{}, "@", nil, 503, `{"error":"temporarily_unavailable","where":"guard","reason":"check_failed"}`},
		{"no address, open", banhttp.GuardOptions{OnError: ban.FailOpen}, "@", nil, 200, "welcome invalid IP"},
		{"an answer of one's own", banhttp.GuardOptions{Refuse: func(w http.ResponseWriter, _ *http.Request, d ban.Decision) {
			http.Error(w, d.Err().Error(), http.StatusTeapot)
		}}, "203.0.113.7:9", nil, 418, "signing up is not allowed: Too much spam."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoorway(t, memstore.New(), tt.o)
			began := time.Now().Truncate(time.Millisecond)
			d.bans(t,
				ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24", Reason: "ticket 4711", PublicReason: "Too much spam."},
				ban.CreateOptions{Kind: ban.KindIP, Value: "198.51.100.66", Effect: ban.Review},
				ban.CreateOptions{Kind: ban.KindIP, Value: "198.51.100.77", Scope: ban.ScopeOf(ban.Mail)},
				ban.CreateOptions{Kind: ban.KindIP, Value: "198.51.100.88", Shadow: true})
			w := d.visit(tt.peer, tt.header...)
			got := strings.TrimSpace(w.Body.String())
			if _, rest, ok := strings.Cut(got, `"banned_at":"`); ok {
				stamp, _, _ := strings.Cut(rest, `"`)
				at, err := time.Parse("2006-01-02T15:04:05.000Z", stamp)
				if err != nil || at.Before(began) || at.After(time.Now()) {
					t.Errorf("banned at %s, %v", stamp, err)
				}
				got = strings.Replace(got, stamp, "AT", 1)
			}
			if w.Code != tt.status || got != tt.want {
				t.Errorf("%d %s\nwant %d %s", w.Code, got, tt.status, tt.want)
			}
		})
	}
}

var proxyRange = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}

// TestGuardWhenTheStoreFails is about a checker that lets nobody in by itself,
// over a store that cannot be asked.
func TestGuardWhenTheStoreFails(t *testing.T) {
	const closed = `{"error":"temporarily_unavailable","where":"guard","reason":"check_failed"}`
	for _, tt := range []struct {
		name   string
		o      ban.OnError
		status int
		want   string
	}{
		{"FailClosed", ban.FailClosed, 503, closed},
		{"FailOpen", ban.FailOpen, 200, "welcome 198.51.100.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoorway(t, newBrokenStore(errDriver), banhttp.GuardOptions{OnError: tt.o})
			w := d.visit("198.51.100.1:9")
			if got := strings.TrimSpace(w.Body.String()); w.Code != tt.status || got != tt.want {
				t.Errorf("%d %s", w.Code, got)
			}
			if !strings.Contains(d.log.String(), errDriver.Error()) {
				t.Errorf("the log has %q", d.log)
			}

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			w = httptest.NewRecorder()
			d.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
			if w.Code != 503 {
				t.Errorf("whoever has hung up: %d %s", w.Code, w.Body)
			}
			d.checker.Close()
			if w := d.visit("198.51.100.1:9"); w.Code != 503 {
				t.Errorf("after Close: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestGuardCountsHits(t *testing.T) {
	d := newDoorway(t, memstore.New(), banhttp.GuardOptions{})
	d.bans(t, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.7"})
	for range 3 {
		d.visit("203.0.113.7:9")
	}
	if err := d.checker.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := d.admin.GetSeq(t.Context(), 1); err != nil || b.Hits != 3 {
		t.Errorf("%d hits, %v", b.Hits, err)
	}
}

func TestGuardOptionsThatDoNotFit(t *testing.T) {
	checker, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	for field, o := range map[string]banhttp.GuardOptions{
		"TrustedProxies": {TrustedProxies: []netip.Prefix{{}}},
		"OnError":        {OnError: 2},
		"Action":         {Action: 200},
	} {
		_, err := banhttp.Guard(checker, o)
		if wrong, ok := errors.AsType[*ban.ValueError](err); !ok || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := banhttp.Guard(nil, banhttp.GuardOptions{}); err == nil {
		t.Error("a guard without a checker")
	}
}

func TestClientAddr(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.1:9"
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	if a, err := banhttp.ClientAddr(r, proxyRange); err != nil || a.String() != "203.0.113.7" {
		t.Errorf("%v, %v", a, err)
	}
	if a, err := banhttp.ClientAddr(r, nil); err != nil || a.String() != "192.0.2.1" {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := banhttp.ClientAddr(r, []netip.Prefix{{}}); err == nil {
		t.Error("a zero prefix is taken")
	}
}

func TestBrowsersThatCannotBeCheckedGetAPage(t *testing.T) {
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	for name, tt := range map[string]struct {
		options banhttp.GuardOptions
		peer    string
		header  []string
		status  int
	}{
		"no address":               {banhttp.GuardOptions{}, "@", nil, 503},
		"a header that is garbage": {banhttp.GuardOptions{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, "192.0.2.1:9", []string{"X-Forwarded-For", "<script>"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoorway(t, memstore.New(), tt.options)
			for accept, kind := range map[string]string{browser: "text/html; charset=utf-8", "application/json": "application/json; charset=utf-8", "": "application/json; charset=utf-8"} {
				w := d.visit(tt.peer, append([]string{"Accept", accept}, tt.header...)...)
				if w.Code != tt.status || w.Header().Get("Content-Type") != kind || w.Header().Get("Vary") != "Accept" {
					t.Errorf("Accept %q: %d, %v", accept, w.Code, w.Header())
				}
				if (w.Header().Get("Retry-After") != "") != (tt.status == 503) {
					t.Errorf("Accept %q: Retry-After is %q", accept, w.Header().Get("Retry-After"))
				}
				if body := w.Body.String(); strings.Contains(body, "<script") || strings.Contains(body, "x-forwarded") {
					t.Errorf("the answer repeats the request: %s", body)
				}
			}
		})
	}
}
