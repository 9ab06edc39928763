package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
)

const blocksAPI = "/api/v1/admin/email_domain_blocks"

// TestMastodonContract has a row for each line of the documents, and of what they
// leave open. Each row builds on those before.
func TestMastodonContract(t *testing.T) {
	const (
		notFound = `{"error":"Record not found"}`
		blank    = `{"error":"Validation failed: Domain can't be blank"}`
		invalid  = `{"error":"Validation failed: Domain is invalid, Domain is not a valid domain name"}`
		taken    = `{"error":"Validation failed: Domain has already been taken"}`
	)
	rows := []row{
		{"an empty list", "GET " + blocksAPI, "", 200, has("[]")},
		{"a domain in a form", "POST " + blocksAPI, "domain=foo", 200, has(`{"id":"1","domain":"foo","created_at":"`, `"uses":"0"}],"allow_with_approval":false,"comment":""}`)},
		{"a domain in JSON", "POST " + blocksAPI, `{"domain":"Spam.Example","comment":" ticket 4711 "}`, 200, has(`"id":"2","domain":"spam.example"`, `"comment":"ticket 4711"`)},
		{"a domain in the query", "POST " + blocksAPI + "?domain=query.example", "", 200, has(`"id":"3"`)},
		{"a domain and a path with a slash", "POST " + blocksAPI + "/", "domain=slash.example/", 200, has(`"domain":"slash.example"`)},
		{"a domain that is taken", "POST " + blocksAPI, "domain=FOO.", 422, has(taken)},
		{"no domain", "POST " + blocksAPI, "", 422, has(blank)},
		{"an empty domain", "POST " + blocksAPI, "domain=", 422, has(blank)},
		{"no domain name", "POST " + blocksAPI, "domain=sp%20am.example", 422, has(invalid)},
		{"a shared provider with approval, without force", "POST " + blocksAPI, "domain=gmail.com&allow_with_approval=true", 200, has(`"domain":"gmail.com"`, `"allow_with_approval":true`)},
		{"a shared provider without", "POST " + blocksAPI, "domain=outlook.com", 422, has("force=1")},
		{"a word of people", "POST " + blocksAPI, "domain=yes.example&allow_with_approval=on", 200, has(`"allow_with_approval":true`)},

		{"one", "GET " + blocksAPI + "/2", "", 200, has(`"domain":"spam.example"`)},
		{"one that there is not", "GET " + blocksAPI + "/99", "", 404, has(notFound)},
		{"one by what is no number", "GET " + blocksAPI + "/foo", "", 404, has(notFound)},

		{"a page", "GET " + blocksAPI + "?limit=2", "", 200, has(`[{"id":"6"`, `{"id":"5"`)},
		{"what is older", "GET " + blocksAPI + "?max_id=3", "", 200, has(`[{"id":"2"`, `{"id":"1"`)},
		{"what is newest above one", "GET " + blocksAPI + "?since_id=4&limit=1", "", 200, has(`[{"id":"6"`)},
		{"what is just above one", "GET " + blocksAPI + "?min_id=4&since_id=5&limit=1", "", 200, has(`[{"id":"5"`)},
		{"an empty page", "GET " + blocksAPI + "?limit=0", "", 200, has("[]")},
		{"a part of the domain", "GET " + blocksAPI + "?q=SPAM", "", 200, has(`[{"id":"2"`)},
		{"a part that means something in SQL", "GET " + blocksAPI + "?q=%25", "", 200, has("[]")},
		{"by uses", "GET " + blocksAPI + "?order=uses&limit=1", "", 200, has(`[{"id":"6"`)},
		{"by what there is not", "GET " + blocksAPI + "?order=size", "", 422, has("Order is invalid")},

		{"to review", "PATCH " + blocksAPI + "/2", "allow_with_approval=true", 200, has(`"id":"2"`, `"allow_with_approval":true`, `"comment":"ticket 4711"`)},
		{"and back, with another comment", "PATCH " + blocksAPI + "/2", `{"allow_with_approval":false,"comment":"seen again"}`, 200, has(`"allow_with_approval":false`, `"comment":"seen again"`)},
		{"to refuse a shared provider", "PATCH " + blocksAPI + "/5", "allow_with_approval=0", 422, has("force=1")},
		{"by force", "PATCH " + blocksAPI + "/5?force=1", "allow_with_approval=0", 200, has(`"allow_with_approval":false`)},
		{"nothing to change", "PATCH " + blocksAPI + "/2", `{}`, 422, has("Give allow_with_approval or comment")},
		{"another domain", "PATCH " + blocksAPI + "/2", "domain=other.example&comment=x", 422, has("Domain can't be changed")},
		{"a change of what there is not", "PATCH " + blocksAPI + "/99", "comment=x", 404, has(notFound)},

		{"lifted", "DELETE " + blocksAPI + "/2", "", 200, has("{}")},
		{"and gone", "DELETE " + blocksAPI + "/2", "", 404, has(notFound)},
		{"blocked again it is another", "POST " + blocksAPI, "domain=spam.example", 200, has(`"id":"7"`, `"comment":""`)},
		{"another type", "POST " + blocksAPI, "[]", 400, has("malformed")},
	}
	onEveryBackend(t, func(t *testing.T, p *program) {
		p.check(t, login{token: p.tokenOf("alice", "admin:read:email_domain_blocks", "admin:write:email_domain_blocks")}, rows)
		p.check(t, login{token: p.tokenOf("alice", "admin:read")}, []row{
			{"a token that may read", "GET " + blocksAPI + "/1", "", 200, has(`"foo"`)},
			{"may not write", "POST " + blocksAPI, "domain=x.example", 403, has(`{"error":"This action is outside the authorized scopes"}`)},
			{"nor change", "PATCH " + blocksAPI + "/1", "comment=x", 403, has("outside the authorized scopes")},
			{"nor lift", "DELETE " + blocksAPI + "/1", "", 403, has("outside the authorized scopes")},
		})
		p.check(t, login{token: p.tokenOf("bob", "admin:read", "admin:write")}, []row{
			{"who is no admin", "GET " + blocksAPI, "", 403, has(`{"error":"This action is not allowed"}`)},
		})
		p.check(t, login{token: "nobody's"}, []row{{"no token", "PATCH " + blocksAPI + "/1", "comment=x", 403, has(`{"error":"This action is not allowed"}`)}})
	})
}

