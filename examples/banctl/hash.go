package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
)

func hashCommand(a *app) *cobra.Command {
	var label string
	cmd := changeCommand(a, "hash BAN", "keep only the hash of a ban's address or name, also in the log", func(ctx context.Context, s *session, b ban.Ban) (ban.Ban, string, error) {
		after, err := s.bans.Hash(ctx, b.ID, label)
		return after, actionIf(after, b, actionHashed), err
	})
	cmd.Long = `Put a keyed hash in the place of the address or name of a ban, under the newest key
of --key-file: in the ban, in older bans of the same mailbox or name, and in what the log
has of them. The ban keeps its number and all else, and works as before. Reasons stay as
they were written, and so do accounts that have the address.

There is no way back. On SQLite the file is overwritten; what earlier versions of this
program deleted may still be in its pages until banctl vacuum. Backups keep what they have.`
	cmd.Flags().StringVar(&label, "label", "", "`TEXT` to be read in the place of the value")
	return cmd
}
