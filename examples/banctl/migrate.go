package main

import (
	"github.com/spf13/cobra"

	"example.com/ostraka/examples/internal/backend"
)

// migrateDoc says from which version of its schema to which a database was brought.
type migrateDoc struct {
	DryRun   bool   `json:"dry_run,omitzero"`
	Database string `json:"database"`
	From     int    `json:"from"` // 0: there was none
	To       int    `json:"to"`
	Granted  string `json:"granted,omitzero"` // the role that may use it
}

func (d migrateDoc) text(t *text) {
	switch {
	case d.From == d.To:
		t.line("%s: its schema is of version %d already", d.Database, d.To)
	case d.From == 0:
		t.line("%s: %s with a schema of version %d", rehearsed(d.DryRun, "made"), d.Database, d.To)
	default:
		t.line("%s: %s from version %d of its schema to %d", rehearsed(d.DryRun, "migrated"), d.Database, d.From, d.To)
	}
	if d.Granted != "" {
		t.line("%s: the role %s may use it", rehearsed(d.DryRun, "granted"), d.Granted)
	}
}

const aboutMigrate = `Make the schema of a database, or bring it up to date. Doing so again changes
nothing. On PostgreSQL it is done by a role that may make schemas, or owns this one;
--grant gives another role what programs need that only use it.

Programs on an SQLite file do so themselves. On PostgreSQL they do not.`

func migrateCommand(a *app) *cobra.Command {
	var dryRun bool
	var role string
	cmd := a.command(groupData, "migrate", "make the schema, or bring it up to date", func(cmd *cobra.Command, _ []string) error {
		if a.db.IsZero() {
			return errNoDatabase
		}
		do := backend.Migrate
		if dryRun {
			do = backend.MigrateRehearsal
		}
		m, err := do(cmd.Context(), a.db, role)
		if err != nil {
			return err
		}
		return a.output().print(migrateDoc{dryRun, a.db.String(), m.From, m.To, role})
	})
	cmd.Long = aboutMigrate
	cmd.Flags().StringVar(&role, "grant", "", "let the `ROLE` of PostgreSQL use the tables")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}
