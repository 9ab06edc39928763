package banhttp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// noon is what the clock says in tests: before the times in the documents.
var noon = time.Date(2024, 12, 1, 12, 0, 0, 123456000, time.UTC)

func clock() time.Time { return noon }

func letIn(*http.Request, banhttp.Need) (string, error) { return "alice", nil }

// fixture is an API over a store.
type fixture struct {
	store store.Store
	admin *ban.Admin
	api   http.Handler
	log   *bytes.Buffer
}

func newFixture(t testing.TB, st store.Store, authorize banhttp.Authorize) fixture {
	t.Helper()
	return newFixtureAt(t, st, authorize, clock)
}

// newFixtureAt is newFixture with another clock.
func newFixtureAt(t testing.TB, st store.Store, authorize banhttp.Authorize, clock func() time.Time) fixture {
	t.Helper()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	api, err := banhttp.New(admin, banhttp.Options{
		Authorize: authorize, Now: clock, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return fixture{st, admin, http.StripPrefix("/api/admin", api), log}
}

// bans makes bans, numbered from 1, and fails if one cannot be made.
func (f fixture) bans(t testing.TB, all ...ban.CreateOptions) {
	t.Helper()
	for _, o := range all {
		if _, err := f.admin.Create(ban.WithActor(context.Background(), "bob"), o); err != nil {
			t.Fatal(err)
		}
	}
}

// do sends a request, with a body in JSON unless it is empty.
func (f fixture) do(method, target, body string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "/api/admin"+target, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	return w
}

// changes returns how many changes the store has logged.
func (f fixture) changes(t testing.TB) int64 {
	t.Helper()
	n, err := f.store.LastChange(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// errDriver stands for what a driver says.
var errDriver = errors.New("driver: disk image secret.db is malformed")

// brokenStore answers every question about bans with an error.
type brokenStore struct {
	store.Store
	err error
}

func newBrokenStore(err error) store.Store { return brokenStore{memstore.New(), err} }

func (s brokenStore) CreateBan(context.Context, store.Ban, store.Change) (store.Ban, error) {
	return store.Ban{}, s.err
}
func (s brokenStore) Ban(context.Context, uuid.UUID) (store.Ban, error) { return store.Ban{}, s.err }
func (s brokenStore) BanBySeq(context.Context, int64) (store.Ban, error) {
	return store.Ban{}, s.err
}
func (s brokenStore) ListBans(context.Context, store.BanFilter, store.Page) ([]store.Ban, error) {
	return nil, s.err
}
func (s brokenStore) Lookup(context.Context, []store.Key) ([]store.Rule, error) { return nil, s.err }
func (s brokenStore) PrefixLengths(context.Context) ([]store.PrefixLen, error)  { return nil, s.err }
