package accounthttp_test

import (
	"bytes"
	"encoding/json"
	"example.com/ostraka/internal/web/webtest"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// The answers that the documents show.
const (
	documentUser = `{"ok": true, "created": true, "updated": true, "deleted": true,
		"item": {"id": 123, "username": "John Doe", "email": "user@example.com", "email_verified_at": "2024-12-25T10:00:00Z",
			"is_active": 42, "is_admin": true, "created_at": "2024-12-25T10:00:00Z", "updated_at": "2024-12-25T10:00:00Z",
			"last_login_at": "2024-12-25T10:00:00Z"}}`
	documentInvalid      = `{"error": "example_string", "field": "example_string", "reason": "example_string", "hint": "example_string", "constraints": {}}`
	documentPlain        = `{"error": "example_string"}`
	documentUnauthorized = `{"error": "Unauthorized", "message": "Authentication required. Please provide a valid API token", "code": 401}`
	documentForbidden    = `{"error": "Forbidden", "message": "You don't have permission to access this resource", "code": 403}`
	documentNotFound     = `{"error": "Not Found", "message": "The requested resource was not found", "code": 404}`
	documentConflict     = `{"error": "Conflict", "message": "The request conflicts with the current state of the resource", "code": 409, "details": "Resource already exists"}`
	documentTrouble      = `{"error": "example_string", "where": "example_string", "reason": "example_string"}`

	documentAccount = `{"id": "cc5lnd2s1s4652adtu50", "createdAt": "2019-08-24T14:15:22Z", "updatedAt": "2019-08-24T14:15:22Z",
		"deletedAt": "2019-08-24T14:15:22Z", "misc": {}, "joined": "2019-08-24T14:15:22Z", "suspended": "2019-08-24T14:15:22Z",
		"handle": "Southclaws", "name": "Barnaby Keene",
		"roles": [{"id": "cc5lnd2s1s4652adtu50", "createdAt": "2019-08-24T14:15:22Z", "updatedAt": "2019-08-24T14:15:22Z",
			"deletedAt": "2019-08-24T14:15:22Z", "misc": {}, "name": "string", "colour": "string", "permissions": ["CREATE_POST"],
			"badge": true, "default": true}],
		"bio": "<body><p>hi, my name is</p><p>southclaws</p></body>", "links": [{"text": "string", "url": "string"}], "meta": {},
		"verified_status": "none",
		"email_addresses": [{"id": "cc5lnd2s1s4652adtu50", "email_address": "hello@storyden.org", "verified": true}],
		"notifications": 0, "admin": true,
		"invited_by": {"id": "cc5lnd2s1s4652adtu50", "joined": "2019-08-24T14:15:22Z", "suspended": "2019-08-24T14:15:22Z",
			"handle": "Southclaws", "name": "Barnaby Keene"}}`
	documentStorydenError = `{"error": "string", "message": "string", "suggested": "string", "metadata": {}}`
)

// optional are the fields that answers leave out: nothing in a store is like
// them.
var optional = map[string]bool{
	"misc": true, "notifications": true, "roles[0].deletedAt": true, "roles[0].misc": true,
}

// member is a field of a JSON value that is neither an object nor an array, or is
// an empty one.
type member struct {
	path  string
	value any
}

func (m member) kind() string { return fmt.Sprintf("%T", m.value) }

// members returns those of a value in the order in which they are written.
func members(t *testing.T, text string) []member {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	token := func() json.Token {
		next, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return next
	}
	var read func(path string) []member
	read = func(path string) (all []member) {
		open := token()
		if open != json.Delim('{') && open != json.Delim('[') {
			return []member{{path, open}}
		}
		for i := 0; d.More(); i++ {
			inner := fmt.Sprintf("%s[%d]", path, i)
			if open == json.Delim('{') {
				inner = strings.TrimPrefix(fmt.Sprintf("%s.%s", path, token()), ".")
			}
			all = append(all, read(inner)...)
		}
		if token(); len(all) == 0 || path == "constraints" { // which are another object for every field
			all = []member{{path, open}}
		}
		return all
	}
	return read("")
}

func southclaws() account.CreateOptions {
	return account.CreateOptions{
		Handle: "Southclaws", Name: "Barnaby Keene", Email: "hello@storyden.org", EmailVerified: true, Verified: "none", Admin: true,
		Bio: "<body><p>hi, my name is</p><p>southclaws</p></body>", Links: []account.Link{{Text: "string", URL: "https://example.org"}},
		Roles: []account.Role{{ID: "cc5lnd2s1s4652adtu50", Name: "string", Colour: "string", Permissions: []string{"CREATE_POST"}, Badge: true, Default: true}},
	}
}

// refuse lets nobody in.
func refuse(err error) accounthttp.Authorize {
	return func(*http.Request, accounthttp.Need) (string, error) { return "", err }
}

// TestDocuments compares answers with those that the documents show: all their
// fields, in their order and of their types. Extensions come last.
func TestDocuments(t *testing.T) {
	const patch = `{"username":"John Doe","email":"user@example.com","is_active":true,"is_admin":true}`
	tests := []struct {
		name      string
		authorize accounthttp.Authorize
		target    string
		body      string
		status    int
		document  string
		literal   string // the fields whose values are meant, not only their types; "*": all
	}{
		{"a user changed", letIn, "PATCH /api/admin/users/2", patch, 200, documentUser, "ok item.username item.email"},
		{"a value that does not fit", letIn, "PATCH /api/admin/users/2", `{"email":"x"}`, 400, documentInvalid, ""},
		{"a body that is too long", letIn, "PATCH /api/admin/users/2", string(make([]byte, 33<<10)), 413, documentPlain, ""},
		{"no session", refuse(accounthttp.ErrUnauthenticated), "PATCH /api/admin/users/2", patch, 401, documentUnauthorized, "*"},
		{"no right", refuse(accounthttp.ErrForbidden), "PATCH /api/admin/users/2", patch, 403, documentForbidden, "*"},
		{"no CSRF token", refuse(accounthttp.ErrCSRFRequired), "PATCH /api/admin/users/2", patch, 403, documentForbidden, "*"},
		{"no such user", letIn, "PATCH /api/admin/users/7", patch, 404, documentNotFound, "*"},
		{"a name that is taken", letIn, "PATCH /api/admin/users/2", `{"username":"alice"}`, 409, documentConflict, "*"},
		{"trouble", refuse(errDriver), "PATCH /api/admin/users/2", patch, 500, documentTrouble, ""},
		{"a busy store", refuse(store.ErrBusy), "PATCH /api/admin/users/2", patch, 503, documentTrouble, ""},

		{"an account suspended", letIn, "POST /storyden/api/admin/bans/southclaws", "", 200, documentAccount,
			"handle name bio meta verified_status admin email_addresses[0].email_address email_addresses[0].verified roles[0].id roles[0].name " +
				"roles[0].colour roles[0].permissions[0] roles[0].badge roles[0].default links[0].text invited_by.handle invited_by.name"},
		{"an account suspended, without session", refuse(accounthttp.ErrUnauthenticated), "POST /storyden/api/admin/bans/southclaws", "", 401, documentStorydenError, "metadata"},
		{"an account suspended, without right", refuse(accounthttp.ErrForbidden), "POST /storyden/api/admin/bans/southclaws", "", 403, documentStorydenError, "metadata"},
		{"nobody suspended", letIn, "POST /storyden/api/admin/bans/nobody", "", 404, documentStorydenError, "metadata"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, siteOptions{authorize: tt.authorize})
			s.createAdmin(t, "alice")
			s.create(t, account.CreateOptions{Handle: "bob"})
			// Whoever invited Southclaws looks as they do in the document.
			inviter := s.create(t, account.CreateOptions{Handle: "Inviter", Name: "Barnaby Keene", Suspended: true})
			by := southclaws()
			by.InvitedBy = inviter.ID
			s.create(t, by)
			must(s.admin.AddEmail(as("alice"), must(s.admin.GetSeq(t.Context(), 2))(t).ID, "user@example.com", true))(t)
			s.login(t, "bob")

			w := s.do(request{target: tt.target, body: tt.body})
			if w.Code != tt.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			document := strings.Replace(tt.document, `"handle": "Southclaws", "name": "Barnaby Keene"}}`, `"handle": "Inviter", "name": "Barnaby Keene"}}`, 1)
			wantMembers(t, members(t, w.Body.String()), members(t, document), tt.literal)
		})
	}
}

