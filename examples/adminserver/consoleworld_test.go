package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/browsertest"
	"example.com/ostraka/sqlitestore"
)

// hostile is a name that would turn what follows, hide in it, and run a script.
const hostile = "Eve\u202egnp.exe\u200b<script>alert(1)</script>"

// fillConsole puts into a database what moderators meet: bans of all sorts, those that
// caught something, blocks, a list, people.
func fillConsole(t *testing.T, st *sqlitestore.Store) (shown []string) {
	t.Helper()
	ctx := ban.WithActor(t.Context(), "mona")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	must(err)
	blocks, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	must(err)
	people, _ := accounts(t, st, nil)
	for i, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "spam.example", Reason: "a wave of sign-ups", PublicReason: "Too much spam comes from there."},
		{Kind: ban.KindDomain, Value: "good.spam.example", Effect: ban.Allow, Reason: "a school"},
		{Kind: ban.KindIP, Value: "203.0.113.0/24", ExpiresAt: time.Now().Add(48 * time.Hour), Scope: ban.ScopeOf(ban.SignUp, ban.Alias)},
		{Kind: ban.KindName, Value: "admin*", Effect: ban.Review, Reason: hostile},
		{Kind: ban.KindDomain, Value: "shadow.example", Shadow: true, Reason: strings.Repeat("a long reason without end ", 9)},
		{Kind: ban.KindEmail, Value: "eve." + strings.Repeat("very-long-local-part-", 2) + "@" + strings.Repeat("a-long-label-that-goes-on.", 5) + "example"},
		{Kind: ban.KindName, Value: "mallory"},
	} {
		b, err := bans.Create(ctx, o)
		must(err)
		if i == 0 || i == 4 {
			shown = append(shown, "bans/"+b.ID.String())
		}
		if i == 6 {
			_, err := bans.Revoke(ctx, b.ID, "a mistake")
			must(err)
			shown = append(shown, "bans/"+b.ID.String())
		}
	}
	block, err := blocks.Create(ctx, blocklist.CreateOptions{Domain: "junk.example", Reason: "throw-away addresses"})
	must(err)
	shown = append(shown, "blocks/"+block.ID.String())
	_, err = blocks.Sync(ctx, "disposable", blocklist.Parse(strings.NewReader("trash.example\nbin.example\n"), blocklist.ParseOptions{}), blocklist.SyncOptions{Source: "disposable.txt"})
	must(err)
	for i := range 3 {
		a, err := people.Create(ctx, account.CreateOptions{Handle: fmt.Sprintf("user%d", i), Name: hostile, Email: fmt.Sprintf("user%d@mail.spam.example", i)})
		must(err)
		if i == 0 {
			_, err := people.Suspend(ctx, a.ID, account.SuspendOptions{Reason: hostile, BanEmails: true})
			must(err)
		}
		if i < 2 {
			shown = append(shown, "accounts/"+a.ID.String())
		}
	}
	shown = append(shown, "lists/disposable", "log?record="+block.ID.String())
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	must(err)
	for i := range 40 {
		for _, s := range []ban.Subject{
			{Email: fmt.Sprintf("a%d@spam.example", i), IP: fmt.Sprintf("198.51.100.%d", i)}, {Name: "admin1"}, {Email: "x@junk.example"}, {Email: "y@shadow.example"}, {Email: "z@trash.example"},
		} {
			_, err := checker.Check(context.Background(), s)
			must(err)
			if i%3 == 0 {
				break
			}
		}
	}
	_, err = people.SignUp(ctx, checker, account.SignUpOptions{
		Account: account.CreateOptions{Handle: "adminette", Email: "adminette@example.net", Password: "long enough"}, IP: "198.51.100.7",
	})
	must(err)
	must(checker.Close())
	return shown
}

// consoleBrowser is a Chromium at the pages.
type consoleBrowser struct {
	*browsertest.Browser
	t   *testing.T
	url string // of the pages, with the slash at its end
}

func openConsole(t *testing.T, p *program, width, height int64) *consoleBrowser {
	t.Helper()
	return &consoleBrowser{browsertest.Open(t, "console", width, height, 8*waitFor), t, p.url + prefixConsole + "/"}
}

func (b *consoleBrowser) visit(path string) {
	b.t.Helper()
	b.Do(b.t, chromedp.Navigate(b.url+path))
}

// press clicks, and waits for the page that follows.
func (b *consoleBrowser) press(selector string) {
	b.t.Helper()
	browsertest.Eval[bool](b.t, b.Browser, `(window.before = true)`)
	b.Do(b.t, chromedp.Click(chromedp.CSS(selector)))
	for began := time.Now(); time.Since(began) < waitFor; time.Sleep(20 * time.Millisecond) {
		done, err := chromedp.Run(b.Ctx, chromedp.Evaluate[bool](`window.before === undefined && document.readyState === "complete"`))
		if err == nil && done {
			return
		}
	}
	b.t.Fatalf("no page follows on %s: %s", selector, b.text())
}

func (b *consoleBrowser) fill(fields ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		b.Do(b.t, chromedp.SetValue(chromedp.CSS(fields[i]), fields[i+1]))
	}
}

func (b *consoleBrowser) text() string {
	return browsertest.Eval[string](b.t, b.Browser, `document.body.innerText`)
}

// want checks what is to be read on the page; "!" before a piece says that it is not.
func (b *consoleBrowser) want(pieces ...string) {
	b.t.Helper()
	text := b.text()
	for _, piece := range pieces {
		if piece, not := strings.CutPrefix(piece, "!"); strings.Contains(text, piece) == not {
			b.t.Errorf("%q is there: %v:\n%s", piece, not, text)
		}
	}
}

func (b *consoleBrowser) signIn(alice admin) {
	b.t.Helper()
	b.visit("")
	b.fill("#login", "alice", "#password", alice.password)
	b.press("main button")
}

func (b *consoleBrowser) scripts(on bool) {
	b.t.Helper()
	browsertest.Call(b.t, b.Browser, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

func (b *consoleBrowser) look(dark bool, width int64) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	browsertest.Call(b.t, b.Browser, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	b.Do(b.t, chromedp.EmulateViewport(width, 900))
}
