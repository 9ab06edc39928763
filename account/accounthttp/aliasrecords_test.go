package accounthttp_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web/webtest"
)

// TestContractOfAliasRecords begins with two aliases of bob and one of nobody,
// which is turned off by the ban of its domain.
func TestContractOfAliasRecords(t *testing.T) {
	const invalid = `{"error":"invalid_params","field":"%s","reason":"%s","hint":"*","constraints":%s}`
	const changed = `{"ok":true,"created":false,"updated":%t,"deleted":%t,"message":"%s","item":%s}`
	const list = `{"items":[%s],"pagination":{"total":%d,"limit":%d,"offset":%d}}`
	const conflict = `{"error":"Conflict","message":"The request conflicts with the current state of the resource","code":409,"details":%q,"reason":%q,"field":%q%s}`
	const notFound = `{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"alias_not_found","id":%d}`
	const item = `{"id":%d,"address":"%s","destination":"%s","user_id":%s,"active":%t,"created_at":"2024-12-01T12:00:00.123Z","updated_at":"2024-12-01T12:00:00.123Z","uuid":"UUID","disabled_ban":%s}`
	first := fmt.Sprintf(item, 1, "first@alias.example", "bob@example.org", "2", true, "null")
	second := fmt.Sprintf(item, 2, "second@alias.example", "bob@example.org", "2", true, "null")
	off := fmt.Sprintf(item, 3, "old@spam.example", "x@example.org", "null", false, `"UUID"`)
	const flagRule, idRule, turnedOff = `{"type":"boolean"}`, `{"minimum":1,"type":"integer"}`, `The alias exists and is turned off: turn it on by PATCH /aliases/{id} with {"active":true}`

	for _, tt := range []struct {
		name, target, body string
		status             int
		want               string
	}{
		{"a page", "GET /aliases", "", 200, fmt.Sprintf(list, off+","+second+","+first, 3, 50, 0)},
		{"a page of few", "GET /aliases?limit=1&offset=1", "", 200, fmt.Sprintf(list, second, 3, 1, 1)},
		{"a page of those that forward", "GET /aliases?active=yes", "", 200, fmt.Sprintf(list, second+","+first, 2, 50, 0)},
		{"a page of those that are off", "GET /aliases?active=0", "", 200, fmt.Sprintf(list, off, 1, 50, 0)},
		{"a page by a part of the address", "GET /aliases?address=FIRST@", "", 200, fmt.Sprintf(list, first, 1, 50, 0)},
		{"a page of a domain", "GET /aliases?domain=Spam.example", "", 200, fmt.Sprintf(list, off, 1, 50, 0)},
		{"a page of a destination", "GET /aliases?destination=BOB@example.org", "", 200, fmt.Sprintf(list, second+","+first, 2, 50, 0)},
		{"a page of a user", "GET /aliases?user_id=2&limit=1", "", 200, fmt.Sprintf(list, second, 2, 1, 0)},
		{"a page of what a ban turned off", "GET /aliases?disabled_ban=BAN", "", 200, fmt.Sprintf(list, off, 1, 50, 0)},
		{"a page of nobody", "GET /aliases?user_id=9", "", 400, fmt.Sprintf(invalid, "user_id", "unknown", idRule)},
		{"a page of what is no user", "GET /aliases?user_id=x", "", 400, fmt.Sprintf(invalid, "user_id", "out_of_range", idRule)},
		{"a page of what is no ban", "GET /aliases?disabled_ban=1", "", 400, fmt.Sprintf(invalid, "disabled_ban", "bad_syntax", `{"format":"uuid"}`)},
		{"a page of more than there may be", "GET /aliases?limit=201", "", 400, fmt.Sprintf(invalid, "limit", "out_of_range", `{"maximum":200,"minimum":1}`)},
		{"a part that is not UTF-8", "GET /aliases?address=%ff", "", 400, fmt.Sprintf(invalid, "address", "invalid_utf8", `{"format":"email"}`)},
		{"a domain that is not UTF-8", "GET /aliases?domain=%ff", "", 400, fmt.Sprintf(invalid, "domain", "invalid_utf8", "{}")},
		{"an alias", "GET /aliases/3", "", 200, `{"item":` + off + `}`},
		{"no alias", "GET /aliases/9", "", 404, fmt.Sprintf(notFound, 9)},
		{"what is no number", "GET /aliases/first@alias.example", "", 400, fmt.Sprintf(invalid, "id", "bad_syntax", idRule)},

		{"an alias is turned off", "PATCH /aliases/1", `{"active":false}`, 200, fmt.Sprintf(changed, true, false, "Alias turned off.", edit(first, `"active":true`, `"active":false`))},
		{"in a word", "PATCH /aliases/1", `{"active":"off"}`, 200, fmt.Sprintf(changed, true, false, "Alias turned off.", edit(first, `"active":true`, `"active":false`))},
		{"an item as it was given", "PATCH /aliases/1", first, 200, fmt.Sprintf(changed, true, false, "Alias turned on.", first)},
		{"what a ban refuses stays off", "PATCH /aliases/3", `{"active":true}`, 403,
			`{"error":"banned","ban":{"ban_type":"domain","ban_value":"spam.example","reason":"Spam.","banned_at":"TIME"}}`},
		{"nothing to change", "PATCH /aliases/1", `{"id":1,"address":"x@alias.example"}`, 400, fmt.Sprintf(invalid, "body", "empty_patch", "{}")},
		{"no flag", "PATCH /aliases/1", `{"active":2}`, 400, fmt.Sprintf(invalid, "active", "wrong_type", flagRule)},
		{"nobody's alias to change", "PATCH /aliases/9", `{"active":true}`, 404, fmt.Sprintf(notFound, 9)},
		{"an alias of somebody suspended", "PATCH /aliases/4", `{"active":true}`, 409, fmt.Sprintf(conflict, "The user is suspended", "user_suspended", "user_id", "")},
		{"an alias of somebody who is gone", "PATCH /aliases/5", `{"active":true}`, 409, fmt.Sprintf(conflict, "The user is gone", "user_gone", "user_id", "")},

		{"an alias is deleted", "DELETE /aliases/1", "", 200, fmt.Sprintf(changed, false, true, "Alias deleted.", first)},
		{"nobody's alias to delete", "DELETE /aliases/9", "", 404, fmt.Sprintf(notFound, 9)},
		{"an alias made anew that is off", "POST /aliases", `{"address":"Asleep@alias.example","user_id":2}`, 409, fmt.Sprintf(conflict, turnedOff, "alias_turned_off", "address", `,"id":4`)},
		{"an alias made anew that forwards", "POST /aliases", `{"address":"first@alias.example","user_id":2}`, 409, fmt.Sprintf(conflict, "Resource already exists", "alias_taken", "address", "")},
		{"an alias made anew that a ban refuses", "POST /aliases", `{"address":"old@spam.example","destination":"x@example.org"}`, 403,
			`{"error":"banned","ban":{"ban_type":"domain","ban_value":"spam.example","reason":"Spam.","banned_at":"TIME"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			alice := s.createAdmin(t, "alice")
			s.createAliases(t, s.create(t, account.CreateOptions{Handle: "bob"}))
			must(s.aliases.Create(as("root"), account.AliasOptions{Address: "old@spam.example", Destination: "x@example.org"}))(t)
			b := must(s.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", PublicReason: "Spam.", Reason: "ticket 17", DisableMatchingAliases: true}))(t)
			switch {
			case strings.Contains(tt.name, "somebody"):
				sam, eve := s.create(t, account.CreateOptions{Handle: "sam"}), s.create(t, account.CreateOptions{Handle: "eve"})
				must(s.aliases.Create(as("root"), account.AliasOptions{Address: "sam@alias.example", Owner: sam.ID}))(t)
				must(s.aliases.Create(as("root"), account.AliasOptions{Address: "eve@alias.example", Owner: eve.ID}))(t)
				must(s.admin.Suspend(as("root"), sam.ID, account.SuspendOptions{DisableAliases: true}))(t)
				must(s.admin.Delete(as("root"), eve.ID, account.DeleteOptions{}))(t)
			case strings.Contains(tt.name, "that is off"):
				a := must(s.aliases.Create(as("root"), account.AliasOptions{Address: "asleep@alias.example", Destination: "y@example.org"}))(t)
				must(s.aliases.SetActive(as("root"), a.ID, false))(t)
			}
			header := s.token(t, alice, "admin:read:aliases", "admin:write:aliases")
			before := s.changes(t)
			target := strings.Replace(strings.Replace(tt.target, "/aliases", "/api/aliases", 1), "BAN", b.ID.String(), 1)
			w := s.do(request{target: target, body: edit(tt.body, `"UUID"`, "null"), header: header})
			if body, at, ok := strings.Cut(w.Body.String(), `"banned_at":"`); ok { // the time in the id, which no clock of a test sets
				w.Body.Reset()
				w.Body.WriteString(body + `"banned_at":"TIME` + at[len("2006-01-02T15:04:05.000Z"):])
			}
			webtest.WantAnswer(t, w, tt.status, tt.want)
			if strings.Contains(w.Body.String(), "ticket") {
				t.Error("the answer tells what is for moderators")
			}
			if after := s.changes(t); tt.status >= 400 && after != before {
				t.Errorf("refused, but %d changes were made", after-before)
			}
		})
	}
}

