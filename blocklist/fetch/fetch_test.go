package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// good is a list, and what the list holds when it has been fetched.
const good = "a.example\nb.example\nc.example\n"

// site is a server that answers as a test says, and a store that is fetched into.
type site struct {
	*testing.T
	server *httptest.Server
	answer atomic.Pointer[http.HandlerFunc]
	asked  atomic.Int64
	now    time.Time

	store   *memstore.Store
	lists   *blocklist.Admin
	fetcher *fetch.Fetcher
}

func newSite(t *testing.T, o fetch.Options) *site {
	s := &site{T: t, store: memstore.New(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		(*s.answer.Load())(w, r)
	}))
	t.Cleanup(s.server.Close)
	var err error
	clock := func() time.Time { return s.now }
	if s.lists, err = blocklist.NewAdmin(s.store, blocklist.AdminOptions{Now: clock}); err != nil {
		t.Fatal(err)
	}
	o.Poll, o.Now, o.Dir = -1, clock, t.TempDir()
	s.fetcher = newFetcher(t, s.store, s.lists, o)
	return s
}

func newFetcher(t *testing.T, st store.Subscriptions, lists *blocklist.Admin, o fetch.Options) *fetch.Fetcher {
	t.Helper()
	f, err := fetch.New(st, lists, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// answers has the server answer so from now on.
func (s *site) answers(how http.HandlerFunc) { s.answer.Store(&how) }

// subscribe subscribes the list "l" to the server.
func (s *site) subscribe(edit func(*blocklist.SubscribeOptions)) {
	s.Helper()
	o := blocklist.SubscribeOptions{List: "l", URL: s.server.URL + "/list.txt", Interval: time.Hour, MaxBytes: 4096, AllowPrivate: true}
	if edit != nil {
		edit(&o)
	}
	if _, _, err := s.lists.Subscribe(ban.WithActor(s.Context(), "test"), o); err != nil {
		s.Fatal(err)
	}
}

func (s *site) fetch() fetch.Result { return s.fetcher.Fetch(s.Context(), "l", fetch.FetchOptions{}) }

// due fetches what is due, which is at most one.
func (s *site) due() fetch.Result {
	s.Helper()
	results, err := s.fetcher.FetchDue(s.Context())
	if err != nil || len(results) > 1 {
		s.Fatalf("FetchDue: %v, error %v", results, err)
	}
	if len(results) == 0 {
		return fetch.Result{}
	}
	return results[0]
}

// holds wants the list to hold just these values.
func (s *site) holds(want ...string) {
	s.Helper()
	var got []string
	for e, err := range s.lists.Entries(s.Context(), "l") {
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			s.Fatal(err)
		}
		if err == nil {
			got = append(got, e.Value)
		}
	}
	if len(got) != len(want) {
		s.Fatalf("the list holds %q, want %q", got, want)
	}
	for _, v := range want {
		if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+v+" ") {
			s.Fatalf("the list holds %q, want %q", got, want)
		}
	}
}

func (s *site) state() store.SubscriptionState {
	s.Helper()
	sub, err := s.lists.Subscription(s.Context(), "l")
	if err != nil {
		s.Fatal(err)
	}
	return sub.State
}

func text(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, content) }
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// raw answers with bytes that are no matter of net/http, and cuts the connection.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, answer)
	}
}

func zipped(content string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, content)
	w.Close()
	return b.Bytes()
}

