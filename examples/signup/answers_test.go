package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"example.com/ostraka/examples/internal/browsertest"
)

// answers are the three of them, by what -sample has to try.
var answers = []struct {
	name, email string
	text        string
	role        string
}{
	{"allowed", "ann@mail.example", "Thank you for signing up", "status"},
	{"review", "bob@new.example", "A person will look at your sign-up", "status"},
	{"denied", "eve@mail.spam.example", "Signing up is not allowed: we had a lot of spam from this provider", "alert"},
	{"denied by a list", "eve@throwaway.example", "Signing up is not allowed: please use an address that you will keep", "alert"},
}

func TestInABrowserEachAnswerIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		width, height int64
		scripts       bool
		scheme        string
	}{
		"desktop":                 {1000, 900, true, "light"},
		"phone without scripts":   {360, 740, false, "light"},
		"desktop in a dark theme": {1000, 900, true, "dark"},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBrowser(t, c.width, c.height)
			browsertest.Call(t, b.Browser, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !c.scripts})
			browsertest.Call(t, b.Browser, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}},
			})
			if got := b.runsScripts(t); got != c.scripts {
				t.Fatalf("the browser runs scripts: %t, want %t", got, c.scripts)
			}
			p := start(t, "-sample")
			for i, want := range answers {
				b.fill(t, p.url, form{fmt.Sprint("user", i), want.email, password})
				s := b.look(t, fileName(name, want.name))
				if !strings.Contains(s.Text, want.text) || strings.Contains(s.Text, "three spam waves") {
					t.Errorf("%s: the page says %q, want %q", want.name, s.Text, want.text)
				}
				if s.Role != want.role {
					t.Errorf("%s: the focus is on %q, of role %q, want %q", want.name, s.Focus, s.Role, want.role)
				}
				if s.Card != "480px" { // 30rem
					t.Errorf("%s: the style sheet is not in force: %q", want.name, s.Card)
				}
			}
			b.wantContent(t)
		})
	}
}

func TestInABrowserFaultsAreSaidWhereTheyAre(t *testing.T) {
	b := openBrowser(t, 1000, 900)
	p := start(t)
	b.fill(t, p.url, form{"ann", "ann", "short"})
	s := b.look(t, "faults")
	if s.Focus != "alert" || !strings.HasPrefix(s.Title, "Error: ") {
		t.Errorf("the focus is on %q, the title is %q", s.Focus, s.Title)
	}
	want := []string{
		`"User name": "Others see it. At most 64 characters."`,
		`"E-mail address": "An address has an @, as in name@example.com. We write to it once you have signed up."`,
		`"Password": "Choose a password of 8 to 128 characters. At least 8 characters. Please enter it once more."`,
	}
	if got := b.inputs(t); !slices.Equal(got, want) {
		t.Errorf("the inputs are announced as\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	b.wantContent(t)
}

func TestInABrowserAFormOnAnotherSiteIsRefused(t *testing.T) {
	b := openBrowser(t, 1000, 900)
	p := start(t)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%s/"><input name="handle" value="eve"><input name="email" value="eve@good.example">
			<input name="password" value="%s"><button>Win</button></form>`, p.url, password)
	}))
	defer evil.Close()
	b.Do(t, chromedp.Navigate(evil.URL), chromedp.Click(chromedp.CSS("button")))
	if s := b.look(t, "another-site"); !strings.Contains(s.Text, foreignPage.Heading) {
		t.Errorf("the page says %q", s.Text)
	}
}

func TestInABrowserABannedClientSeesNoForm(t *testing.T) {
	db := filepath.Join(t.TempDir(), "signup.db")
	banIn(t, db, rules...)
	b := openBrowser(t, 1000, 900)
	p := start(t, "-db", db, "-trusted-proxy", "127.0.0.1") // which the browser plays
	browsertest.Call(t, b.Browser, network.Enable, network.EnableParams{})
	browsertest.Call(t, b.Browser, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{"X-Forwarded-For": "203.0.113.9"},
	})
	b.Do(t, chromedp.Navigate(p.url))
	s := b.look(t, "banned-client")
	if !strings.Contains(s.Text, "Signing up is not allowed: your network is infected") || strings.Contains(s.Text, "User name") {
		t.Errorf("the page says %q", s.Text)
	}
}

// runsScripts reports whether the browser runs the scripts of a page.
func (b *browser) runsScripts(t *testing.T) bool {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<title>off</title><link rel="icon" href="data:,"><script>document.title = "on"</script>`)
	}))
	defer page.Close()
	b.Do(t, chromedp.Navigate(page.URL))
	title, err := chromedp.Run(b.Ctx, chromedp.Title())
	if err != nil {
		t.Fatal(err)
	}
	return title == "on"
}

func fileName(parts ...string) string {
	return strings.ReplaceAll(strings.Join(parts, "-"), " ", "-")
}
