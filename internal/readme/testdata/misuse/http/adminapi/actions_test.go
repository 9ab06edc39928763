package adminapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

const bannedClient = "203.0.113.7"

// newHandler returns the site, over a store with an admin and a ban of the client
// for an action.
func newHandler(t *testing.T, scope ban.Scope, onError ban.OnError) (h http.Handler, st *memstore.Store) {
	t.Helper()
	st = memstore.New()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	accounts, err := account.NewAdmin(st, account.AdminOptions{Actor: "test"})
	must(err)
	auth, err := account.NewAuth(st, account.AuthOptions{})
	must(err)
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	must(err)
	blocks, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	must(err)
	checker, err := ban.NewChecker(st, ban.CheckerOptions{OnError: onError, StaleFor: -1})
	must(err)
	t.Cleanup(func() { checker.Close() })
	_, err = accounts.Create(t.Context(), account.CreateOptions{Handle: "alice", Email: "alice@example.org", Password: "correct horse", Admin: true})
	must(err)
	_, err = bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindIP, Value: bannedClient, Scope: scope})
	must(err)
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {})
	h, err = Handler(Parts{Bans: bans, Checker: checker, Blocks: blocks, Accounts: accounts, Auth: auth}, ok, ok)
	must(err)
	return h, st
}

// send sends a request of the banned client.
func send(h http.Handler, route, body string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(route, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = bannedClient + ":4711"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const signInBody = `{"login":"alice","password":"correct horse"}`

func TestABanIsAboutTheActionOfTheRoute(t *testing.T) {
	for name, test := range map[string]struct {
		scope                                    ban.Scope
		signUp, signIn, signOut, post, read, api int
	}{
		"sign-up": {ban.ScopeOf(ban.SignUp), 403, 200, 401, 200, 200, 401},
		"sign-in": {ban.ScopeOf(ban.SignIn), 200, 403, 401, 200, 200, 401},
		"content": {ban.ScopeOf(ban.Content), 200, 200, 401, 403, 200, 401},
		"mail":    {ban.ScopeOf(ban.Mail), 200, 200, 401, 200, 200, 401},
		"all":     {0, 403, 403, 401, 403, 200, 401},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := newHandler(t, test.scope, ban.FailClosed)
			for route, want := range map[string]int{
				"POST /signup": test.signUp, "GET /signup": test.signUp,
				"POST /api/auth/sign-in": test.signIn, "POST /api/auth/sign-out": test.signOut,
				"POST /comments": test.post, "DELETE /comments/1": test.post, "GET /": test.read, "GET /comments": test.read,
				"GET /api/admin/bans": test.api,
			} {
				body := ""
				if strings.HasSuffix(route, "sign-in") {
					body = signInBody
				}
				if w := send(h, route, body); w.Code != want {
					t.Errorf("%s: %d, want %d: %s", route, w.Code, want, w.Body)
				}
			}
		})
	}
}

func TestInAnOutageThePagesAreReadAndNobodyComesIn(t *testing.T) {
	for _, onError := range []ban.OnError{ban.FailClosed, ban.FailOpen} {
		h, st := newHandler(t, 0, onError)
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		for route, want := range map[string]int{"GET /": 200, "POST /signup": 503, "POST /api/auth/sign-in": 503, "POST /comments": 503} {
			w := send(h, route, signInBody)
			if w.Code != want {
				t.Errorf("%s: %d, want %d: %s", route, w.Code, want, w.Body)
			}
			if strings.Contains(w.Body.String(), "closed") {
				t.Errorf("%s: strangers read what is wrong: %s", route, w.Body)
			}
		}
	}
}

func TestAForgedHeaderIsNotBelieved(t *testing.T) {
	h, _ := newHandler(t, 0, ban.FailClosed)
	r := httptest.NewRequest("POST", "/signup", nil)
	r.RemoteAddr = bannedClient + ":4711"
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("%d, want 403: %s", w.Code, w.Body)
	}
}
