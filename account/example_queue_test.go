package account_test

import (
	"context"
	"fmt"
	"log"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// Somebody whom a rule asks to review waits for a moderator, who lets them in or not.
func ExampleAdmin_Pending() {
	st := memstore.New()
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	people, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := ban.WithActor(context.Background(), "alice")
	if _, err := bans.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review, Reason: "a new domain"}); err != nil {
		log.Fatal(err)
	}

	// At the form to sign up.
	for _, name := range []string{"bob", "mallory"} {
		done, err := people.SignUp(ban.WithActor(ctx, name), checker, account.SignUpOptions{
			Account: account.CreateOptions{Handle: name, Email: name + "@new.example"}, IP: "198.51.100.7",
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, "waits:", done.Pending)
	}

	// The moderator's page: all that this rule holds.
	waiting, err := people.Pending(ctx, account.PendingFilter{}, account.Page{})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range waiting {
		fmt.Printf("%s, held by %s from %s\n", a.Handle, a.Hold.Matched, a.Hold.Network)
	}
	if _, err := people.Approve(ctx, waiting[0].ID, account.ApproveOptions{}); err != nil {
		log.Fatal(err)
	}
	rejected, err := people.Reject(ctx, waiting[1].ID, account.RejectOptions{Reason: "a bot", BanEmails: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("banned:", rejected.BansCreated[0].Value)
	// Output:
	// bob waits: true
	// mallory waits: true
	// bob, held by new.example from 198.51.100.0/24
	// mallory, held by new.example from 198.51.100.0/24
	// banned: mallory@new.example
}

// After a new rule: who is in already that it would keep out? They are suspended at
// once, and reinstated together if that was a mistake.
func ExampleAdmin_Sweep() {
	st := memstore.New()
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	people, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := ban.WithActor(context.Background(), "alice")
	for _, email := range []string{"ann@example.org", "bob@mail.spam.example", "eve@spam.example"} {
		if _, err := people.Create(ctx, account.CreateOptions{Handle: email[:3], Email: email}); err != nil {
			log.Fatal(err)
		}
	}
	b, err := bans.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	if err != nil {
		log.Fatal(err)
	}

	for f, err := range people.Sweep(ctx, checker, account.SweepOptions{Rule: b.ID}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.Account.Handle, f.Decision.Verdict, "by", f.Decision.Match.Matched)
	}
	done, err := people.ActOnSweep(ctx, checker, account.ActOptions{
		SweepOptions: account.SweepOptions{Rule: b.ID}, Act: account.SweepSuspend, Limit: 10,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("suspended:", done.Suspended)
	undone, err := people.UndoSweep(ctx, done.ID, "a mistake")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("reinstated:", undone.Reinstated)
	// Output:
	// bob denied by spam.example
	// eve denied by spam.example
	// suspended: 2
	// reinstated: 2
}
