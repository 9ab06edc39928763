package main

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestABannedClientSeesNoForm(t *testing.T) {
	proxy := netip.MustParsePrefix("10.0.0.0/24")
	for _, c := range []struct {
		rule, peer, forwarded string
		proxies               []netip.Prefix
		status                int
	}{
		{"a client that is not banned", "192.0.2.1:1", "", nil, http.StatusOK},
		{"a banned one", "203.0.113.9:1", "", nil, http.StatusForbidden},
		{"a banned one behind a proxy", "10.0.0.7:1", "203.0.113.9", []netip.Prefix{proxy}, http.StatusForbidden},
		{"what it claims before the proxy's word", "10.0.0.7:1", "192.0.2.1, 203.0.113.9", []netip.Prefix{proxy}, http.StatusForbidden},
		{"the word of a proxy that is not trusted", "203.0.113.9:1", "192.0.2.1", []netip.Prefix{proxy}, http.StatusForbidden},
		{"one that only claims a banned address", "192.0.2.1:1", "203.0.113.9", []netip.Prefix{proxy}, http.StatusOK},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := newSite(t, options{proxies: c.proxies}, nil)
			r := get("/")
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			w := s.do(r)
			if c.status == http.StatusOK {
				wantPage(t, w, c.status, "<form")
				return
			}
			wantPage(t, w, c.status, "Signing up is not allowed: your network is infected")
			if strings.Contains(w.Body.String(), "<form") || strings.Contains(w.Body.String(), "href") || strings.Contains(w.Body.String(), "203.0.113") {
				t.Errorf("the page has a form, a link to it, or the value of the ban:\n%s", w.Body)
			}
		})
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	for _, c := range []struct {
		rule          string
		header, value string
		status        int
		accounts      int64
	}{
		{"the same origin", "Sec-Fetch-Site", "same-origin", http.StatusSeeOther, 1},
		{"another site", "Sec-Fetch-Site", "cross-site", http.StatusForbidden, 0},
		{"a sibling on the same site", "Sec-Fetch-Site", "same-site", http.StatusForbidden, 0},
		{"the same origin, by an older browser", "Origin", "http://example.com", http.StatusSeeOther, 1},
		{"another origin, by an older browser", "Origin", "http://evil.example", http.StatusForbidden, 0},
		{"an origin that is hidden", "Origin", "null", http.StatusForbidden, 0},
		{"no browser", "User-Agent", "curl", http.StatusSeeOther, 1},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := newSite(t, options{}, nil)
			r := post(form{"ann", "ann@good.example", password})
			r.Header.Set(c.header, c.value)
			wantPage(t, s.do(r), c.status)
			if n := s.count(t); n != c.accounts {
				t.Errorf("%d accounts, want %d", n, c.accounts)
			}
		})
	}
}

func TestBodiesThatAreNoForm(t *testing.T) {
	const urlencoded = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		rule, kind, body string
		status           int
	}{
		{"no type", "", "handle=ann", http.StatusUnsupportedMediaType},
		{"JSON", "application/json", `{"handle":"ann"}`, http.StatusUnsupportedMediaType},
		{"files", "multipart/form-data; boundary=x", "--x--", http.StatusUnsupportedMediaType},
		{"a broken escape", urlencoded, "handle=%zz", http.StatusBadRequest},
		{"too large", urlencoded, "handle=" + strings.Repeat("x", maxBody), http.StatusRequestEntityTooLarge},
		{"the largest", urlencoded, "handle=" + strings.Repeat("x", maxBody-len("handle=")), http.StatusUnprocessableEntity},
		{"with a charset", urlencoded + "; charset=utf-8", "handle=ann", http.StatusUnprocessableEntity},
	} {
		t.Run(c.rule, func(t *testing.T) {
			r := post(form{})
			r.Body = readCloser{strings.NewReader(c.body)}
			r.Header.Set("Content-Type", c.kind)
			wantPage(t, newSite(t, options{}, nil).do(r), c.status, "<h1>")
		})
	}
}

// unread is a body that nobody is to read.
type unread struct{ *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.Error("the body is read")
	return 0, io.EOF
}

func (unread) Close() error { return nil }

func TestABodyThatIsSaidToBeTooLargeIsNotWaitedFor(t *testing.T) {
	r := post(form{})
	r.Body, r.ContentLength = unread{t}, maxBody+1
	wantPage(t, newSite(t, options{}, nil).do(r), http.StatusRequestEntityTooLarge, "<h1>")
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestAClientSignsUpOnlySoOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, options{burst: 2, every: time.Minute}, nil)
		from := func(peer string) int {
			r := post(form{"eve", "eve@spam.example", password})
			r.RemoteAddr = peer
			r.Header.Set("X-Forwarded-For", "192.0.2.250") // nobody trusts it
			return s.do(r).Code
		}
		for _, c := range []struct {
			rule, peer string
			after      time.Duration
			status     int
		}{
			{"the first of a burst", "192.0.2.1:1", 0, http.StatusForbidden},
			{"the last of a burst", "192.0.2.1:2", 0, http.StatusForbidden},
			{"one more", "192.0.2.1:3", 0, http.StatusTooManyRequests},
			{"another client", "192.0.2.2:1", 0, http.StatusForbidden},
			{"too early", "192.0.2.1:1", 59 * time.Second, http.StatusTooManyRequests},
			{"once it is time", "192.0.2.1:1", time.Second, http.StatusForbidden},
			{"once only", "192.0.2.1:1", 0, http.StatusTooManyRequests},
			{"IPv6", "[2001:db8::1]:1", 0, http.StatusForbidden},
			{"IPv6, another address of the network", "[2001:db8::2]:1", 0, http.StatusForbidden},
			{"IPv6, a third one", "[2001:db8::3]:1", 0, http.StatusTooManyRequests},
			{"IPv6, another network", "[2001:db8:0:1::1]:1", 0, http.StatusForbidden},
		} {
			time.Sleep(c.after)
			if got := from(c.peer); got != c.status {
				t.Errorf("%s: status %d, want %d", c.rule, got, c.status)
			}
		}
		r := post(form{"eve", "eve@spam.example", password})
		w := s.do(r)
		wantPage(t, w, http.StatusTooManyRequests, "Too many sign-ups")
		if got := w.Header().Get("Retry-After"); got != "60" {
			t.Errorf("Retry-After is %q, want 60", got)
		}
		// Whoever has none left is not even read.
		wantPage(t, s.do(post(form{"", "eve@spam.example", password})), http.StatusTooManyRequests)
		if log := s.log.String(); !strings.Contains(log, `answer="too many"`) || !strings.Contains(log, "answer=denied") {
			t.Errorf("the log does not say what was answered:\n%s", log)
		}
	})
}
