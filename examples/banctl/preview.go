package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// previewDoc says what making a ban would do.
type previewDoc struct {
	Kind      ban.Kind    `json:"kind"`
	Value     string      `json:"value"`
	ExpiresAt time.Time   `json:"expires_at,omitzero"`
	Guard     *guardDoc   `json:"guard,omitempty"`    // why it would be refused without --force
	Existing  *banDoc     `json:"existing,omitempty"` // the active ban of the value: add would be refused, put would update it
	Redundant bool        `json:"redundant"`          // a wider rule does the same already
	Partial   bool        `json:"partial,omitempty"`  // too many rules to read each: of the narrower ones there may be more
	Wider     overlapsDoc `json:"wider"`              // rules that match the value
	Narrower  overlapsDoc `json:"narrower"`           // rules whose value the ban would match
	Affected  affectedDoc `json:"affected"`           // whom it would decide about
}

// affectedDoc are the accounts, their addresses and the aliases that a ban would
// decide about. Samples hold at most ban.PreviewSample.
type affectedDoc struct {
	Accounts      int64              `json:"accounts"`
	Addresses     int64              `json:"addresses"`
	Aliases       int64              `json:"aliases"`
	AccountSample []store.AccountRef `json:"account_sample,omitempty"`
	AddressSample []string           `json:"address_sample,omitempty"`
	AliasSample   []store.AliasRef   `json:"alias_sample,omitempty"`
}

func (d *affectedDoc) text(t *text) {
	t.line("it would decide about %d accounts, %d addresses and %d aliases", d.Accounts, d.Addresses, d.Aliases)
	if d.Accounts+d.Aliases > 0 {
		t.line("a ban leaves in who is in: once it is made, banctl sweep --rule finds them, and suspends or holds them")
	}
	for _, a := range d.AccountSample {
		t.row(" ", "account", a.Handle, a.ID.String())
	}
	for _, address := range d.AddressSample {
		t.row(" ", "address", address)
	}
	for _, a := range d.AliasSample {
		t.row(" ", "alias", a.Address, "to "+a.Destination)
	}
}

type guardDoc struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// overlapsDoc are rules that have something in common with a ban.
type overlapsDoc struct {
	Count     int       `json:"count"`
	Redundant int       `json:"redundant"` // of them: they would change no verdict beside the ban
	Sample    []ruleDoc `json:"sample"`    // at most ban.PreviewSample
}

// ruleDoc is a rule of a ban, a block or a list.
type ruleDoc struct {
	Kind      ban.Kind   `json:"kind"`
	Value     string     `json:"value"`
	Effect    ban.Effect `json:"effect"`
	Scope     ban.Scope  `json:"scope"`
	Shadow    bool       `json:"shadow"`
	Origin    ban.Origin `json:"origin"`
	ID        string     `json:"id"`
	Reason    string     `json:"reason,omitzero"`
	ExpiresAt time.Time  `json:"expires_at,omitzero"`
	Redundant bool       `json:"redundant"`
}

func newPreviewDoc(p ban.Preview, now time.Time) *previewDoc {
	d := &previewDoc{
		Kind: p.Kind, Value: p.Value, ExpiresAt: p.ExpiresAt, Redundant: p.Redundant, Partial: p.Partial,
		Wider: newOverlapsDoc(p.Wider), Narrower: newOverlapsDoc(p.Narrower), Affected: affectedDoc(p.Affected),
	}
	if p.Guard != nil {
		d.Guard = &guardDoc{p.Guard.Code, p.Guard.Error()}
	}
	if p.Existing != nil {
		d.Existing = new(newBanDoc(*p.Existing, now))
	}
	return d
}

func newOverlapsDoc(o ban.Overlaps) overlapsDoc {
	d := overlapsDoc{Count: o.Count, Redundant: o.Redundant, Sample: []ruleDoc{}}
	for _, s := range o.Sample {
		d.Sample = append(d.Sample, ruleDoc{
			Kind: s.Rule.Key.Kind, Value: s.Rule.Value, Effect: s.Rule.Effect, Scope: s.Rule.Scope, Shadow: s.Rule.Shadow,
			Origin: s.Rule.Origin, ID: s.Rule.ID.String(), Reason: s.Rule.Reason, ExpiresAt: s.Rule.ExpiresAt,
			Redundant: s.Redundant,
		})
	}
	return d
}

func (d *previewDoc) text(t *text) {
	t.line("%s %s", d.Kind, d.Value)
	if !d.ExpiresAt.IsZero() {
		t.line("until %s", moment(d.ExpiresAt))
	}
	if d.Guard != nil {
		t.line("guarded: %s", d.Guard.Message)
	}
	if d.Existing != nil {
		t.line("banned already: %s", labelled(d.Existing.name(), d.Existing.Label))
	}
	d.overlaps(t)
}

// overlaps prints the rules that have something in common with the ban.
func (d *previewDoc) overlaps(t *text) {
	if d.Redundant {
		t.line("redundant: a wider rule does the same already")
	}
	d.Wider.table(t, "wider rules, which match the value")
	d.Narrower.table(t, "narrower rules, whose values it would match")
	if d.Partial {
		t.line("there are too many rules to read each: more may be narrower, entries of lists and blocks above all")
	}
	d.Affected.text(t)
}

func (d overlapsDoc) table(t *text, title string) {
	if d.Count == 0 {
		t.line("%s: none", title)
		return
	}
	t.line("%s: %d%s", title, d.Count, redundant(d.Redundant))
	for _, r := range d.Sample {
		t.row(" ", fmt.Sprintf("%s %s", r.Kind, r.Value), does(r.Effect, r.Shadow), r.Scope.String(), string(r.Origin),
			mark(r.Redundant, "redundant"), r.Reason)
	}
	if more := d.Count - len(d.Sample); more > 0 {
		t.line("  and %d more", more)
	}
}

func redundant(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", of which %d would be redundant", n)
}

func previewCommand(a *app) *cobra.Command {
	var flags contentFlags
	cmd := a.command(groupAsk, "preview VALUE", "show what a ban of a value would overlap, and whom it is about", func(cmd *cobra.Command, args []string) error {
		o, err := flags.options(args[0], a.now())
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			p, err := s.bans.Preview(ctx, o)
			if err != nil {
				return err
			}
			return a.output().print(newPreviewDoc(p, a.now()))
		})
	})
	cmd.Long = "Show what a ban of a value would overlap, which accounts and aliases it is about,\nand whether add would refuse it." + makeHelp
	flags.add(cmd)
	return cmd
}
