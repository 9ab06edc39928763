package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// restoreDoc says what a database was replaced by.
type restoreDoc struct {
	DryRun bool   `json:"dry_run,omitzero"`
	File   string `json:"file"`
	From   string `json:"from"`
	Saved  string `json:"saved,omitzero"` // the backup of what was there before
}

func (d restoreDoc) text(t *text) {
	t.line("%s: %s from %s", rehearsed(d.DryRun, "restored"), d.File, d.From)
	if d.Saved != "" {
		t.line("saved: what was there before, as %s", d.Saved)
	}
}

const aboutRestore = `Replace the whole database by what a backup has, also while servers have it
open: they see it within a second. What was written since the backup was made is
gone; --save makes a backup of it first. Sessions and API tokens that were revoked
since are good again.

Never copy a backup over a database with cp: a server that has it open goes on
with what it has read, and may damage the file.`

func restoreCommand(a *app) *cobra.Command {
	var dryRun bool
	var save string
	cmd := a.command(groupData, "restore FILE", "replace the database by a backup, also while it is in use", func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if a.db.IsZero() {
			return errNoDatabase
		}
		if err := a.db.Can(backend.Restore); err != nil {
			return err
		}
		actor, err := a.who()
		if err != nil {
			return err
		}
		if _, err := os.Stat(args[0]); err != nil { // before anything is saved
			return err
		}
		if save != "" {
			err := a.with(ctx, reads, func(ctx context.Context, s *session) error {
				if dryRun {
					return backup(ctx, save, canCreate)
				}
				return backup(ctx, save, s.file.Backup)
			})
			if err != nil {
				return err
			}
		}
		do := sqlitestore.Restore
		if dryRun {
			do = a.rehearseRestore
		}
		err = do(ctx, a.db.Path(), args[0], store.Change{At: a.now(), Actor: actor}, sqlitestore.Options{})
		if errors.Is(err, sqlitestore.ErrCorrupt) || errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w; nothing was changed. A damaged database has to be moved away first, with its -wal and -shm files, when no program has it open", err)
		}
		if err != nil {
			return err
		}
		return a.output().print(restoreDoc{dryRun, a.db.String(), args[0], save})
	})
	cmd.ValidArgsFunction = nil // files
	cmd.Long = aboutRestore
	cmd.Flags().StringVar(&save, "save", "", "first back up what is there now to a new `FILE`")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// rehearseRestore makes a database of the backup in a folder that it removes. The
// one at path is only opened, if it is there.
func (a *app) rehearseRestore(ctx context.Context, path, from string, c store.Change, o sqlitestore.Options) error {
	if _, err := os.Stat(path); err == nil {
		if err := a.with(ctx, reads, func(context.Context, *session) error { return nil }); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "banctl-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return sqlitestore.Restore(ctx, filepath.Join(dir, "rehearsal.db"), from, c, o)
}

// pruneDoc says what was forgotten.
type pruneDoc struct {
	DryRun  bool      `json:"dry_run,omitzero"`
	Changes int64     `json:"changes"`
	Hits    int64     `json:"days_of_hits"`
	Before  time.Time `json:"before"`
}

func (d pruneDoc) text(t *text) {
	hits := ""
	if !d.DryRun {
		hits = ", " + count(d.Hits, "day of hits", "days of hits")
	}
	t.line("%s: %s%s from before %s", rehearsed(d.DryRun, "removed"), count(d.Changes, "entry of the log", "entries of the log"), hits, moment(d.Before))
}

func pruneCommand(a *app) *cobra.Command {
	var dryRun bool
	var before string
	cmd := a.command(groupData, "prune", "remove old entries of the log, and old days of hits", func(cmd *cobra.Command, _ []string) error {
		t, err := parsePast("before", before, a.now())
		if err != nil {
			return err
		}
		if t.After(a.now()) {
			return ban.NewValueError("before", before, ban.CodeRange, "give a time in the past: the log up to now would be lost")
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			doc := pruneDoc{DryRun: dryRun, Before: t.UTC()}
			var err error
			if doc.Changes, err = s.store.PruneChanges(ctx, t); err != nil {
				return err
			}
			if doc.Hits, err = s.store.PruneHits(ctx, t); err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	cmd.Long = `Remove entries of the log, which names people, and days of hits. Bans stay, and so
do the totals of hits. An entry is kept as long as an older one is. A dry run does not
count the days of hits.`
	cmd.Flags().StringVar(&before, "before", "365d", "those from before `TIME`: so long ago, such as 90d, or such as 2026-01-31T12:00:00Z")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// vacuumDoc says what a rebuilt file saved.
type vacuumDoc struct {
	DryRun bool   `json:"dry_run,omitzero"`
	File   string `json:"file"`
	Before int64  `json:"bytes_before"`
	After  int64  `json:"bytes_after,omitzero"`
}

func (d vacuumDoc) text(t *text) {
	now := ""
	if !d.DryRun {
		now = ", now " + count(d.After, "byte", "bytes")
	}
	t.line("%s: %s, of %s%s", rehearsed(d.DryRun, "rebuilt"), d.File, count(d.Before, "byte", "bytes"), now)
}

func vacuumCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupData, "vacuum", "give the space of what was deleted back to the disk", func(cmd *cobra.Command, _ []string) error {
		return a.withFile(cmd.Context(), backend.Vacuum, func(ctx context.Context, s *session) error {
			doc := vacuumDoc{DryRun: dryRun, File: a.db.String()}
			var err error
			if doc.Before, err = fileSize(a.db.Path()); err != nil {
				return err
			}
			if dryRun {
				return a.output().print(doc)
			}
			if err := s.file.Vacuum(ctx); err != nil {
				return err
			}
			if doc.After, err = fileSize(a.db.Path()); err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	cmd.Long = `Rebuild the file, also while servers have it open. They go on reading; writes wait,
and those that wait too long are refused. It needs free space of twice the size.`
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
