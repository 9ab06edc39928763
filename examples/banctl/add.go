package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
)

func addCommand(a *app) *cobra.Command {
	return makeCommand(a, "add VALUE", "ban a value", func(ctx context.Context, s *session, o ban.CreateOptions) (ban.Ban, string, error) {
		b, err := s.bans.Create(ctx, o)
		return b, actionCreated, err
	})
}

func putCommand(a *app) *cobra.Command {
	return makeCommand(a, "put VALUE", "ban a value, or make its ban what the flags say", func(ctx context.Context, s *session, o ban.CreateOptions) (ban.Ban, string, error) {
		began := s.now().Truncate(time.Microsecond) // as stores keep times
		b, created, err := s.bans.Put(ctx, o)
		switch {
		case created:
			return b, actionCreated, err
		case b.UpdatedAt.Before(began):
			return b, actionUnchanged, err
		}
		return b, actionUpdated, err
	})
}

const makeHelp = `

The value is an e-mail address, a domain, or an IP address or prefix, as its form
tells; a plain word is a name, and "name:john.doe" and --kind say of which kind it is.
Ranges, regular expressions and numbers of networks are refused. Patterns have stars:
*.spam.example, spam*@gmail.com, admin*.`

// makeCommand returns a command that makes a ban. With --dry-run it also says
// what the ban would overlap.
func makeCommand(a *app, use, short string, do func(context.Context, *session, ban.CreateOptions) (ban.Ban, string, error)) *cobra.Command {
	var flags contentFlags
	var dryRun, disable bool
	cmd := a.command(groupBans, use, short, func(cmd *cobra.Command, args []string) error {
		o, err := flags.options(args[0], a.now())
		if err != nil {
			return err // before a database is made
		}
		if o.Hashed && a.keys.Path == "" {
			return errNoKeys
		}
		o.DisableMatchingAliases = disable
		return a.with(cmd.Context(), writes(dryRun, creates), func(ctx context.Context, s *session) error {
			b, action, err := do(ctx, s, o)
			if err != nil {
				return err
			}
			doc := changeDoc{Action: action, DryRun: dryRun, Ban: newBanDoc(b, a.now())}
			if dryRun {
				p, err := s.bans.Preview(ctx, o)
				if err != nil {
					return err
				}
				doc.Effect = newPreviewDoc(p, a.now())
			}
			return a.output().print(doc)
		})
	})
	cmd.Long = short + "." + makeHelp
	flags.add(cmd)
	cmd.Flags().BoolVar(&disable, "disable-aliases", false, "turn off the aliases that the ban refuses")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}
