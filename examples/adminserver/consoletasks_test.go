package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/browsertest"
)

// newTasks opens the pages of a filled database as alice, who is signed in.
func newTasks(t *testing.T, flags ...string) (b *consoleBrowser, alice admin, people *account.Admin) {
	t.Helper()
	db, alice := database(t)
	st := open(t, db)
	fillConsole(t, st)
	people, _ = accounts(t, st, nil)
	b = openConsole(t, start(t, db, flags...), 1200, 900)
	b.signIn(alice)
	return b, alice, people
}

// TestConsoleTasks are those of a moderator who sees the pages for the first time.
func TestConsoleTasks(t *testing.T) {
	b, alice, people := newTasks(t, "-fetch")
	task := func(name string, do func(t *testing.T)) { t.Run(name, do) }

	task("let one person in whose domain is banned, and nobody else", func(t *testing.T) {
		b.visit("")
		b.fill("#email", "pupil@mail.spam.example")
		b.press("main form button")
		b.want("Kept out", "spam.example", "The person is told")
		b.press(`a[href*="kind=email"][href*="effect=allow"]`)
		b.want("New exception", "pupil@mail.spam.example")
		b.fill("#reason", "a pupil of the school")
		b.press("button[value=save]")
		b.want("The exception is in force.")
		b.visit("ask?email=pupil%40mail.spam.example")
		b.want("Let in", "exception")
		b.visit("ask?email=other%40mail.spam.example")
		b.want("Kept out")
	})
	task("undo what a colleague did", func(t *testing.T) {
		b.visit("log")
		b.fill("#actor", "mona", "#what", "ban.create")
		b.press("main form button")
		b.press(`ol a[href^="bans/"]`)
		b.fill("#reason", "undone")
		b.press(`form[action="bans/revoke"] button`)
		b.want("Revoked.", "undone")
		b.press(`form[action="bans/reinstate"] button`)
		b.want("Reinstated.")
	})
	task("find all that was revoked", func(t *testing.T) {
		b.visit("log?what=ban.revoke")
		b.want("ban revoked", "mallory", "a mistake")
		b.visit("bans?state=ended")
		b.want("mallory", "revoked")
	})
	task("hold a wave from a network for a day instead of refusing it", func(t *testing.T) {
		b.visit("ask?ip=198.51.100.7&name=somebody")
		b.press(`a[href*="kind=ip"]:not([href*="effect"])`)
		b.want("198.51.100.0/24") // what to write for its network
		b.fill("#value", "198.51.100.0/24", "#effect", "review", "#expires", "day", "#reason", "a wave")
		b.press("button[value=save]")
		b.want("in force", "Network 198.51.100.0/24")
		b.visit("ask?ip=198.51.100.99&name=somebody")
		b.want("Held for review", "network")
	})
	task("Enter in a reason revokes nothing", func(t *testing.T) {
		b.visit("bans")
		b.Do(t, chromedp.Click(chromedp.CSS("tbody input[type=checkbox]")))
		b.Do(t, chromedp.SendKeys(chromedp.CSS("#reason"), "typed\r"))
		time.Sleep(300 * time.Millisecond)
		b.want("!Revoked.", "Those that are chosen")
		if typed := browsertest.Eval[string](t, b.Browser, `document.querySelector("#reason").value`); typed != "typed" {
			t.Errorf("the reason is %q", typed)
		}
	})
	task("nothing chosen keeps what was typed", func(t *testing.T) {
		b.visit("bans")
		b.fill("#reason", "typed")
		b.press("#many ~ .buttons button")
		b.want("Nothing was chosen")
		if typed := browsertest.Eval[string](t, b.Browser, `document.querySelector("#reason").value`); typed != "typed" {
			t.Errorf("the reason is %q", typed)
		}
	})
	task("longer each time", func(t *testing.T) {
		b.visit("ban")
		b.fill("#value", "again.example", "#expires", "steps")
		b.press("button[value=save]")
		b.want("The ban is in force.", "again.example", "!Ends\nnever")
	})
	task("see whether a value is in a list", func(t *testing.T) {
		b.visit("lists")
		b.want("Have a list come by itself")
		b.checkPage("lists-subscribe")
		b.press(`tbody a[href="lists/disposable"]`)
		b.checkPage("list-subscribe")
		b.press(`a[href="lists/disposable/entries"]`)
		b.want("trash.example", "bin.example")
		b.fill("#q", "bin")
		b.press("main form button")
		b.want("bin.example", "!trash.example")
		b.checkPage("entries")
	})
	task("approve all that one rule holds, after a colleague was quicker about one", func(t *testing.T) {
		b.visit("waiting")
		b.checkPage("waiting-rule")
		b.Do(t, chromedp.Click(chromedp.CSS("tbody input[type=checkbox]")))
		acc, err := people.ByHandle(t.Context(), "adminette")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := people.Approve(ban.WithActor(t.Context(), "mona"), acc.ID, account.ApproveOptions{}); err != nil {
			t.Fatal(err)
		}
		b.press("#many ~ .buttons button.danger")
		b.want("account was not decided about", "somebody was quicker", "mona")
	})
	task("the session ends while a form is filled in", func(t *testing.T) {
		b.visit("ban")
		b.fill("#value", "kept.example", "#reason", "typed before")
		acc, err := people.ByHandle(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := people.Update(ban.WithActor(t.Context(), "test"), acc.ID, account.Patch{Password: new("another password")}); err != nil {
			t.Fatal(err)
		}
		b.press("button[value=save]")
		b.want("the form you sent comes back")
		b.fill("#login", "alice", "#password", alice.password)
		b.press("main button")
		b.want("wrong")
		b.fill("#password", "another password")
		b.press("main button")
		b.want("Your form is still here", "kept.example", "typed before")
		b.checkPage("kept")
		b.press("main form button")
		b.want("The ban is in force.", "kept.example", "typed before")
	})
	if all := b.Complaints(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}

// TestConsoleCookieOnLoopback: the cookie with the prefix __Host- works in a browser over
// plain http, at the address of the machine itself.
func TestConsoleCookieOnLoopback(t *testing.T) {
	b, _, _ := newTasks(t, "-insecure-cookie=false")
	b.visit("bans")
	b.want("spam.example", "alice")
}
