package blocklisthttp_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
)

// many is an API with 450 blocks, numbered from 1.
func many(t testing.TB, n int) fixture {
	t.Helper()
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	for i := range n {
		f.blocks(t, fmt.Sprintf("d%d.example", i))
	}
	return f
}

// page asks for a page and returns the ids on it, and its links.
func (f fixture) page(t *testing.T, query string) (ids []int, next, prev string) {
	t.Helper()
	w := f.do("GET", "/email_domain_blocks"+query, "")
	var blocks []struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &blocks); w.Code != 200 || err != nil {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	if blocks == nil {
		t.Errorf("%s: the list is %s", query, w.Body)
	}
	for _, b := range blocks {
		id, err := strconv.Atoi(b.ID)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	link := w.Header().Get("Link")
	whole := regexp.MustCompile(`^(?:<([^<>]*)>; rel="next", )?<([^<>]*)>; rel="prev"$`)
	if link != "" {
		m := whole.FindStringSubmatch(link)
		if m == nil {
			t.Fatalf("%s: Link: %s", query, link)
		}
		next, prev = m[1], m[2]
	}
	return ids, next, prev
}

// down returns the numbers from first down to last.
func down(first, last int) []int {
	var out []int
	for i := first; i >= last; i-- {
		out = append(out, i)
	}
	return out
}

func TestPages(t *testing.T) {
	f := many(t, 450)
	tests := []struct {
		name, query string
		first, last int // none: 0, 1
		next        bool
	}{
		{"the newest 100 by default", "", 450, 351, true},
		{"as many as asked", "?limit=3", 450, 448, true},
		{"no more than 200", "?limit=9999", 450, 251, true},
		{"a limit beyond all numbers", "?limit=99999999999999999999", 450, 251, true},
		{"a negative limit counts as positive", "?limit=-5", 450, 446, true},
		{"a limit of 0 gives none", "?limit=0", 0, 1, false},
		{"a limit that is no number gives none", "?limit=abc", 0, 1, false},
		{"an empty limit gives none", "?limit=", 0, 1, false},
		{"a limit that begins with a number", "?limit=2abc", 450, 449, true},
		{"older than max_id", "?max_id=100&limit=2", 99, 98, true},
		{"the last page is not full", "?max_id=50", 49, 1, false},
		{"a last page that is full has a next one, which is empty", "?max_id=101", 100, 1, true},
		{"nothing is older than the oldest", "?max_id=1", 0, 1, false},
		{"nothing is older than what is no number", "?max_id=abc", 0, 1, false},
		{"a max_id beyond all numbers", "?max_id=99999999999999999999&limit=1", 450, 450, true},
		{"the newest above since_id", "?since_id=100&limit=3", 450, 448, true},
		{"since_id cuts off", "?since_id=448", 450, 449, false},
		{"nothing is newer than the newest", "?since_id=450", 0, 1, false},
		{"the page just above min_id", "?min_id=100&limit=3", 103, 101, true},
		{"min_id near the end", "?min_id=448", 450, 449, false},
		{"nothing is just above the newest", "?min_id=450", 0, 1, false},
		{"min_id wins over since_id", "?min_id=100&since_id=440&limit=3", 103, 101, true},
		{"max_id bounds min_id", "?min_id=100&max_id=103", 102, 101, false},
		{"max_id bounds since_id", "?since_id=100&max_id=103", 102, 101, false},
		{"an empty id is none", "?max_id=&since_id=&min_id=&limit=1", 450, 450, true},
		{"min_id that is no number", "?min_id=abc&limit=2", 2, 1, true},
		{"the last of two counts", "?limit=5&limit=2", 450, 449, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, next, prev := f.page(t, tt.query)
			want := down(tt.first, tt.last)
			if !slices.Equal(ids, want) {
				t.Errorf("%v, want %v", ids, want)
			}
			if (next != "") != tt.next || (prev != "") != (len(want) > 0) {
				t.Errorf("next %q, prev %q", next, prev)
			}
		})
	}
}

func TestFollowingTheLinks(t *testing.T) {
	f := many(t, 450)
	for _, limit := range []int{7, 100, 150, 200} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			var seen []int
			var pages [][]int
			last := ""
			for query := fmt.Sprintf("?limit=%d", limit); query != ""; {
				ids, next, prev := f.page(t, query)
				if len(ids) == 0 {
					break // after a last page that was full
				}
				seen, pages, last = append(seen, ids...), append(pages, ids), prev
				query = queryOf(t, next)
			}
			if want := down(450, 1); !slices.Equal(seen, want) {
				t.Fatalf("next leads past %d blocks, want each of %d once", len(seen), len(want))
			}
			for i := len(pages) - 2; i >= 0; i-- {
				ids, _, prev := f.page(t, queryOf(t, last))
				if !slices.Equal(ids, pages[i]) {
					t.Fatalf("prev leads to %v, want page %d, %v", ids, i, pages[i])
				}
				last = prev
			}
			if ids, next, prev := f.page(t, queryOf(t, last)); len(ids) > 0 || next != "" || prev != "" {
				t.Errorf("before the first page there is %v, %q, %q", ids, next, prev)
			}
		})
	}
}

// queryOf returns the query of a link to the list, "" of none.
func queryOf(t *testing.T, link string) string {
	t.Helper()
	query, ok := strings.CutPrefix(link, "http://social.example/api/v1/admin/email_domain_blocks")
	if link != "" && (!ok || query == "") {
		t.Fatalf("the link is %q", link)
	}
	return query
}

