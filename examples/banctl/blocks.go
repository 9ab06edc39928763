package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

func blockCommands(a *app) []*cobra.Command {
	return []*cobra.Command{blockCommand(a), updateBlockCommand(a), unblockCommand(a), blocksCommand(a)}
}

// blockDoc is a block as it is printed.
type blockDoc struct{ blocklist.Block }

func (d blockDoc) name() string {
	if d.Seq == 0 {
		return d.Domain
	}
	return number(d.Seq) + " " + d.Domain
}

func (d blockDoc) fields(t *text) {
	t.field("effect", d.Effect.String())
	t.field("scope", d.Scope.String())
	t.field("reason", d.Reason)
	t.field("public reason", d.PublicReason)
	t.field("created", by(d.CreatedAt, d.CreatedBy))
	t.field("hits", lastHit(d.Hits, d.LastHitAt))
}

// blockChangeDoc says what became of a block.
type blockChangeDoc struct {
	Action string   `json:"action"` // created, updated, unchanged or deleted
	DryRun bool     `json:"dry_run,omitzero"`
	Block  blockDoc `json:"block"`
}

func (d blockChangeDoc) text(t *text) {
	t.line("%s: block %s", rehearsed(d.DryRun, d.Action), d.Block.name())
	d.Block.fields(t)
}

func blockCommand(a *app) *cobra.Command {
	var o blocklist.CreateOptions
	var dryRun bool
	cmd := a.command(groupLists, "block DOMAIN", "keep out e-mail addresses at a domain and below it", func(cmd *cobra.Command, args []string) error {
		o.Domain = args[0]
		if _, err := ban.ParseDomain(o.Domain); err != nil {
			return err // before a database is made
		}
		return a.with(cmd.Context(), writes(dryRun, creates), func(ctx context.Context, s *session) error {
			b, err := s.lists.Create(ctx, o)
			if err != nil {
				return err
			}
			return a.output().print(blockChangeDoc{actionCreated, dryRun, blockDoc{b}})
		})
	})
	cmd.Long = `Keep out e-mail addresses at a domain and below it. Unlike a ban of the domain, a
block does not apply to the domain itself, such as that of a website, does not
expire, and has no record once it is lifted.`
	addBlockEffect(cmd, &o.Effect, ban.Deny.String(), "what it does")
	addScope(cmd, &o.Scope, allActions, "the actions it keeps people from, with commas between")
	flags := cmd.Flags()
	flags.StringVar(&o.Reason, "reason", "", "why, `TEXT` for moderators")
	flags.StringVar(&o.PublicReason, "public-reason", "", "why, `TEXT` for the person refused")
	addForce(flags, &o.Force)
	addDryRun(flags, &dryRun)
	return cmd
}

func updateBlockCommand(a *app) *cobra.Command {
	var effect ban.Effect
	var scope ban.Scope
	var reason, public string
	var p blocklist.Patch
	var dryRun bool
	cmd := a.command(groupLists, "update-block BLOCK", "change what a block says, and leave the rest", func(cmd *cobra.Command, args []string) error {
		given := cmd.Flags()
		p.Effect, p.Scope = ifGiven(given, "effect", &effect), ifGiven(given, "scope", &scope)
		p.Reason, p.PublicReason = ifGiven(given, "reason", &reason), ifGiven(given, "public-reason", &public)
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			b, err := s.findBlock(ctx, args[0])
			if err != nil {
				return err
			}
			after, err := s.lists.Update(ctx, b.ID, p)
			if err != nil {
				return err
			}
			action := actionUpdated
			if after == b {
				action = actionUnchanged
			}
			return a.output().print(blockChangeDoc{action, dryRun, blockDoc{after}})
		})
	})
	cmd.Long = `Change what a block says, named by its domain, number or id; what no flag names
stays, and so does what it has caught. --effect review lets people in after somebody
approves, --effect deny refuses them again; --reason "" takes the reason away.`
	addBlockEffect(cmd, &effect, "", "what it does")
	addScope(cmd, &scope, "", "the actions it keeps people from, with commas between")
	flags := cmd.Flags()
	flags.StringVar(&reason, "reason", "", "why, `TEXT` for moderators")
	flags.StringVar(&public, "public-reason", "", "why, `TEXT` for the person refused")
	addForce(flags, &p.Force)
	addDryRun(flags, &dryRun)
	return cmd
}

func unblockCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupLists, "unblock BLOCK", "lift a block, named by its domain, number or id", func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			b, err := s.findBlock(ctx, args[0])
			if err != nil {
				return err
			}
			if b, err = s.lists.Delete(ctx, b.ID); err != nil {
				return err
			}
			return a.output().print(blockChangeDoc{actionDeleted, dryRun, blockDoc{b}})
		})
	})
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// blocksDoc is a page of blocks.
type blocksDoc struct {
	Blocks []blockDoc `json:"blocks"`
	Total  int64      `json:"total"`           // on all pages
	Before int64      `json:"before,omitzero"` // what --before takes to show the next page
}

func (d blocksDoc) text(t *text) {
	if len(d.Blocks) > 0 {
		t.head("NUMBER", "DOMAIN", "EFFECT", "SCOPE", "HITS", "CREATED", "BY", "REASON")
	}
	for _, b := range d.Blocks {
		t.row(number(b.Seq), b.Domain, b.Effect.String(), b.Scope.String(), digits(b.Hits), moment(b.CreatedAt), b.CreatedBy, b.Reason)
	}
	t.line("%s", pageNote(len(d.Blocks), d.Total, d.Before, "block", "blocks"))
}

func blocksCommand(a *app) *cobra.Command {
	var flags pageFlags
	var filter blocklist.Filter
	var effect ban.Effect
	order := orderSeq
	cmd := a.command(groupLists, "blocks", "show blocks, newest first", func(cmd *cobra.Command, _ []string) error {
		filter.Effect = ifGiven(cmd.Flags(), "effect", &effect)
		p, err := flags.page()
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			total, err := s.lists.Count(ctx, filter)
			if err != nil {
				return err
			}
			blocks, err := s.lists.List(ctx, filter, blockOrders[order], p)
			if err != nil {
				return err
			}
			doc := blocksDoc{Blocks: []blockDoc{}, Total: total}
			blocks, doc.Before = cut(blocks, p, func(b blocklist.Block) int64 { return b.Seq })
			if order != orderSeq {
				doc.Before = 0 // the blocks that follow are not those with lower numbers
			}
			for _, b := range blocks {
				doc.Blocks = append(doc.Blocks, blockDoc{b})
			}
			return a.output().print(doc)
		})
	})
	addBlockEffect(cmd, &effect, "", "only blocks of this effect")
	addChoice(cmd, "order", "newest first, or what caught most first", &choice[string]{
		target: &order, parse: parseOrder, options: []string{orderSeq, orderHits}, initial: orderSeq,
	})
	cmd.Flags().StringVar(&filter.Contains, "contains", "", "only domains with this `TEXT` in them")
	flags.add(cmd)
	return cmd
}

// The words that --order takes.
const (
	orderSeq  = "newest"
	orderHits = "hits"
)

var blockOrders = map[string]blocklist.Order{orderSeq: blocklist.BySeq, orderHits: blocklist.ByHits}

func parseOrder(s string) (string, error) {
	if _, ok := blockOrders[s]; !ok {
		return "", fmt.Errorf("unknown order %q", s)
	}
	return s, nil
}