// TestWhateverComesTheListIsNeverWrong has servers that misbehave, each asked for a
// list that has a good content already.
func TestWhateverComesTheListIsNeverWrong(t *testing.T) {
	bomb := zipped(strings.Repeat("a", 1<<20))
	elsewhere := httptest.NewServer(text("x.example\ny.example\nz.example\n"))
	defer elsewhere.Close()
	hang := make(chan struct{})
	defer close(hang)
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		code   string
	}{
		{"nothing at all", raw(""), fetch.CodeNetwork},
		{"no HTTP", raw("220 ready\r\n"), fetch.CodeNetwork},
		{"headers without end", raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 100)), fetch.CodeNetwork},
		{"a body that is cut off", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na.example\n"), fetch.CodeNetwork},
		{"chunks that are cut off", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\na.example\n\r\n"), fetch.CodeNetwork},
		{"a body of no known length", raw("HTTP/1.0 200 OK\r\n\r\na.example\n"), fetch.CodeNetwork},
		{"a body that is too long", text(strings.Repeat("long.example\n", 1000)), fetch.CodeTooLarge},
		{"a length that is too long", raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\na.example\n"), fetch.CodeNetwork},
		{"a page", text("<!DOCTYPE html><html><body>Please sign in</body></html>"), fetch.CodeNoList},
		{"an error as JSON", text(`{"error":"rate limited"}`), fetch.CodeNoList},
		{"a picture", text("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), fetch.CodeNoList},
		{"an empty list", text(""), fetch.CodeStopped},
		{"comments alone", text("# moved\n"), fetch.CodeStopped},
		{"another list", text("x.example\ny.example\n"), fetch.CodeStopped},
		{"lines that mean nothing", text("word\nword two\n???\na.example\n"), fetch.CodeStopped},
		{"not modified, unasked", status(http.StatusNotModified), fetch.CodeNotModified},
		{"no content", status(http.StatusNoContent), fetch.CodeStatus},
		{"a part", status(http.StatusPartialContent), fetch.CodeStatus},
		{"not found", status(http.StatusNotFound), fetch.CodeStatus},
		{"trouble", status(http.StatusInternalServerError), fetch.CodeStatus},
		{"a redirect", status(http.StatusFound, "Location", elsewhere.URL), fetch.CodeRedirect},
		{"a gzip bomb, as transfer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, fetch.CodeTooLarge},
		{"a gzip bomb, as file", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb) }, fetch.CodeTooLarge},
		{"a gzip file that is cut off", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(zipped(good)[:20])
		}, fetch.CodeUnreadable},
		{"a gzip transfer that is damaged", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			damaged := zipped(good)
			damaged[len(damaged)-6] ^= 1
			_, _ = w.Write(damaged)
		}, fetch.CodeUnreadable},
		{"slowly, for ever", func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := fmt.Fprint(w, "slow.example\n"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-hang:
					return
				case <-r.Context().Done():
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}, fetch.CodeTimeout},
		{"never", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}, fetch.CodeTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, fetch.Options{Timeout: time.Second})
			s.answers(text(good))
			s.subscribe(nil)
			if r := s.fetch(); r.Outcome != fetch.Applied {
				t.Fatal(r)
			}
			s.answers(tt.answer)
			r := s.fetch()
			wrong, ok := errors.AsType[*fetch.Error](r.Err)
			if !ok || wrong.Code != tt.code {
				t.Fatalf("%v, want an error of code %s", r, tt.code)
			}
			s.holds("a.example", "b.example", "c.example")
			state := s.state()
			if state.Code != tt.code || state.Problem == "" || state.Failures != 1 || state.Holder != "" || !state.CheckedAt.Equal(s.now) {
				t.Errorf("the state is %+v", state)
			}
			if strings.Contains(state.Problem, "127.0.0.1") && tt.code != fetch.CodeRedirect {
				t.Errorf("the problem repeats the address: %q", state.Problem)
			}
			// Good content later is applied.
			s.answers(text(good + "d.example\n"))
			if r := s.fetch(); r.Outcome != fetch.Applied {
				t.Fatal(r)
			}
			s.holds("a.example", "b.example", "c.example", "d.example")
			if state := s.state(); state.Failures != 0 || state.Problem != "" {
				t.Errorf("the state is %+v", state)
			}
		})
	}
}

func TestAnUnchangedListIsNotSentAgain(t *testing.T) {
	s := newSite(t, fetch.Options{})
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, good)
	})
	s.subscribe(nil)
	if r := s.due(); r.Outcome != fetch.Applied {
		t.Fatal(r)
	}
	if r := s.due(); r.List != "" {
		t.Fatalf("it was fetched again at once: %v", r)
	}
	s.now = s.now.Add(66 * time.Minute)
	if r := s.due(); r.Outcome != fetch.Unchanged {
		t.Fatal(r)
	}
	if state := s.state(); !state.CheckedAt.Equal(s.now) || state.ChangedAt.Equal(s.now) {
		t.Errorf("the state is %+v", state)
	}
	// What a moderator took back stays so, until the content changes or is asked for.
	if _, err := s.lists.Undo(ban.WithActor(t.Context(), "test"), "l"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(66 * time.Minute)
	if r := s.due(); r.Outcome != fetch.Unchanged {
		t.Fatal(r)
	}
	s.holds()
	if r := s.fetch(); r.Outcome != fetch.Applied {
		t.Fatal(r)
	}
	s.holds("a.example", "b.example", "c.example")
}