// syncScript keeps the blocks of a server as a list has them, as scripts of Mastodon's
// administrators do. It knows which blocks are its own.
type syncScript struct {
	p     *program
	token string
	mine  map[string]string // ids by domain

	requests int // but for reading
	refused  []string
}

func (s *syncScript) send(t *testing.T, method, path, body string) answer {
	t.Helper()
	if method != http.MethodGet {
		s.requests++
	}
	return s.p.send(method, path, body, login{token: s.token}, "Content-Type", "application/x-www-form-urlencoded")
}

var nextLink = regexp.MustCompile(`<[^>]*(/api/[^>]*)>; rel="next"`)

// read returns the ids of all blocks by their domains, a page after the other.
func (s *syncScript) read(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for path := blocksAPI + "?limit=100"; path != ""; {
		a := s.send(t, "GET", path, "")
		a.want(t, http.StatusOK, "")
		var page []struct{ ID, Domain string }
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			t.Fatal(err)
		}
		for _, b := range page {
			if all[b.Domain] != "" {
				t.Fatalf("%s comes on two pages", b.Domain)
			}
			all[b.Domain] = b.ID
		}
		path = ""
		if next := nextLink.FindStringSubmatch(a.header.Get("Link")); next != nil {
			path = next[1]
		}
	}
	return all
}

// run makes the blocks what the list says.
func (s *syncScript) run(t *testing.T, list string) {
	t.Helper()
	s.requests, s.refused = 0, nil
	there, listed := s.read(t), map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(list)); lines.Scan(); {
		domain := strings.ToLower(strings.TrimSpace(lines.Text()))
		if domain == "" || strings.HasPrefix(domain, "#") {
			continue
		}
		listed[domain] = true
		if there[domain] != "" {
			continue
		}
		a := s.send(t, "POST", blocksAPI, "domain="+domain)
		switch a.status {
		case http.StatusOK:
			var b struct{ ID, Domain string }
			if err := json.Unmarshal([]byte(a.body), &b); err != nil {
				t.Fatal(err)
			}
			s.mine[b.Domain], there[b.Domain] = b.ID, b.ID
		case http.StatusUnprocessableEntity:
			s.refused = append(s.refused, domain)
		default:
			t.Fatalf("%s: %d %s", domain, a.status, a.body)
		}
	}
	for domain, id := range s.mine {
		if !listed[domain] {
			s.send(t, "DELETE", blocksAPI+"/"+id, "").want(t, http.StatusOK, "{}")
			delete(s.mine, domain)
		}
	}
}

