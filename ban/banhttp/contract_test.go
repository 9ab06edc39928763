package banhttp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
)

// The items of the bans that contract tests begin with, as the API says them.
const (
	nameItem = `{"id":1,"ban_type":"name","ban_value":"example_string","reason":"example_string",
		"created_at":"2024-12-01T12:00:00.123Z","expires_at":"2024-12-25T10:00:00.000Z","revoked_at":null,"revoked_reason":null,
		"active":true,"effect":"deny","shadow":false,"uuid":"UUID","hits":0,"public_reason":null}`
	shadowItem = `{"id":2,"ban_type":"domain","ban_value":"spam.example","reason":null,
		"created_at":"2024-12-01T12:00:00.123Z","expires_at":null,"revoked_at":null,"revoked_reason":null,
		"active":true,"effect":"review","shadow":true,"uuid":"UUID","hits":0,"public_reason":null}`
)

// edit returns an item with other fields.
func edit(item string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(item) }

// TestContract holds every route to the documents: the request that they show,
// where there is one, and the answer with all fields and their types.
func TestContract(t *testing.T) {
	const created = `{"ok":true,"created":%t,"updated":%t,"deleted":false,"disabled_aliases":0,"message":"%s","item":%s}`
	const updated = `{"ok":true,"created":false,"updated":true,"deleted":false,"item":%s}`
	const invalid = `{"error":"invalid_params","field":"%s","reason":"%s","hint":"%s","constraints":%s}`
	const document = `{"ban_type":"%s","ban_value":"example_string","reason":"example_string","expires_at":"2024-12-25T10:00:00Z","disable_matching_aliases":true}`
	const list = `{"items":[%s],"pagination":{"total":%d,"limit":%d,"offset":%d}}`
	const revokedItem = `"revoked_at":"2024-12-01T12:00:00.123Z","revoked_reason":"appeal","active":false`
	const alive = `"revoked_at":null,"revoked_reason":null,"active":true`
	flat := func(s string) string { return strings.NewReplacer("\n", "", "\t", "").Replace(s) }
	name, shadow := flat(nameItem), flat(shadowItem)
	third := edit(name, `"id":1`, `"id":3`)

	tests := []struct {
		name           string
		method, target string
		body           string
		status         int
		want           string
	}{
		{"the body of the documents makes a ban", "POST", "/bans", fmt.Sprintf(document, "name"), 200,
			fmt.Sprintf(created, false, true, "Ban updated. Also, 0 matching aliases were disabled.", name)},
		{"another value makes another ban", "POST", "/bans", `{"ban_type":"ip","ban_value":"203.0.113.7/24"}`, 200,
			fmt.Sprintf(created, true, false, "Ban created.", edit(third, `"ban_type":"name"`, `"ban_type":"ip"`, "example_string", "203.0.113.0/24",
				`"reason":"example_string"`, `"reason":null`, `"2024-12-25T10:00:00.000Z"`, `null`))},
		{"the same value again sets all that was not said anew", "POST", "/bans", `{"ban_type":"domain","ban_value":"SPAM.example."}`, 200,
			fmt.Sprintf(created, false, true, "Ban updated.", edit(shadow, "review", "deny", `"shadow":true`, `"shadow":false`))},
		{"an ip ban that is to turn off aliases", "POST", "/bans", `{"ban_type":"ip","ban_value":"203.0.113.7","disable_matching_aliases":true}`, 400,
			fmt.Sprintf(invalid, "disable_matching_aliases", "not_supported_for_ip_bans", "*", `{"type":"boolean"}`)},
		{"an exception that is to turn off aliases", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","effect":"allow","disable_matching_aliases":true}`, 400,
			fmt.Sprintf(invalid, "disable_matching_aliases", "no_effect", "*", `{"type":"boolean"}`)},
		{"an ip ban that is not to", "POST", "/bans", `{"ban_type":"ip","ban_value":"203.0.113.7","disable_matching_aliases":false}`, 200,
			fmt.Sprintf(created, true, false, "Ban created.", edit(third, `"ban_type":"name"`, `"ban_type":"ip"`, "example_string", "203.0.113.7",
				`"reason":"example_string"`, `"reason":null`, `"2024-12-25T10:00:00.000Z"`, `null`))},
		{"extensions may be said", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","effect":"allow","shadow":1,"reason":null,"expires_at":null}`, 200,
			fmt.Sprintf(created, true, false, "Ban created.", edit(third, `"example_string","reason":"example_string"`, `"eve","reason":null`,
				`"2024-12-25T10:00:00.000Z"`, `null`, "deny", "allow", `"shadow":false`, `"shadow":true`))},
		{"no mailbox", "POST", "/bans", fmt.Sprintf(document, "email"), 400,
			fmt.Sprintf(invalid, "ban_value", "bad_syntax", "*", "{}")},
		{"no such type", "POST", "/bans", fmt.Sprintf(document, "user"), 400,
			fmt.Sprintf(invalid, "ban_type", "unknown", "use email, domain, ip or name", `{"enum":["email","domain","ip","name"]}`)},
		{"no type", "POST", "/bans", `{"ban_value":"eve"}`, 400,
			fmt.Sprintf(invalid, "ban_type", "empty", "give this field", `{"enum":["email","domain","ip","name"]}`)},
		{"no value", "POST", "/bans", `{"ban_type":"name"}`, 400,
			fmt.Sprintf(invalid, "ban_value", "empty", "give this field", "{}")},
		{"a time that has passed", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","expires_at":"2024-11-25T10:00:00Z"}`, 400,
			fmt.Sprintf(invalid, "expires_at", "in_past", "*", `{"format":"date-time"}`)},
		{"a long reason", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","reason":"` + strings.Repeat("ü", 256) + `"}`, 400,
			fmt.Sprintf(invalid, "reason", "too_long", "use at most 255 characters", `{"maxLength":255}`)},
		{"a number for a text", "POST", "/bans", `{"ban_type":"name","ban_value":5}`, 400,
			fmt.Sprintf(invalid, "ban_value", "wrong_type", "give a string", "{}")},
		{"a public reason", "POST", "/bans", `{"ban_type":"name","ban_value":"example_string","reason":" a\n","public_reason":"\t b "}`, 200,
			fmt.Sprintf(created, false, true, "Ban updated.", edit(name, `"reason":"example_string"`, `"reason":"a"`, `"public_reason":null`, `"public_reason":"b"`,
				`"2024-12-25T10:00:00.000Z"`, `null`))},
		{"a long public reason", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","public_reason":"` + strings.Repeat("ü", 256) + `"}`, 400,
			fmt.Sprintf(invalid, "public_reason", "too_long", "use at most 255 characters", `{"maxLength":255}`)},
		{"a type in any case, with blanks", "POST", "/bans", `{"ban_type":" NAME ","ban_value":"example_string","reason":"example_string","expires_at":"2024-12-25T10:00:00Z","effect":"Deny"}`, 200,
			fmt.Sprintf(created, false, true, "Ban updated.", name)},
		{"a date without time", "POST", "/bans", `{"ban_type":"name","ban_value":"example_string","reason":"example_string","expires_at":"2024-12-25"}`, 200,
			fmt.Sprintf(created, false, true, "Ban updated.", edit(name, `"2024-12-25T10:00:00.000Z"`, `"2024-12-25T00:00:00.000Z"`))},
		{"a date that is today", "POST", "/bans", `{"ban_type":"name","ban_value":"example_string","expires_at":"2024-12-01"}`, 400,
			fmt.Sprintf(invalid, "expires_at", "in_past", "*", `{"format":"date-time"}`)},
		{"no date at all", "POST", "/bans", `{"ban_type":"name","ban_value":"example_string","reason":"example_string","expires_at":""}`, 200,
			fmt.Sprintf(created, false, true, "Ban updated.", edit(name, `"2024-12-25T10:00:00.000Z"`, `null`))},
		{"words for booleans", "POST", "/bans?force=yes", `{"ban_type":"name","ban_value":"example_string","reason":"example_string","expires_at":"2024-12-25T10:00:00Z","shadow":"On","disable_matching_aliases":"no"}`, 200,
			fmt.Sprintf(created, false, true, "Ban updated.", edit(name, `"shadow":false`, `"shadow":true`))},
		{"a word that is no boolean", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","shadow":"maybe"}`, 400,
			fmt.Sprintf(invalid, "shadow", "wrong_type", "give true or false", `{"type":"boolean"}`)},
		{"a field that there is not", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","expiry":"never"}`, 400,
			fmt.Sprintf(invalid, "expiry", "unknown", "*", "{}")},
		{"a guarded value", "POST", "/bans", `{"ban_type":"domain","ban_value":"co.uk"}`, 400,
			fmt.Sprintf(invalid, "ban_value", "public_suffix", "*", "{}")},
		{"a guarded value, forced", "POST", "/bans?force=1", `{"ban_type":"domain","ban_value":"co.uk"}`, 200,
			fmt.Sprintf(created, true, false, "Ban created.", edit(shadow, `"id":2`, `"id":3`, "spam.example", "co.uk", "review", "deny", `"shadow":true`, `"shadow":false`))},
		{"a guarded value, half forced", "POST", "/bans?force=maybe", `{"ban_type":"domain","ban_value":"co.uk"}`, 400,
			fmt.Sprintf(invalid, "force", "bad_syntax", "give 1 or 0", "{}")},

		{"a page", "GET", "/bans", "", 200, fmt.Sprintf(list, shadow+","+name, 2, 50, 0)},
		{"a page of few", "GET", "/bans?limit=1&offset=1", "", 200, fmt.Sprintf(list, name, 2, 1, 1)},
		{"a page beyond the end", "GET", "/bans?offset=2", "", 200, fmt.Sprintf(list, "", 2, 50, 2)},
		{"a page of many", "GET", "/bans?limit=200", "", 200, fmt.Sprintf(list, shadow+","+name, 2, 200, 0)},
		{"a page of more", "GET", "/bans?limit=201", "", 400, fmt.Sprintf(invalid, "limit", "out_of_range", "give a whole number from 1 to 200", `{"maximum":200,"minimum":1}`)},
		{"a page, with a slash", "GET", "/bans/?limit=1", "", 200, fmt.Sprintf(list, shadow, 2, 1, 0)},
		{"a page of bans in force, in a word", "GET", "/bans?active=yes", "", 200, fmt.Sprintf(list, shadow+","+name, 2, 50, 0)},
		{"a page of a type in any case", "GET", "/bans?ban_type=%20Name", "", 200, fmt.Sprintf(list, name, 1, 50, 0)},
		{"a page of active bans", "GET", "/bans?active=1", "", 200, fmt.Sprintf(list, shadow+","+name, 2, 50, 0)},
		{"a page of others", "GET", "/bans?active=false", "", 200, fmt.Sprintf(list, "", 0, 50, 0)},
		{"a page of a type", "GET", "/bans?ban_type=name", "", 200, fmt.Sprintf(list, name, 1, 50, 0)},
		{"a page of values with a part", "GET", "/bans?ban_value=PAM.", "", 200, fmt.Sprintf(list, shadow, 1, 50, 0)},
		{"a page with a parameter that nobody knows", "GET", "/bans?_=1", "", 200, fmt.Sprintf(list, shadow+","+name, 2, 50, 0)},
		{"a limit of 0", "GET", "/bans?limit=0", "", 400, fmt.Sprintf(invalid, "limit", "out_of_range", "*", `{"maximum":200,"minimum":1}`)},
		{"a limit that is no number", "GET", "/bans?limit=abc", "", 400, fmt.Sprintf(invalid, "limit", "out_of_range", "*", `{"maximum":200,"minimum":1}`)},
		{"an offset below 0", "GET", "/bans?offset=-1", "", 400, fmt.Sprintf(invalid, "offset", "out_of_range", "*", `{"maximum":2147483647,"minimum":0}`)},
		{"a limit twice", "GET", "/bans?limit=1&limit=2", "", 400, fmt.Sprintf(invalid, "limit", "duplicate", "give it once", `{"maximum":200,"minimum":1}`)},
		{"a type that there is not", "GET", "/bans?ban_type=user", "", 400, fmt.Sprintf(invalid, "ban_type", "unknown", "*", `{"enum":["email","domain","ip","name"]}`)},
		{"a part that is not UTF-8", "GET", "/bans?ban_value=%ff", "", 400, fmt.Sprintf(invalid, "ban_value", "invalid_utf8", "*", "{}")},
		{"a part with NUL", "GET", "/bans?ban_value=%00", "", 400, fmt.Sprintf(invalid, "ban_value", "control_character", "*", "{}")},
		{"a query that cannot be read", "GET", "/bans?limit=%zz", "", 400, fmt.Sprintf(invalid, "query", "bad_syntax", "*", "{}")},

		{"a ban", "GET", "/bans/1", "", 200, `{"item":` + name + `}`},
		{"a ban that there is not", "GET", "/bans/123", "", 404,
			`{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"ban_not_found","id":123}`},
		{"a ban by what is no number", "GET", "/bans/x", "", 400, fmt.Sprintf(invalid, "id", "bad_syntax", "*", `{"minimum":1,"type":"integer"}`)},
		{"a ban by a number that is none", "GET", "/bans/99999999999999999999", "", 400, fmt.Sprintf(invalid, "id", "out_of_range", "*", `{"minimum":1,"type":"integer"}`)},

		{"a patch", "PATCH", "/bans/1", `{"reason":"other","expires_at":null}`, 200,
			fmt.Sprintf(updated, edit(name, `"reason":"example_string"`, `"reason":"other"`, `"2024-12-25T10:00:00.000Z"`, `null`))},
		{"a patch of the value", "PATCH", "/bans/1", `{"ban_type":"email","ban_value":"Eve@Spam.example"}`, 200,
			fmt.Sprintf(updated, edit(name, `"name","ban_value":"example_string"`, `"email","ban_value":"eve@spam.example"`))},
		{"a patch of the extensions", "PATCH", "/bans/2", `{"effect":"deny","shadow":false}`, 200,
			fmt.Sprintf(updated, edit(shadow, "review", "deny", `"shadow":true`, `"shadow":false`))},
		{"a revocation", "PATCH", "/bans/1", `{"revoked":1,"revoked_reason":"appeal"}`, 200, fmt.Sprintf(updated, edit(name, alive, revokedItem))},
		{"a revocation by true", "PATCH", "/bans/1", `{"revoked":true,"revoked_reason":"appeal"}`, 200, fmt.Sprintf(updated, edit(name, alive, revokedItem))},
		{"a reinstatement of what is not revoked", "PATCH", "/bans/1", `{"revoked":0}`, 200, fmt.Sprintf(updated, name)},
		{"a revocation in a word", "PATCH", "/bans/1", `{"revoked":"yes","revoked_reason":" appeal "}`, 200, fmt.Sprintf(updated, edit(name, alive, revokedItem))},
		{"a reason of no revocation", "PATCH", "/bans/1", `{"revoked_reason":"appeal"}`, 200,
			fmt.Sprintf(updated, edit(name, `"revoked_reason":null`, `"revoked_reason":"appeal"`))},
		{"a reason of a revocation that is taken back", "PATCH", "/bans/1", `{"revoked":0,"revoked_reason":"c"}`, 200, fmt.Sprintf(updated, name)},
		{"a public reason alone", "PATCH", "/bans/1", `{"public_reason":" Spam. "}`, 200,
			fmt.Sprintf(updated, edit(name, `"public_reason":null`, `"public_reason":"Spam."`))},
		{"an expiry that has passed", "PATCH", "/bans/1", `{"expires_at":"2024-11-25T10:00:00Z"}`, 200,
			fmt.Sprintf(updated, edit(name, `"2024-12-25T10:00:00.000Z"`, `"2024-12-01T12:00:00.123Z"`, `"active":true`, `"active":false`))},
		{"an expiry that is no time", "PATCH", "/bans/1", `{"expires_at":"soon"}`, 400, fmt.Sprintf(invalid, "expires_at", "bad_syntax", "*", `{"format":"date-time"}`)},
		{"an item as it was given", "PATCH", "/bans/1", edit(name, "UUID", "00000000-0000-0000-0000-000000000000"), 200, fmt.Sprintf(updated, name)},
		{"an item with a field that nobody knows", "PATCH", "/bans/2", edit(shadow, `"id":2`, `"colour":{"dark":[]}`), 200, fmt.Sprintf(updated, shadow)},
		{"an empty patch", "PATCH", "/bans/1", `{}`, 400, fmt.Sprintf(invalid, "body", "empty_patch", "set at least one field to change", "{}")},
		{"a patch of what cannot be changed", "PATCH", "/bans/1", `{"id":7,"active":false,"colour":1}`, 400, fmt.Sprintf(invalid, "body", "empty_patch", "set at least one field to change", "{}")},
		{"a patch to a value that is banned already", "PATCH", "/bans/1", `{"ban_type":"domain","ban_value":"spam.example"}`, 409,
			`{"error":"Conflict","message":"The request conflicts with the current state of the resource","code":409,"details":"Resource already exists","reason":"ban_exists"}`},
		{"a patch to a guarded value", "PATCH", "/bans/1", `{"ban_type":"ip","ban_value":"127.0.0.1"}`, 400,
			fmt.Sprintf(invalid, "ban_value", "non_public_address", "*", "{}")},
		{"a patch of a ban that there is not", "PATCH", "/bans/3", `{"reason":"x"}`, 404,
			`{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"ban_not_found","id":3}`},

		{"a deletion", "DELETE", "/bans/1", "", 200, `{"ok":true,"deleted":true,"item":` + name + `}`},
		{"a deletion of a ban that there is not", "DELETE", "/bans/3", "", 404,
			`{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"ban_not_found","id":3}`},

		{"no route", "GET", "/", "", 404,
			`{"error":"Not Found","message":"The requested resource was not found","code":404,"reason":"route_not_found"}`},
		{"no such method", "PUT", "/bans", "", 405,
			`{"error":"Method Not Allowed","message":"The resource does not have this method","code":405,"reason":"method_not_allowed"}`},
		{"a body of 33 KiB", "POST", "/bans", `{"ban_type":"name","ban_value":"eve","reason":"` + strings.Repeat("x", 33<<10) + `"}`, 413, `{"error":"payload_too_large"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, memstore.New(), letIn)
			f.bans(t,
				ban.CreateOptions{Kind: ban.KindName, Value: "example_string", Reason: "example_string", ExpiresAt: time.Date(2024, 12, 25, 10, 0, 0, 0, time.UTC)},
				ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Effect: ban.Review, Shadow: true})
			before := f.changes(t)
			w := f.do(tt.method, tt.target, tt.body)
			webtest.WantAnswer(t, w, tt.status, tt.want)
			if after := f.changes(t); tt.status >= 400 && after != before {
				t.Errorf("refused, but %d changes were made", after-before)
			}
		})
	}
}

func TestRevokedBansComeBackWithoutTheirReason(t *testing.T) {
	f := newFixture(t, memstore.New(), letIn)
	f.bans(t, ban.CreateOptions{Kind: ban.KindName, Value: "eve"})
	f.do("PATCH", "/bans/1", `{"revoked":true,"revoked_reason":"appeal"}`)
	if w := f.do("GET", "/bans?active=0", ""); !strings.Contains(w.Body.String(), `"revoked_reason":"appeal"`) {
		t.Errorf("%s", w.Body)
	}
	w := f.do("PATCH", "/bans/1", `{"revoked":0}`)
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `"revoked_at":null,"revoked_reason":null,"active":true`) {
		t.Errorf("%d %s", w.Code, body)
	}
}

// TestAFormIsTakenBack sends items back whole, as a dashboard does whose form
// rounds the expiry to the minute: of each type of ban, in each state.
func TestAFormIsTakenBack(t *testing.T) {
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindName, Value: "eve"}, {Kind: ban.KindName, Value: "=Eve Smith"}, {Kind: ban.KindName, Value: "spam*"},
		{Kind: ban.KindEmail, Value: "E.v.e+x@googlemail.com"}, {Kind: ban.KindDomain, Value: "BÜCHER.example"},
		{Kind: ban.KindIP, Value: "203.0.113.7/24"}, {Kind: ban.KindIP, Value: "2001:db8::1", IPv6Prefix: 64},
		{Kind: ban.KindIP, Value: "10.0.0.0/8", Effect: ban.Review, Shadow: true, PublicReason: "Spam.", Scope: ban.ScopeOf(ban.Mail)},
	} {
		for _, state := range []string{"works", "lapsed", "revoked", "lapsed and revoked"} {
			t.Run(fmt.Sprint(o.Kind, " ", o.Value, " ", state), func(t *testing.T) {
				now := noon
				f := newFixtureAt(t, memstore.New(), letIn, func() time.Time { return now })
				o.Reason, o.ExpiresAt, o.Force = "because", noon.Add(90*time.Second), true
				f.bans(t, o)
				if strings.Contains(state, "revoked") {
					f.do("PATCH", "/bans/1", `{"revoked":true,"revoked_reason":"appeal"}`)
				}
				if strings.Contains(state, "lapsed") {
					now = now.Add(time.Hour)
				}
				before, err := f.admin.GetSeq(t.Context(), 1)
				if err != nil {
					t.Fatal(err)
				}
				var got struct{ Item map[string]any }
				if err := json.Unmarshal(f.do("GET", "/bans/1", "").Body.Bytes(), &got); err != nil {
					t.Fatal(err)
				}
				send := func(item map[string]any) {
					t.Helper()
					body, err := json.Marshal(item)
					if err != nil {
						t.Fatal(err)
					}
					if w := f.do("PATCH", "/bans/1", string(body)); w.Code != 200 {
						t.Errorf("%s: %d %s", body, w.Code, w.Body)
					}
				}
				send(got.Item)
				if after, err := f.admin.GetSeq(t.Context(), 1); err != nil || after != before {
					t.Errorf("%+v, %v, was %+v", after, err, before)
				}
				if strings.Contains(state, "lapsed") {
					got.Item["expires_at"] = "2024-12-01T12:01:00Z"
				}
				got.Item["reason"] = "other"
				got.Item["revoked"] = before.RevokedAt.IsZero()
				send(got.Item)
				after, err := f.admin.GetSeq(t.Context(), 1)
				if err != nil || after.Reason != "other" || after.RevokedAt.IsZero() == before.RevokedAt.IsZero() || !after.ExpiresAt.Equal(before.ExpiresAt) {
					t.Errorf("%+v, %v, was %+v", after, err, before)
				}
			})
		}
	}
}

func TestAnUpdateKeepsThePublicReasonThatItDoesNotName(t *testing.T) {
	f := newFixture(t, memstore.New(), letIn)
	f.bans(t, ban.CreateOptions{Kind: ban.KindName, Value: "eve", PublicReason: "spam", Scope: ban.ScopeOf(ban.Mail)})
	f.do("POST", "/bans", `{"ban_type":"name","ban_value":"eve","reason":"again"}`)
	b, err := f.admin.GetSeq(t.Context(), 1)
	if err != nil || b.PublicReason != "spam" || b.Reason != "again" || b.Scope != 0 {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestTheActorIsLogged(t *testing.T) {
	f := newFixture(t, memstore.New(), letIn)
	f.do("POST", "/bans", `{"ban_type":"name","ban_value":"eve"}`)
	f.do("PATCH", "/bans/1", `{"revoked":true}`)
	f.do("DELETE", "/bans/1", "")
	changes, err := f.store.Changes(t.Context(), 0, 10)
	if err != nil || len(changes) != 3 {
		t.Fatal(changes, err)
	}
	for i, action := range []string{"ban.create", "ban.revoke", "ban.delete"} {
		if c := changes[i]; string(c.Action) != action || c.Actor != "alice" {
			t.Errorf("%s by %s, want %s by alice", c.Action, c.Actor, action)
		}
	}
	if !strings.Contains(string(changes[2].Before), `"value":"eve"`) {
		t.Errorf("what was deleted is lost: %s", changes[2].Before)
	}
}