func TestTheSameContentIsNotAppliedAgain(t *testing.T) {
	s := newSite(t, fetch.Options{})
	s.answers(text(good))
	s.subscribe(nil)
	s.due()
	before, err := s.lists.GetList(t.Context(), "l")
	if err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(66 * time.Minute)
	if r := s.due(); r.Outcome != fetch.Unchanged {
		t.Fatal(r)
	}
	after, err := s.lists.GetList(t.Context(), "l")
	if err != nil || after.Version != before.Version || after.Subscription == nil {
		t.Errorf("the list is %+v, error %v", after, err)
	}
}

func TestWhenAListIsFetchedAgain(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answers  []http.HandlerFunc // one after the other, each when it is due
		min, max time.Duration      // until the next
	}{
		{"after the interval", []http.HandlerFunc{text(good)}, time.Hour, 66 * time.Minute},
		{"a minute after the first failure", []http.HandlerFunc{status(500)}, time.Minute, 66 * time.Second},
		{"twice as long after each", []http.HandlerFunc{status(500), status(500), status(500)}, 4 * time.Minute, 5 * time.Minute},
		{"never longer than the interval", []http.HandlerFunc{
			status(500), status(500), status(500), status(500), status(500), status(500), status(500), status(500), status(500),
		}, time.Hour, 66 * time.Minute},
		{"when the server says", []http.HandlerFunc{status(503, "Retry-After", "7200")}, 2 * time.Hour, 133 * time.Minute},
		{"on the day that it says", []http.HandlerFunc{status(429, "Retry-After", "Fri, 02 Jan 2026 00:00:00 GMT")}, 24 * time.Hour, 27 * time.Hour},
		{"a week later at most", []http.HandlerFunc{status(429, "Retry-After", "999999999")}, 7 * 24 * time.Hour, 8 * 24 * time.Hour},
		{"a week later at most, however it is written", []http.HandlerFunc{status(429, "Retry-After", strings.Repeat("9", 40))}, 7 * 24 * time.Hour, 8 * 24 * time.Hour},
		{"as if it had not said", []http.HandlerFunc{status(429, "Retry-After", "soon")}, time.Minute, 66 * time.Second},
		{"what was stopped, after the interval", []http.HandlerFunc{text("")}, time.Hour, 66 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, fetch.Options{})
			s.subscribe(nil)
			for i, answer := range tt.answers {
				s.answers(answer)
				if r := s.due(); r.List == "" {
					t.Fatalf("number %d was not due", i+1)
				}
				due := s.state().DueAt
				if i == len(tt.answers)-1 {
					if wait := due.Sub(s.now); wait < tt.min || wait > tt.max {
						t.Errorf("it is due after %v, want %v to %v", wait, tt.min, tt.max)
					}
				}
				s.now = due
			}
		})
	}
}

func TestChecksumsAndSignatures(t *testing.T) {
	sum := sha256.Sum256([]byte(good))
	hexSum := hex.EncodeToString(sum[:])
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	key := base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	signature := string(ed25519.Sign(private, []byte(good)))
	for _, tt := range []struct {
		name  string
		extra string // what the file of the checksum or signature has
		edit  func(*blocklist.SubscribeOptions, string)
		code  string // empty: applied
	}{
		{"the checksum alone", hexSum + "\n", checksum, ""},
		{"in capitals", strings.ToUpper(hexSum), checksum, ""},
		{"a line of sha256sum", "0000 x\n" + hexSum + "  list.txt\n", checksum, ""},
		{"a line of sha256sum with a star and a path", hexSum + " *out/list.txt", checksum, ""},
		{"of another file", hexSum + "  other.txt\n", checksum, fetch.CodeChecksum},
		{"of other content", strings.Repeat("0", 64), checksum, fetch.CodeChecksum},
		{"a page", "<html>", checksum, fetch.CodeChecksum},
		{"a signature", signature, signed(key), ""},
		{"a wrong signature", strings.Repeat("x", 64), signed(key), fetch.CodeSignature},
		{"no signature", "404", signed(key), fetch.CodeSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, fetch.Options{})
			s.answers(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/list.txt" {
					fmt.Fprint(w, tt.extra)
					return
				}
				fmt.Fprint(w, good)
			})
			s.subscribe(func(o *blocklist.SubscribeOptions) { tt.edit(o, s.server.URL) })
			r := s.fetch()
			if tt.code == "" {
				if r.Outcome != fetch.Applied {
					t.Fatal(r)
				}
				return
			}
			if e, ok := errors.AsType[*fetch.Error](r.Err); !ok || e.Code != tt.code {
				t.Fatalf("%v, want an error of code %s", r, tt.code)
			}
			s.holds()
		})
	}
}

