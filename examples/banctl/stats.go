package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// statsDoc says how much there is in a database.
type statsDoc struct {
	Bans        banStats            `json:"bans"`
	BansByKind  map[string]banStats `json:"bans_by_kind"`
	Blocks      int64               `json:"blocks"`
	Lists       int                 `json:"lists"`
	ListEntries int64               `json:"list_entries"`
	LastChange  int64               `json:"last_change"`         // the number of the newest entry of the log
	FileBytes   int64               `json:"file_bytes,omitzero"` // without what is still in the write-ahead log
}

// banStats counts bans.
type banStats struct {
	Active  int64 `json:"active"`  // shadows among them
	Ended   int64 `json:"ended"`   // expired or revoked
	Shadows int64 `json:"shadows"` // active ones
}

func (d statsDoc) text(t *text) {
	t.head("BANS", "ACTIVE", "ENDED", "SHADOWS")
	for _, kind := range store.Kinds() {
		n := d.BansByKind[kind.String()]
		t.row(kind.String(), digits(n.Active), digits(n.Ended), digits(n.Shadows))
	}
	t.row("all", digits(d.Bans.Active), digits(d.Bans.Ended), digits(d.Bans.Shadows))
	t.line("")
	t.field("blocks", digits(d.Blocks))
	t.field("lists", digits(int64(d.Lists)))
	t.field("list entries", digits(d.ListEntries))
	t.field("changes", digits(d.LastChange))
	if d.FileBytes > 0 {
		t.field("file", count(d.FileBytes, "byte", "bytes"))
	}
}

func statsCommand(a *app) *cobra.Command {
	return a.command(groupData, "stats", "count what is in the database", func(cmd *cobra.Command, _ []string) error {
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			doc, err := s.stats(ctx)
			if err != nil {
				return err
			}
			if s.file != nil {
				if doc.FileBytes, err = fileSize(a.db.Path()); err != nil {
					return err
				}
			}
			return a.output().print(doc)
		})
	})
}

func (s *session) stats(ctx context.Context) (statsDoc, error) {
	doc := statsDoc{BansByKind: map[string]banStats{}}
	var err error
	for _, kind := range store.Kinds() {
		n, err := s.countBans(ctx, kind)
		if err != nil {
			return doc, err
		}
		doc.BansByKind[kind.String()] = n
		doc.Bans.Active += n.Active
		doc.Bans.Ended += n.Ended
		doc.Bans.Shadows += n.Shadows
	}
	if doc.Blocks, err = s.lists.Count(ctx, blocklist.Filter{}); err != nil {
		return doc, err
	}
	lists, err := s.lists.Lists(ctx)
	if err != nil {
		return doc, err
	}
	doc.Lists = len(lists)
	for _, l := range lists {
		doc.ListEntries += l.Entries
	}
	doc.LastChange, err = s.store.LastChange(ctx)
	return doc, err
}

func (s *session) countBans(ctx context.Context, kind ban.Kind) (n banStats, err error) {
	for _, c := range []struct {
		n      *int64
		filter ban.Filter
	}{
		{&n.Active, ban.Filter{Kind: kind, Active: new(true)}},
		{&n.Ended, ban.Filter{Kind: kind, Active: new(false)}},
		{&n.Shadows, ban.Filter{Kind: kind, Active: new(true), Shadow: new(true)}},
	} {
		if *c.n, err = s.bans.Count(ctx, c.filter); err != nil {
			return n, err
		}
	}
	return n, nil
}
