package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/ban"
)

// What becomes of a request before it has a Route.
var (
	// ErrNoRoute: nothing is served at that path.
	ErrNoRoute = errors.New("no such route")
	// ErrNobody: the Authorize function returned neither an error nor an actor.
	ErrNobody = errors.New("authorized, but in nobody's name")
)

// MethodError says that a path does not have the method.
type MethodError struct {
	Allow string // the methods that it has, as the header of that name lists them
}

func (e *MethodError) Error() string { return "method not allowed, only " + e.Allow }

// Route is a method and path, and what serves it.
type Route struct {
	Method  string // "GET" serves HEAD as well
	Pattern string // a path as [http.ServeMux] takes it, which does not end in a slash
	Where   string // names the operation in logs and answers, such as "bans.create"
	Need    Need
	Handle  func(*Request) (Reply, error)
}

// Request is a request that is authorized. Its context has the actor, as
// [ban.WithActor] puts it there.
type Request struct {
	*http.Request
	// Where is that of the Route; empty if there is none.
	Where string

	writer  http.ResponseWriter
	timeout time.Duration
	unread  bool // there is a body that was not read, not to its end
}

// Config is what the routes of a contract have in common.
type Config struct {
	Authorize Authorize // required
	// Fail turns an error into the answer that the contract has for it.
	Fail func(r *Request, err error) Reply
	// Logger takes what answers of status 500 and above do not say. Default
	// [slog.Default], as it is when that happens.
	Logger *slog.Logger
	// Timeout is how long a client may take to send a body, and to take the
	// answer, where the server has no such limit of its own
	// ([http.Server.ReadTimeout], WriteTimeout). Default [DefaultTimeout].
	Timeout time.Duration
	// Slash lets a path end in one slash: "/bans/" is as good as "/bans". It is not
	// for routes that a host guards one by one, and so knows by their paths.
	Slash bool
}

// DefaultTimeout is how long a client may take for a body, and for an answer.
const DefaultTimeout = 10 * time.Second

// NewHandler returns a handler of the routes, and of nothing else: another path
// is [ErrNoRoute], another method a [*MethodError]. What is missing or out of
// range in the Config is a [*ban.ValueError].
func NewHandler(c Config, routes []Route) (http.Handler, error) {
	if c.Authorize == nil {
		return nil, ban.NewValueError("Authorize", "", ban.CodeEmpty, "give a function that says who may do this: without one nothing is served")
	}
	if c.Timeout < 0 {
		return nil, ban.NewValueError("Timeout", c.Timeout.String(), ban.CodeRange, "give a duration, or 0 for the default")
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, route := range routes {
		mux.Handle(route.Method+" "+route.Pattern, c.serve(route))
		allowed[route.Pattern] = append(allowed[route.Pattern], route.Method)
		if route.Method == http.MethodGet {
			allowed[route.Pattern] = append(allowed[route.Pattern], http.MethodHead)
		}
	}
	for pattern, methods := range allowed {
		mux.Handle(pattern, c.refuse(&MethodError{strings.Join(methods, ", ")}))
	}
	mux.Handle("/", c.refuse(ErrNoRoute))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.Slash {
			r = withoutSlash(r)
		}
		// ServeMux would redirect to the clean path, but knows nothing of the
		// prefix that was stripped.
		if p := r.URL.EscapedPath(); path.Clean(p) != p {
			c.refuse(ErrNoRoute).ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

// withoutSlash returns the request without the one slash that its path may end
// in. What is escaped is no such slash.
func withoutSlash(r *http.Request) *http.Request {
	p := r.URL.EscapedPath()
	if len(p) < 2 || !strings.HasSuffix(p, "/") {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
	short := *r
	short.URL = &u
	return &short
}

// serve authorizes requests and hands them to the route.
func (c *Config) serve(route Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := c.request(w, r, route.Where)
		actor, err := c.Authorize(r, route.Need)
		if err == nil && strings.TrimSpace(actor) == "" {
			err = ErrNobody
		}
		var reply Reply
		if err == nil {
			in.Request = r.WithContext(ban.WithActor(r.Context(), actor))
			reply, err = route.Handle(in)
		}
		c.answer(in, reply, err)
	}
}

// refuse answers every request with an error. It is no secret which routes
// there are, so nobody has to be authorized to be told that one is not.
func (c *Config) refuse(err error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { c.answer(c.request(w, r, ""), Reply{}, err) }
}

// request returns the request with limits of time.
func (c *Config) request(w http.ResponseWriter, r *http.Request, where string) *Request {
	in := &Request{Request: r, Where: where, writer: w, timeout: c.Timeout}
	in.limitReading()
	return in
}

func (c *Config) answer(r *Request, reply Reply, err error) {
	if err != nil {
		reply = c.failed(r, err)
	}
	if reply.Status >= http.StatusInternalServerError {
		c.log(r, reply.Status, err)
	}
	r.limitWriting()
	if err := reply.Write(r.writer, r.Request); err != nil {
		c.log(r, http.StatusInternalServerError, err)
	}
}

// failed returns what the contract answers to an error, with the headers that
// HTTP wants whatever the contract.
func (c *Config) failed(r *Request, err error) Reply {
	reply := c.Fail(r, err)
	if wrong, ok := errors.AsType[*MethodError](err); ok {
		reply = reply.With("Allow", wrong.Allow) // RFC 9110, section 15.5.6
	}
	if limited, ok := errors.AsType[*RateLimitError](err); ok && limited.RetryAfter > 0 {
		seconds := (limited.RetryAfter + time.Second - 1) / time.Second
		reply = reply.With("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	return reply
}

// log notes trouble, whose cause the client is not told.
func (c *Config) log(r *Request, status int, err error) {
	logger := c.Logger
	if logger == nil {
		logger = slog.Default()
	}
	level := slog.LevelError
	if errors.Is(r.Context().Err(), context.Canceled) { // they have hung up
		level = slog.LevelDebug
	}
	logger.LogAttrs(r.Context(), level, "request failed",
		slog.String("where", r.Where), slog.String("method", r.Method), slog.Int("status", status), slog.Any("err", err))
}
