package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

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
	cmd := a.command(groupData, newKey+" FILE", "add a key for hashed bans to a key file", func(_ *cobra.Command, args []string) error {
		if id == "" {
			id = a.now().UTC().Format(time.DateOnly)
		}
		if err := keyfile.Add(args[0], id, !dryRun); err != nil {
			return err
		}
		return a.output().print(keyDoc{args[0], id, dryRun})
	})
	cmd.Long = `Add a new key at the end of a key file, of 32 random bytes, or make the file, for
its owner alone. New bans are hashed under the last key of the file; older keys stay
in it for as long as bans are hashed under them. Servers read the file when they start:
give all of them the same, and the new key to all before one makes a ban under it.

Whoever has the key and the database can try which addresses are banned. A lost
key is lost with the bans that were hashed under it.`
	cmd.Flags().StringVar(&id, "id", "", "the `ID` of the key: 1 to 32 of a-z, 0-9, '.', '_' and '-' (default: today's date)")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}
