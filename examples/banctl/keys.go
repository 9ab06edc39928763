package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/keyfile"
)

// newKey is the name of the command that makes keys.
const newKey = "new-key"

var errNoKeys = &usageError{errors.New("no key to hash under"), "name a key file with --key-file or " + keyfile.Variable + "; new-key makes one"}

// keyDoc says which key was made.
type keyDoc struct {
	File string `json:"file"`
	ID   string `json:"id"`

	DryRun bool `json:"dry_run,omitzero"`
}

func (d keyDoc) text(t *text) {
	if d.DryRun {
		t.line("dry run, would add the key %s to %s", d.ID, d.File)
		return
	}
	t.line("new bans are hashed under the key %s of %s; keep a copy of the file, apart from those of the database", d.ID, d.File)
}

func newKeyCommand(a *app) *cobra.Command {
	var id string
	var dryRun bool
	cmd := a.command(groupData, newKey+" FILE", "add a key for hashed bans to a key file", func(cmd *cobra.Command, args []string) error {
		secret := keyfile.NewSecret()
		if id == "" {
			var err error
			if id, err = ban.KeyID(a.now().UTC().Format(time.DateOnly), secret); err != nil {
				return err
			}
		}
		if err := a.checkKeyID(cmd.Context(), args[0], id); err != nil {
			return err
		}
		if err := keyfile.Add(args[0], id, secret, !dryRun); err != nil {
			return err
		}
		return a.output().print(keyDoc{args[0], id, dryRun})
	})
	cmd.Long = `Add a new key at the end of a key file, of 32 random bytes, or make the file, for
its owner alone. New bans are hashed under the last key of the file; older keys stay
in it for as long as bans are hashed under them. Servers read the file when they start:
give all of them the same, and the new key to all before one makes a ban under it.

An ID stands for one secret: bans that were hashed under another secret of that ID
match nobody any more. The ID that is made without --id ends in a mark of its secret, so
that programs refuse it with another. An ID under which bans of the database are hashed,
and that is not in the file, is not given to a new key.

Whoever has the key and the database can try which addresses are banned. A lost
key is lost with the bans that were hashed under it.`
	cmd.Flags().StringVar(&id, "id", "", "the `ID` of the key: 1 to 32 of a-z, 0-9, '.', '_' and '-' (default: today's date, and a mark of the secret)")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// checkKeyID refuses the ID of a key under which bans of the database are hashed, if one
// is named and there, and that the key file has not: a new secret is another one, and
// nobody would notice that those bans match nobody any more.
func (a *app) checkKeyID(ctx context.Context, path, id string) error {
	if a.db.IsZero() {
		return nil
	}
	err := a.with(ctx, reads, func(ctx context.Context, s *session) error {
		inUse, err := ban.MissingKeys(ctx, s.store, nil)
		if err != nil || !slices.Contains(inUse, id) || keyfile.Has(path, id) {
			return err
		}
		return &usageError{
			fmt.Errorf("bans of %s are hashed under a key %q that is not in %s: under another secret they would match nobody", a.db, id, path),
			"use the file that has it, or name the new key otherwise, with --id",
		}
	})
	if _, refused := errors.AsType[*usageError](err); err == nil || refused {
		return err
	}
	if backend.Absent(err) {
		return nil
	}
	a.warn("whether bans are hashed under a key %q already could not be found out: %v", id, err)
	return nil
}