// TestAListSyncScriptsDays runs such a script on three days.
func TestAListSyncScriptsDays(t *testing.T) {
	var domains []string
	for i := range 230 { // three pages
		domains = append(domains, fmt.Sprintf("disposable%d.example", i))
	}
	list := "# disposable domains\n\n" + strings.Join(domains, "\n") + "\nDISPOSABLE7.example\nno domain\ngmail.com\nxn--bcher-kva.example\n"
	onEveryBackend(t, func(t *testing.T, p *program) {
		moderator := login{token: p.tokenOf("carol", "admin:write", "admin:read")}
		p.send("POST", blocksAPI, `{"domain":"byhand.example","comment":"ticket 4711"}`, moderator).want(t, http.StatusOK, "byhand.example")
		s := &syncScript{p: p, token: p.tokenOf("alice", "admin:read:email_domain_blocks", "admin:write:email_domain_blocks"), mine: map[string]string{}}

		s.run(t, list)
		if len(s.mine) != 231 || !slices.Equal(s.refused, []string{"no domain", "gmail.com"}) {
			t.Errorf("the first day: %d blocks, refused %v", len(s.mine), s.refused)
		}
		if all := s.read(t); len(all) != 232 || all["byhand.example"] == "" {
			t.Errorf("the first day: %d blocks on the server", len(all))
		}

		s.run(t, list) // only what was refused is tried again
		if s.requests != 2 || len(s.mine) != 231 {
			t.Errorf("the second day: %d requests, %d blocks", s.requests, len(s.mine))
		}

		// Somebody signs up; a moderator sees what the blocks catch, and holds one for review.
		for range 3 {
			d, err := p.parts.checker.Check(t.Context(), ban.Subject{Email: "eve@disposable229.example", IP: "203.0.113.7"})
			if err != nil || d.Verdict != ban.Denied {
				t.Fatalf("%v, %v", d.Verdict, err)
			}
		}
		var first answer
		for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // until the hits are written
			first = p.send("GET", blocksAPI+"?order=uses&limit=1&q=disposable", "", moderator)
			if strings.Contains(first.body, `"uses":"3"`) {
				break
			}
			if time.Since(began) > waitFor {
				t.Fatalf("the hits are not seen: %s", first.body)
			}
		}
		first.want(t, http.StatusOK, `"domain":"disposable229.example"`)
		p.send("PATCH", blocksAPI+"/"+s.mine["disposable229.example"], `{"allow_with_approval":true,"comment":"often innocent"}`, moderator).
			want(t, http.StatusOK, `"uses":"3"`)

		s.run(t, strings.Join(domains[5:], "\n")+"\nnew.example\n")
		if s.requests != 1+6 || len(s.mine) != 226 || s.mine["new.example"] == "" {
			t.Errorf("the third day: %d requests, %d blocks", s.requests, len(s.mine))
		}
		p.send("GET", blocksAPI+"?q=disposable229", "", moderator).want(t, http.StatusOK, `"allow_with_approval":true,"comment":"often innocent"`)
		p.send("GET", blocksAPI+"?q=byhand", "", moderator).want(t, http.StatusOK, `"comment":"ticket 4711"`)

		// A script whose token was withdrawn is told when to come back.
		var limited answer
		for range 25 {
			limited = p.send("GET", blocksAPI, "", login{token: "withdrawn"})
		}
		limited.want(t, http.StatusTooManyRequests, `{"error":"Too many requests"}`)
		reset, err := time.Parse(time.RFC3339Nano, limited.header.Get("X-RateLimit-Reset"))
		if err != nil || !reset.After(time.Now().Add(-time.Second)) || limited.header.Get("X-RateLimit-Remaining") != "0" || limited.header.Get("X-RateLimit-Limit") == "" {
			t.Errorf("%v, %v", limited.header, err)
		}
	})
}
