package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// TestCheckedAccounts: with -check-accounts rules refuse names and addresses to admins
// too, unless they are forced.
func TestCheckedAccounts(t *testing.T) {
	const users = "/api/admin/users"
	user := func(name, email string) string {
		return fmt.Sprintf(`{"username":%q,"email":%q,"password":"long enough"}`, name, email)
	}
	rules := []row{
		{"a domain is banned", "POST /api/admin/bans", `{"ban_type":"domain","ban_value":"spam.example","reason":"ticket 4711","public_reason":"Spam."}`, 200, nil},
		{"a name is reserved for sign-ups", "POST /api/admin/bans", `{"ban_type":"name","ban_value":"support"}`, 200, nil},
		{"a domain is held for review", "POST /api/admin/bans", `{"ban_type":"domain","ban_value":"odd.example","effect":"review"}`, 200, nil},
	}
	t.Run("with the flag", func(t *testing.T) {
		db, alice := database(t)
		p := start(t, db, "-check-accounts")
		who := p.signIn("alice", alice.password)
		p.check(t, who, rules)
		p.check(t, who, []row{
			{"a new user at the domain", "POST " + users, user("eve", "eve@mail.spam.example"), 403, has(`{"error":"banned","ban":{"ban_type":"domain","ban_value":"spam.example","reason":"Spam.",`)},
			{"who is not there", "GET " + users + "?email=spam", "", 200, has(`"total":0`)},
			{"of that name", "POST " + users, user("Support", "eve@example.net"), 403, has(`"ban_type":"name"`)},
			{"held for review", "POST " + users, user("odd", "odd@odd.example"), 403, has(`"error":"needs_review"`, `"ban_value":"odd.example"`)},
			{"with what is no boolean", "POST " + users + "?force=perhaps", user("eve", "eve@spam.example"), 400, has(`"field":"force"`)},
			{"by force", "POST " + users + "?force=1", user("eve", "eve@mail.spam.example"), 200, has(`"id":2,"username":"eve","email":"eve@mail.spam.example"`)},
			{"whom no rule refuses", "POST " + users, user("bob", "bob@example.net"), 200, has(`"id":3`)},
			{"another address at the domain", "PATCH " + users + "/3", `{"email":"bob@spam.example"}`, 403, has(`"error":"banned"`, `"reason":"Spam."`)},
			{"that name", "PATCH " + users + "/3", `{"username":"support"}`, 403, has(`"ban_type":"name"`)},
			{"and nothing has changed", "GET " + users + "/3", "", 200, has(`"username":"bob","email":"bob@example.net"`)},
			{"the address by force", "PATCH " + users + "/3?force=1", `{"email":"bob@spam.example"}`, 200, has(`"email":"bob@spam.example"`)},
			{"what is not new is not asked about", "PATCH " + users + "/3", `{"email":"bob@spam.example","username":"bob","is_admin":true}`, 200, has(`"is_admin":true`)},
			{"a password is nobody's name", "PATCH " + users + "/3", `{"password":"another long one"}`, 200, nil},
		})
		if a := p.send("POST", users, user("eve2", "eve2@spam.example"), who); strings.Contains(a.body, "4711") {
			t.Errorf("the reason for moderators is told: %s", a.body)
		}
	})
	t.Run("without", func(t *testing.T) {
		db, alice := database(t)
		p := start(t, db)
		who := p.signIn("alice", alice.password)
		p.check(t, who, rules)
		p.check(t, who, []row{
			{"admins may", "POST " + users, user("support", "eve@spam.example"), 200, has(`"id":2`)},
			{"and change", "PATCH " + users + "/2", `{"email":"eve@odd.example"}`, 200, has("odd.example")},
		})
	})
}

// TestBannedAddressesMayBeAdmitted to the admin APIs; never to where sessions begin.
func TestBannedAddressesMayBeAdmitted(t *testing.T) {
	const from, banned = "X-Forwarded-For", "203.0.113.7"
	for name, c := range map[string]struct {
		flags  []string
		status int
	}{
		"with the flag": {[]string{"-trusted-proxy", "127.0.0.1/32", "-admit-banned"}, http.StatusOK},
		"without":       {[]string{"-trusted-proxy", "127.0.0.1/32"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			db, alice := database(t)
			p := start(t, db, c.flags...)
			who := p.signIn("alice", alice.password)
			p.send("POST", "/api/admin/bans", `{"ban_type":"ip","ban_value":"203.0.113.0/24"}`, who).want(t, http.StatusOK, "")
			for path, with := range map[string]login{
				"/api/admin/bans": who, "/api/admin/users/1": who, "/api/admin/aliases": who, "/api/admin/users/1/credentials": who, blocksAPI: {token: alice.token},
			} {
				p.send("GET", path, "", with, from, banned).want(t, c.status, "")
			}
			p.send("DELETE", suspensionsAPI+"/alice", "", who, from, banned).want(t, c.status, "")
			p.send("POST", "/api/auth/sign-in", `{}`, login{}, from, banned).want(t, http.StatusForbidden, `"error":"banned"`)
			p.send("POST", "/api/aliases", `{}`, login{token: alice.token}, from, banned).want(t, http.StatusForbidden, `"error":"banned"`)
		})
	}
}

