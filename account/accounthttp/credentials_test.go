package accounthttp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/store"
)

const credentialsPath = "/api/admin/users/2/credentials"

// credentialsPage is a page of sessions and tokens, as far as the tests look.
type credentialsPage struct {
	Items []struct {
		ID     uuid.UUID
		Kind   string
		Name   *string
		Scopes []string
		Active bool
	}
	Pagination struct{ Total int }
}

func (s *site) listCredentials(t *testing.T, query string) (page credentialsPage) {
	t.Helper()
	w := s.do(request{target: "GET " + credentialsPath + query})
	if err := json.Unmarshal(w.Body.Bytes(), &page); w.Code != 200 || err != nil {
		t.Fatal(w.Code, w.Body, err)
	}
	if strings.Contains(w.Body.String(), "ostraka_") {
		t.Errorf("a secret is shown: %s", w.Body)
	}
	return page
}

func TestATokenIsMadeAsNarrowAsItsScopesAndShownOnce(t *testing.T) {
	overEachStore(t, func(t *testing.T, open func() store.Store) {
		s := newSite(t, siteOptions{store: open(), authorize: letIn})
		s.createAdmin(t, "alice")
		s.create(t, account.CreateOptions{Handle: "bob", Admin: true})
		w := s.do(request{target: "POST " + credentialsPath,
			body: `{"name":"prometheus","scopes":["admin:read:metrics"],"expires_at":"2025-01-01T00:00:00Z"}`})
		var made struct {
			OK, Created bool
			Token       string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &made); w.Code != 200 || err != nil || !made.OK || !made.Created {
			t.Fatal(w.Code, w.Body, err)
		}
		token := must(s.auth.Token(t.Context(), made.Token))(t)
		if !token.Allows("admin:read:metrics") || token.Allows("admin:read:users") || token.Account.Handle != "bob" {
			t.Errorf("%+v", token)
		}
		page := s.listCredentials(t, "?kind=api_token&active=1")
		if page.Pagination.Total != 1 || *page.Items[0].Name != "prometheus" || page.Items[0].ID != token.Credential.ID || !page.Items[0].Active {
			t.Errorf("%+v", page)
		}
		log := must(s.admin.Log(t.Context(), token.Credential.ID, account.Page{}))(t)
		if len(log) != 1 || log[0].Actor != "alice" {
			t.Errorf("the log has %+v", log)
		}
		s.clock.advance(31 * 24 * time.Hour)
		if _, err := s.auth.Token(t.Context(), made.Token); err == nil {
			t.Error("it lets in after its end")
		}
		if page := s.listCredentials(t, "?active=0"); page.Pagination.Total != 1 || page.Items[0].Active {
			t.Errorf("after its end: %+v", page)
		}
	})
}

func TestSessionsAndTokensAreListedAndEnded(t *testing.T) {
	overEachStore(t, func(t *testing.T, open func() store.Store) {
		s := newSite(t, siteOptions{store: open(), authorize: letIn})
		alice := s.createAdmin(t, "alice")
		bob := s.create(t, account.CreateOptions{Handle: "bob"})
		other := must(s.auth.CreateToken(as("root"), alice.ID, account.TokenOptions{Scopes: []string{"a"}}))(t)
		var sessions []account.Session
		for range 3 {
			sessions = append(sessions, must(s.auth.Login(t.Context(), "bob", password))(t))
		}
		token := must(s.auth.CreateToken(as("root"), bob.ID, account.TokenOptions{Scopes: []string{"a", "b:c"}}))(t)
		for query, want := range map[string]int{"": 4, "?kind=session": 3, "?kind=api_token": 1, "?active=1": 4, "?active=0": 0} {
			if page := s.listCredentials(t, query); page.Pagination.Total != want || len(page.Items) != want {
				t.Errorf("%q: %+v", query, page)
			}
		}
		if page := s.listCredentials(t, "?limit=1&offset=1"); page.Pagination.Total != 4 || len(page.Items) != 1 || page.Items[0].ID != sessions[2].Credential.ID {
			t.Errorf("a page: %+v", page)
		}
		end := func(id uuid.UUID, status int) {
			t.Helper()
			w := s.do(request{target: "DELETE " + credentialsPath + "/" + id.String()})
			if status == 200 {
				webtest.WantAnswer(t, w, 200, `{"ok":true,"revoked":1}`)
			}
			if w.Code != status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, status)
			}
		}
		end(sessions[0].Credential.ID, 200)
		end(sessions[0].Credential.ID, 404) // it has ended
		end(other.Credential.ID, 404)       // it is another's
		if _, err := s.auth.Session(t.Context(), sessions[0].Secret); err == nil {
			t.Error("a session that was ended lets in")
		}
		must(s.auth.Session(t.Context(), sessions[1].Secret))(t)
		webtest.WantAnswer(t, s.do(request{target: "DELETE " + credentialsPath}), 200, `{"ok":true,"revoked":3}`)
		if page := s.listCredentials(t, "?active=1"); page.Pagination.Total != 0 {
			t.Errorf("after all were ended: %+v", page)
		}
		if _, err := s.auth.Token(t.Context(), token.Secret); err == nil {
			t.Error("a token that was ended lets in")
		}
		must(s.auth.Token(t.Context(), other.Secret))(t)
	})
}

