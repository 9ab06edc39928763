package accounthttp_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/internal/web/webtest"
)

// The items of the users that contract tests begin with, as the API says them:
// an admin, who makes the requests, and somebody else.
const (
	aliceItem = `{"id":1,"username":"alice","email":"alice@example.org","email_verified_at":null,"is_active":1,"is_admin":true,
		"created_at":"2024-12-01T12:00:00.123Z","updated_at":"2024-12-01T12:00:00.123Z","last_login_at":"2024-12-01T12:00:00.123Z","uuid":"UUID","state":"active"}`
	bobItem = `{"id":2,"username":"Bob","email":"bob@example.net","email_verified_at":"2024-12-01T12:00:00.123Z","is_active":1,"is_admin":false,
		"created_at":"2024-12-01T12:00:00.123Z","updated_at":"2024-12-01T12:00:00.123Z","last_login_at":null,"uuid":"UUID","state":"active"}`
)

// edit returns an item with other fields.
func edit(item string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(item) }

// TestContractOfUsers holds every route to the documents: the request that they
// show, and the answer with all fields and their types.
func TestContractOfUsers(t *testing.T) {
	const changed = `{"ok":true,"created":%t,"updated":%t,"deleted":false,"item":%s,"sessions_revoked":%d,"aliases_disabled":0}`
	const invalid = `{"error":"invalid_params","field":"%s","reason":"%s","hint":"*","constraints":%s}`
	const conflict = `{"error":"Conflict","message":"The request conflicts with the current state of the resource","code":409,"details":"%s","reason":"%s"%s}`
	const notFound = `{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"admin_user_not_found","id":%d}`
	const document = `{"username":"John Doe","email":"user@example.com","password":"example_string","is_active":true,"is_admin":true}`
	const list = `{"items":[%s],"pagination":{"total":%d,"limit":%d,"offset":%d}}`
	const nameRule, passwordRule, flagRule = `{"maxLength":64,"minLength":1}`, `{"maxLength":128,"minLength":8}`, `{"type":"boolean"}`
	const lastDisabled, lastDemoted = "The last active admin cannot be disabled", "The last active admin cannot be demoted"
	flat := strings.NewReplacer("\n", "", "\t", "")
	alice, bob := flat.Replace(aliceItem), flat.Replace(bobItem)
	john := edit(bob, "Bob", "John Doe", "bob@example.net", "user@example.com", `"email_verified_at":"2024-12-01T12:00:00.123Z"`, `"email_verified_at":null`, `"is_admin":false`, `"is_admin":true`)
	created := edit(john, `"id":2`, `"id":3`)

	tests := []struct {
		name, target, body string
		status             int
		want               string
	}{
		{"the body of the documents changes a user", "PATCH /users/2", document, 200, fmt.Sprintf(changed, false, true, john, 0)},
		{"the same body makes a user", "POST /users", document, 200, fmt.Sprintf(changed, true, false, created, 0)},
		{"a user may begin suspended", "POST /users", edit(document, `"is_active":true,"is_admin":true`, `"is_active":0`), 200,
			fmt.Sprintf(changed, true, false, edit(created, `"is_active":1,"is_admin":true`, `"is_active":0,"is_admin":false`, `"state":"active"`, `"state":"suspended"`), 0)},
		{"a user is active and no admin unless it is said", "POST /users", edit(document, `,"is_active":true,"is_admin":true`, ""), 200,
			fmt.Sprintf(changed, true, false, edit(created, `"is_admin":true`, `"is_admin":false`), 0)},
		{"no username", "POST /users", `{"email":"user@example.com","password":"example_string"}`, 400, fmt.Sprintf(invalid, "username", "empty", nameRule)},
		{"no address", "POST /users", `{"username":"John Doe","password":"example_string"}`, 400, fmt.Sprintf(invalid, "email", "empty", `{"format":"email"}`)},
		{"no password", "POST /users", `{"username":"John Doe","email":"user@example.com"}`, 400, fmt.Sprintf(invalid, "password", "empty", passwordRule)},
		{"a username that is taken", "POST /users", edit(document, "John Doe", "bob"), 409,
			fmt.Sprintf(conflict, "Resource already exists", "admin_user_taken", `,"field":"username"`)},
		{"a username that looks like one that is taken", "POST /users", edit(document, "John Doe", "b\u043eb"), 409,
			fmt.Sprintf(conflict, "Resource already exists", "admin_user_taken", `,"field":"username"`)},
		{"an address that is taken", "POST /users", edit(document, "user@example.com", "BOB@example.net"), 409,
			fmt.Sprintf(conflict, "Resource already exists", "admin_user_taken", `,"field":"email"`)},

		{"an extra field", "POST /users", edit(document, "is_active", "active"), 400, fmt.Sprintf(invalid, "active", "unknown", flagRule)},
		{"what cannot be changed", "PATCH /users/2", `{"id":7,"uuid":1,"colour":{}}`, 400, fmt.Sprintf(invalid, "body", "empty_patch", `{}`)},
		{"an item as it was given", "PATCH /users/2", edit(bob, `"UUID"`, "null"), 200, fmt.Sprintf(changed, false, true, bob, 0)},
		{"an item with another address is not verified", "PATCH /users/2", edit(bob, `"UUID"`, "null", "bob@example.net", "b@example.net"), 200,
			fmt.Sprintf(changed, false, true, edit(bob, "bob@example.net", "b@example.net", `"email_verified_at":"2024-12-01T12:00:00.123Z"`, `"email_verified_at":null`), 0)},
		{"an item of a user without address", "PATCH /users/3", `{"username":"carol","email":null,"email_verified_at":null,"is_active":1}`, 200,
			fmt.Sprintf(changed, false, true, edit(bob, `"id":2`, `"id":3`, "Bob", "carol", `"bob@example.net"`, "null", `"email_verified_at":"2024-12-01T12:00:00.123Z"`, `"email_verified_at":null`), 0)},
		{"a time of verification", "PATCH /users/2", `{"email_verified_at":"2024-11-30"}`, 200,
			fmt.Sprintf(changed, false, true, edit(bob, `"email_verified_at":"2024-12-01T12:00:00.123Z"`, `"email_verified_at":"2024-11-30T00:00:00.000Z"`), 0)},
		{"a time of verification ahead is now", "PATCH /users/2", `{"email":"b@example.net","email_verified_at":"2025-01-01T00:00:00Z"}`, 200,
			fmt.Sprintf(changed, false, true, edit(bob, "bob@example.net", "b@example.net"), 0)},
		{"no verification", "PATCH /users/2", `{"email_verified_at":null}`, 200,
			fmt.Sprintf(changed, false, true, edit(bob, `"email_verified_at":"2024-12-01T12:00:00.123Z"`, `"email_verified_at":null`), 0)},
		{"a verification of no address", "PATCH /users/3", `{"email_verified_at":"2024-11-30"}`, 400, fmt.Sprintf(invalid, "email_verified_at", "conflict", `{"format":"date-time"}`)},
		{"a verification that is no time", "PATCH /users/2", `{"email_verified_at":true}`, 400, fmt.Sprintf(invalid, "email_verified_at", "wrong_type", `{"format":"date-time"}`)},
		{"a user may be made verified", "POST /users", edit(document, `,"is_active":true,"is_admin":true`, `,"email_verified_at":"2024-11-30T10:00:00Z"`), 200,
			fmt.Sprintf(changed, true, false, edit(created, `"email_verified_at":null`, `"email_verified_at":"2024-11-30T10:00:00.000Z"`, `"is_admin":true`, `"is_admin":false`), 0)},
		{"an empty patch", "PATCH /users/2", `{}`, 400, fmt.Sprintf(invalid, "body", "empty_patch", `{}`)},
		{"a patch of null flags", "PATCH /users/2", `{"is_active":null,"is_admin":null}`, 400, fmt.Sprintf(invalid, "body", "empty_patch", `{}`)},
		{"a username of 64 characters", "PATCH /users/2", `{"username":"` + strings.Repeat("ü", 64) + `"}`, 200,
			fmt.Sprintf(changed, false, true, edit(bob, "Bob", strings.Repeat("ü", 64)), 0)},
		{"a username of 65 characters", "PATCH /users/2", `{"username":"` + strings.Repeat("ü", 65) + `"}`, 400, fmt.Sprintf(invalid, "username", "too_long", nameRule)},
		{"an empty username", "PATCH /users/2", `{"username":""}`, 400, fmt.Sprintf(invalid, "username", "empty", nameRule)},
		{"a username of null", "PATCH /users/2", `{"username":null}`, 400, fmt.Sprintf(invalid, "username", "wrong_type", nameRule)},
		{"an address that is none", "PATCH /users/2", `{"email":"bob"}`, 400, fmt.Sprintf(invalid, "email", "bad_syntax", `{"format":"email"}`)},
		{"an address of null", "PATCH /users/2", `{"email":null}`, 400, fmt.Sprintf(invalid, "email", "wrong_type", `{"format":"email"}`)},
		{"a password of 8 characters", "PATCH /users/2", `{"password":"` + strings.Repeat("ü", 8) + `"}`, 200, fmt.Sprintf(changed, false, true, bob, 0)},
		{"a password of 7 characters", "PATCH /users/2", `{"password":"` + strings.Repeat("ü", 7) + `"}`, 400, fmt.Sprintf(invalid, "password", "out_of_range", passwordRule)},
		{"a password of 129 characters", "PATCH /users/2", `{"password":"` + strings.Repeat("x", 129) + `"}`, 400, fmt.Sprintf(invalid, "password", "too_long", passwordRule)},
		{"an empty password", "PATCH /users/2", `{"password":""}`, 400, fmt.Sprintf(invalid, "password", "out_of_range", passwordRule)},
		{"a password of null", "PATCH /users/2", `{"password":null}`, 400, fmt.Sprintf(invalid, "password", "wrong_type", passwordRule)},
		{"a flag that is a word", "PATCH /users/2", `{"is_active":"no"}`, 200, fmt.Sprintf(changed, false, true, edit(bob, `"is_active":1`, `"is_active":0`, `"state":"active"`, `"state":"suspended"`), 0)},
		{"a flag that is another word", "PATCH /users/2", `{"is_active":"maybe"}`, 400, fmt.Sprintf(invalid, "is_active", "wrong_type", flagRule)},
		{"a flag that is 2", "PATCH /users/2", `{"is_admin":2}`, 400, fmt.Sprintf(invalid, "is_admin", "wrong_type", flagRule)},
		{"a suspension by false", "PATCH /users/2", `{"is_active":false}`, 200, fmt.Sprintf(changed, false, true, edit(bob, `"is_active":1`, `"is_active":0`, `"state":"active"`, `"state":"suspended"`), 0)},
		{"a suspension by 0", "PATCH /users/2", `{"is_active":0}`, 200, fmt.Sprintf(changed, false, true, edit(bob, `"is_active":1`, `"is_active":0`, `"state":"active"`, `"state":"suspended"`), 0)},
		{"a patch to what is so already", "PATCH /users/2", `{"is_active":1}`, 200, fmt.Sprintf(changed, false, true, bob, 0)},
		{"one's own password", "PATCH /users/1", `{"password":"example_string"}`, 400, fmt.Sprintf(invalid, "password", "use_self_password_route", passwordRule)},
		{"one's own password, forced", "PATCH /users/1?force=1", `{"password":"example_string"}`, 400, fmt.Sprintf(invalid, "password", "use_self_password_route", passwordRule)},
		{"the last admin, disabled", "PATCH /users/1", `{"is_active":0}`, 409, fmt.Sprintf(conflict, lastDisabled, "cannot_disable_last_admin", "")},
		{"the last admin, disabled by force", "PATCH /users/1?force=1", `{"is_active":0}`, 409, fmt.Sprintf(conflict, lastDisabled, "cannot_disable_last_admin", "")},
		{"the last admin, demoted", "PATCH /users/1", `{"is_admin":false}`, 409, fmt.Sprintf(conflict, lastDemoted, "cannot_demote_last_admin", "")},
		{"the last admin, demoted by force", "PATCH /users/1?force=1", `{"is_admin":false}`, 409, fmt.Sprintf(conflict, lastDemoted, "cannot_demote_last_admin", "")},
		{"a username that is another's", "PATCH /users/2", `{"username":"ALICE"}`, 409, fmt.Sprintf(conflict, "Resource already exists", "admin_user_taken", `,"field":"username"`)},
		{"an address that is another's", "PATCH /users/2", `{"email":"alice@example.org"}`, 409, fmt.Sprintf(conflict, "Resource already exists", "admin_user_taken", `,"field":"email"`)},
		{"no such user to change", "PATCH /users/123", document, 404, fmt.Sprintf(notFound, 123)},
		{"half forced", "PATCH /users/2?force=maybe", document, 400, fmt.Sprintf(invalid, "force", "bad_syntax", "{}")},

		{"a user", "GET /users/2", "", 200, `{"item":` + bob + `}`},
		{"no such user", "GET /users/123", "", 404, fmt.Sprintf(notFound, 123)},
		{"a user by what is no number", "GET /users/bob", "", 400, fmt.Sprintf(invalid, "id", "bad_syntax", `{"minimum":1,"type":"integer"}`)},
		{"a page", "GET /users", "", 200, fmt.Sprintf(list, bob+","+alice, 2, 50, 0)},
		{"a page of few", "GET /users?limit=1&offset=1", "", 200, fmt.Sprintf(list, alice, 2, 1, 1)},
		{"a page of many", "GET /users?limit=200", "", 200, fmt.Sprintf(list, bob+","+alice, 2, 200, 0)},
		{"a page of more", "GET /users?limit=201", "", 400, fmt.Sprintf(invalid, "limit", "out_of_range", `{"maximum":200,"minimum":1}`)},
		{"a page, with a slash", "GET /users/?active=yes", "", 200, fmt.Sprintf(list, bob+","+alice, 2, 50, 0)},
		{"a page of active users", "GET /users?active=1", "", 200, fmt.Sprintf(list, bob+","+alice, 2, 50, 0)},
		{"a page of others", "GET /users?active=0", "", 200, fmt.Sprintf(list, "", 0, 50, 0)},
		{"a page of admins", "GET /users?is_admin=true", "", 200, fmt.Sprintf(list, alice, 1, 50, 0)},
		{"a page of others than admins", "GET /users?is_admin=0", "", 200, fmt.Sprintf(list, bob, 1, 50, 0)},
		{"a page by a part of the address", "GET /users?email=@EXAMPLE.net", "", 200, fmt.Sprintf(list, bob, 1, 50, 0)},
		{"a limit of 0", "GET /users?limit=0", "", 400, fmt.Sprintf(invalid, "limit", "out_of_range", `{"maximum":200,"minimum":1}`)},
		{"a flag that is none", "GET /users?active=maybe", "", 400, fmt.Sprintf(invalid, "active", "bad_syntax", flagRule)},
		{"a part that is not UTF-8", "GET /users?email=%ff", "", 400, fmt.Sprintf(invalid, "email", "invalid_utf8", `{"format":"email"}`)},

		{"a deletion", "DELETE /users/2", "", 200, `{"ok":true,"deleted":true,"item":` + bob + `,"sessions_revoked":0,"aliases_disabled":0}`},
		{"a deletion of nobody", "DELETE /users/123", "", 404, fmt.Sprintf(notFound, 123)},
		{"the last admin, deleted", "DELETE /users/1", "", 409, fmt.Sprintf(conflict, lastDisabled, "cannot_disable_last_admin", "")},
		{"the last admin, deleted by force", "DELETE /users/1?force=1", "", 409, fmt.Sprintf(conflict, lastDisabled, "cannot_disable_last_admin", "")},

		{"a body of 33 KiB", "POST /users", edit(document, "John Doe", strings.Repeat("x", 33<<10)), 413, `{"error":"payload_too_large"}`},
		{"no such route", "GET /users/2/emails", "", 404, `{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"route_not_found"}`},
		{"no such method", "PUT /users/2", document, 405, `{"error":"Method Not Allowed","message":"The resource does not have this method","code":405,"reason":"method_not_allowed"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			s.createAdmin(t, "alice")
			s.create(t, account.CreateOptions{Handle: "Bob", Email: "bob@example.net", EmailVerified: true})
			if strings.Contains(tt.target, "/users/3") {
				must(s.admin.Create(as("root"), account.CreateOptions{Handle: "carol"}))(t)
			}
			cookies := s.login(t, "alice")
			before := s.changes(t)
			w := s.do(request{target: strings.Replace(tt.target, "/users", "/api/admin/users", 1), body: tt.body, header: cookies})
			webtest.WantAnswer(t, w, tt.status, tt.want)
			if after := s.changes(t); tt.status >= 400 && after != before {
				t.Errorf("refused, but %d changes were made", after-before)
			}
		})
	}
}

func TestGuardsOfOnesOwnAccount(t *testing.T) {
	for _, tt := range []struct{ target, body, field string }{
		{"PATCH /api/admin/users/1", `{"is_active":false}`, "is_active"},
		{"PATCH /api/admin/users/1", `{"is_admin":0}`, "is_admin"},
		{"DELETE /api/admin/users/1", "", "id"},
	} {
		s := newSite(t, siteOptions{})
		s.createAdmin(t, "alice")
		s.createAdmin(t, "carol")
		cookies := s.login(t, "alice")
		in := request{target: tt.target, body: tt.body, header: cookies}
		webtest.WantAnswer(t, s.do(in), 400, `{"error":"invalid_params","field":"`+tt.field+`","reason":"own_account","hint":"*","constraints":{}}`)
		in.target += "?force=1"
		w := s.do(in)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"sessions_revoked":1`) {
			t.Errorf("%s: %d %s", in.target, w.Code, w.Body)
		}
		cleared := w.Header().Values("Set-Cookie")
		if len(cleared) != 2 || !strings.HasPrefix(cleared[0], "__Host-access=; Path=/; Max-Age=0; HttpOnly; Secure;") || !strings.HasPrefix(cleared[1], "storyden-session=; Path=/; Max-Age=0;") {
			t.Errorf("the cookies are %q", cleared)
		}
		if w := s.do(request{target: "GET /api/admin/users", header: cookies}); w.Code != 401 && w.Code != 403 {
			t.Errorf("after %s: %d", in.target, w.Code)
		}
	}
}