// TestNoBanLocksTheMachineOut: whoever is at the machine signs in, however wide the ban.
func TestNoBanLocksTheMachineOut(t *testing.T) {
	db, alice := database(t)
	p := start(t, db)
	who := p.signIn("alice", alice.password)
	for _, network := range []string{"127.0.0.0/8", "0.0.0.0/0"} {
		p.send("POST", "/api/admin/bans?force=1", fmt.Sprintf(`{"ban_type":"ip","ban_value":%q}`, network), who).want(t, http.StatusOK, "")
	}
	who = p.signIn("alice", alice.password) // with no session left over
	p.check(t, who, []row{
		{"the session", "GET /api/auth/session", "", 200, has(`"csrf_token"`)},
		{"its token", "GET /api/auth/csrf", "", 200, has(`"csrf_token"`)},
		{"one ban is lifted", "DELETE /api/admin/bans/1", "", 200, has(`"deleted":true`)},
		{"and the other", "DELETE /api/admin/bans/2", "", 200, has(`"deleted":true`)},
	})
}

// TestLinksLeadToTheBaseURL where the flag names one, and else to where the request
// went.
func TestLinksLeadToTheBaseURL(t *testing.T) {
	for _, c := range []struct {
		flags []string
		base  string // empty: that of the server
	}{
		{[]string{"-base-url", "https://admin.example/"}, "https://admin.example"},
		{[]string{"-base-url", "https://admin.example:8443/below"}, "https://admin.example:8443/below"},
		{nil, ""},
	} {
		db, alice := database(t)
		p := start(t, db, c.flags...)
		if c.base == "" {
			c.base = p.url
		}
		token := login{token: alice.token}
		for _, domain := range []string{"a.example", "b.example", "c.example"} {
			p.send("POST", blocksAPI, fmt.Sprintf(`{"domain":%q}`, domain), token).want(t, http.StatusOK, domain)
		}
		want := fmt.Sprintf(`<%[1]s%[2]s?limit=1&max_id=2>; rel="next", <%[1]s%[2]s?limit=1&min_id=2>; rel="prev"`, c.base, blocksAPI)
		a := p.send("GET", blocksAPI+"?limit=1&max_id=3", "", token, "X-Forwarded-Host", "evil.example")
		if got := a.header.Get("Link"); a.status != http.StatusOK || got != want {
			t.Errorf("%v: %d %s\nwant %s", c.flags, a.status, got, want)
		}
	}
}

// TestTheScopeOfBlocks is signing up alone, unless the flag widens it.
func TestTheScopeOfBlocks(t *testing.T) {
	for _, c := range []struct {
		flags  []string
		denied string // the actions
	}{
		{nil, "sign_up"},
		{[]string{"-block-scope", "sign_up, alias"}, "sign_up alias"},
		{[]string{"-block-scope", "all"}, "sign_up sign_in alias mail content"},
	} {
		db, alice := database(t)
		p := start(t, db, c.flags...)
		token := login{token: alice.token}
		p.send("POST", blocksAPI, `{"domain":"spam.example"}`, token).want(t, http.StatusOK, "")
		for _, action := range []string{"sign_up", "sign_in", "alias", "mail", "content"} {
			want := "allowed"
			if strings.Contains(c.denied, action) {
				want = "denied"
			}
			p.send("POST", "/api/check", fmt.Sprintf(`{"email":"eve@spam.example","action":%q}`, action), token).want(t, http.StatusOK, `"`+want+`"`)
		}
	}
}

// TestMailHostsAreChecked with -mx, as the DNS of the machine names them.
func TestMailHostsAreChecked(t *testing.T) {
	useDNS(t, map[string]string{"shop.example.": "mx.spam.example."})
	for _, c := range []struct {
		flags []string
		want  string
	}{{[]string{"-mx"}, `"via":"mx"`}, {nil, `"allowed"`}} {
		db, alice := database(t)
		p := start(t, db, c.flags...)
		token := login{token: alice.token}
		p.send("POST", blocksAPI, `{"domain":"spam.example"}`, token).want(t, http.StatusOK, "")
		p.send("POST", "/api/check", `{"email":"eve@shop.example"}`, token).want(t, http.StatusOK, c.want)
		p.send("POST", "/api/check", `{"email":"eve@other.example"}`, token).want(t, http.StatusOK, `"allowed"`)
	}
}

// useDNS makes a DNS server that of this process, until the test ends. It knows the
// mail hosts of some domains, and nothing else.
func useDNS(t *testing.T, mx map[string]string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, asked *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(asked)
		host, ok := mx[asked.Question[0].Name]
		if ok && asked.Question[0].Qtype == dns.TypeMX {
			answer.Answer = []dns.RR{&dns.MX{Hdr: dns.RR_Header{Name: asked.Question[0].Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: 10, Mx: host}}
		} else if !ok {
			answer.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(answer)
	})}
	served := make(chan error, 1)
	go func() { served <- server.ActivateAndServe() }()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		_ = server.Shutdown()
		<-served
	})
}

func TestWithUniqueMailboxAnotherSpellingIsTaken(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-unique-mailbox")
	who := p.signIn("alice", alice.password)
	send := func(handle, email string) answer {
		return p.send("POST", "/api/admin/users", fmt.Sprintf(`{"username":%q,"email":%q,"password":"eight or more"}`, handle, email), who)
	}
	send("bob", "bob@gmail.com").want(t, http.StatusOK, `"username":"bob"`)
	send("rob", "b.o.b+7@googlemail.com").want(t, http.StatusConflict, `"field":"email"`)
	send("ann", "ann@gmail.com").want(t, http.StatusOK, `"username":"ann"`)
	p.send("PATCH", "/api/admin/users/3", `{"email":"Bob+1@gmail.com"}`, who).want(t, http.StatusConflict, `"field":"email"`)
}