func checksum(o *blocklist.SubscribeOptions, site string) { o.ChecksumURL = site + "/sums" }

func signed(key string) func(*blocklist.SubscribeOptions, string) {
	return func(o *blocklist.SubscribeOptions, _ string) { o.PublicKey = key }
}

func TestRedirectsAreFollowedWhereThatIsAllowed(t *testing.T) {
	s := newSite(t, fetch.Options{})
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/list.txt":
			http.Redirect(w, r, "/moved", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			fmt.Fprint(w, good)
		}
	})
	s.subscribe(func(o *blocklist.SubscribeOptions) { o.AllowRedirects = true })
	if r := s.fetch(); r.Outcome != fetch.Applied {
		t.Fatal(r)
	}
	s.subscribe(func(o *blocklist.SubscribeOptions) { o.AllowRedirects, o.URL = true, s.server.URL+"/loop" })
	if e, ok := errors.AsType[*fetch.Error](s.fetch().Err); !ok || e.Code != fetch.CodeRedirect {
		t.Fatal(e)
	}
	s.holds("a.example", "b.example", "c.example")
}

// TestNobodyReachesTheOwnNetworkByAURL has names of the Internet whose address is that
// of the loopback interface, where a server would answer. It is the address that is
// dialled which counts: what the DNS said before is never looked at.
func TestNobodyReachesTheOwnNetworkByAURL(t *testing.T) {
	s := newSite(t, fetch.Options{Timeout: 5 * time.Second, Resolver: startDNS(t, func() net.IP { return net.IPv4(127, 0, 0, 1) })})
	s.answers(text(good))
	_, port, err := net.SplitHostPort(s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://list.example:" + port + "/list.txt", "https://list.example./list.txt"} {
		s.subscribe(func(o *blocklist.SubscribeOptions) { o.URL, o.AllowPrivate = url, false })
		r := s.fetch()
		if e, ok := errors.AsType[*fetch.Error](r.Err); !ok || e.Code != fetch.CodePrivate {
			t.Errorf("%s: %v, want an error of code %s", url, r, fetch.CodePrivate)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestAListIsFetchedByItselfUntilClose(t *testing.T) {
	st := memstore.New()
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%snew%d.example\n", good, asked.Add(1))
	}))
	defer server.Close()
	reports := make(chan fetch.Result, 100)
	f := newFetcher(t, st, lists, fetch.Options{Poll: 50 * time.Millisecond, Report: func(r fetch.Result) { reports <- r }})
	_, created, err := lists.Subscribe(ban.WithActor(t.Context(), "test"), blocklist.SubscribeOptions{
		List: "l", URL: server.URL, Interval: time.Second, AllowPrivate: true,
	})
	if err != nil || !created {
		t.Fatal(created, err)
	}
	for range 2 {
		if r := <-reports; r.Outcome != fetch.Applied {
			t.Fatal(r)
		}
	}
	if s := f.Stats(); s.Applied < 2 {
		t.Errorf("counted %+v", s)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	before := asked.Load()
	time.Sleep(1200 * time.Millisecond)
	if asked.Load() != before {
		t.Error("it goes on after Close")
	}
	if _, err := f.FetchDue(context.Background()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("FetchDue after Close: %v", err)
	}
	if r := f.Fetch(context.Background(), "l", fetch.FetchOptions{}); !errors.Is(r.Err, store.ErrClosed) {
		t.Errorf("Fetch after Close: %v", r)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	st := memstore.New()
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for field, o := range map[string]fetch.Options{
		"Timeout": {Timeout: -1}, "Lease": {Lease: time.Millisecond}, "Concurrency": {Concurrency: 65},
	} {
		_, err := fetch.New(st, lists, o)
		if e, ok := errors.AsType[*ban.ValueError](err); !ok || e.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
	if _, err := fetch.New(nil, lists, fetch.Options{}); err == nil {
		t.Error("a Fetcher without a store was made")
	}
}