// wantMembers wants the members of a document, in their order and of their types,
// before any other of the same object.
func wantMembers(t *testing.T, got, want []member, literal string) {
	t.Helper()
	i := 0
	for _, w := range want {
		if optional[w.path] {
			continue
		}
		// Extensions of an object that is not the last one stand in between.
		for i < len(got) && got[i].path != w.path && strings.Contains(got[i].path, ".uuid") {
			i++
		}
		if i >= len(got) || got[i].path != w.path {
			t.Fatalf("no %s where it should be, in %v", w.path, got)
		}
		if got[i].kind() != w.kind() {
			t.Errorf("%s is %v, want a %s like %v", w.path, got[i].value, w.kind(), w.value)
		}
		if literal == "*" || strings.Contains(" "+literal+" ", " "+w.path+" ") {
			if got[i].value != w.value {
				t.Errorf("%s is %v, want %v", w.path, got[i].value, w.value)
			}
		}
		if text, ok := w.value.(string); ok {
			if _, err := time.Parse(time.RFC3339, text); err == nil {
				wantTime(t, got[i])
			}
		}
		i++
	}
}

// wantTime wants RFC 3339 in UTC with milliseconds.
func wantTime(t *testing.T, m member) {
	t.Helper()
	text, _ := m.value.(string)
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", text); err != nil {
		t.Errorf("%s is %v, want a time with milliseconds, in UTC", m.path, m.value)
	}
}

