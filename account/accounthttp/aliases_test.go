package accounthttp_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web/webtest"
	"example.com/ostraka/memstore"
)

func TestContractOfAliases(t *testing.T) {
	const made = `{"ok":true,"created":true,"updated":false,"deleted":false,"message":"Alias created.","item":{"id":2,"address":%q,"destination":%q,"user_id":%s,
		"active":true,"created_at":"2024-12-01T12:00:00.123Z","updated_at":"2024-12-01T12:00:00.123Z","uuid":"UUID","disabled_ban":null}}`
	const invalid = `{"error":"invalid_params","field":"%s","reason":"%s","hint":"*","constraints":%s}`
	const refused = `{"error":%q,"ban":{"ban_type":%q,"ban_value":%q,"reason":%s,"banned_at":"TIME"}}`
	const conflict = `{"error":"Conflict","message":"The request conflicts with the current state of the resource","code":409,"details":%q,"reason":%q,"field":%q}`
	const emailRule, idRule = `{"format":"email"}`, `{"minimum":1,"type":"integer"}`
	tests := []struct {
		name, body, from string
		status           int
		want             string
	}{
		{"an alias of nobody", `{"address":"News@Alias.example","destination":"x@example.org"}`, "", 200, fmt.Sprintf(made, "news@alias.example", "x@example.org", "null")},
		{"an alias of a user goes to their primary address", `{"address":"news@alias.example","user_id":2}`, "", 200, fmt.Sprintf(made, "news@alias.example", "bob@example.org", "2")},
		{"an alias of a user to an address of theirs", `{"address":"news@alias.example","destination":"bob@example.org","user_id":2,"ip":"192.0.2.7"}`, "", 200,
			fmt.Sprintf(made, "news@alias.example", "bob@example.org", "2")},
		{"an alias of a user to another's address", `{"address":"news@alias.example","destination":"alice@example.org","user_id":2}`, "", 400, fmt.Sprintf(invalid, "destination", "unknown", emailRule)},
		{"no address", `{"destination":"x@example.org"}`, "", 400, fmt.Sprintf(invalid, "address", "empty", emailRule)},
		{"an address that is none", `{"address":"news","destination":"x@example.org"}`, "", 400, fmt.Sprintf(invalid, "address", "bad_syntax", emailRule)},
		{"no destination", `{"address":"news@alias.example"}`, "", 400, fmt.Sprintf(invalid, "destination", "empty", emailRule)},
		{"a destination that is none", `{"address":"news@alias.example","destination":"x"}`, "", 400, fmt.Sprintf(invalid, "destination", "bad_syntax", emailRule)},
		{"a user that there is not", `{"address":"news@alias.example","user_id":9}`, "", 400, fmt.Sprintf(invalid, "user_id", "unknown", idRule)},
		{"a user by what is no number", `{"address":"news@alias.example","user_id":"2"}`, "", 400, fmt.Sprintf(invalid, "user_id", "wrong_type", idRule)},
		{"a user by what is no whole number", `{"address":"news@alias.example","user_id":2.5}`, "", 400, fmt.Sprintf(invalid, "user_id", "wrong_type", idRule)},
		{"a suspended user", `{"address":"news@alias.example","user_id":3}`, "", 409, fmt.Sprintf(conflict, "The user is suspended", "user_suspended", "user_id")},
		{"an address that is taken", `{"address":"old@alias.example","destination":"x@example.org"}`, "", 409, fmt.Sprintf(conflict, "Resource already exists", "alias_taken", "address")},
		{"an IP address that is none", `{"address":"news@alias.example","destination":"x@example.org","ip":"here"}`, "", 400, fmt.Sprintf(invalid, "ip", "bad_syntax", "{}")},
		{"an extra field", `{"address":"news@alias.example","active":false}`, "", 400, fmt.Sprintf(invalid, "active", "unknown", `{"type":"boolean"}`)},
		{"33 KiB", `{"address":"` + strings.Repeat("x", 33<<10) + `"}`, "", 413, `{"error":"payload_too_large"}`},

		{"a name that is banned", `{"address":"mallory@alias.example","destination":"x@example.org"}`, "", 403, fmt.Sprintf(refused, "banned", "name", "mallory", "null")},
		{"a domain that is banned", `{"address":"news@spam.example","destination":"x@example.org"}`, "", 403, fmt.Sprintf(refused, "banned", "domain", "spam.example", `"Too much spam."`)},
		{"a destination that is banned", `{"address":"news@alias.example","destination":"eve+1@gmail.com"}`, "", 403, fmt.Sprintf(refused, "banned", "email", "eve@gmail.com", "null")},
		{"a user whose address is banned", `{"address":"news@alias.example","user_id":4}`, "", 403, fmt.Sprintf(refused, "banned", "domain", "spam.example", `"Too much spam."`)},
		{"a client that is banned", `{"address":"news@alias.example","destination":"x@example.org","ip":"203.0.113.7"}`, "", 403, fmt.Sprintf(refused, "banned", "ip", "203.0.113.0/24", "null")},
		{"a client that is banned and not named", `{"address":"news@alias.example","destination":"x@example.org"}`, "203.0.113.7:1", 403, fmt.Sprintf(refused, "banned", "ip", "203.0.113.0/24", "null")},
		{"a client that is not banned, through a service that is", `{"address":"news@alias.example","destination":"x@example.org","ip":"192.0.2.7"}`, "203.0.113.7:1", 200,
			fmt.Sprintf(made, "news@alias.example", "x@example.org", "null")},
		{"a client that nobody can tell", `{"address":"news@alias.example","destination":"x@example.org"}`, "@", 400, fmt.Sprintf(invalid, "ip", "empty", "{}")},
		{"a name that a person has to look at", `{"address":"support@alias.example","destination":"x@example.org"}`, "", 403, fmt.Sprintf(refused, "needs_review", "name", "support", "null")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			alice := s.createAdmin(t, "alice")
			s.create(t, account.CreateOptions{Handle: "bob"})
			s.create(t, account.CreateOptions{Handle: "sam", Suspended: true})
			s.create(t, account.CreateOptions{Handle: "eve", Email: "eve@spam.example"})
			header := s.token(t, alice, "admin:write:aliases")
			old := s.do(request{target: "POST /api/aliases", body: `{"address":"old@alias.example","destination":"x@example.org"}`, header: header})
			if old.Code != 200 {
				t.Fatal(old.Code, old.Body)
			}
			for _, o := range []ban.CreateOptions{
				{Kind: ban.KindName, Value: "mallory", Reason: "ticket 17"},
				{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 18", PublicReason: "Too much spam."},
				{Kind: ban.KindEmail, Value: "eve@gmail.com"},
				{Kind: ban.KindIP, Value: "203.0.113.0/24"},
				{Kind: ban.KindName, Value: "support", Effect: ban.Review},
			} {
				must(s.bans.Create(as("root"), o))(t)
			}
			before := s.changes(t)
			w := s.do(request{target: "POST /api/aliases", body: tt.body, header: header, from: tt.from})
			if body, at, ok := strings.Cut(w.Body.String(), `"banned_at":"`); ok { // the time in the id, which no clock of a test sets
				w.Body.Reset()
				w.Body.WriteString(body + `"banned_at":"TIME` + at[len("2006-01-02T15:04:05.000Z"):])
			}
			webtest.WantAnswer(t, w, tt.status, tt.want)
			if strings.Contains(w.Body.String(), "ticket") {
				t.Error("a stranger is told what is for moderators")
			}
			if after := s.changes(t); tt.status >= 400 && after != before {
				t.Errorf("refused, but %d changes were made", after-before)
			}
		})
	}
}

