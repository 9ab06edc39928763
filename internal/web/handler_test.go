package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// newHandler returns a handler of one route, that answers with the length of
// the body, or the error, and with the actor.
func newHandler(t *testing.T, c web.Config) http.Handler {
	t.Helper()
	c.Fail = func(r *web.Request, err error) web.Reply {
		status := http.StatusTeapot
		if errors.Is(err, web.ErrNobody) {
			status = http.StatusInternalServerError
		}
		return web.Reply{Status: status, Body: err.Error()}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	read := func(r *web.Request) (web.Reply, error) {
		body, err := r.ReadBody()
		return web.Reply{Body: []any{len(body), ban.ActorFrom(r.Context())}}, err
	}
	pensive := func(r *web.Request) (web.Reply, error) {
		_, err := r.ReadBody()
		time.Sleep(3 * web.DefaultTimeout)
		return web.Reply{Body: fmt.Sprint(err, r.Context().Err())}, nil
	}
	long := func(r *web.Request) (web.Reply, error) {
		_, err := r.ReadBody()
		return web.Reply{Body: strings.Repeat("x", 1<<20)}, err
	}
	h, err := web.NewHandler(c, []web.Route{
		{Method: "POST", Pattern: "/things", Need: web.Need{Resource: "things", Mutation: true}, Handle: read},
		{Method: "GET", Pattern: "/things/{id}", Need: web.Need{Resource: "things"}, Handle: long},
		{Method: "DELETE", Pattern: "/things/{id}", Need: web.Need{Resource: "things", Mutation: true}, Handle: read},
		{Method: "POST", Pattern: "/pensive", Handle: pensive},
		{Method: "POST", Pattern: "/long", Handle: long},
		{Method: "GET", Pattern: "/unsayable", Handle: func(*web.Request) (web.Reply, error) { return web.Reply{Body: math.NaN()}, nil }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func letIn(*http.Request, web.Need) (string, error) { return "alice", nil }

func TestRoutes(t *testing.T) {
	tests := []struct {
		method, target string
		status         int
		allow, body    string
	}{
		{"POST", "/things", 200, "", `[0,"alice"]`},
		{"HEAD", "/things/1", 200, "", ""},
		{"GET", "/things", 418, "POST", `"method not allowed, only POST"`},
		{"OPTIONS", "/things", 418, "POST", `"method not allowed, only POST"`},
		{"PUT", "/things/1", 418, "GET, HEAD, DELETE", `"method not allowed, only GET, HEAD, DELETE"`},
		{"GET", "/", 418, "", `"no such route"`},
		{"POST", "/things/", 200, "", `[0,"alice"]`},
		{"HEAD", "/things/1/", 200, "", ""},
		{"PUT", "/things/1/", 418, "GET, HEAD, DELETE", `"method not allowed, only GET, HEAD, DELETE"`},
		{"POST", "/things//", 418, "", `"no such route"`},
		{"POST", "/things%2f", 418, "", `"no such route"`},
		{"POST", "/things%2f/", 418, "", `"no such route"`},
		{"POST", "/%74hings/", 200, "", `[0,"alice"]`},
		{"POST", "//things", 418, "", `"no such route"`},
		{"POST", "/x/../things", 418, "", `"no such route"`},
		{"POST", "/things/1/2", 418, "", `"no such route"`},
		{"GET", "/unsayable", 500, "", ""},
	}
	h := newHandler(t, web.Config{Authorize: letIn, Slash: true})
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.target, nil))
			if w.Code != tt.status || w.Header().Get("Allow") != tt.allow || w.Body.String() != tt.body {
				t.Errorf("%d, Allow %q, %s", w.Code, w.Header().Get("Allow"), w.Body)
			}
		})
	}
	t.Run("no slash at the end", func(t *testing.T) {
		w := httptest.NewRecorder()
		newHandler(t, web.Config{Authorize: letIn}).ServeHTTP(w, httptest.NewRequest("POST", "/things/", nil))
		if w.Code != 418 || w.Body.String() != `"no such route"` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("under a prefix that is the whole path", func(t *testing.T) {
		w := httptest.NewRecorder()
		http.StripPrefix("/things", h).ServeHTTP(w, httptest.NewRequest("POST", "/things", nil))
		if w.Code != 418 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestNothingIsServedWithoutAuthorization(t *testing.T) {
	if _, err := web.NewHandler(web.Config{}, nil); err == nil {
		t.Error("a handler without Authorize")
	}
	for name, authorize := range map[string]web.Authorize{
		"refused": func(*http.Request, web.Need) (string, error) { return "alice", web.ErrForbidden },
		"nobody":  func(*http.Request, web.Need) (string, error) { return " ", nil },
	} {
		h := newHandler(t, web.Config{Authorize: authorize})
		for _, target := range []string{"POST /things", "GET /things/1", "HEAD /things/1", "DELETE /things/1"} {
			method, path, _ := strings.Cut(target, " ")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if w.Code < 400 {
				t.Errorf("%s, %s: %d", name, target, w.Code)
			}
		}
	}
}

func TestNeed(t *testing.T) {
	var asked []web.Need
	h := newHandler(t, web.Config{Authorize: func(_ *http.Request, n web.Need) (string, error) {
		asked = append(asked, n)
		return "alice", nil
	}})
	for _, method := range []string{"GET", "DELETE"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/things/1", nil))
	}
	if want := []web.Need{{Resource: "things"}, {Resource: "things", Mutation: true}}; !slices.Equal(asked, want) {
		t.Errorf("asked about %v, want %v", asked, want)
	}
	if got := asked[0].Scopes(); !slices.Equal(got, []string{"admin:read", "admin:read:things"}) {
		t.Error(got)
	}
	if got := asked[1].Scopes(); !slices.Equal(got, []string{"admin:write", "admin:write:things"}) {
		t.Error(got)
	}
}

func TestRetryAfter(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "", time.Millisecond: "1", 1500 * time.Millisecond: "2", time.Minute: "60"} {
		h := newHandler(t, web.Config{Authorize: func(*http.Request, web.Need) (string, error) {
			return "", fmt.Errorf("too fast: %w", &web.RateLimitError{RetryAfter: wait})
		}})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/things", nil))
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("%v: %q, want %q", wait, got, want)
		}
	}
}

func TestBodySize(t *testing.T) {
	h := newHandler(t, web.Config{Authorize: letIn})
	for size, want := range map[int]int{0: 200, web.MaxBody: 200, web.MaxBody + 1: 418, 10 << 20: 418} {
		for _, body := range []io.Reader{
			strings.NewReader(strings.Repeat("x", size)),
			io.MultiReader(strings.NewReader(strings.Repeat("x", size))), // without Content-Length
		} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/things", body))
			if w.Code != want {
				t.Errorf("%d bytes: %d %s", size, w.Code, w.Body)
			}
		}
	}
}

// pipes is a listener of connections without a network.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// TestSlowClients talks to a server whose host forgot all timeouts.
func TestSlowClients(t *testing.T) {
	stingy := func(*http.Request, web.Need) (string, error) { return "", web.ErrUnauthenticated }
	tests := []struct {
		name      string
		authorize web.Authorize
		send      string
		answer    string // what the answer begins with; "": the client does not read
	}{
		{"a body that does not come", letIn, "POST /things HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 418 "},
		{"a body that does not come, and is not wanted", stingy, "POST /things HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 418 "},
		{"a body that nobody reads", letIn, "PUT /things HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 418 "},
		{"a long body that does not come", letIn, "POST /things HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", "HTTP/1.1 418 "},
		{"an answer that is not taken", letIn, "GET /things/1 HTTP/1.1\r\nHost: h\r\n\r\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := serve(t, newHandler(t, web.Config{Authorize: tt.authorize}))
				begin := time.Now()
				if _, err := io.WriteString(client, tt.send); err != nil {
					t.Fatal(err)
				}
				if tt.answer != "" {
					line, err := bufio.NewReader(client).ReadString('\n')
					if err != nil || !strings.HasPrefix(line, tt.answer) {
						t.Errorf("%q, %v", line, err)
					}
				} else {
					time.Sleep(2 * web.DefaultTimeout)
				}
				if _, err := io.Copy(io.Discard, client); err != nil {
					t.Errorf("the connection is not closed: %v", err)
				}
				if waited := time.Since(begin); waited > 3*web.DefaultTimeout {
					t.Errorf("cut off only after %v", waited)
				}
			})
		})
	}
	t.Run("one that is slow, but not too slow, gets its answer and may go on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := serve(t, newHandler(t, web.Config{Authorize: letIn}))
			answers := bufio.NewReader(client)
			for range 2 {
				for _, part := range []string{"POST /things HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n", "{", "}"} {
					if _, err := io.WriteString(client, part); err != nil {
						t.Fatal(err)
					}
					time.Sleep(web.DefaultTimeout / 3)
				}
				resp, err := http.ReadResponse(answers, nil)
				if err != nil || resp.StatusCode != 200 {
					t.Fatalf("%v, %v", resp, err)
				}
				if body, err := io.ReadAll(resp.Body); string(body) != `[2,"alice"]` || err != nil {
					t.Fatalf("%s, %v", body, err)
				}
				time.Sleep(10 * web.DefaultTimeout) // idle
			}
		})
	})
}

func TestTheLimitOfABodyIsNoneOfTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := serve(t, newHandler(t, web.Config{Authorize: letIn}))
		if _, err := io.WriteString(client, "POST /pensive HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); string(body) != `"\u003cnil\u003e \u003cnil\u003e"` || err != nil {
			t.Errorf("%s, %v", body, err)
		}
	})
}

// Who has sent their body gets no more time for the answer than who sends none.
func TestAnAnswerThatIsTakenTooLateIsCutOff(t *testing.T) {
	for name, request := range map[string]string{
		"without a body": "GET /things/1 HTTP/1.1\r\nHost: h\r\n\r\n",
		"with a body":    "POST /long HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}",
	} {
		for _, c := range []struct {
			wait time.Duration
			cut  bool
		}{{web.DefaultTimeout / 2, false}, {web.DefaultTimeout * 3 / 2, true}} {
			t.Run(fmt.Sprint(name, ", after ", c.wait), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client := serve(t, newHandler(t, web.Config{Authorize: letIn}))
					if _, err := io.WriteString(client, request+"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(c.wait)
					if got, _ := io.ReadAll(client); (len(got) < 1<<20) != c.cut {
						t.Errorf("%d bytes of the answer came", len(got))
					}
				})
			})
		}
	}
}

func TestTroubleIsLogged(t *testing.T) {
	refused := func(*http.Request, web.Need) (string, error) { return "", web.ErrForbidden }
	nobody := func(*http.Request, web.Need) (string, error) { return " ", nil } // trouble of the host's
	for name, c := range map[string]struct {
		authorize web.Authorize
		target    string
		hungUp    bool
		want      []string // what the one line has; none: there is none
	}{
		"no trouble":                      {letIn, "/things/1", false, nil},
		"who is refused is no trouble":    {refused, "/things/1", false, nil},
		"no route is no trouble":          {letIn, "/", false, nil},
		"the host's":                      {nobody, "/things/1", false, []string{"level=ERROR", "method=GET", "status=500"}},
		"the host's, for who has hung up": {nobody, "/things/1", true, []string{"level=DEBUG", "status=500"}},
		"an answer that cannot be said":   {letIn, "/unsayable", false, []string{"level=ERROR", "status=500", "NaN"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			h := newHandler(t, web.Config{Authorize: c.authorize, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.hungUp {
				cancel()
			}
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", c.target, nil))
			lines := strings.Count(log.String(), "\n")
			if (lines == 1) != (c.want != nil) || lines > 1 {
				t.Errorf("%d lines: %s", lines, log.String())
			}
			for _, piece := range c.want {
				if !strings.Contains(log.String(), piece) {
					t.Errorf("without %s: %s", piece, log.String())
				}
			}
		})
	}
}

func TestABodyThatSaysItIsTooLongIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := serve(t, newHandler(t, web.Config{Authorize: letIn}))
		begin := time.Now()
		if _, err := io.WriteString(client, "POST /things HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil || resp.StatusCode != 418 || time.Since(begin) > 0 {
			t.Errorf("%v, %v after %v", resp, err, time.Since(begin))
		}
		if _, err := io.Copy(io.Discard, client); err != nil {
			t.Errorf("the connection is not closed: %v", err)
		}
	})
}

// serve starts a server without timeouts and returns a connection to it.
func serve(t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	client, conn := net.Pipe()
	l := &pipes{make(chan net.Conn, 1), make(chan struct{})}
	l.conns <- conn
	server := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go server.Serve(l)
	t.Cleanup(func() {
		server.Close()
		client.Close()
	})
	return client
}