// TestAnAccountWithNothingHasEmptyFields: what Storyden requires is there even if
// there is nothing to say.
func TestAnAccountWithNothingHasEmptyFields(t *testing.T) {
	s := newSite(t, siteOptions{store: memstore.New(), authorize: letIn})
	s.createAdmin(t, "alice")
	must(s.admin.Create(as("root"), account.CreateOptions{Handle: "bob"}))(t)
	const bob = `{"id":"UUID","createdAt":"2024-12-01T12:00:00.123Z","updatedAt":"2024-12-01T12:00:00.123Z",%s"joined":"2024-12-01T12:00:00.123Z",%s
		"handle":"bob","name":"bob","roles":[],"bio":"","links":[],"meta":{},"verified_status":"none","email_addresses":[],"admin":false,"kind":"human","auth_services":[]}`
	webtest.WantAnswer(t, s.do(request{target: "POST /storyden/api/admin/bans/bob"}), 200,
		fmt.Sprintf(bob, `"deletedAt":"2024-12-01T12:00:00.123Z",`, `"suspended":"2024-12-01T12:00:00.123Z",`))
	webtest.WantAnswer(t, s.do(request{target: "DELETE /storyden/api/admin/bans/bob"}), 200, fmt.Sprintf(bob, "", ""))
}

// TestTheExampleOfTheDocument sends the documented answer through the fields of a
// client that was generated from it.
func TestTheExampleOfTheDocument(t *testing.T) {
	type client struct {
		ID, Handle, Name, Bio string
		CreatedAt, UpdatedAt  time.Time
		Joined                time.Time
		DeletedAt, Suspended  *time.Time
		Roles                 []struct {
			ID, Name, Colour     string
			CreatedAt, UpdatedAt time.Time
			Permissions          []string
			Badge, Default       bool
		}
		Links          []struct{ Text, URL string }
		Meta           map[string]any
		VerifiedStatus string `json:"verified_status"`
		EmailAddresses []struct {
			ID           string
			EmailAddress string `json:"email_address"`
			Verified     bool
		} `json:"email_addresses"`
		Admin        bool
		InvitedBy    *struct{ ID, Handle, Name string } `json:"invited_by"`
		Kind         string
		AuthServices []string `json:"auth_services"`
	}
	s := newSite(t, siteOptions{authorize: letIn})
	s.createAdmin(t, "alice")
	s.create(t, southclaws())
	w := s.do(request{target: "POST /storyden/api/admin/bans/Southclaws"})
	var got client
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Suspended == nil || !got.Suspended.Equal(noon.Truncate(time.Millisecond)) || got.DeletedAt == nil || got.InvitedBy != nil || got.Kind != "human" || len(got.AuthServices) != 1 ||
		got.Handle != "Southclaws" || len(got.Roles) != 1 || got.Roles[0].Permissions[0] != "CREATE_POST" || got.EmailAddresses[0].EmailAddress != "hello@storyden.org" {
		t.Errorf("%+v", got)
	}
}
