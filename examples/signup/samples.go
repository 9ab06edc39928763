package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// samples are the bans that -sample makes, so that each answer can be seen.
var samples = []ban.CreateOptions{
	{
		Kind: ban.KindDomain, Value: "spam.example",
		Reason:       "sample: three spam waves since May",
		PublicReason: "we had a lot of spam from this provider",
	},
	{
		Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review,
		Reason: "sample: registered last week",
	},
}

// The list that -sample makes.
const (
	sampleList    = "sample-disposable"
	sampleDomains = "throwaway.example\ntrash.example\n"
)

// tries are what to sign up with to see each answer.
var tries = []try{
	{"ann@mail.example", "is let in"},
	{"bob@new.example", "waits until a person has looked"},
	{"eve@mail.spam.example", "is refused, with the public reason of a ban"},
	{"eve@throwaway.example", "is refused, by a list of disposable domains"},
}

type try struct{ Email, Answer string }

func printTries(w io.Writer) {
	fmt.Fprintln(w, "Sign up with any name and password, and one of these addresses:")
	for _, t := range tries {
		fmt.Fprintf(w, "  %-22s  %s\n", t.Email, t.Answer)
	}
}

// addSamples makes the samples, or has them as they were if they are there.
func addSamples(ctx context.Context, st store.Store) error {
	ctx = ban.WithActor(ctx, "sample") // whom the audit log names
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		return err
	}
	for _, o := range samples {
		if _, _, err := bans.Put(ctx, o); err != nil {
			return err
		}
	}
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		return err
	}
	lines := blocklist.Parse(strings.NewReader(sampleDomains), blocklist.ParseOptions{Kind: ban.KindDomain})
	_, err = lists.Sync(ctx, sampleList, lines, blocklist.SyncOptions{
		Reason:       "sample: disposable addresses",
		PublicReason: "please use an address that you will keep",
	})
	return err
}