func TestWhatDoesNotFitACredential(t *testing.T) {
	s := newSite(t, siteOptions{authorize: letIn})
	s.createAdmin(t, "alice")
	s.create(t, account.CreateOptions{Handle: "bob"})
	s.create(t, account.CreateOptions{Handle: "sam", Suspended: true})
	for _, c := range []struct {
		rule, target, body string
		status             int
		field, reason      string
	}{
		{"no scopes", "POST " + credentialsPath, `{}`, 400, "scopes", "empty"},
		{"an empty list of scopes", "POST " + credentialsPath, `{"scopes":[]}`, 400, "scopes", "empty"},
		{"scopes of null", "POST " + credentialsPath, `{"scopes":null}`, 400, "scopes", "wrong_type"},
		{"a scope of null", "POST " + credentialsPath, `{"scopes":[null]}`, 400, "scopes", "wrong_type"},
		{"a scope that is a number", "POST " + credentialsPath, `{"scopes":[1]}`, 400, "scopes", "wrong_type"},
		{"one text for scopes", "POST " + credentialsPath, `{"scopes":"admin:read"}`, 400, "scopes", "wrong_type"},
		{"a scope with a space", "POST " + credentialsPath, `{"scopes":["admin read"]}`, 400, "scopes", "bad_syntax"},
		{"too many scopes", "POST " + credentialsPath, `{"scopes":["a"` + strings.Repeat(`,"a"`, 64) + `]}`, 400, "scopes", "out_of_range"},
		{"an end that has passed", "POST " + credentialsPath, `{"scopes":["a"],"expires_at":"2001-01-01T00:00:00Z"}`, 400, "expires_at", "in_past"},
		{"an end that is none", "POST " + credentialsPath, `{"scopes":["a"],"expires_at":"7d"}`, 400, "expires_at", "bad_syntax"},
		{"a name that is too long", "POST " + credentialsPath, `{"scopes":["a"],"name":"` + strings.Repeat("x", 256) + `"}`, 400, "name", "too_long"},
		{"another field", "POST " + credentialsPath, `{"scopes":["a"],"secret":"x"}`, 400, "secret", "unknown"},
		{"a kind that is none", "GET " + credentialsPath + "?kind=cookie", "", 400, "kind", "unknown"},
		{"a state that is none", "GET " + credentialsPath + "?active=x", "", 400, "active", ""},
		{"an id that is none", "DELETE " + credentialsPath + "/1", "", 400, "credential", "bad_syntax"},
		{"nobody", "GET /api/admin/users/99/credentials", "", 404, "", "admin_user_not_found"},
		{"a suspended user", "POST /api/admin/users/3/credentials", `{"scopes":["a"]}`, 409, "", "user_suspended"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			before := s.changes(t)
			w := s.do(request{target: c.target, body: c.body})
			var body struct{ Field, Reason string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != c.status || body.Field != c.field || c.reason != "" && body.Reason != c.reason {
				t.Errorf("%d %s, want %d of %q, %q", w.Code, w.Body, c.status, c.field, c.reason)
			}
			if s.changes(t) != before {
				t.Error("something was changed")
			}
		})
	}
	for field, err := range map[string]error{
		"auth":  second(accounthttp.NewCredentials(nil, s.admin, accounthttp.Options{Authorize: letIn})),
		"admin": second(accounthttp.NewCredentials(s.auth, nil, accounthttp.Options{Authorize: letIn})),
	} {
		wantField(t, err, field)
	}
}

func second[T any](_ T, err error) error { return err }

// More than a store gives at a time are all there.
func TestAllCredentialsAreListed(t *testing.T) {
	s := newSite(t, siteOptions{authorize: letIn})
	s.createAdmin(t, "alice")
	bob := s.create(t, account.CreateOptions{Handle: "bob"})
	for i := range store.MaxPageLimit + 5 {
		must(s.auth.CreateToken(as("root"), bob.ID, account.TokenOptions{Name: fmt.Sprint(i), Scopes: []string{"a"}}))(t)
	}
	if page := s.listCredentials(t, "?limit=200&offset=1000"); page.Pagination.Total != store.MaxPageLimit+5 || len(page.Items) != 5 || *page.Items[4].Name != "0" {
		t.Errorf("%+v", page)
	}
}
