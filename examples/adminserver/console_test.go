package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/browsertest"
)

// axe is axe-core, which finds what keeps people with a disability out of a page; its
// licence lies beside it.
//
//go:embed testdata/axe-core/axe.min.js
var axe string

var notFileName = regexp.MustCompile(`[^a-z0-9]+`)

// TestConsoleIsForEverybody looks at every page as a person with a small or a large
// screen, light or dark: nothing is wider than the screen, axe-core finds nothing, the
// browser blocks nothing, and a picture is kept to be looked at.
func TestConsoleIsForEverybody(t *testing.T) {
	db, alice := database(t)
	shown := fillConsole(t, open(t, db))
	p := start(t, db)
	b := openConsole(t, p, 1440, 900)
	b.visit("")
	b.checkPage("sign-in")
	b.signIn(alice)
	paths := browsertest.Eval[[]string](t, b.Browser, `[...document.querySelectorAll("nav[aria-label=Pages] a")].map(a => a.getAttribute("href"))`)
	if len(paths) < 5 || !slices.Contains(paths, "bans") {
		t.Fatalf("the navigation has %q", paths)
	}
	paths = slices.Concat(paths, shown, []string{
		"ask?email=eve%40mail.spam.example&ip=203.0.113.9&name=аdmin1", "ask?email=nonsense", "ask?email=a%40good.spam.example",
		"ban?kind=domain&value=spam.example", "ban?value=co.uk", "lists/disposable/entries", "waiting?domain=example.net", "bans?state=all&sort=hits", "bans?q=nothing-like-that", "nothing",
	})
	for i, path := range paths {
		b.visit(path)
		name := strings.Trim(notFileName.ReplaceAllString(path, "-"), "-")
		b.checkPage(fmt.Sprintf("%02d-%.40s", i, name))
	}
	if all := b.Complaints(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}

// checkPage looks at a page in both widths and modes.
func (b *consoleBrowser) checkPage(name string) {
	b.t.Helper()
	if n := browsertest.Eval[int](b.t, b.Browser, `document.querySelectorAll("h1").length`); n != 1 {
		b.t.Errorf("%s has %d h1", name, n)
	}
	for _, dark := range []bool{false, true} {
		for _, width := range []int64{320, 1440} {
			b.look(dark, width)
			mode := "light"
			if dark {
				mode = "dark"
			}
			b.Keep(b.t, fmt.Sprintf("%s-%d-%s", name, width, mode))
			if wide := browsertest.Eval[int64](b.t, b.Browser, `document.documentElement.scrollWidth`); wide > width {
				b.t.Errorf("%s: %d pixels wide on a screen of %d", name, wide, width)
			}
			for _, problem := range b.axe() {
				b.t.Errorf("%s, %d, %s: %s", name, width, mode, problem)
			}
		}
	}
}

// axe returns what axe-core finds fault with.
func (b *consoleBrowser) axe() []string {
	b.t.Helper()
	if !browsertest.Eval[bool](b.t, b.Browser, `typeof axe === "object"`) {
		browsertest.Eval[bool](b.t, b.Browser, axe+`; true`)
	}
	return browsertest.Eval[[]string](b.t, b.Browser, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
		r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html.slice(0, 150) + " " + n.failureSummary).slice(0, 3).join(" | ")))`, chromedp.EvalAwaitPromise)
}

// TestConsoleDay is the day of a moderator, with and without scripts.
func TestConsoleDay(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			db, alice := database(t)
			st := open(t, db)
			fillConsole(t, st)
			p := start(t, db)
			b := openConsole(t, p, 1200, 900)
			b.scripts(scripts)
			b.visit("bans?state=all")
			b.want("Sign in", "!spam.example")
			b.fill("#login", "alice", "#password", "a wrong one")
			b.press("main button")
			b.want("The name or the password is wrong.")
			b.fill("#password", alice.password)
			b.press("main button")
			b.want("Bans", "mallory", "U+202E") // where they wanted to go

			b.visit("ask")
			b.fill("#email", "mallet@wave.example", "#ip", "198.51.100.7")
			b.press("main form button")
			b.want("Let in", "No rule matches.")
			b.press(`a[href^="ban?kind=domain"]`)
			b.want("wave.example", "Nobody who has an account is hit.")
			b.fill("#reason", "the wave of the day", "#public_reason", "Too much spam comes from there.")
			if scripts {
				b.Do(t, chromedp.SendKeys(chromedp.CSS("#value"), "x")) // what is typed is previewed
				b.Do(t, chromedp.Poll[chromedp.Void](`document.querySelector("#preview").innerText.match(/xwave.example|wave.examplex/) !== null`))
				b.fill("#value", "wave.example")
			}
			b.press("button[value=save]")
			b.want("The ban is in force.", "wave.example", "the wave of the day")

			b.visit("ask?email=mallet%40wave.example")
			b.want("Kept out", "The person is told: “Signing up is not allowed: Too much spam comes from there.”", "It is the most specific rule")

			b.visit("ban?kind=domain&value=co.uk")
			b.press("button[value=save]")
			b.want("The ban was not made yet")
			b.press("button[value=force]")
			b.want("The ban is in force.", "co.uk")
			b.fill("#reason", "too wide")
			b.press(`form[action="bans/revoke"] button`)
			b.want("Revoked.", "too wide", "ban revoked")

			b.visit("bans?q=wave.example")
			b.Do(t, chromedp.Click(chromedp.CSS("tbody input[type=checkbox]")))
			b.fill("#reason", "it is over")
			b.press("#many ~ .buttons button")
			b.want("Revoked.", "No ban is like that.")
			b.visit("ask?email=mallet%40wave.example")
			b.want("Let in")
			b.visit("bans?q=wave.example&state=ended")
			b.want("revoked")
			b.press("tbody th a")
			b.press(`form[action="bans/reinstate"] button`)
			b.want("Reinstated.")

			b.visit("bans?state=shadow")
			b.press("tbody th a")
			b.want("What it would have caught", "Promote it")
			b.press(`form[action="bans/promote"] button`)
			b.want("No longer a shadow")

			b.visit("blocks")
			b.Do(t, chromedp.Click(chromedp.CSS("summary")))
			b.fill("#domain", "bulk.example")
			b.press(`form[action="blocks"][method=post] button`)
			b.want("The block is in force.")
			b.press(`form[action="blocks/lift"] button`)
			b.want("That cannot be undone")
			b.press("button.danger")
			b.want("The block was lifted.", "!bulk.example")
			b.press(".who button")
			b.want("You are signed out.")
			b.visit("bans")
			b.want("Sign in", "!spam.example")
			if all := b.Complaints(); len(all) > 0 {
				t.Errorf("the browser complains: %q", all)
			}
			bans, err := ban.NewAdmin(st, ban.AdminOptions{})
			if err != nil {
				t.Fatal(err)
			}
			found, err := bans.List(t.Context(), ban.Filter{Contains: "wave.example"}, ban.Page{})
			if err != nil || len(found) != 1 || found[0].CreatedBy != "alice" || !found[0].RevokedAt.IsZero() {
				t.Errorf("the ban of the day: %+v, %v", found, err)
			}
		})
	}
}
