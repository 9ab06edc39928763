package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.com/ostraka/examples/internal/backend"
)

// backupDoc says what a backup wrote.
type backupDoc struct {
	DryRun bool   `json:"dry_run,omitzero"`
	File   string `json:"file"`
	Bytes  int64  `json:"bytes,omitzero"`
}

func (d backupDoc) text(t *text) {
	size := ""
	if !d.DryRun {
		size = ", " + count(d.Bytes, "byte", "bytes")
	}
	t.line("%s: %s%s", rehearsed(d.DryRun, "written"), d.File, size)
}

func backupCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupData, "backup FILE", "write a copy of the database, also while it is in use", func(cmd *cobra.Command, args []string) error {
		path := args[0]
		return a.withFile(cmd.Context(), backend.Backup, func(ctx context.Context, s *session) error {
			do := s.file.Backup
			if dryRun {
				do = canCreate
			}
			err := backup(ctx, path, do)
			doc := backupDoc{DryRun: dryRun, File: path}
			if err == nil && !dryRun {
				var info fs.FileInfo
				if info, err = os.Stat(path); err == nil {
					doc.Bytes = info.Size()
				}
			}
			if err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	cmd.ValidArgsFunction = nil // files
	cmd.Long = `Write a consistent copy of the database to a new file, also while servers have it
open. Copying the file with cp does not: what is still in its -wal file is missing.`
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// backup writes a copy of the database to a new file.
func backup(ctx context.Context, path string, do func(context.Context, string) error) error {
	err := do(ctx, path)
	if errors.Is(err, fs.ErrExist) {
		return &usageError{fmt.Errorf("there is a file %s", path), "name a new one, a backup replaces nothing"}
	}
	return err
}

// canCreate fails if there is a file at the path, or no folder to create it in.
func canCreate(_ context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	_, err := os.Stat(filepath.Dir(path))
	return err
}

// verifyDoc says that a database is not damaged.
type verifyDoc struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
}

func (d verifyDoc) text(t *text) { t.line("no damage found in %s", d.File) }

func verifyCommand(a *app) *cobra.Command {
	return a.command(groupData, "verify", "read the whole database and report damage", func(cmd *cobra.Command, _ []string) error {
		return a.withFile(cmd.Context(), backend.Verify, func(ctx context.Context, s *session) error {
			if err := s.file.Check(ctx); err != nil {
				return err
			}
			return a.output().print(verifyDoc{a.db.String(), true})
		})
	})
}
