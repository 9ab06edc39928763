package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/browsertest"
	"example.com/ostraka/sqlitestore"
)

// TestConsoleDayWithPeople is the part of the day that is about lists and people: a file
// is applied and taken back, one who waits is approved and ten are rejected, somebody is
// suspended, and the log has it all.
func TestConsoleDayWithPeople(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			db, alice := database(t)
			st := open(t, db)
			fillQueue(t, st, 11)
			p := start(t, db)
			b := openConsole(t, p, 1200, 900)
			b.scripts(scripts)
			b.signIn(alice)

			file := filepath.Join(t.TempDir(), "trash.txt")
			if err := os.WriteFile(file, []byte("trash.example\nbin.example\ntrash.example\nco.uk\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			b.visit("lists")
			b.fill("#list", "disposable", "#reason", "throw-away addresses")
			b.Do(t, chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
			b.press("main form button")
			b.want("What the file would do", "Nothing was changed yet", "co.uk", "trash.txt", "What changes", "added")
			if scripts {
				b.checkPage("list-plan")
				b.look(false, 1200)
			}
			b.press(`form[action="lists/apply"] button`)
			b.want("The list is in force.", "throw-away addresses", "trash.txt")
			b.visit("ask?email=x%40bin.example")
			b.want("Kept out")
			b.visit("lists/disposable")
			b.press(`form[action="lists/disposable/undo"] button`)
			b.want("The version before is in force again.")
			b.visit("ask?email=x%40bin.example")
			b.want("Let in")

			b.visit("waiting")
			b.want("11 accounts wait", "admin-0", "198.51.100.0/24")
			b.Do(t, chromedp.Click(chromedp.CSS("tbody input[type=checkbox]")))
			b.fill("#reason", "known to us")
			b.press("#many ~ .buttons button")
			b.want("Approved.", "10 accounts wait", "!admin-0")
			if scripts {
				b.Do(t, chromedp.Click(chromedp.CSS("[data-all=id]")))
			} else {
				for i := range 10 {
					b.Do(t, chromedp.Click(chromedp.CSS(fmt.Sprintf("tbody tr:nth-child(%d) input[type=checkbox]", i+1))))
				}
			}
			b.fill("#reason", "a wave")
			b.Do(t, chromedp.Click(chromedp.CSS("[name=ban_name]")))
			b.press("#many ~ .buttons button.danger")
			b.want("Rejected.", "Nobody waits.")

			b.visit("accounts?q=admin-0")
			b.press("tbody th a")
			b.want("active", "Suspend it")
			b.fill("#reason", "it was a mistake")
			b.Do(t, chromedp.Click(chromedp.CSS("[name=ban_emails]")))
			b.press(`form[action$="/suspend"] button`)
			b.want("The account is suspended.", "it was a mistake", "Reinstate it", "Made with the suspension")

			b.visit("log?actor=alice")
			b.want("list synced", "list undone", "account approved", "account rejected", "account suspended", "admin-0")
			if n := browsertest.Eval[int](t, b.Browser, `[...document.querySelectorAll("strong")].filter(s => s.innerText === "account rejected").length`); n != 10 {
				t.Errorf("the log has %d rejections, want one entry for each of 10", n)
			}
			if all := b.Complaints(); len(all) > 0 {
				t.Errorf("the browser complains: %q", all)
			}
		})
	}
}

// fillQueue has so many sign up under names that a rule holds for review.
func fillQueue(t *testing.T, st *sqlitestore.Store, n int) {
	t.Helper()
	ctx := ban.WithActor(t.Context(), "mona")
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bans.Create(ctx, ban.CreateOptions{Kind: ban.KindName, Value: "admin*", Effect: ban.Review}); err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	people, _ := accounts(t, st, nil)
	for i := range n {
		_, err := people.SignUp(ctx, checker, account.SignUpOptions{
			Account: account.CreateOptions{Handle: fmt.Sprintf("admin-%d", i), Email: fmt.Sprintf("a%d@example.net", i), Password: "long enough"}, IP: "198.51.100.7",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
