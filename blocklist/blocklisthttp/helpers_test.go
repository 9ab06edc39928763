package blocklisthttp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// then is the time in the documents.
var then = time.Date(2022, 11, 16, 6, 9, 36, 176000000, time.UTC)

func letIn(*http.Request, blocklisthttp.Need) (string, error) { return "alice", nil }

// fixture is an API over a store.
type fixture struct {
	store store.Store
	admin *blocklist.Admin
	api   http.Handler
	log   *bytes.Buffer
}

// newFixture returns an API; Authorize and Logger of the options are filled in.
func newFixture(t testing.TB, st store.Store, o blocklisthttp.Options) fixture {
	t.Helper()
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	o.Logger = slog.New(slog.NewTextHandler(log, nil))
	if o.Authorize == nil {
		o.Authorize = letIn
	}
	api, err := blocklisthttp.New(admin, o)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{st, admin, http.StripPrefix("/api/v1/admin", api), log}
}

// blocks makes blocks, numbered from 1.
func (f fixture) blocks(t testing.TB, domains ...string) {
	t.Helper()
	for _, d := range domains {
		o := blocklist.CreateOptions{Domain: d, AllowWide: true}
		if _, err := f.admin.Create(ban.WithActor(context.Background(), "bob"), o); err != nil {
			t.Fatal(err)
		}
	}
}

// do sends a request to a path below /api/v1/admin, with a form unless the body
// is empty.
func (f fixture) do(method, target, body string) *httptest.ResponseRecorder {
	media := ""
	if body != "" {
		media = "application/x-www-form-urlencoded"
	}
	return f.send(method, target, media, body)
}

func (f fixture) send(method, target, media, body string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "/api/v1/admin"+target, reader)
	r.Host = "social.example"
	if media != "" {
		r.Header.Set("Content-Type", media)
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

func (f fixture) count(t testing.TB) int64 {
	t.Helper()
	n, err := f.admin.Count(context.Background(), blocklist.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func errorBody(text string) string { return fmt.Sprintf(`{"error":%q}`, text) }

// errDriver stands for what a driver says.
var errDriver = errors.New("driver: disk image secret.db is malformed")

// brokenStore answers every question about blocks with an error.
type brokenStore struct {
	store.Store
	err error
}

func newBrokenStore(err error) store.Store { return brokenStore{memstore.New(), err} }

func (s brokenStore) CreateBlock(context.Context, store.Block, store.Change) (store.Block, error) {
	return store.Block{}, s.err
}
func (s brokenStore) BlockBySeq(context.Context, int64) (store.Block, error) {
	return store.Block{}, s.err
}
func (s brokenStore) UpdateBlock(context.Context, uuid.UUID, store.BlockPatch, store.Change) (store.Block, error) {
	return store.Block{}, s.err
}
func (s brokenStore) ListBlocks(context.Context, store.BlockFilter, store.BlockOrder, store.Page) ([]store.Block, error) {
	return nil, s.err
}

// brokenHistory is a store whose hits cannot be read.
type brokenHistory struct {
	store.Store
	err error
}

func (s brokenHistory) HitHistory(context.Context, uuid.UUID, time.Time, time.Time) ([]store.DayHits, error) {
	return nil, s.err
}