// TestWhatABanTurnedOffIsTurnedOnAgain when the ban is over.
func TestWhatABanTurnedOffIsTurnedOnAgain(t *testing.T) {
	s := newSite(t, siteOptions{})
	alice := s.createAdmin(t, "alice")
	s.createAliases(t, s.create(t, account.CreateOptions{Handle: "bob"}))
	session, token := s.login(t, "alice"), s.token(t, alice, "admin:write:aliases")
	for i, step := range []struct {
		target, body, want string
		header             map[string]string
	}{
		{"POST /api/admin/bans", `{"ban_type":"name","ban_value":"first","disable_matching_aliases":true}`, `"disabled_aliases":1`, session},
		{"PATCH /api/aliases/1", `{"active":true}`, `"error":"banned"`, token},
		{"PATCH /api/admin/bans/1", `{"revoked":1}`, `"active":false`, session},
		{"POST /api/aliases", `{"address":"first@alias.example","user_id":2}`, `"reason":"alias_turned_off","field":"address","id":1`, token},
		{"PATCH /api/aliases/1", `{"active":true}`, `"disabled_ban":null`, token},
	} {
		if w := s.do(request{target: step.target, body: step.body, header: step.header}); !strings.Contains(w.Body.String(), step.want) {
			t.Errorf("step %d: %d %s, want %s", i, w.Code, w.Body, step.want)
		}
	}
}

func TestScopesOfAliases(t *testing.T) {
	for _, tt := range []struct {
		scope       string
		read, write int
	}{
		{"admin", 200, 200}, {"admin:read", 200, 403}, {"admin:write", 403, 200}, {"admin:read:aliases", 200, 403}, {"admin:write:aliases", 403, 200},
		{"admin:read:users", 403, 403}, {"aliases", 403, 403},
	} {
		s := populated(t, siteOptions{})
		header := s.token(t, must(s.admin.ByHandle(t.Context(), "alice"))(t), tt.scope)
		for _, e := range endpoints(t) {
			if e.by != "token" {
				continue
			}
			want := tt.read
			if e.mutation() {
				want = tt.write
			}
			if w := s.do(request{target: e.target, body: e.body, header: header}); w.Code != want && !strings.HasSuffix(e.target, "/2") || w.Code == 200 && want != 200 {
				t.Errorf("%s, %s: %d %s, want %d", tt.scope, e.target, w.Code, w.Body, want)
			}
		}
	}
}