func TestCookiesGoWithOnesOwnSessionsOnly(t *testing.T) {
	for _, tt := range []struct {
		rule, target, body, cookie string
		want                       int
	}{
		{"another is demoted", "PATCH /api/admin/users/2", `{"is_admin":false}`, "", 0},
		{"another is deleted", "DELETE /api/admin/users/2", "", "", 0},
		{"oneself is renamed", "PATCH /api/admin/users/1", `{"username":"alicia"}`, "", 0},
		{"all that lets oneself in is ended", "DELETE /api/admin/users/1/credentials", "", "", 2},
		{"oneself is demoted, on a site without TLS", "PATCH /api/admin/users/1?force=1", `{"is_admin":false}`, "access", 1},
	} {
		s := newSite(t, siteOptions{authorizer: accounthttp.AuthorizerOptions{InsecureCookie: tt.cookie != ""}})
		s.createAdmin(t, "alice")
		s.createAdmin(t, "carol")
		s.login(t, "carol")
		header := s.login(t, "alice")
		if tt.cookie != "" {
			header["Cookie"] = tt.cookie + "=" + sessionOf(header)
		}
		w := s.do(request{target: tt.target, body: tt.body, header: header})
		cleared := w.Header().Values("Set-Cookie")
		if w.Code != 200 || len(cleared) != tt.want {
			t.Errorf("%s: %d %s, cookies %q", tt.rule, w.Code, w.Body, cleared)
		}
		if tt.cookie != "" && (!strings.HasPrefix(cleared[0], tt.cookie+"=;") || strings.Contains(cleared[0], "Secure")) {
			t.Errorf("%s: cookies %q", tt.rule, cleared)
		}
	}
}

