package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
)

// bansDoc is a page of bans.
type bansDoc struct {
	Bans  []banDoc `json:"bans"`
	Total int64    `json:"total"` // how many the filter selects, on all pages
	// Before is what --before takes to show the next page; 0: there is none.
	Before int64 `json:"before,omitzero"`
}

func (d bansDoc) text(t *text) {
	if len(d.Bans) > 0 {
		t.head("NUMBER", "KIND", "VALUE", "EFFECT", "SCOPE", "STATE", "EXPIRES", "HITS", "BY", "REASON")
	}
	for _, b := range d.Bans {
		t.row(number(b.Seq), b.Kind.String(), labelled(b.Value, b.Label), does(b.Effect, b.Shadow), b.Scope.String(), b.State,
			moment(b.ExpiresAt), digits(b.Hits), b.CreatedBy, b.Reason)
	}
	t.line("%s", pageNote(len(d.Bans), d.Total, d.Before, "ban", "bans"))
}

func listCommand(a *app) *cobra.Command {
	var filter ban.Filter
	var effect ban.Effect
	var state string
	var shadow, all bool
	var page pageFlags
	cmd := a.command(groupBans, "list", "show bans, newest first", func(cmd *cobra.Command, _ []string) error {
		filter.Active = stateFilters[state]
		filter.Effect = ifGiven(cmd.Flags(), "effect", &effect)
		filter.Shadow = ifGiven(cmd.Flags(), "shadow", &shadow)
		p, err := page.page()
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			doc, err := listBans(ctx, s, filter, p, all)
			if err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	addKind(cmd, &filter.Kind, "only bans of this kind")
	addEffect(cmd, &effect, "", "only bans of this effect")
	addScope(cmd, &filter.Scope, "", "only bans about one of these actions")
	addState(cmd, &state)
	flags := cmd.Flags()
	flags.StringVar(&filter.Contains, "contains", "", "only values with this `TEXT` in them")
	flags.BoolVar(&shadow, "shadow", false, "only shadows, or with --shadow=false none")
	flags.BoolVar(&all, "all", false, "show all pages")
	page.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("all", "limit")
	return cmd
}

func listBans(ctx context.Context, s *session, f ban.Filter, p ban.Page, all bool) (bansDoc, error) {
	doc := bansDoc{Bans: []banDoc{}}
	var err error
	if doc.Total, err = s.bans.Count(ctx, f); err != nil {
		return doc, err
	}
	if all {
		for b, err := range allBans(ctx, s.bans.List, f, p) {
			if err != nil {
				return doc, err
			}
			doc.Bans = append(doc.Bans, newBanDoc(b, s.now()))
		}
		return doc, nil
	}
	bans, err := s.bans.List(ctx, f, p)
	bans, doc.Before = cut(bans, p, func(b ban.Ban) int64 { return b.Seq })
	for _, b := range bans {
		doc.Bans = append(doc.Bans, newBanDoc(b, s.now()))
	}
	return doc, err
}

// stateFilters are the words that --state takes.
var stateFilters = map[string]*bool{"active": new(true), "ended": new(false), "all": nil}

func addState(cmd *cobra.Command, state *string) {
	*state = "active"
	addChoice(cmd, "state", "only active bans, only ended ones, or all", &choice[string]{
		target: state, parse: parseState, options: []string{"active", "ended", "all"}, initial: *state,
	})
}

func parseState(s string) (string, error) {
	if _, ok := stateFilters[s]; !ok {
		return "", fmt.Errorf("unknown state %q", s)
	}
	return s, nil
}