func TestLinkHeader(t *testing.T) {
	f := many(t, 3)
	w := f.do("GET", "/email_domain_blocks?limit=2&x=y", "")
	const base = "http://social.example/api/v1/admin/email_domain_blocks"
	want := `<` + base + `?limit=2&max_id=2>; rel="next", <` + base + `?limit=2&min_id=3>; rel="prev"`
	if got := w.Header().Get("Link"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := f.do("HEAD", "/email_domain_blocks?limit=2", "").Header().Get("Link"); got != want {
		t.Errorf("HEAD: %s", got)
	}
}

func TestWhereLinksLead(t *testing.T) {
	const path = "/api/v1/admin/email_domain_blocks"
	proxy := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	tests := []struct {
		name   string
		o      blocklisthttp.Options
		tls    bool
		header []string
		want   string
	}{
		{"to where the request was made to", blocklisthttp.Options{}, false, nil, "http://social.example" + path},
		{"by TLS", blocklisthttp.Options{}, true, nil, "https://social.example" + path},
		{"to the base", blocklisthttp.Options{BaseURL: "https://public.example/x/"}, false, nil, "https://public.example/x/email_domain_blocks"},
		{"a client is not believed", blocklisthttp.Options{}, false, []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example"}, "http://social.example" + path},
		{"a proxy is", blocklisthttp.Options{TrustedProxies: proxy}, false, []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "public.example:8443"}, "https://public.example:8443" + path},
		{"the nearest one", blocklisthttp.Options{TrustedProxies: proxy}, false, []string{"X-Forwarded-Host", "evil.example, public.example"}, "http://public.example" + path},
		{"also by address", blocklisthttp.Options{TrustedProxies: proxy}, false, []string{"X-Forwarded-Host", "[2001:db8::1]:80"}, "http://[2001:db8::1]:80" + path},
		{"not if it is garbage", blocklisthttp.Options{TrustedProxies: proxy}, false, []string{"X-Forwarded-Proto", "javascript", "X-Forwarded-Host", `a>; rel="x"`}, "http://social.example" + path},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, memstore.New(), tt.o)
			f.blocks(t, "spam.example")
			r := httptest.NewRequest("GET", path+"?limit=1", nil)
			r.Host, r.RemoteAddr = "social.example", "192.0.2.7:9"
			if tt.tls {
				r.TLS = new(tls.ConnectionState)
			}
			for i := 0; i < len(tt.header); i += 2 {
				r.Header.Set(tt.header[i], tt.header[i+1])
			}
			w := httptest.NewRecorder()
			f.api.ServeHTTP(w, r)
			if got, want := w.Header().Get("Link"), "<"+tt.want+`?limit=1&max_id=1>; rel="next"`; !strings.HasPrefix(got, want) {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// A request of HTTP/1.0 may name no host.
func TestLinksWithoutAHostAreAbsolute(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	f.blocks(t, "spam.example")
	r := httptest.NewRequest("GET", "/api/v1/admin/email_domain_blocks?limit=1", nil)
	r.Host = ""
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	if got := w.Header().Get("Link"); w.Code != 200 || got != "" {
		t.Errorf("%d, Link %s, want none: nobody knows where to", w.Code, got)
	}
	local := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 8080}
	w = httptest.NewRecorder()
	f.api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(local))))
	if got, want := w.Header().Get("Link"), `<http://192.0.2.80:8080/`; !strings.HasPrefix(got, want) {
		t.Errorf("Link %s, want %s…", got, want)
	}
}

func TestOptionsThatDoNotFit(t *testing.T) {
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]blocklisthttp.Options{
		"Authorize":      {},
		"Timeout":        {Authorize: letIn, Timeout: -1},
		"TrustedProxies": {Authorize: letIn, TrustedProxies: []netip.Prefix{{}}},
		"BaseURL":        {Authorize: letIn, BaseURL: "/api/v1/admin"},
	} {
		_, err := blocklisthttp.New(admin, o)
		if wrong, ok := errors.AsType[*ban.ValueError](err); !ok || wrong.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := blocklisthttp.New(nil, blocklisthttp.Options{Authorize: letIn}); err == nil {
		t.Error("an API without an admin")
	}
}

// FuzzRequest sends anything: it is never a 500, and what is refused, or only
// asks, changes nothing.
func FuzzRequest(f *testing.F) {
	for _, s := range [][2]string{
		{"application/x-www-form-urlencoded", "domain=spam.example&allow_with_approval=on&force=1"},
		{"application/json; charset=utf-8", `{"domain":"spam.example","force":true}`},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"domain\"\r\n\r\na.example\r\n--x--\r\n"},
		{"", ""}, {"multipart/form-data", "--"}, {"x/*", "\xff"},
	} {
		for route := range uint8(4) {
			f.Add(route, "1", "limit=-1&max_id=3&min_id=1&since_id=0", s[0], s[1])
		}
	}
	f.Fuzz(func(t *testing.T, route uint8, id, query, media, body string) {
		x := many(t, 2)
		routes := blocklisthttp.Routes()
		to := routes[int(route)%len(routes)]
		r := httptest.NewRequest(to.Method, "/", strings.NewReader(body))
		r.URL = &url.URL{Path: "/api/v1/admin" + webtest.Path(to, id), RawQuery: query}
		r.Header["Content-Type"] = []string{media}
		before := x.changes(t)
		w := httptest.NewRecorder()
		x.api.ServeHTTP(w, r)
		webtest.Harmless(t, to, w, x.changes(t) != before)
	})
}
