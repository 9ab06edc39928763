package blocklisthttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/memstore"
)

// answered is a block as it is answered.
type answered struct {
	ID, Domain, Comment string
	AllowWithApproval   bool `json:"allow_with_approval"`
	History             []struct{ Uses, Accounts string }
}

func (f fixture) read(t *testing.T, method, target, body string, into any) http.Header {
	t.Helper()
	w := f.do(method, target, body)
	if err := json.Unmarshal(w.Body.Bytes(), into); w.Code != http.StatusOK || err != nil {
		t.Fatalf("%s %s: %d %s, %v", method, target, w.Code, w.Body, err)
	}
	return w.Header()
}

// try signs people up with the addresses, each so many times.
func (f fixture) try(t *testing.T, attempts map[string]int) {
	t.Helper()
	checker, err := ban.NewChecker(f.store, ban.CheckerOptions{Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	for email, n := range attempts {
		for i := range n {
			if _, err := checker.Check(t.Context(), ban.Subject{Email: email, IP: fmt.Sprintf("203.0.113.%d", i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := checker.Close(); err != nil { // which writes the hits
		t.Fatal(err)
	}
}

// TestADenialBecomesAReviewAndBack keeps the history, the id and the comment.
func TestADenialBecomesAReviewAndBack(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	var made, b answered
	f.read(t, "POST", "/email_domain_blocks", "domain=spam.example&comment=ticket+4711", &made)
	f.try(t, map[string]int{"eve@spam.example": 3})
	for i, approval := range []bool{true, false, true} {
		f.read(t, "PATCH", "/email_domain_blocks/"+made.ID, fmt.Sprintf("allow_with_approval=%v", approval), &b)
		if b.ID != made.ID || b.AllowWithApproval != approval || b.Comment != "ticket 4711" || b.History[0].Uses != strconv.Itoa(3+i) {
			t.Errorf("after change %d: %+v", i, b)
		}
		f.try(t, map[string]int{"eve@spam.example": 1})
	}
}

func TestAReviewOfAProtectedDomainDoesNotBecomeADenialUnlessForced(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	var b answered
	f.read(t, "POST", "/email_domain_blocks", "domain=gmail.com&allow_with_approval=1", &b)
	if w := f.do("PATCH", "/email_domain_blocks/"+b.ID, "allow_with_approval=0"); w.Code != 422 || !strings.Contains(w.Body.String(), "force=1") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.read(t, "PATCH", "/email_domain_blocks/"+b.ID, "comment=seen", &b)
	if !b.AllowWithApproval || b.Comment != "seen" {
		t.Errorf("%+v", b)
	}
	f.read(t, "PATCH", "/email_domain_blocks/"+b.ID+"?force=1", "allow_with_approval=0", &b)
	if b.AllowWithApproval {
		t.Errorf("forced: %+v", b)
	}
}

// TestSearch follows the links of each search to its end.
func TestSearch(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	f.blocks(t, "a.example", "spam.test", "mail.spam.test", "xn--bcher-kva.example", "b.example")
	f.try(t, map[string]int{"eve@b.example": 5, "eve@mail.spam.test": 2})
	for _, tt := range []struct{ name, query, want string }{
		{"everything, newest first", "", "b.example xn--bcher-kva.example mail.spam.test spam.test a.example"},
		{"a part", "q=SPAM", "mail.spam.test spam.test"},
		{"a part with blanks", "q=+spam+", "mail.spam.test spam.test"},
		{"what means something in SQL", "q=%25", ""},
		{"another one", "q=_", ""},
		{"a domain in its own letters", "q=b%C3%BCcher.example", "xn--bcher-kva.example"},
		{"an empty part", "q=", "b.example xn--bcher-kva.example mail.spam.test spam.test a.example"},
		{"by uses", "order=uses", "b.example mail.spam.test spam.test xn--bcher-kva.example a.example"},
		{"a part by uses", "q=test&order=uses", "mail.spam.test spam.test"},
		{"older ones by uses", "order=uses&max_id=4", "mail.spam.test spam.test a.example"},
		{"newer ones by uses", "order=uses&since_id=2", "b.example mail.spam.test xn--bcher-kva.example"},
		{"newer ones by uses, in the other parameter", "order=uses&min_id=2", "b.example mail.spam.test xn--bcher-kva.example"},
		{"some passed over", "offset=3", "spam.test a.example"},
		{"a negative number of them", "offset=-3", "b.example xn--bcher-kva.example mail.spam.test spam.test a.example"},
	} {
		for _, limit := range []string{"1", "2", "100"} {
			t.Run(tt.name+", "+limit+" a page", func(t *testing.T) {
				var got []string
				target := "/email_domain_blocks?limit=" + limit + "&" + tt.query
				for range 8 {
					var page []answered
					header := f.read(t, "GET", target, "", &page)
					for _, b := range page {
						got = append(got, b.Domain)
					}
					next, _, ok := strings.Cut(header.Get("Link"), `>; rel="next"`)
					if !ok {
						break
					}
					target = next[strings.Index(next, "/email_domain_blocks"):]
				}
				if all := strings.Join(got, " "); all != tt.want {
					t.Errorf("%s\nwant %s", all, tt.want)
				}
			})
		}
	}
	var page []answered
	link := f.read(t, "GET", "/email_domain_blocks?order=uses&q=example&limit=1&offset=1", "", &page).Get("Link")
	for _, want := range []string{`?limit=1&offset=2&order=uses&q=example>; rel="next"`, `?limit=1&offset=0&order=uses&q=example>; rel="prev"`} {
		if !strings.Contains(link, want) {
			t.Errorf("%s, want %s", link, want)
		}
	}
	if link := f.read(t, "GET", "/email_domain_blocks?q=example&limit=1", "", &page).Get("Link"); !strings.Contains(link, `?limit=1&max_id=5&q=example>; rel="next"`) {
		t.Errorf("%s", link)
	}
}
