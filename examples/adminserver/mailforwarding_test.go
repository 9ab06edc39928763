package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

const dayPassword = "correct horse battery"

// onEveryBackend runs a test against the whole site over each backend, with the
// admins alice and carol, and bob, who is none.
func onEveryBackend(t *testing.T, test func(t *testing.T, p *program), change ...func(*parts)) {
	for name, open := range map[string]func(*testing.T) store.Store{
		"memstore": func(*testing.T) store.Store { return memstore.New() },
		"sqlitestore": func(t *testing.T) store.Store {
			return open(t, filepath.Join(t.TempDir(), "ostraka.db"))
		},
		"pgstore": func(t *testing.T) store.Store { return openServer(t, backendtest.Server(t)) },
	} {
		t.Run(name, func(t *testing.T) { test(t, siteOver(t, open(t), change...)) })
	}
}

// siteOver serves the whole site over a store, with the parts as they are changed.
func siteOver(t *testing.T, st store.Store, change ...func(*parts)) *program {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cheap := account.PasswordOptions{Memory: 64, Time: 1}
	p := &parts{store: st, storeSeconds: newStoreSeconds(), log: slog.New(slog.DiscardHandler), insecureCookie: true}
	var err error
	p.checker, err = ban.NewChecker(st, ban.CheckerOptions{})
	must(err)
	t.Cleanup(func() { p.checker.Close() })
	p.auth, err = account.NewAuth(st, account.AuthOptions{Passwords: cheap, Checker: p.checker})
	must(err)
	p.accounts, err = account.NewAdmin(st, account.AdminOptions{Passwords: cheap})
	must(err)
	ctx := ban.WithActor(t.Context(), "root")
	for _, o := range []account.CreateOptions{
		{Handle: "alice", Email: "alice@example.org", Admin: true}, {Handle: "carol", Email: "carol@example.org", Admin: true}, {Handle: "bob", Email: "bob@example.net"},
	} {
		o.Password = dayPassword
		_, err := p.accounts.Create(ctx, o)
		must(err)
	}
	for _, change := range change {
		change(p)
	}
	site, err := newSite(p)
	must(err)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return &program{t: t, url: server.URL, parts: p}
}

// row is a request, and what is wanted of the answer: its status and pieces of it.
type row struct {
	rule, request, body string
	status              int
	pieces              []string
}

func has(pieces ...string) []string { return pieces }

// check makes the requests one after the other. A body that is no JSON is a form.
func (p *program) check(t *testing.T, who login, rows []row) {
	t.Helper()
	for _, r := range rows {
		method, path, _ := strings.Cut(r.request, " ")
		media := "application/json"
		if r.body != "" && !strings.ContainsAny(r.body[:1], "{[") {
			media = "application/x-www-form-urlencoded"
		}
		a := p.send(method, path, r.body, who, "Content-Type", media)
		if a.status != r.status {
			t.Errorf("%s: %s %s: %d %.600s, want %d", r.rule, r.request, r.body, a.status, a.body, r.status)
		}
		for _, piece := range r.pieces {
			if !strings.Contains(a.body, piece) {
				t.Errorf("%s: %s %s: %.600s, want %s", r.rule, r.request, r.body, a.body, piece)
			}
		}
	}
}

