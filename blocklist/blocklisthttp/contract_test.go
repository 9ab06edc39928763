package blocklisthttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/memstore"
)

// foo is the block that the documents show, with the extension after it.
const foo = `{"id":"1","domain":"foo","created_at":"2022-11-16T06:09:36.176Z","history":[
	{"day":"1668556800","accounts":"0","uses":"0"},
	{"day":"1668470400","accounts":"0","uses":"0"},
	{"day":"1668384000","accounts":"0","uses":"0"},
	{"day":"1668297600","accounts":"0","uses":"0"},
	{"day":"1668211200","accounts":"0","uses":"0"},
	{"day":"1668124800","accounts":"0","uses":"0"},
	{"day":"1668038400","accounts":"0","uses":"0"}
],"allow_with_approval":false,"comment":""}`

func TestContract(t *testing.T) {
	const (
		blank    = "Validation failed: Domain can't be blank"
		invalid  = "Validation failed: Domain is invalid, Domain is not a valid domain name"
		taken    = "Validation failed: Domain has already been taken"
		notFound = "Record not found"
		form     = "application/x-www-form-urlencoded"
		jsonType = "application/json"
		list     = "/email_domain_blocks"
	)
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(foo)); err != nil {
		t.Fatal(err)
	}
	existing := compact.String()
	made := func(domain string) string {
		return strings.NewReplacer(`"1"`, `"2"`, `"foo"`, `"`+domain+`"`).Replace(existing)
	}
	review := strings.Replace(made("spam.example"), "false", "true", 1)
	noted := func(block, comment string) string {
		return strings.Replace(block, `"comment":""`, `"comment":"`+comment+`"`, 1)
	}
	var multi bytes.Buffer
	parts := multipart.NewWriter(&multi)
	parts.WriteField("domain", "spam.example")
	parts.WriteField("allow_with_approval", "true")
	file, err := parts.CreateFormFile("avatar", "domain")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, "x")
	parts.Close()

	tests := []struct {
		name           string
		method, target string
		media, body    string
		status         int
		want           string
	}{
		{"the list", "GET", list, "", "", 200, "[" + existing + "]"},
		{"one", "GET", list + "/1", "", "", 200, existing},
		{"one that there is not", "GET", list + "/2", "", "", 404, errorBody(notFound)},
		{"one by what is no number", "GET", list + "/abc", "", "", 404, errorBody(notFound)},
		{"one by what begins with a number", "GET", list + "/1abc", "", "", 404, errorBody(notFound)},
		{"one by a number with a sign", "GET", list + "/+1", "", "", 404, errorBody(notFound)},
		{"one by a number that is none", "GET", list + "/99999999999999999999", "", "", 404, errorBody(notFound)},

		{"a form", "POST", list, form, "domain=spam.example", 200, made("spam.example")},
		{"a form with approval", "POST", list, form, "domain=spam.example&allow_with_approval=true", 200, review},
		{"a multipart form", "POST", list, parts.FormDataContentType(), multi.String(), 200, review},
		{"JSON", "POST", list, jsonType, `{"domain":"spam.example"}`, 200, made("spam.example")},
		{"JSON with approval", "POST", list, jsonType, `{"domain":"spam.example","allow_with_approval":true}`, 200, review},
		{"JSON with approval in words", "POST", list, jsonType, `{"domain":"spam.example","allow_with_approval":"1"}`, 200, review},
		{"JSON with null", "POST", list, jsonType, `{"domain":"spam.example","allow_with_approval":null}`, 200, made("spam.example")},
		{"the query", "POST", list + "?domain=spam.example", "", "", 200, made("spam.example")},
		{"the query, beside a body of JSON that is not there", "POST", list + "?domain=spam.example", jsonType, "", 200, made("spam.example")},
		{"no body, of JSON", "POST", list, jsonType, "", 422, errorBody(blank)},
		{"the body before the query", "POST", list + "?domain=other.example", form, "domain=spam.example", 200, made("spam.example")},
		{"fields that nobody knows", "POST", list, form, "domain=spam.example&utf8=%E2%9C%93&other_domains[]=x", 200, made("spam.example")},
		{"another spelling", "POST", list, form, "domain=+SPAM.Example.+", 200, made("spam.example")},
		{"an international domain", "POST", list, form, "domain=b%C3%BCcher.example", 200, made("xn--bcher-kva.example")},
		{"a top-level domain", "POST", list, form, "domain=bar", 200, made("bar")},
		{"a protected domain", "POST", list, form, "domain=gmail.com", 422,
			errorBody("Validation failed: Domain is dangerous to block: it covers gmail.com, which is protected; add force=1 to do it anyway")},
		{"a protected domain, forced", "POST", list, form, "domain=gmail.com&force=1", 200, made("gmail.com")},
		{"a protected domain, forced by the query", "POST", list + "?force=1", form, "domain=gmail.com", 200, made("gmail.com")},

		{"a protected domain with approval", "POST", list, form, "domain=gmail.com&allow_with_approval=1", 200, strings.Replace(made("gmail.com"), "false", "true", 1)},
		{"a public suffix with approval", "POST", list, form, "domain=co.uk&allow_with_approval=1", 200, strings.Replace(made("co.uk"), "false", "true", 1)},
		{"a domain with a slash at its end", "POST", list, form, "domain=spam.example/", 200, made("spam.example")},
		{"a path with a slash at its end", "POST", list + "/", form, "domain=spam.example", 200, made("spam.example")},
		{"the list with a slash at its end", "GET", list + "/", "", "", 200, "[" + existing + "]"},
		{"one with a slash at its end", "GET", list + "/1/", "", "", 200, existing},
		{"a deletion with a slash at its end", "DELETE", list + "/1/", "", "", 200, "{}"},
		{"approval in a word of people", "POST", list, form, "domain=spam.example&allow_with_approval=Yes", 200, review},
		{"approval left empty", "POST", list, form, "domain=spam.example&allow_with_approval=", 200, made("spam.example")},
		{"a no, which Rails would take for a yes", "POST", list, form, "domain=spam.example&allow_with_approval=no", 422, errorBody("Validation failed: Allow with approval is invalid")},
		{"a domain with two slashes at its end", "POST", list, form, "domain=spam.example//", 422, errorBody(invalid)},
		{"a slash alone", "POST", list, form, "domain=/", 422, errorBody(blank)},
		{"a path with two slashes at its end", "GET", list + "//", "", "", 404, errorBody(notFound)},

		{"no domain", "POST", list, form, "", 422, errorBody(blank)},
		{"no body", "POST", list, "", "", 422, errorBody(blank)},
		{"a blank domain", "POST", list, form, "domain=+", 422, errorBody(blank)},
		{"null for a domain", "POST", list, jsonType, `{"domain":null}`, 422, errorBody(blank)},
		{"a bad character", "POST", list, form, "domain=sp%20am.example", 422, errorBody(invalid)},
		{"an address", "POST", list, form, "domain=eve@spam.example", 422, errorBody(invalid)},
		{"a mark of ours", "POST", list, form, "domain=*.spam.example", 422, errorBody(invalid)},
		{"another mark of ours", "POST", list, form, "domain==spam.example", 422, errorBody(invalid)},
		{"not UTF-8", "POST", list, form, "domain=%ff", 422, errorBody(invalid)},
		{"half a surrogate pair", "POST", list, jsonType, `{"domain":"a\ud800"}`, 422, errorBody(invalid)},
		{"a boolean, which a form could not tell from a domain", "POST", list, jsonType, `{"domain":true}`, 422, errorBody(invalid)},
		{"a number", "POST", list, jsonType, `{"domain":1e999}`, 422, errorBody(invalid)},
		{"an object", "POST", list, jsonType, `{"domain":{}}`, 422, errorBody(invalid)},
		{"a domain that is too long", "POST", list, form, "domain=" + strings.Repeat("a.", 10000), 422, errorBody(invalid)},
		{"a domain that is blocked", "POST", list, form, "domain=foo", 422, errorBody(taken)},
		{"approval in other words", "POST", list, form, "domain=spam.example&allow_with_approval=perhaps", 422, errorBody("Validation failed: Allow with approval is invalid")},

		{"a list for a body", "POST", list, jsonType, `["spam.example"]`, 400, errorBody("The body is malformed: send one JSON object")},
		{"a form that cannot be read", "POST", list, form, "domain=%zz", 400, errorBody("The body is malformed: encode it as its type says")},
		{"a multipart form that cannot be read", "POST", list, "multipart/form-data", "--x\r\n", 400, errorBody("The body is malformed: encode it as its type says")},
		{"a query that cannot be read", "GET", list + "?limit=%zz", "", "", 400, errorBody("The query is malformed: encode it as its type says")},
		{"another type", "POST", list, "text/plain", "domain=spam.example", 415, errorBody("Unsupported media type")},
		{"a body of no type", "POST", list, "", "domain=spam.example", 415, errorBody("Unsupported media type")},
		{"a body of 33 KiB", "POST", list, form, "domain=spam.example&x=" + strings.Repeat("x", 33<<10), 413, errorBody("Payload too large")},

		{"a comment", "POST", list, form, "domain=spam.example&comment=+ticket+4711%0A", 200, noted(made("spam.example"), "ticket 4711")},
		{"a comment in JSON", "POST", list, jsonType, `{"domain":"spam.example","comment":"ticket 4711"}`, 200, noted(made("spam.example"), "ticket 4711")},
		{"no comment in JSON", "POST", list, jsonType, `{"domain":"spam.example","comment":null}`, 200, made("spam.example")},
		{"a comment that is too long", "POST", list, form, "domain=spam.example&comment=" + strings.Repeat("x", 256), 422, errorBody("Validation failed: Comment is invalid")},
		{"a comment that is no text", "POST", list, jsonType, `{"domain":"spam.example","comment":{}}`, 422, errorBody("Validation failed: Comment is invalid")},

		{"from deny to review", "PATCH", list + "/1", form, "allow_with_approval=true", 200, strings.Replace(existing, "false", "true", 1)},
		{"from deny to review, in the query", "PATCH", list + "/1?allow_with_approval=1", "", "", 200, strings.Replace(existing, "false", "true", 1)},
		{"what it is already", "PATCH", list + "/1", jsonType, `{"allow_with_approval":false}`, 200, existing},
		{"another comment", "PATCH", list + "/1", form, "comment=+seen+again", 200, noted(existing, "seen again")},
		{"another comment in JSON", "PATCH", list + "/1/", jsonType, `{"comment":"seen again"}`, 200, noted(existing, "seen again")},
		{"an item as GET gave it", "PATCH", list + "/1", jsonType, existing, 200, existing},
		{"an item with another comment", "PATCH", list + "/1", jsonType, noted(existing, "seen again"), 200, noted(existing, "seen again")},
		{"a comment as null, which says nothing", "PATCH", list + "/1", jsonType, `{"comment":null,"allow_with_approval":true}`, 200, strings.Replace(existing, "false", "true", 1)},
		{"nothing to change", "PATCH", list + "/1", form, "utf8=1", 422, errorBody("Validation failed: Give allow_with_approval or comment")},
		{"nothing but force", "PATCH", list + "/1", form, "force=1", 422, errorBody("Validation failed: Give allow_with_approval or comment")},
		{"approval left empty in a change, which would deny", "PATCH", list + "/1", form, "allow_with_approval=", 422, errorBody("Validation failed: Allow with approval is invalid")},
		{"another domain", "PATCH", list + "/1", form, "domain=bar&comment=x", 422, errorBody("Validation failed: Domain can't be changed")},
		{"a change of what there is not", "PATCH", list + "/2", form, "comment=x", 404, errorBody(notFound)},
		{"a change of what is no number", "PATCH", list + "/x", form, "comment=x", 404, errorBody(notFound)},

		{"a part of the domain", "GET", list + "?q=O", "", "", 200, "[" + existing + "]"},
		{"a part that no domain has", "GET", list + "?q=bar", "", "", 200, "[]"},
		{"a part that is too long", "GET", list + "?q=" + strings.Repeat("x", 256), "", "", 422, errorBody("Validation failed: Q is invalid")},
		{"by uses", "GET", list + "?order=uses", "", "", 200, "[" + existing + "]"},
		{"by what nobody knows", "GET", list + "?order=size", "", "", 422, errorBody("Validation failed: Order is invalid")},
		{"past the end", "GET", list + "?offset=1", "", "", 200, "[]"},

		{"a deletion", "DELETE", list + "/1", "", "", 200, "{}"},
		{"a deletion of what there is not", "DELETE", list + "/2", "", "", 404, errorBody(notFound)},
		{"a deletion of what is no number", "DELETE", list + "/x", "", "", 404, errorBody(notFound)},
		{"no route", "GET", "/domain_blocks", "", "", 404, errorBody(notFound)},
		{"no such method", "PUT", list, form, "domain=spam.example", 405, errorBody("Method not allowed")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, memstore.New(), blocklisthttp.Options{})
			f.blocks(t, "foo")
			before := f.changes(t)
			w := f.send(tt.method, tt.target, tt.media, tt.body)
			if got := w.Body.String(); w.Code != tt.status || got != tt.want {
				t.Errorf("%d %s\nwant %d %s", w.Code, got, tt.status, tt.want)
			}
			changes := tt.status == 200 && tt.method != "GET" && tt.want != existing
			if after := f.changes(t); (after != before) != changes {
				t.Errorf("%d changes", after-before)
			}
		})
	}
}

