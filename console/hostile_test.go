package console_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/console"
)

// tries are texts that break out of a page that does not escape what it shows.
var tries = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</textarea><script>alert(1)</script>`,
	`</title><script>alert(1)</script>`, `javascript:alert(1)`, `{{.}}{{printf "%v" .}}`, `&lt;script&gt;`, "`${alert(1)}`", `--><script>alert(1)</script>`,
	"\u202e\u2066evil\u200b\ufeff", `" autofocus onfocus="alert(1)`, `\"; alert(1); //`,
}

// attack finds markup that came from a try.
var attack = regexp.MustCompile(`(?i)<script>|<img|<svg/|" autofocus onfocus=|(href|src|action)="javascript`)

// wantHarmless checks that a page shows what was tried as a text only.
func wantHarmless(t *testing.T, a reply, try string) {
	t.Helper()
	if found := attack.FindString(a.body); found != "" {
		i := strings.Index(a.body, found)
		t.Errorf("%s with %q has %q: %s", a.what, try, found, a.body[max(0, i-80):min(len(a.body), i+80)])
	}
	if !strings.Contains(a.header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("%s has no policy", a.what)
	}
	if to := a.header.Get("Location"); to != "" && !strings.HasPrefix(to, "./") && !strings.HasPrefix(to, "../") {
		t.Errorf("%s with %q leads to %s", a.what, try, to)
	}
	if shown := withoutValues.ReplaceAllString(a.body, ""); strings.ContainsFunc(shown, console.Hidden) {
		i := strings.IndexFunc(shown, console.Hidden)
		t.Errorf("%s with %q shows a hidden character: %q", a.what, try, shown[max(0, i-80):min(len(shown), i+20)])
	}
}

// withoutValues matches where what was typed has to come back as it was: in the fields
// of forms.
var withoutValues = regexp.MustCompile(`(?s) value="[^"]*"|<textarea[^>]*>.*?</textarea>`)

// fields are the parameters and fields of all forms, so that each gets each try.
var fields = []string{
	"q", "kind", "state", "effect", "action", "sort", "at", "before", "after", "done", "email", "domain", "ip", "name", "id", "value", "scope", "expires", "until",
	"shadow", "wide", "aliases", "reason", "public_reason", "step", "confirmed", "back", "one", "login", "password", "next",
	"network", "ban_emails", "ban_name", "lift_bans", "credential", "list", "format", "file_name", "packed", "actor", "day", "record",
	"what", "rule", "all", "newest", "steps", "url", "every", "from", "kept",
}

// eachAlone is how many of the tries each field gets alone; the others come in all
// fields at once.
const eachAlone = 3

// TestTriesInEveryField sends each try in each field and parameter of each route, and
// in the path.
func TestTriesInEveryField(t *testing.T) {
	w := newWorld(t)
	b := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve"})
	routes := append(console.Routes(), console.RouteForTest{Method: "GET", Pattern: "/sign-in"}, console.RouteForTest{Method: "POST", Pattern: "/sign-in"})
	n := 0
	for _, route := range routes {
		path := strings.ReplaceAll(pathOf(route.Pattern), "0198c0de-0000-7000-8000-000000000000", b.ID.String())
		for i, try := range tries {
			all := url.Values{}
			for _, field := range fields {
				if all.Set(field, try); i >= eachAlone {
					continue
				}
				one := url.Values{field: {try}}
				wantHarmless(t, w.get("moderator", path+"?"+one.Encode()), try)
				if route.Method != "GET" {
					wantHarmless(t, w.post("moderator", path, field, try, "value", "eve", "id", b.ID.String()), try)
				}
				n++
			}
			wantHarmless(t, w.get("moderator", path+"?"+all.Encode()), try)
			wantHarmless(t, w.get("", path+"?"+all.Encode()), try)
			if route.Method != "GET" {
				all.Set("csrf", people["moderator"].CSRFToken)
				wantHarmless(t, w.do(w.formRequest("moderator", path, all)), try)
			}
			wantHarmless(t, w.get("moderator", strings.TrimSuffix(path, "/")+"/"+url.PathEscape(try)), try)
		}
	}
	if n < 500 {
		t.Errorf("only %d tries", n)
	}
}

