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

// createSamples makes the bans of the sample that say more than a value, beside
// the list. Put, unlike Create, is content with a ban that is there already, as on
// the second run on a database that was kept.
func createSamples(ctx context.Context, admin *ban.Admin) error {
	for _, o := range []ban.CreateOptions{
		// A list has one reason for all its entries; each of these has its own.
		{Kind: ban.KindEmail, Value: "troll@corp.example", Reason: "threats"},
		{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Reason: "spam ring"},
		{Kind: ban.KindIP, Value: "198.51.100.7", Reason: "tries passwords"},
		// An exception: more specific than spam.example in the list, so it decides.
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
