package account_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// A person signs up, logs in, and is suspended with the bans that keep them from
// coming straight back.
func Example() {
	st := memstore.New()
	defer st.Close()
	admin, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := account.NewAuth(st, account.AuthOptions{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := ban.WithActor(context.Background(), "alice")

	bob, err := admin.Create(ctx, account.CreateOptions{Handle: "Bob", Email: "bob@example.org", Password: "correct horse"})
	if err != nil {
		log.Fatal(err)
	}
	session, err := auth.Login(ctx, "bob@example.org", "correct horse")
	if err != nil {
		log.Fatal(err)
	}

	s, err := admin.Suspend(ctx, bob.ID, account.SuspendOptions{Reason: "sold links", BanEmails: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("sessions and tokens ended:", s.CredentialsRevoked)
	fmt.Println("banned:", s.BansCreated[0].Value)

	_, err = auth.Session(ctx, session.Secret)
	fmt.Println("the session:", err)
	_, err = auth.Login(ctx, "Bob", "correct horse")
	fmt.Println("a login:", err)

	r, err := admin.Reinstate(ctx, bob.ID, account.ReinstateOptions{LiftBans: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("reinstated:", r.Account.Active(), "bans lifted:", len(r.BansLifted))
	// Output:
	// sessions and tokens ended: 1
	// banned: bob@example.org
	// the session: invalid or expired credential
	// a login: account suspended
	// reinstated: true bans lifted: 1
}

// An alias is made only after a check, and falls with a ban that refuses it.
func ExampleAliases() {
	st := memstore.New()
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()
	aliases, err := account.NewAliases(st, checker, account.AliasesOptions{Actor: "mail service"})
	if err != nil {
		log.Fatal(err)
	}
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	wish := account.AliasOptions{Address: "shop@alias.example", Destination: "bob@spam.example", IP: "198.51.100.7"}
	if _, err := aliases.Create(ctx, wish); err != nil {
		log.Fatal(err)
	}
	b, err := bans.Create(ctx, ban.CreateOptions{
		Kind: ban.KindDomain, Value: "spam.example", PublicReason: "No mail to spam.example.", DisableMatchingAliases: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("aliases turned off:", b.AliasesDisabled)

	wish.Address = "other@alias.example"
	_, err = aliases.Create(ctx, wish)
	if denied, ok := errors.AsType[*ban.DeniedError](err); ok {
		fmt.Println(denied)
	}
	// Output:
	// aliases turned off: 1
	// creating this alias is not allowed: No mail to spam.example.
}

// A form by which people change their own address asks the rules, as signing up
// does: what may not come in by one way may not by the other.
func ExampleAdminOptions_selfService() {
	ctx := ban.WithActor(context.Background(), "bob")
	st := memstore.New()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	people, err := account.NewAdmin(st, account.AdminOptions{Checker: checker})
	if err != nil {
		log.Fatal(err)
	}
	bob, err := people.Create(ctx, account.CreateOptions{Handle: "bob", Email: "bob@example.org"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := bans.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", PublicReason: "throw-away addresses"}); err != nil {
		log.Fatal(err)
	}

	address := "bob@spam.example" // what the form has sent
	_, err = people.Update(ctx, bob.ID, account.Patch{Email: &address})
	if refused, ok := errors.AsType[*ban.DeniedError](err); ok {
		fmt.Println(refused) // its text is safe to show
	}
	// Output: signing up is not allowed: throw-away addresses
}
