package blocklisthttp_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/memstore"
)

// TestABlockIsAboutSigningUp holds blocks to the documents: "Disallow certain email
// domains from signing up".
func TestABlockIsAboutSigningUp(t *testing.T) {
	all := ban.ScopeOf(ban.SignUp, ban.SignIn, ban.Alias, ban.Mail, ban.Content)
	tests := []struct {
		name   string
		scope  ban.Scope
		denied map[ban.Action]bool
	}{
		{"unless told otherwise", 0, map[ban.Action]bool{ban.SignUp: true}},
		{"as wide as the host wants", all, map[ban.Action]bool{ban.SignUp: true, ban.SignIn: true, ban.Alias: true, ban.Mail: true, ban.Content: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, memstore.New(), blocklisthttp.Options{Scope: tt.scope})
			f.do("POST", "/email_domain_blocks", "domain=spam.example")
			checker, err := ban.NewChecker(f.store, ban.CheckerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer checker.Close()
			for _, action := range []ban.Action{ban.SignUp, ban.SignIn, ban.Alias, ban.Mail, ban.Content} {
				d, err := checker.Check(t.Context(), ban.Subject{Email: "eve@spam.example", Action: action})
				if err != nil || (d.Verdict == ban.Denied) != tt.denied[action] {
					t.Errorf("%v: %v, %v", action, d.Verdict, err)
				}
			}
		})
	}
	if _, err := blocklisthttp.New(newFixture(t, memstore.New(), blocklisthttp.Options{}).admin,
		blocklisthttp.Options{Authorize: letIn, Scope: 0x80}); err == nil {
		t.Error("a scope that is none is taken")
	}
}

// TestAMultipartFormCutShortMakesNoBlock cuts a form at every byte.
func TestAMultipartFormCutShortMakesNoBlock(t *testing.T) {
	var whole bytes.Buffer
	parts := multipart.NewWriter(&whole)
	parts.WriteField("domain", "spam.example")
	parts.WriteField("allow_with_approval", "true")
	parts.Close()
	end := whole.Len() - len("\r\n") // the line break after the last line may be missing
	for n := 1; n < end; n++ {
		f := newFixture(t, memstore.New(), blocklisthttp.Options{})
		w := f.send("POST", "/email_domain_blocks", parts.FormDataContentType(), whole.String()[:n])
		if w.Code != http.StatusBadRequest || f.count(t) != 0 {
			t.Errorf("cut at %d of %d: %d %s", n, end, w.Code, w.Body)
		}
	}
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	if w := f.send("POST", "/email_domain_blocks", parts.FormDataContentType(), whole.String()[:end]); w.Code != http.StatusOK {
		t.Errorf("whole: %d %s", w.Code, w.Body)
	}
}

// TestWhoIsLimitedIsToldAsMastodonDoes has the headers that Mastodon.py waits by.
func TestWhoIsLimitedIsToldAsMastodonDoes(t *testing.T) {
	refuse := func(*http.Request, blocklisthttp.Need) (string, error) {
		return "", &blocklisthttp.RateLimitError{RetryAfter: 90 * time.Second, Limit: 20}
	}
	f := newFixture(t, memstore.New(), blocklisthttp.Options{Authorize: refuse, Now: func() time.Time { return then }})
	w := f.do("GET", "/email_domain_blocks", "")
	if w.Code != http.StatusTooManyRequests {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2022-11-16T06:11:06.176000Z", "Retry-After": "90",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestApprovalBelowADeniedDomainHoldsForReview is a difference to Mastodon that the
// package's doc names.
func TestApprovalBelowADeniedDomainHoldsForReview(t *testing.T) {
	f := newFixture(t, memstore.New(), blocklisthttp.Options{})
	f.do("POST", "/email_domain_blocks", "domain=spam.example")
	f.do("POST", "/email_domain_blocks", "domain=mail.spam.example&allow_with_approval=1")
	checker, err := ban.NewChecker(f.store, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	d, err := checker.Check(t.Context(), ban.Subject{Email: "eve@mail.spam.example"})
	if err != nil || d.Verdict != ban.NeedsReview {
		t.Errorf("%v, %v", d.Verdict, err)
	}
}