// TestTextsOfOthersAreShownHarmless: what got into the store by other ways, reasons of
// lists and names of people, is shown as text, with what is not seen made visible.
func TestTextsOfOthersAreShownHarmless(t *testing.T) {
	for _, try := range tries {
		w := newWorld(t)
		b := w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "a.example", Reason: try, Shadow: true})
		w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve", Reason: try, ExpiresAt: today.Add(time.Hour)})
		ctx := ban.WithActor(t.Context(), "x "+strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return -1
			}
			return r
		}, try))
		block, err := w.parts.Blocks.Create(ctx, blocklist.CreateOptions{Domain: "b.example", Reason: try})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.parts.Blocks.Sync(ctx, "list", blocklist.Parse(strings.NewReader("c.example"), blocklist.ParseOptions{}), blocklist.SyncOptions{Source: try, Reason: try}); err != nil {
			t.Fatal(err)
		}
		for _, s := range []ban.Subject{{Email: "x@a.example"}, {Email: "x@b.example"}, {Email: "x@c.example"}, {Name: "eve"}} {
			if _, err := w.parts.Checker.Check(context.Background(), s); err != nil {
				t.Fatal(err)
			}
		}
		a, err := w.parts.Accounts.Create(ctx, account.CreateOptions{Handle: "ann", Name: try, Email: "ann@a.example"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.parts.Accounts.Suspend(ctx, a.ID, account.SuspendOptions{Reason: try}); err != nil {
			t.Fatal(err)
		}
		wantHarmless(t, w.get("moderator", "/accounts/"+a.ID.String()).want(200), try)
		w.parts.Checker.Close() // writes what was counted
		for _, path := range []string{
			"/lists", "/lists/list", "/lists/list/entries", "/accounts", "/log", "/waiting",
			"/", "/bans?state=all", "/bans/" + b.ID.String(), "/blocks", "/blocks/" + block.ID.String(), "/ban?value=a.example", "/ban?id=" + b.ID.String(),
		} {
			wantHarmless(t, w.get("moderator", path).want(200), try)
		}
	}
}

// TestCharactersThatAreNotSeen: each is shown by its code point, where there is markup
// and where there is none.
func TestCharactersThatAreNotSeen(t *testing.T) {
	n := 0
	for r := rune(0); r < 0xe1000; r++ { // what follows is for private use
		if 0xd800 <= r && r < 0xe000 {
			continue
		}
		seen := unicode.IsGraphic(r) && !unicode.In(r, unicode.Zs, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
			r != 0x2800 && r != 0xfffc && r != unicode.ReplacementChar
		unassigned := unicode.Is(unicode.Cn, r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
		if r == ' ' || r == '\n' || r == '\t' || unassigned {
			continue
		}
		point := fmt.Sprintf("U+%04X", r)
		if shown := strings.Contains(console.Visible("a"+string(r)+"b"), point); shown == seen && !unicode.Is(unicode.Cf, r) {
			t.Errorf("%s is shown by its code point: %v", point, shown)
		}
		if !seen {
			n++
			if text := console.VisibleText("a" + string(r) + "b"); strings.ContainsRune(text, r) && r != unicode.ReplacementChar {
				t.Errorf("%s is left in %q", point, text)
			}
		}
	}
	for _, r := range "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\u115f\u1160\u3164\uffa0\u180e\u034f\u00a0\u2028\u2029\ufe0f\U000e0041\u2800" {
		if want := fmt.Sprintf("U+%04X", r); !strings.Contains(console.Visible(string(r)), want) || !strings.Contains(console.VisibleText(string(r)), want) {
			t.Errorf("%s is not shown", want)
		}
	}
	if n < 300 {
		t.Errorf("only %d characters", n)
	}
	pile := "a" + strings.Repeat("\u0301", 40)
	if got := console.VisibleText(pile); strings.Count(got, "\u0301") != 4 {
		t.Errorf("a pile of marks is shown as %q", got)
	}
	if got := console.Visible("bad\xffbyte"); !strings.Contains(got, "U+FFFD") || strings.Contains(got, "\xff") {
		t.Errorf("a byte that is no UTF-8 is shown as %q", got)
	}
}
