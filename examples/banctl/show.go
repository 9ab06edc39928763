package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// showDoc is one record. One of Ban, Block and List is set.
type showDoc struct {
	Ban   *banDoc   `json:"ban,omitempty"`
	Block *blockDoc `json:"block,omitempty"`
	List  *listDoc  `json:"list,omitempty"`
	Days  []dayDoc  `json:"days,omitempty"` // what it caught, today first; not of a list
}

// dayDoc is what a rule caught on one day.
type dayDoc struct {
	Day     string `json:"day"` // UTC
	Uses    int64  `json:"uses"`
	Clients int64  `json:"clients"` // distinct addresses among them, estimated
}

func newDays(hits []store.DayHits) []dayDoc {
	days := make([]dayDoc, len(hits))
	for i, h := range hits {
		days[i] = dayDoc{h.Day.Format(time.DateOnly), h.Uses, h.Clients}
	}
	return days
}

func (d showDoc) text(t *text) {
	switch {
	case d.Ban != nil:
		t.line("ban %s", d.Ban.name())
		t.field("id", d.Ban.ID.String())
		d.Ban.fields(t)
		t.field("hits", lastHit(d.Ban.Hits, d.Ban.LastHitAt))
	case d.Block != nil:
		t.line("block %s", d.Block.name())
		t.field("id", d.Block.ID.String())
		d.Block.fields(t)
	default:
		t.line("list %s", d.List.Name)
		t.field("id", d.List.ID.String())
		d.List.fields(t)
	}
	d.history(t)
}

// history prints the days with hits.
func (d showDoc) history(t *text) {
	head := false
	for _, day := range d.Days {
		if day.Uses == 0 {
			continue
		}
		if !head {
			t.line("")
			t.head("DAY", "USES", "CLIENTS")
			head = true
		}
		t.row(day.Day, digits(day.Uses), digits(day.Clients))
	}
}

// lastHit prints how often something matched, and when it last did.
func lastHit(n int64, last time.Time) string {
	if n == 0 {
		return "none"
	}
	return digits(n) + ", last at " + moment(last)
}

func showCommand(a *app) *cobra.Command {
	cmd := a.command(groupBans, "show REFERENCE", "show a ban, block:DOMAIN or list:NAME and what it caught", func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			r, err := s.find(ctx, args[0])
			if err != nil {
				return err
			}
			doc, err := s.show(ctx, r)
			if err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	return cmd
}

func (s *session) show(ctx context.Context, r record) (showDoc, error) {
	var hits []store.DayHits
	var err error
	var doc showDoc
	switch {
	case r.ban != nil:
		doc.Ban = new(newBanDoc(*r.ban, s.now()))
		hits, err = s.bans.Hits(ctx, r.ban.ID, ban.HitDays)
	case r.block != nil:
		doc.Block = &blockDoc{*r.block}
		hits, err = s.lists.History(ctx, r.block.ID)
	default:
		doc.List = new(newListDoc(*r.list))
	}
	doc.Days = newDays(hits)
	return doc, err
}
