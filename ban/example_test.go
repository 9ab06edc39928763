package ban_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// A ban, a sign-up that it keeps out, and one that it does not.
func Example() {
	st := memstore.New()
	defer st.Close()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Protected: []string{"our-forum.example"}})
	if err != nil {
		log.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()

	alice := ban.WithActor(context.Background(), "alice")
	if _, err := admin.Create(alice, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}); err != nil {
		log.Fatal(err)
	}
	for _, email := range []string{"eve@mail.spam.example", "eve@notspam.example"} {
		d, err := checker.Check(context.Background(), ban.Subject{Email: email})
		fmt.Println(email, d.Verdict, err)
	}
	// Output:
	// eve@mail.spam.example denied <nil>
	// eve@notspam.example allowed <nil>
}

func ExampleChecker_Check() {
	st := memstore.New()
	defer st.Close()
	ctx := ban.WithActor(context.Background(), "alice")
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = admin.CreateMany(ctx, []ban.CreateOptions{
		{Kind: ban.KindEmail, Value: "spam.king@gmail.com", Reason: "ticket 17", PublicReason: "Write to abuse@our-forum.example."},
		{Kind: ban.KindIP, Value: "203.0.113.0/24", Effect: ban.Review},
		{Kind: ban.KindName, Value: "admin"},
	})
	if err != nil {
		log.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()

	for _, s := range []ban.Subject{
		{Email: "SpamKing+new@googlemail.com", IP: "198.51.100.7", Name: "king"},
		{Email: "bob@mail.example", IP: "203.0.113.9", Name: "bob"},
		{Email: "carol@mail.example", IP: "198.51.100.8", Name: "аdmin"}, // with a Cyrillic а
		{Email: "dave@mail.example", IP: "198.51.100.9", Name: "dave"},
		{Email: "not an address"},
	} {
		d, err := checker.Check(ctx, s)
		if bad, ok := errors.AsType[*ban.ValueError](err); ok {
			fmt.Println("please correct the", bad.Field)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		switch refused := d.Err().(type) {
		case nil:
			fmt.Println("welcome", s.Name)
		case *ban.ReviewError:
			fmt.Printf("%v (%s via %s)\n", refused, refused.Match.Matched, refused.Match.Via)
		case *ban.DeniedError:
			fmt.Printf("%v (%s via %s)\n", refused, refused.Match.Matched, refused.Match.Via)
		}
	}
	// Output:
	// signing up is not allowed: Write to abuse@our-forum.example. (spam.king@gmail.com via mailbox)
	// signing up has to be approved by a person first (203.0.113.0/24 via prefix)
	// signing up is not allowed (admin via skeleton)
	// welcome dave
	// please correct the email
}

// All rules in memory: a check asks no store, and answers while it is away.
func ExampleCheckerOptions_mirror() {
	st := memstore.New() // or sqlitestore.Open
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{
		Mirror:   true,
		Progress: func(loaded, total int) { fmt.Println("rules:", loaded, "of", total) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()

	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	alice := ban.WithActor(context.Background(), "alice")
	if _, err := admin.Create(alice, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24"}); err != nil {
		log.Fatal(err)
	}
	d, err := checker.Check(context.Background(), ban.Subject{IP: "203.0.113.7"})
	fmt.Println(d.Verdict, err)
	fmt.Println("rules:", checker.Stats().MirrorRules)
	// Output:
	// rules: 0 of 0
	// denied <nil>
	// rules: 1
}

func ExampleAdmin() {
	st := memstore.New()
	defer st.Close()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Now: func() time.Time { return noon }})
	if err != nil {
		log.Fatal(err)
	}

	alice := ban.WithActor(context.Background(), "alice")
	b, err := admin.Create(alice, ban.CreateOptions{
		Kind: ban.KindDomain, Value: "Spam.example.", Reason: "sells followers", ExpiresAt: noon.AddDate(0, 1, 0),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("banned", b.Kind, b.Value, "until", b.ExpiresAt.Format(time.DateOnly))

	// The value has an active ban now: look at it, or use Put to update it.
	_, err = admin.Create(alice, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	if exists, ok := errors.AsType[*ban.ExistsError](err); ok {
		fmt.Println("there already:", exists.Existing.Reason)
	}

	bob := ban.WithActor(context.Background(), "bob")
	if _, err := admin.Revoke(bob, b.ID, "they stopped"); err != nil {
		log.Fatal(err)
	}
	changes, err := admin.Log(bob, b.ID, ban.Page{OldestFirst: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range changes {
		fmt.Println(c.Action, "by", c.Actor)
	}
	// Output:
	// banned domain spam.example until 2026-02-01
	// there already: sells followers
	// ban.create by alice
	// ban.revoke by bob
}

// Before saving, Preview tells which rules overlap the ban, and which of them it
// would make redundant.
func ExampleAdmin_Preview() {
	st := memstore.New()
	defer st.Close()
	ctx := ban.WithActor(context.Background(), "alice")
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = admin.CreateMany(ctx, []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "mail.spam.example"},
		{Kind: ban.KindDomain, Value: "good.spam.example", Effect: ban.Allow},
		{Kind: ban.KindEmail, Value: "eve@good.spam.example"},
	})
	if err != nil {
		log.Fatal(err)
	}

	p, err := admin.Preview(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("narrower:", p.Narrower.Count, "redundant:", p.Narrower.Redundant)
	for _, o := range p.Narrower.Sample {
		fmt.Println(o.Rule.Effect, o.Rule.Value, o.Redundant)
	}
	// Output:
	// narrower: 3 redundant: 1
	// deny eve@good.spam.example false
	// allow good.spam.example false
	// deny mail.spam.example true
}

// A guard advises against a ban that would hit many who are not meant. Whoever
// means it sets Force.
func ExampleGuardError() {
	st := memstore.New()
	defer st.Close()
	ctx := ban.WithActor(context.Background(), "alice")
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Protected: []string{"198.51.100.10"}}) // our proxy
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "github.io"},
		{Kind: ban.KindDomain, Value: "gmail.com"},
		{Kind: ban.KindIP, Value: "198.51.100.0/24"},
	} {
		_, err := admin.Create(ctx, o)
		if guard, ok := errors.AsType[*ban.GuardError](err); ok {
			fmt.Println(guard.Value, guard.Code)
		}
	}

	b, err := admin.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "github.io", Effect: ban.Review, Force: true})
	fmt.Println(b.Effect, b.Value, err)
	// Output:
	// github.io public_suffix
	// gmail.com protected
	// 198.51.100.0/24 protected
	// review github.io <nil>
}
