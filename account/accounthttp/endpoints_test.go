package accounthttp_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
)

// endpoint is a route with a body that it takes.
type endpoint struct {
	target, body string
	by           string // which authorizer guards it: cookie, storyden, token or, in contract B, blocks
}

// anybodys reports whether everybody who has a session may do it.
func (e endpoint) anybodys() bool { return strings.Contains(e.target, " /api/auth/") }

// ownRule reports whether no Authorize of a host is asked: the Authorizer itself is.
func (e endpoint) ownRule() bool { return e.anybodys() || strings.Contains(e.target, "/me/password") }

// readsSession reports whether it says what the CSRF token of a session is.
func (e endpoint) readsSession() bool { return e.anybodys() && !e.mutation() }

func (e endpoint) mutation() bool {
	return !strings.HasPrefix(e.target, "GET ") && !strings.HasPrefix(e.target, "HEAD ")
}

// endpoints returns all that a site serves: every route of this package, and the
// ones of the others. Account 2 is bob.
func endpoints(t *testing.T) []endpoint {
	t.Helper()
	bodies := map[string]string{
		"POST /api/admin/users":               `{"username":"eve","email":"eve@example.org","password":"example_string"}`,
		"PATCH /api/admin/users/2":            `{"username":"robert"}`,
		"POST /api/admin/users/2/credentials": `{"name":"metrics","scopes":["admin:read:metrics"]}`,
		"POST /api/auth/sign-in":              signInBody("alice", "wrong horse"),
		"POST /api/aliases":                   `{"address":"shop@alias.example","destination":"bob@example.org"}`,
		"PATCH /api/aliases/2":                `{"active":false}`,
		"PATCH /api/admin/users/me/password":  `{"current_password":"` + password + `","new_password":"battery staple"}`,
		"POST /api/admin/bans":                `{"ban_type":"name","ban_value":"eve"}`,
		"PATCH /api/admin/bans/1":             `{"reason":"x"}`,
		"GET /api/admin/bans":                 "",
		"GET /api/admin/bans/1":               "",
		"DELETE /api/admin/bans/1":            "",
		"POST " + blocksPath:                  `{"domain":"spam.example"}`,
		"GET " + blocksPath:                   "",
		"GET " + blocksPath + "/1":            "",
		"DELETE " + blocksPath + "/1":         "",
	}
	for prefix, routes := range accounthttp.Routes() {
		for _, r := range routes {
			target := r.Method + " " + prefix + pathOf(r, "2", "bob")
			bodies[target] += ""
			if r.Method == "GET" {
				bodies["HEAD"+strings.TrimPrefix(target, "GET")] = ""
			}
		}
	}
	var all []endpoint
	for target, body := range bodies {
		e := endpoint{target, body, "cookie"}
		switch {
		case strings.Contains(target, "/storyden/"):
			e.by = "storyden"
		case strings.Contains(target, blocksPath):
			e.by = "blocks"
		case strings.Contains(target, "/aliases"):
			e.by = "token"
		case strings.Contains(target, "/sign-in"):
			continue // whoever they are; see TestWhoMayNotSignIn
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b endpoint) int { return strings.Compare(a.target, b.target) })
	return all
}

const blocksPath = "/api/v1/admin/email_domain_blocks"

// populated returns a site with the admin alice, and bob, a ban and a block.
func populated(t *testing.T, o siteOptions) *site {
	t.Helper()
	s := newSite(t, o)
	alice := s.createAdmin(t, "alice")
	s.createAliases(t, s.create(t, account.CreateOptions{Handle: "bob"}))
	must(s.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindName, Value: "mallory"}))(t)
	w := s.do(request{target: "POST " + blocksPath, body: `{"domain":"other.example"}`, header: s.token(t, alice, "admin:write")})
	if o.authorize == nil && w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	return s
}

// credentials returns all that alice may come with: cookies, CSRF token and API
// token.
func (s *site) credentials(t *testing.T, handle string) map[string]string {
	t.Helper()
	all := s.login(t, handle)
	acc := must(s.admin.ByHandle(t.Context(), handle))(t)
	maps.Copy(all, s.token(t, acc, "admin:read", "admin:write"))
	return all
}

func sessionOf(header map[string]string) string {
	_, rest, _ := strings.Cut(header["Cookie"], "=")
	secret, _, _ := strings.Cut(rest, ";")
	return secret
}
