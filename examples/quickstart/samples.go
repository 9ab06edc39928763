package main

import (
	"context"
	_ "embed"

	"example.com/ostraka/ban"
)

// What is loaded and asked where no files are given.
var (
	//go:embed samples/bans.txt
	sampleBans string
	//go:embed samples/signups.csv
	sampleSignups string
)

// createSamples makes the bans of the sample that say more than a value and a
// reason. Put, unlike Create, is content with a ban that is there already, as on
// the second run on a database that was kept.
func createSamples(ctx context.Context, admin *ban.Admin) error {
	for _, o := range []ban.CreateOptions{
		// An exception: more specific than the ban of spam.example, so it decides.
		{Kind: ban.KindDomain, Value: "partner.spam.example", Effect: ban.Allow, Reason: "bought and cleaned up"},
		// Let in once a person has looked.
		{Kind: ban.KindDomain, Value: "fresh-mail.example", Effect: ban.Review, Reason: "registered last week"},
		// On trial: it never decides, but shows whom it would have hit.
		{Kind: ban.KindIP, Value: "198.51.100.0/24", Shadow: true, Reason: "hosting network"},
	} {
		if _, _, err := admin.Put(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
