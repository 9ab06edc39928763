package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.com/ostraka/account"
)

func accountDeleteCommand(a *app) *cobra.Command {
	var o account.DeleteOptions
	var dryRun bool
	cmd := a.command("", "delete ACCOUNT", "remove an account; with --keep-hashed-ban nothing names it any more", func(cmd *cobra.Command, args []string) error {
		if o.KeepHashedBan && a.keys.Path == "" {
			return errNoKeys
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			done, err := s.accounts.Delete(ctx, acc.ID, o)
			if err != nil {
				return err
			}
			return a.output().print(accountChangeDoc{
				Action: actionDeleted, DryRun: dryRun, Account: newAccountDoc(done.Account),
				CredentialsRevoked: done.CredentialsRevoked, AliasesDisabled: done.AliasesDisabled,
				BansCreated: a.banDocs(done.BansCreated), BansExisting: a.banDocs(done.BansExisting),
			})
		})
	})
	cmd.Long = `Remove an account with its sessions and API tokens. Its handle and addresses are
free again. Its aliases are turned off, and the log keeps what it was.

With --keep-hashed-ban nothing is left that names the person, but bans of the hash of
each of its mailboxes, under the newest key of --key-file: also the log forgets what the
account was, and its aliases go. Bans that there are of its addresses and its handle are
turned into their hashes. Reasons stay as moderators wrote them, and backups as they are.`
	flags := cmd.Flags()
	flags.BoolVar(&o.KeepHashedBan, "keep-hashed-ban", false, "forget the account, and ban the hashes of its mailboxes")
	flags.BoolVar(&o.KeepAliasAddresses, "keep-alias-addresses", false, "with --keep-hashed-ban: let nobody else get the addresses of its aliases")
	flags.StringVar(&o.Label, "label", "", "with --keep-hashed-ban: `TEXT` to be read in the place of the value of these bans")
	addForce(flags, &o.Force)
	addDryRun(flags, &dryRun)
	return cmd
}
