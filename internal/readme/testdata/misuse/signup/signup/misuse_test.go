package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

type noStore struct{ store.Store }

func (noStore) Lookup(context.Context, []store.Key) ([]store.Rule, error) {
	return nil, errors.New("disk on fire")
}

// handlerOver returns the handler, which counts the accounts that are made.
func handlerOver(t *testing.T, st store.Store, o ban.CheckerOptions, proxies ...netip.Prefix) (h http.Handler, made *int) {
	t.Helper()
	checker, err := ban.NewChecker(st, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	made = new(int)
	return signUp(checker, proxies, func(context.Context, string, string, bool) error { *made++; return nil }), made
}

func post(h http.Handler, peer string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/signup?email=ann@example.org&name=ann", body)
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func ann() io.Reader {
	return strings.NewReader(url.Values{"email": {"ann@example.org"}, "name": {"ann"}}.Encode())
}

func TestLongBodiesAreCutOff(t *testing.T) {
	h, made := handlerOver(t, memstore.New(), ban.CheckerOptions{})
	for _, contentType := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		before := "email=ann@example.org&name=ann&more="
		if strings.HasPrefix(contentType, "multipart") {
			before = "--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
		}
		long := &counter{r: io.LimitReader(zeros{}, 10<<20)}
		w := post(h, "192.0.2.1:1", io.MultiReader(strings.NewReader(before), long), "Content-Type", contentType)
		if w.Code != http.StatusBadRequest || *made != 0 || long.n > 128<<10 {
			t.Errorf("%s: %d, %d accounts, %d bytes read", contentType, w.Code, *made, long.n)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func TestWhatIsNotCheckedDoesNotGetIn(t *testing.T) {
	h, made := handlerOver(t, memstore.New(), ban.CheckerOptions{})
	for name, w := range map[string]*httptest.ResponseRecorder{
		"fields in the query only": post(h, "192.0.2.1:1", strings.NewReader("")),
		"no name":                  post(h, "192.0.2.1:1", strings.NewReader("email=ann@example.org")),
		"a client without address": post(h, "@", ann()),
	} {
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400: %s", name, w.Code, w.Body)
		}
	}
	if *made != 0 {
		t.Errorf("%d accounts were made", *made)
	}
}

func TestTheClientIsWhoTheProxySays(t *testing.T) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for value, scope := range map[string]ban.Scope{"203.0.113.7": ban.ScopeOf(ban.SignUp), "203.0.113.8": ban.ScopeOf(ban.SignIn)} {
		if _, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindIP, Value: value, Scope: scope}); err != nil {
			t.Fatal(err)
		}
	}
	h, _ := handlerOver(t, st, ban.CheckerOptions{}, netip.MustParsePrefix("192.0.2.1/32"))
	for name, test := range map[string]struct {
		peer, forwarded string
		want            int
	}{
		"banned":                       {"203.0.113.7:1", "", http.StatusForbidden},
		"banned, who claims another":   {"203.0.113.7:1", "198.51.100.1", http.StatusForbidden},
		"banned, behind the proxy":     {"192.0.2.1:1", "203.0.113.7", http.StatusForbidden},
		"banned from signing in only":  {"203.0.113.8:1", "", http.StatusCreated},
		"a stranger, behind the proxy": {"192.0.2.1:1", "198.51.100.1", http.StatusCreated},
		"nonsense from the proxy":      {"192.0.2.1:1", "banana", http.StatusBadRequest},
	} {
		var headers []string
		if test.forwarded != "" {
			headers = []string{"X-Forwarded-For", test.forwarded}
		}
		if w := post(h, test.peer, ann(), headers...); w.Code != test.want {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, test.want, w.Body)
		}
	}
}

func TestInAnOutageOnErrorDecides(t *testing.T) {
	for onError, want := range map[ban.OnError]int{ban.FailClosed: http.StatusServiceUnavailable, ban.FailOpen: http.StatusCreated} {
		h, made := handlerOver(t, noStore{memstore.New()}, ban.CheckerOptions{OnError: onError})
		w := post(h, "192.0.2.1:1", ann())
		if w.Code != want || (*made == 1) != (want == http.StatusCreated) || strings.Contains(w.Body.String(), "fire") {
			t.Errorf("%v: %d %s, %d accounts", onError, w.Code, w.Body, *made)
		}
	}
}
