package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/adminserver/openapi"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// failing is a store that fails while it is told to.
type failing struct {
	store.Store
	err atomic.Pointer[error]
}

func (s *failing) fail() error {
	if err := s.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *failing) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if err := s.fail(); err != nil {
		return nil, err
	}
	return s.Store.Lookup(ctx, keys)
}

func (s *failing) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	if err := s.fail(); err != nil {
		return store.Credential{}, store.Account{}, err
	}
	return s.Store.CredentialByHash(ctx, hash)
}

// contractSite is a site over a store that can fail, with two tokens: one that may
// read, and one of another scope.
type contractSite struct {
	program
	store      *failing
	reads, not string
	router     routers.Router
	seen       map[string]bool
}

func newContractSite(t *testing.T, doc *openapi3.T) *contractSite {
	t.Helper()
	s := &contractSite{store: &failing{Store: memstore.New()}, seen: map[string]bool{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	s.router, err = gorillamux.NewRouter(doc)
	must(err)
	seconds := newStoreSeconds()
	p := &parts{store: s.store, storeSeconds: seconds, log: slog.New(slog.DiscardHandler)}
	p.checker, err = ban.NewChecker(s.store, ban.CheckerOptions{})
	must(err)
	t.Cleanup(func() { p.checker.Close() })
	p.auth, err = account.NewAuth(s.store, account.AuthOptions{})
	must(err)
	p.accounts, err = account.NewAdmin(s.store, account.AdminOptions{})
	must(err)
	bans, err := ban.NewAdmin(s.store, ban.AdminOptions{})
	must(err)

	ctx := ban.WithActor(t.Context(), "test")
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "Spam.", ExpiresAt: time.Now().Add(time.Hour)},
		{Kind: ban.KindDomain, Value: "mail.spam.example", Shadow: true},
		{Kind: ban.KindName, Value: "bob", Effect: ban.Review, Scope: ban.ScopeOf(ban.Mail)},
	} {
		_, err := bans.Create(ctx, o)
		must(err)
	}
	alice, err := p.accounts.Create(ctx, account.CreateOptions{Handle: "alice", Admin: true})
	must(err)
	for scope, secret := range map[string]*string{"admin:read": &s.reads, "read": &s.not} {
		token, err := p.auth.CreateToken(ctx, alice.ID, account.TokenOptions{Scopes: []string{scope}})
		must(err)
		*secret = token.Secret
	}
	site, err := newSite(p)
	must(err)
	server := httptest.NewUnstartedServer(site)
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	s.program = program{t: t, url: server.URL}
	return s
}

// slow is a body that does not come.
const slow = "…"

// check makes a request, and holds it, if it is accepted, and its answer to the
// document.
func (s *contractSite) check(t *testing.T, target, media, body, token string, status int) {
	t.Helper()
	method, path, _ := strings.Cut(target, " ")
	headers := []string{"Content-Type", media}
	var sent io.Reader = strings.NewReader(body)
	if body == slow {
		reader, writer := io.Pipe()
		defer writer.Close()
		sent = reader
	}
	a, err := s.try(method, path, sent, login{token: token}, headers...)
	if err != nil || a.status != status {
		t.Fatalf("%d %s, %v", a.status, a.body, err)
	}
	asked := httptest.NewRequest(method, path, strings.NewReader(body))
	asked.Header.Set("Content-Type", media)
	route, params, err := s.router.FindRoute(asked)
	if err != nil {
		t.Fatal(err)
	}
	s.seen[fmt.Sprint(route.Operation.OperationID, " ", status)] = true
	in := &openapi3filter.RequestValidationInput{
		Request: asked, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if status == http.StatusOK {
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("the request: %v", err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: a.header,
		Body: io.NopCloser(bytes.NewReader([]byte(a.body))), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("the answer %.2000s: %v", a.body, err)
	}
}

// TestContract sees each answer that the document has of what the server adds to
// the APIs.
func TestContract(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	s := newContractSite(t, doc)
	const check, metrics, health, media = "POST /api/check", "GET /metrics", "GET /healthz", "application/json"
	const bob = `{"email":"bob@mail.spam.example","domain":null,"ip":"192.0.2.7","name":"bob","action":"alias"}`
	s.check(t, check, media, bob, s.reads, 200)
	s.check(t, check, media, `{"name":"nobody"}`, s.reads, 200)
	s.check(t, check, media, `{}`, s.reads, 400)
	s.check(t, check, media, `{"email":"x"}`, s.reads, 400)
	s.check(t, check, media, slow, s.reads, 408)
	s.check(t, check, media, strings.Repeat(" ", 33<<10), s.reads, 413)
	s.check(t, check, "text/plain", "x", s.reads, 415)
	s.check(t, metrics, media, "", s.reads, 200)
	s.check(t, health, media, "", "", 200)
	s.check(t, "GET /openapi.yaml", media, "", "", 200)
	for _, target := range []string{check, metrics} {
		s.check(t, target, media, bob, "", 401)
		s.check(t, target, media, bob, s.not, 403)
	}
	for err, status := range map[error]int{errors.New("driver says no"): 500, store.ErrBusy: 503} {
		s.store.err.Store(&err)
		s.check(t, check, media, bob, s.reads, status)
		s.check(t, metrics, media, "", s.reads, status)
		s.check(t, health, media, "", "", 503)
		s.store.err.Store(nil)
	}
	for range 20 {
		s.send("GET", "/metrics", "", login{})
	}
	s.check(t, check, media, bob, "", 429)
	s.check(t, metrics, media, "", "", 429)

	answers := 0
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if !slices.Contains(operation.Tags, "server") {
				continue
			}
			for status := range operation.Responses.Map() {
				answers++
				if name := operation.OperationID + " " + status; !s.seen[name] {
					t.Errorf("no request is answered as %s", name)
				}
			}
		}
	}
	if answers == 0 {
		t.Error("the document says nothing of what the server adds")
	}
}
