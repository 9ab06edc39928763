package main

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"example.com/ostraka/account/accounthttp"
)

// entry is what the log says of a request. Only its goroutine uses it.
type entry struct {
	id     string
	route  string // the pattern, which holds no values
	actor  string // the handle of the admin; empty if there is none
	status int
	bytes  int64
}

type entryKey struct{}

// entryFrom returns the entry of the request, or one that nobody reads.
func entryFrom(ctx context.Context) *entry {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		return e
	}
	return &entry{}
}

// newLogger returns a logger of JSON lines, which have the id of the request that
// they are about.
func newLogger(w io.Writer) *slog.Logger {
	return slog.New(idHandler{slog.NewJSONHandler(w, nil)})
}

type idHandler struct{ slog.Handler }

func (h idHandler) Handle(ctx context.Context, r slog.Record) error {
	if e := entryFrom(ctx); e.id != "" {
		r.AddAttrs(slog.String("id", e.id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h idHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return idHandler{h.Handler.WithAttrs(attrs)}
}

func (h idHandler) WithGroup(name string) slog.Handler { return idHandler{h.Handler.WithGroup(name)} }

// quiet are routes that a machine asks for again and again. They are logged if they
// fail.
var quiet = map[string]bool{routeHealth: true, routeMetrics: true}

// logRequests gives each request an id, and logs it once it is answered.
func logRequests(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &entry{id: rand.Text()}
		w.Header().Set("X-Request-Id", e.id)
		r = r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
		began := time.Now()
		answered := false
		defer func() {
			if !answered { // it panicked, which the server logs
				e.status = http.StatusInternalServerError
			}
			e.write(log, r, time.Since(began))
		}()
		next.ServeHTTP(&noteWriter{w, e}, r)
		answered = true
	})
}

func (e *entry) write(log *slog.Logger, r *http.Request, took time.Duration) {
	if e.route == "" {
		e.route = r.Pattern
	}
	level := slog.LevelInfo
	switch {
	case e.status >= http.StatusInternalServerError && !hungUp(r):
		level = slog.LevelError
	case quiet[e.route]:
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("route", e.route), slog.Int("status", e.status),
		slog.Float64("seconds", took.Seconds()), slog.Int64("bytes", e.bytes),
	}
	if e.actor != "" {
		attrs = append(attrs, slog.String("actor", e.actor))
	}
	log.LogAttrs(r.Context(), level, "request", attrs...)
}

// noted has the log say who makes a request, and to which route below the prefix.
func noted(prefix string, authorize accounthttp.Authorize) accounthttp.Authorize {
	return func(r *http.Request, need accounthttp.Need) (string, error) {
		e := entryFrom(r.Context())
		if method, path, ok := strings.Cut(r.Pattern, " "); ok {
			e.route = method + " " + prefix + path
		}
		actor, err := authorize(r, need)
		e.actor = actor
		return actor, err
	}
}

// noteWriter notes the status and size of an answer.
type noteWriter struct {
	http.ResponseWriter
	entry *entry
}

func (w *noteWriter) WriteHeader(status int) {
	if w.entry.status == 0 && status >= 200 {
		w.entry.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *noteWriter) Write(b []byte) (int, error) {
	if w.entry.status == 0 {
		w.entry.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.entry.bytes += int64(n)
	return n, err
}

// Unwrap lets handlers set deadlines, see [http.NewResponseController].
func (w *noteWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
