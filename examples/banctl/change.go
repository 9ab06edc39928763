package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/ostraka/ban"
)

func revokeCommand(a *app) *cobra.Command {
	var reason string
	cmd := changeCommand(a, "revoke BAN", "end a ban and keep its record", func(ctx context.Context, s *session, b ban.Ban) (ban.Ban, string, error) {
		after, err := s.bans.Revoke(ctx, b.ID, reason)
		return after, actionIf(after, b, actionRevoked), err
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why, `TEXT` for moderators")
	return cmd
}

func reinstateCommand(a *app) *cobra.Command {
	return changeCommand(a, "reinstate BAN", "let a revoked ban work again", func(ctx context.Context, s *session, b ban.Ban) (ban.Ban, string, error) {
		after, err := s.bans.Reinstate(ctx, b.ID)
		return after, actionIf(after, b, actionReinstated), err
	})
}

func deleteCommand(a *app) *cobra.Command {
	return changeCommand(a, "delete BAN", "remove a ban with its record and hits", func(ctx context.Context, s *session, b ban.Ban) (ban.Ban, string, error) {
		b, err := s.bans.Delete(ctx, b.ID)
		return b, actionDeleted, err
	})
}

func updateCommand(a *app) *cobra.Command {
	var flags contentFlags
	var value string
	var cmd *cobra.Command
	cmd = changeCommand(a, "update BAN", "change what a ban says, and leave the rest", func(ctx context.Context, s *session, b ban.Ban) (ban.Ban, string, error) {
		p, err := flags.patch(cmd.Flags(), value, s)
		if err != nil {
			return b, "", err
		}
		after, err := s.bans.Update(ctx, b.ID, p)
		return after, actionIf(after, b, actionUpdated), err
	})
	cmd.Long = `Change what a ban says; what no flag names stays. --shadow=false lets a shadow
decide, --reason "" takes the reason away.`
	flags.addToPatch(cmd)
	cmd.Flags().StringVar(&value, "value", "", "the new `VALUE`")
	return cmd
}

// actionIf returns the action if it changed the ban.
func actionIf(after, before ban.Ban, action string) string {
	if after.Version == before.Version {
		return actionUnchanged
	}
	return action
}

// changeCommand returns a command that changes the ban which its argument names.
func changeCommand(a *app, use, short string, do func(context.Context, *session, ban.Ban) (after ban.Ban, action string, err error)) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupBans, use, short, func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			b, err := s.findBan(ctx, args[0])
			if err != nil {
				return err
			}
			after, action, err := do(ctx, s, b)
			if err != nil {
				return err
			}
			return a.output().print(changeDoc{Action: action, DryRun: dryRun, Ban: newBanDoc(after, a.now())})
		})
	})
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// patch returns what the flags that were given say.
func (f *contentFlags) patch(given *pflag.FlagSet, value string, s *session) (ban.Patch, error) {
	p := ban.Patch{IPv6Prefix: f.ipv6Prefix, Force: f.force}
	if given.Changed("value") {
		o, err := f.options(value, s.now())
		if err != nil {
			return p, err
		}
		p.Kind, p.Value = &o.Kind, &o.Value
	} else if given.Changed("kind") {
		p.Kind = &f.kind
	}
	if given.Changed("expires") {
		t, err := parseExpiry(f.expires, s.now())
		if err != nil {
			return p, err
		}
		p.ExpiresAt = &t
	}
	p.Effect = ifGiven(given, "effect", &f.effect)
	p.Scope = ifGiven(given, "scope", &f.scope)
	p.Shadow = ifGiven(given, "shadow", &f.shadow)
	p.Label = ifGiven(given, "label", &f.label)
	p.Reason = ifGiven(given, "reason", &f.reason)
	p.PublicReason = ifGiven(given, "public-reason", &f.public)
	return p, nil
}

func ifGiven[T any](given *pflag.FlagSet, flag string, value *T) *T {
	if !given.Changed(flag) {
		return nil
	}
	return value
}