// TestHistory blocks a domain and lets people try.
func TestHistory(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	f.do("POST", "/email_domain_blocks", "domain=spam.example&allow_with_approval=1")
	checker, err := ban.NewChecker(f.store, ban.CheckerOptions{Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.2"} {
		d, err := checker.Check(t.Context(), ban.Subject{Email: "eve@mail.spam.example", IP: ip})
		if err != nil || d.Verdict != ban.NeedsReview {
			t.Fatal(d, err)
		}
	}
	if err := checker.Close(); err != nil {
		t.Fatal(err)
	}
	w := f.do("GET", "/email_domain_blocks/1", "")
	if want := `"history":[{"day":"1668556800","accounts":"2","uses":"3"},{"day":"1668470400","accounts":"0","uses":"0"}`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s", w.Body)
	}
}

func TestTheActorIsLogged(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	f.do("POST", "/email_domain_blocks", "domain=spam.example")
	f.do("DELETE", "/email_domain_blocks/1", "")
	changes, err := f.store.Changes(context.Background(), 0, 10)
	if err != nil || len(changes) != 2 || changes[0].Actor != "alice" || changes[1].Actor != "alice" {
		t.Errorf("%+v, %v", changes, err)
	}
}

// TestBlocksMadeElsewhereAreListed shows what the API itself would not make.
func TestBlocksMadeElsewhereAreListed(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	if _, err := f.admin.Create(ban.WithActor(t.Context(), "bob"), blocklist.CreateOptions{Domain: "*.spam.example"}); err != nil {
		t.Fatal(err)
	}
	if w := f.do("GET", "/email_domain_blocks/1", ""); !strings.Contains(w.Body.String(), `"domain":"*.spam.example"`) {
		t.Errorf("%s", w.Body)
	}
}