func TestAChangeOfAddressCountsTheAliasesThatItTurnsOff(t *testing.T) {
	s := populated(t, siteOptions{})
	header := s.login(t, "alice")
	w := s.do(request{target: "PATCH /api/admin/users/2", body: `{"email":"robert@example.org"}`, header: header})
	if w.Code != 200 || !strings.HasSuffix(w.Body.String(), `,"sessions_revoked":0,"aliases_disabled":2}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestChangesThatEndSessions(t *testing.T) {
	for body, want := range map[string]string{
		`{"password":"example_string"}`: `"sessions_revoked":2`,
		`{"is_active":false}`:           `"sessions_revoked":2`,
		`{"is_admin":true}`:             `"sessions_revoked":2`,
		`{"username":"robert"}`:         `"sessions_revoked":0`,
		`{"email":"r@example.org"}`:     `"sessions_revoked":0`,
		"":                              `"sessions_revoked":2`,
	} {
		s := newSite(t, siteOptions{})
		s.createAdmin(t, "alice")
		bob := s.create(t, account.CreateOptions{Handle: "bob"})
		s.login(t, "bob")
		s.token(t, bob, "admin:read")
		method := "PATCH"
		if body == "" {
			method = "DELETE"
		}
		w := s.do(request{target: method + " /api/admin/users/2", body: body, header: s.login(t, "alice")})
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s: %d %s, want %s", method, body, w.Code, w.Body, want)
		}
	}
}

func TestUserPagesVisitEveryUserOnce(t *testing.T) {
	s := newSite(t, siteOptions{authorize: letIn})
	const n = 23
	for i := range n {
		s.create(t, account.CreateOptions{Handle: fmt.Sprintf("user-%d", i)})
	}
	var ids []string
	for offset := 0; ; offset += 5 {
		w := s.do(request{target: fmt.Sprintf("GET /api/admin/users?limit=5&offset=%d", offset)})
		parts := strings.Split(w.Body.String(), `{"id":`)[1:]
		if len(parts) == 0 {
			break
		}
		for _, p := range parts {
			id, _, _ := strings.Cut(p, ",")
			ids = append(ids, id)
		}
	}
	if len(ids) != n {
		t.Fatalf("%d users, want %d", len(ids), n)
	}
	for i, id := range ids {
		if id != fmt.Sprint(n-i) {
			t.Errorf("user %s in place %d, want newest first", id, i)
		}
	}
}

func TestTheActorIsTheHandleOfTheAccount(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.createAdmin(t, "Alice")
	w := s.do(request{target: "POST /api/admin/users", header: s.login(t, "alice"),
		body: `{"username":"bob","email":"bob@example.org","password":"example_string"}`})
	if w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	acc := must(s.admin.GetSeq(t.Context(), 2))(t)
	if acc.CreatedBy != "Alice" {
		t.Errorf("made by %q, want Alice", acc.CreatedBy)
	}
}