// TestMailForwardingContract has a row for each line of what the reference server
// does and the documents leave open. Each row builds on those before.
func TestMailForwardingContract(t *testing.T) {
	const bans, users, aliases = "/api/admin/bans", "/api/admin/users", "/api/admin/aliases"
	long := strings.Repeat("x", 256)
	rows := []row{
		{"a type in any case, with blanks", "POST " + bans, `{"ban_type":" Domain ","ban_value":"spam.example","reason":"  ticket 1 ","public_reason":" Spam. "}`, 200,
			has(`"created":true,"updated":false`, `"message":"Ban created."`, `"ban_type":"domain"`, `"reason":"ticket 1"`, `"public_reason":"Spam."`, `"id":1`)},
		{"made again it is updated, and keeps what a refusal says", "POST " + bans, `{"ban_type":"domain","ban_value":"SPAM.example"}`, 200,
			has(`"created":false,"updated":true`, `"public_reason":"Spam."`, `"reason":null`)},
		{"a type that there is not", "POST " + bans, `{"ban_type":"user","ban_value":"x"}`, 400, has(`"field":"ban_type"`, `"reason":"unknown"`)},
		{"a date without time", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","expires_at":"2099-12-25"}`, 200, has(`"expires_at":"2099-12-25T00:00:00.000Z"`)},
		{"an empty date", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","expires_at":""}`, 200, has(`"expires_at":null`)},
		{"a date that has passed", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","expires_at":"2020-12-25"}`, 400, has(`"field":"expires_at"`, `"reason":"in_past"`)},
		{"what is no date", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","expires_at":"soon"}`, 400, has(`"field":"expires_at"`, `"reason":"bad_syntax"`)},
		{"none of the aliases", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","disable_matching_aliases":"yes"}`, 200,
			has(`"disabled_aliases":0`, `"message":"Ban updated. Also, 0 matching aliases were disabled."`)},
		{"nor those of an address", "POST " + bans, `{"ban_type":"ip","ban_value":"203.0.113.7","disable_matching_aliases":1}`, 400, has(`"reason":"not_supported_for_ip_bans"`)},
		{"a long reason", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","public_reason":"` + long + `"}`, 400, has(`"field":"public_reason"`, `"reason":"too_long"`)},
		{"a field that there is not", "POST " + bans, `{"ban_type":"name","ban_value":"mallory","expire_at":"2099-12-25"}`, 400, has(`"field":"expire_at"`)},

		{"a list with a slash", "GET " + bans + "/", "", 200, has(`"total":2`)},
		{"a list by words", "GET " + bans + "?active=yes&ban_type=DOMAIN", "", 200, has(`"total":1`, "spam.example")},
		{"a list of those that are over", "GET " + bans + "?active=off", "", 200, has(`"total":0`)},
		{"as many as there may be", "GET " + bans + "?limit=200", "", 200, has(`"limit":200`)},
		{"more", "GET " + bans + "?limit=201", "", 400, has(`"error":"invalid_params","field":"limit"`)},
		{"fewer", "GET " + bans + "?limit=0", "", 400, has(`"error":"invalid_params","field":"limit"`)},

		{"a form of a ban that is not revoked", "PATCH " + bans + "/1", `{"revoked":0,"revoked_reason":""}`, 200, has(`"revoked_at":null,"revoked_reason":null,"active":true`)},
		{"a reason noted before", "PATCH " + bans + "/1", `{"revoked_reason":" b "}`, 200, has(`"revoked_at":null,"revoked_reason":"b","active":true`)},
		{"a revocation", "PATCH " + bans + "/1", `{"revoked":"on","revoked_reason":"c"}`, 200, has(`"revoked_reason":"c","active":false`)},
		{"a form that takes it back", "PATCH " + bans + "/1", `{"revoked":0,"revoked_reason":"c"}`, 200, has(`"revoked_at":null,"revoked_reason":null,"active":true`)},
		{"a form that takes it back again", "PATCH " + bans + "/1", `{"revoked":false,"revoked_reason":"c"}`, 200, has(`"revoked_reason":null`)},
		{"a past expiry ends it", "PATCH " + bans + "/1", `{"expires_at":"2020-01-01T00:00:00Z"}`, 200, has(`"active":false`)},
		{"and it is over", "GET " + bans + "?active=0", "", 200, has(`"total":1`)},
		{"a ban that is over can be edited", "PATCH " + bans + "/1", `{"reason":"d","expires_at":"2020-01-01T00:00:00Z"}`, 200, has(`"reason":"d"`, `"active":false`)},
		{"and revoked", "PATCH " + bans + "/1", `{"revoked":1,"expires_at":"2020-01-01"}`, 200, has(`"active":false`)},
		{"and begun again", "PATCH " + bans + "/1", `{"revoked":0,"expires_at":null}`, 200, has(`"expires_at":null`, `"active":true`)},
		{"an empty patch", "PATCH " + bans + "/1", `{}`, 400, has(`"reason":"empty_patch"`)},
		{"a patch of what cannot be changed", "PATCH " + bans + "/1", `{"id":1,"active":true,"hits":7,"colour":"red"}`, 400, has(`"reason":"empty_patch"`)},
		{"what is no boolean", "PATCH " + bans + "/1", `{"revoked":"maybe"}`, 400, has(`"field":"revoked"`)},

		{"one's own account", "PATCH " + users + "/1", `{"is_admin":false}`, 400, has(`"reason":"own_account"`)},
		{"a user as it was given", "PATCH " + users + "/3", `{"id":3,"username":"bob","email":"bob@example.net","email_verified_at":null,"is_active":1,"is_admin":"no","uuid":"x"}`, 200,
			has(`"updated":true`, `"sessions_revoked":0,"aliases_disabled":0`)},
		{"a verified address", "PATCH " + users + "/3", `{"email_verified_at":"2024-12-25T10:00:00Z"}`, 200, has(`"email_verified_at":"2024-12-25T10:00:00.000Z"`)},
		{"another address is not", "PATCH " + users + "/3", `{"email":"bob@example.com","email_verified_at":"2024-12-25T10:00:00.000Z"}`, 200, has(`"email":"bob@example.com","email_verified_at":null`)},
		{"an empty patch of a user", "PATCH " + users + "/3", `{"id":3}`, 400, has(`"reason":"empty_patch"`)},
		{"who is suspended: nobody", "GET " + users + "?suspended=1", "", 200, has(`"total":0`)},
		{"a suspension", "PATCH " + users + "/3", `{"is_active":0}`, 200, has(`"is_active":0`)},
		{"who is suspended", "GET " + users + "/?suspended=yes", "", 200, has(`"total":1`, `"username":"bob"`)},
		{"who is not", "GET " + users + "?suspended=0&email=example", "", 200, has(`"total":2`)},
		{"what is no answer", "GET " + users + "?suspended=perhaps", "", 400, has(`"field":"suspended"`)},
		{"its end", "PATCH " + users + "/3", `{"is_active":1}`, 200, has(`"is_active":1`)},
		{"one's own password", "PATCH " + users + "/1", `{"password":"another horse"}`, 400, has(`"reason":"use_self_password_route"`, "/users/me/password")},
		{"another is demoted", "PATCH " + users + "/2", `{"is_admin":0}`, 200, has(`"is_admin":false`)},
		{"the last admin goes before one's own", "PATCH " + users + "/1", `{"is_admin":false}`, 409, has(`"reason":"cannot_demote_last_admin"`)},
		{"by force, too", "PATCH " + users + "/1?force=1", `{"is_active":false}`, 409, has(`"reason":"cannot_disable_last_admin"`)},

		{"an alias", "POST " + aliases, `{"address":"shop@alias.example","user_id":3}`, 200, has(`"destination":"bob@example.com","user_id":3,"active":true`)},
		{"an alias of nobody", "POST " + aliases, `{"address":"news@alias.example","destination":"x@example.org"}`, 200, has(`"id":2`)},
		{"aliases that a ban turns off", "POST " + bans, `{"ban_type":"name","ban_value":"shop","public_reason":"No shops.","disable_matching_aliases":true}`, 200,
			has(`"message":"Ban created. Also, 1 matching alias was disabled."`, `"disabled_aliases":1`)},
		{"stay off as long as it lasts", "PATCH " + aliases + "/1", `{"active":true}`, 403, has(`"error":"banned"`, `"reason":"No shops."`)},
		{"a ban that there is not", "PATCH " + bans + "/4", `{"revoked":"yes"}`, 404, nil},
		{"the ban is over", "PATCH " + bans + "/3", `{"revoked":"yes"}`, 200, has(`"active":false`)},
		{"made anew, it says how", "POST " + aliases, `{"address":"shop@alias.example","user_id":3}`, 409, has(`"reason":"alias_turned_off"`, `"id":1`, "PATCH")},
		{"and is turned on", "PATCH " + aliases + "/1", `{"active":"yes"}`, 200, has(`"active":true`, `"disabled_ban":null`)},
		{"made anew then it is taken", "POST " + aliases, `{"address":"shop@alias.example","user_id":3}`, 409, has(`"reason":"alias_taken"`)},
		{"aliases of a user", "GET " + aliases + "?user_id=3&active=1&address=shop", "", 200, has(`"total":1`, "shop@alias.example")},
		{"a change of address counts them", "PATCH " + users + "/3", `{"email":"bob@example.org"}`, 200, has(`"aliases_disabled":1`)},
		{"an alias is deleted", "DELETE " + aliases + "/2", "", 200, has(`"deleted":true`)},
		{"and gone", "GET " + aliases + "/2", "", 404, has(`"reason":"alias_not_found"`, `"id":2`)},
	}
	onEveryBackend(t, func(t *testing.T, p *program) {
		who := p.signIn("alice", dayPassword)
		p.check(t, who, rows)

		// The ban of the domain works: its public reason is what the refused are told.
		p.check(t, who, []row{{"a refusal", "POST " + aliases, `{"address":"x@spam.example","destination":"x@example.org"}`, 403,
			has(`"error":"banned"`, `"ban_value":"spam.example"`, `"reason":"Spam."`)}})
	})
}

// TestADashboardsDay is what an admin does from morning to evening.
func TestADashboardsDay(t *testing.T) {
	const bans, users, aliases = "/api/admin/bans", "/api/admin/users", "/api/admin/aliases"
	onEveryBackend(t, func(t *testing.T, p *program) {
		a := p.send("POST", "/api/auth/sign-in", `{"identifier":"alice@example.org","password":"`+dayPassword+`"}`, login{})
		a.want(t, http.StatusOK, `"csrf_token":`)
		morning := login{session: (&http.Response{Header: a.header}).Cookies()[0].Value}

		// The page is loaded anew: what it knew is gone, the cookie is not.
		a = p.send("GET", "/api/auth/session", "", morning)
		a.want(t, http.StatusOK, `"username":"alice"`)
		morning.csrf = field(t, a, "csrf_token")
		p.send("GET", "/api/auth/csrf", "", morning).want(t, http.StatusOK, morning.csrf)
		p.send("POST", bans, `{}`, login{session: morning.session}).want(t, http.StatusForbidden, "csrf_required")
		elsewhere := p.signIn("alice", dayPassword)

		p.check(t, morning, []row{
			{"nothing yet", "GET " + bans, "", 200, has(`{"items":[],"pagination":{"total":0,"limit":50,"offset":0}}`)},
			{"a ban of an address", "POST " + bans, `{"ban_type":"email","ban_value":"eve@gmail.com","reason":"spam"}`, 200, has(`"created":true`)},
			{"of a domain", "POST " + bans, `{"ban_type":"domain","ban_value":"spam.example","public_reason":"Spam.","disable_matching_aliases":true}`, 200, has(`"created":true`)},
			{"of a network", "POST " + bans, `{"ban_type":"ip","ban_value":"203.0.113.0/24"}`, 200, has(`"created":true`)},
			{"of a name, for a while", "POST " + bans, fmt.Sprintf(`{"ban_type":"name","ban_value":"mallory","expires_at":%q}`, time.Now().Add(time.Hour).Format(time.RFC3339)), 200, has(`"created":true`)},
			{"all of them", "GET " + bans + "/?active=true&limit=3", "", 200, has(`"total":4,"limit":3`)},
		})
		for id := 1; id <= 4; id++ { // each form is opened, changed and sent back whole
			path := bans + "/" + strconv.Itoa(id)
			form := item(t, p.send("GET", path, "", morning))
			form["reason"], form["revoked"], form["revoked_reason"] = " edited ", 0, ""
			p.check(t, morning, []row{
				{"edited", "PATCH " + path, text(t, form), 200, has(`"reason":"edited"`, `"active":true`)},
				{"revoked", "PATCH " + path, `{"revoked":1,"revoked_reason":"appeal"}`, 200, has(`"revoked_reason":"appeal","active":false`)},
				{"un-revoked", "PATCH " + path, `{"revoked":0,"revoked_reason":"appeal"}`, 200, has(`"revoked_reason":null,"active":true`)},
			})
		}
		p.check(t, morning, []row{
			{"a ban is deleted", "DELETE " + bans + "/3", "", 200, has(`"deleted":true`)},

			{"a user is made", "POST " + users, `{"username":"dave","email":"dave@example.org","password":"long enough"}`, 200, has(`"id":4`)},
			{"found", "GET " + users + "/?email=dave&active=yes", "", 200, has(`"total":1`)},
			{"verified", "PATCH " + users + "/4", `{"email_verified_at":"2024-12-25"}`, 200, has(`"email_verified_at":"2024-12-25`)},
			{"made an admin", "PATCH " + users + "/4", `{"is_admin":"yes"}`, 200, has(`"is_admin":true`)},
			{"suspended", "PATCH " + users + "/4", `{"is_active":0}`, 200, has(`"is_active":0`)},
			{"let in again", "PATCH " + users + "/4", `{"is_active":"yes"}`, 200, has(`"is_active":1`)},

			{"an alias", "POST " + aliases, `{"address":"shop@alias.example","user_id":3}`, 200, has(`"id":1`)},
			{"is turned off", "PATCH " + aliases + "/1", `{"active":false}`, 200, has(`"active":false`)},
			{"is listed", "GET " + aliases + "?active=no", "", 200, has(`"total":1`)},
			{"is turned on", "PATCH " + aliases + "/1", `{"active":true}`, 200, has(`"active":true`)},

			{"a wrong password of one's own", "PATCH " + ownPassword, `{"current_password":"x","new_password":"another horse battery"}`, 400, has(`"reason":"invalid_current_password"`)},
			{"another one", "PATCH " + ownPassword, `{"current_password":"` + dayPassword + `","new_password":"another horse battery"}`, 200, has(`"sessions_revoked":1`)},
			{"this session goes on", "GET " + bans, "", 200, has(`"total":3`)},
		})
		p.send("GET", bans, "", elsewhere).want(t, http.StatusUnauthorized, "invalid_or_expired_session")

		evening := p.signIn("alice", "another horse battery")
		a = p.send("POST", "/api/auth/sign-out-all", "", evening)
		a.want(t, http.StatusOK, `"sessions_revoked":2`)
		if cookies := (&http.Response{Header: a.header}).Cookies(); len(cookies) != 2 || cookies[0].MaxAge >= 0 || cookies[1].MaxAge >= 0 {
			t.Errorf("the cookies are %v", cookies)
		}
		for _, who := range []login{morning, evening} {
			p.send("GET", "/api/auth/session", "", who).want(t, http.StatusUnauthorized, "invalid_or_expired_session")
		}
	})
}

// field returns a text of the body of an answer.
func field(t *testing.T, a answer, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatal(err)
	}
	s, _ := body[name].(string)
	return s
}

// item returns the item of an answer.
func item(t *testing.T, a answer) map[string]any {
	t.Helper()
	var body struct{ Item map[string]any }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatal(err)
	}
	return body.Item
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
