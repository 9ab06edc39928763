package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/store/storecopy"
)

// copyDoc says what was copied.
type copyDoc struct {
	DryRun  bool            `json:"dry_run,omitzero"`
	From    string          `json:"from"`
	To      string          `json:"to"`
	Already bool            `json:"already,omitzero"` // it was, before this
	Tables  []storecopy.Sum `json:"tables,omitempty"`
}

func (d copyDoc) text(t *text) {
	if d.Already {
		t.line("%s is a copy of %s already", d.To, d.From)
		return
	}
	for _, s := range d.Tables {
		if s.Rows > 0 {
			t.line("%s: %s, sha256 %.16s…", s.Table, count(s.Rows, "row", "rows"), s.Hash)
		}
	}
	t.line("%s: %s to %s", rehearsed(d.DryRun, "copied and compared"), d.From, d.To)
}

const aboutCopy = `Copy everything to another database: an SQLite file, or one on a PostgreSQL
server. Bans, blocks, lists with their version before, accounts, aliases, sessions
and tokens, hits and the whole log keep their numbers; an entry of the log says that
they were copied.

Stop the programs that write to FROM. At TO there may be nothing yet. What is written
is kept apart (TO.copying, or the schema with _copying behind) until all of it was
compared with FROM, and then takes its place as a whole. If it is cut off, give the
same command again: it goes on where it was.

FROM and TO are paths, or postgres://USER@HOST/DATABASE?schema=NAME. --db is not used.`

func copyCommand(a *app) *cobra.Command {
	var o backend.CopyOptions
	var role string
	cmd := a.command(groupData, "copy FROM TO", "copy everything to another database, of whichever kind", func(cmd *cobra.Command, args []string) error {
		from, err := backend.Named("FROM", args[0])
		if err != nil {
			return err
		}
		to, err := backend.Named("TO", args[1])
		if err != nil {
			return err
		}
		if role != "" && !to.OnServer() {
			return &usageError{errors.New("--grant: TO is a file, which has no roles"), "leave it out"}
		}
		if o.Change.Actor, err = a.who(); err != nil {
			return err
		}
		o.Change.At = a.now()
		return a.copy(cmd.Context(), from, to, role, o)
	})
	cmd.ValidArgsFunction = nil // files
	cmd.Long = aboutCopy
	cmd.Flags().BoolVar(&o.Restart, "restart", false, "throw away an unfinished copy that is there, and begin anew")
	cmd.Flags().StringVar(&role, "grant", "", "let the `ROLE` of PostgreSQL use the copy")
	addDryRun(cmd.Flags(), &o.DryRun)
	return cmd
}

func (a *app) copy(ctx context.Context, from, to backend.Address, role string, o backend.CopyOptions) error {
	doc := copyDoc{DryRun: o.DryRun, From: from.String(), To: to.String()}
	progress, clear := a.copyProgress()
	o.Progress = progress
	var err error
	doc.Tables, err = backend.Copy(ctx, from, to, o)
	clear()
	if errors.Is(err, storecopy.ErrDone) {
		doc.Already, err = true, nil
	}
	if err == nil && role != "" && !o.DryRun {
		_, err = backend.Migrate(ctx, to, role)
	}
	if err != nil {
		return err
	}
	return a.output().print(doc)
}

// copyProgress draws how far a copy is on one line of a terminal, until it is cleared.
func (a *app) copyProgress() (progress func(table string, rows int64), clear func()) {
	f, ok := terminal(a.stderr)
	if !ok || os.Getenv("TERM") == "dumb" {
		return nil, func() {}
	}
	var drawn time.Time
	progress = func(table string, rows int64) {
		if now := time.Now(); now.Sub(drawn) >= redrawEvery {
			drawn = now
			fmt.Fprintf(f, "\r%s: %d\x1b[K", table, rows)
		}
	}
	return progress, func() { fmt.Fprint(f, "\r\x1b[K") }
}
