package console_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/console"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// world is a store with all parts over it, and the pages over these.
type world struct {
	t       testing.TB
	store   store.Store
	parts   console.Parts
	options console.Options
	pages   http.Handler
	prefix  string // that the pages are mounted at, without the slash at its end
}

var today = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// The people of the tests, by the header "Test-Person".
var people = map[string]console.Person{
	"reader":    {Actor: "rita", Role: console.ReadOnly, CSRFToken: "token-of-rita"},
	"moderator": {Actor: "mona", Role: console.Moderator, CSRFToken: "token-of-mona"},
	"tokenless": {Actor: "tom", Role: console.Moderator},
	"nameless":  {Role: console.Moderator, CSRFToken: "token-of-nobody"},
}

const personHeader = "Test-Person"

func authorize(r *http.Request) (console.Person, error) {
	switch name := r.Header.Get(personHeader); name {
	case "":
		return console.Person{}, console.ErrUnauthenticated
	case "member":
		return console.Person{}, console.ErrForbidden
	case "trouble":
		return console.Person{}, errors.New("the disk of secrets is gone")
	default:
		return people[name], nil
	}
}

// newWorld returns a world over an empty store in memory.
func newWorld(t testing.TB) *world { return newWorldOver(t, memstore.New()) }

func newWorldOver(t testing.TB, st store.Store) *world {
	t.Helper()
	now := func() time.Time { return today }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := &world{t: t, store: st, options: console.Options{
		Authorize: authorize, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: now,
	}}
	var err error
	w.parts.Checker, err = ban.NewChecker(st, ban.CheckerOptions{Now: now, PollInterval: -1})
	must(err)
	checker := w.parts.Checker
	t.Cleanup(func() { checker.Close() })
	w.parts.Bans, err = ban.NewAdmin(st, ban.AdminOptions{Now: now})
	must(err)
	w.parts.Blocks, err = blocklist.NewAdmin(st, blocklist.AdminOptions{Now: now})
	must(err)
	w.parts.Accounts, err = account.NewAdmin(st, account.AdminOptions{Now: now})
	must(err)
	w.parts.Aliases, err = account.NewAliases(st, w.parts.Checker, account.AliasesOptions{Now: now})
	must(err)
	w.parts.Auth, err = account.NewAuth(st, account.AuthOptions{Now: now})
	must(err)
	w.remake()
	return w
}

// remake makes the pages anew, after options or parts have changed.
func (w *world) remake() {
	w.t.Helper()
	pages, err := console.New(w.parts, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(w.prefix+"/", http.StripPrefix(w.prefix, pages))
	w.pages = mux
}

// actor is a context in whose name the tests make what is there before.
func actor(t testing.TB) context.Context { return ban.WithActor(t.Context(), "setup") }

func (w *world) ban(o ban.CreateOptions) ban.Ban {
	w.t.Helper()
	b, err := w.parts.Bans.Create(actor(w.t), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// reply is an answer of the pages.
type reply struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (w *world) do(r *http.Request) reply {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, r)
	return reply{w.t, r.Method + " " + r.URL.String(), rec.Code, rec.Header(), rec.Body.String()}
}

// get asks for a page as somebody.
func (w *world) get(who, path string) reply {
	w.t.Helper()
	r := httptest.NewRequest("GET", w.prefix+path, nil)
	if who != "" {
		r.Header.Set(personHeader, who)
	}
	return w.do(r)
}

// post sends a form as somebody, as their browser would: with their token, from a page
// of the same origin. Fields are names and values.
func (w *world) post(who, path string, fields ...string) reply {
	w.t.Helper()
	form := url.Values{"csrf": {people[who].CSRFToken}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return w.do(w.formRequest(who, path, form))
}

func (w *world) formRequest(who, path string, form url.Values) *http.Request {
	r := httptest.NewRequest("POST", w.prefix+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if who != "" {
		r.Header.Set(personHeader, who)
	}
	return r
}

// want checks the status and that the page has all pieces; "!" before a piece says
// that it must not.
func (a reply) want(status int, pieces ...string) reply {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: status %d, want %d: %s", a.what, a.status, status, a.main())
	}
	for _, piece := range pieces {
		if text, not := strings.CutPrefix(piece, "!"); strings.Contains(a.body, text) == not {
			a.t.Errorf("%s: %q is there: %v: %s", a.what, text, not, a.main())
		}
	}
	return a
}

// main returns what is special about a page, for messages.
func (a reply) main() string {
	if _, after, ok := strings.Cut(a.body, "<main"); ok {
		return after
	}
	return a.body
}

// link returns where the link to a neighbour of the page leads to.
func (a reply) link(rel string) string {
	_, rest, _ := strings.Cut(a.body, `rel="`+rel+`" href="`)
	link, _, _ := strings.Cut(rest, `"`)
	return "/" + strings.ReplaceAll(link, "&amp;", "&")
}

// changes returns how many changes the log has.
func (w *world) changes() int64 {
	w.t.Helper()
	n, err := w.store.LastChange(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
