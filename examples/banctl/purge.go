package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
)

// purgeDoc says how many bans were removed.
type purgeDoc struct {
	DryRun bool      `json:"dry_run,omitzero"`
	Purged int64     `json:"purged"`
	Before time.Time `json:"before"`
}

func (d purgeDoc) text(t *text) {
	t.line("%s: %s that ended before %s", rehearsed(d.DryRun, "removed"), count(d.Purged, "ban", "bans"), moment(d.Before))
}

func purgeCommand(a *app) *cobra.Command {
	var dryRun bool
	var before string
	cmd := a.command(groupBans, "purge", "remove bans that ended long ago", func(cmd *cobra.Command, _ []string) error {
		if before == "" {
			return &usageError{errors.New("--before is missing"), "give a time, or how long ago: --before 90d"}
		}
		t, err := parsePast("before", before, a.now())
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			n, err := s.bans.Purge(ctx, t)
			if err != nil {
				return err
			}
			return a.output().print(purgeDoc{dryRun, n, t.UTC()})
		})
	})
	cmd.Flags().StringVar(&before, "before", "", "those revoked or expired before `TIME`: so long ago, such as 90d, or such as 2030-01-31T12:00:00Z")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}