func TestOptionsOfHandlersThatDoNotFit(t *testing.T) {
	st := memstore.New()
	s := newSite(t, siteOptions{store: st})
	checker := must(ban.NewChecker(st, ban.CheckerOptions{}))(t)
	defer checker.Close()
	aliases := must(account.NewAliases(st, checker, account.AliasesOptions{}))(t)
	good := accounthttp.Options{Authorize: letIn}
	for name, made := range map[string]func() (any, error){
		"admin":  func() (any, error) { return accounthttp.NewUsers(nil, good) },
		"admin ": func() (any, error) { return accounthttp.NewSuspensions(nil, good) },
		"admin  ": func() (any, error) {
			return accounthttp.NewAliases(aliases, nil, accounthttp.AliasOptions{Authorize: letIn})
		},
		"aliases": func() (any, error) {
			return accounthttp.NewAliases(nil, s.admin, accounthttp.AliasOptions{Authorize: letIn})
		},
		"Authorize":   func() (any, error) { return accounthttp.NewUsers(s.admin, accounthttp.Options{}) },
		"Authorize ":  func() (any, error) { return accounthttp.NewSuspensions(s.admin, accounthttp.Options{}) },
		"Authorize  ": func() (any, error) { return accounthttp.NewAliases(aliases, s.admin, accounthttp.AliasOptions{}) },
		"Timeout": func() (any, error) {
			return accounthttp.NewUsers(s.admin, accounthttp.Options{Authorize: letIn, Timeout: -1})
		},
		"TrustedProxies ": func() (any, error) {
			return accounthttp.NewAliases(aliases, s.admin, accounthttp.AliasOptions{Authorize: letIn, TrustedProxies: zeroRange})
		},
	} {
		_, err := made()
		wantField(t, err, strings.TrimSpace(name))
	}
}
