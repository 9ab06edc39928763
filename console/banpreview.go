package console

import (
	"example.com/ostraka/ban"
)

// banPreview is what a ban would do, as a person reads it.
type banPreview struct {
	ban.Preview
	Effect      ban.Effect
	Scope       ban.Scope
	Shadow      bool
	Guard       string // in words; empty: none
	Existing    string // the link to the active ban of the value; empty: none
	Accounts    []previewLink
	Aliases     []string
	HasAccounts bool // accounts can be hit by bans of the kind
	Wider       overlaps
	Narrower    overlaps
	WillDisable bool // aliases are turned off with the ban
}

type previewLink struct{ Link, Text string }

// overlaps are rules that have something in common with the ban.
type overlaps struct {
	Count, Redundant int
	Rules            []overlapped
}

type overlapped struct {
	ban.Overlap
	Link, From string
}

func (c *console) readPreview(p *ban.Preview, o *ban.CreateOptions) *banPreview {
	out := &banPreview{
		Preview: *p, Effect: o.Effect, Scope: o.Scope, Shadow: o.Shadow, HasAccounts: p.Kind != ban.KindIP,
		Wider: c.readOverlaps(p.Wider), Narrower: c.readOverlaps(p.Narrower), WillDisable: o.DisableMatchingAliases,
	}
	if p.Guard != nil {
		out.Guard = guardWords(p.Guard)
	}
	if p.Existing != nil {
		out.Existing = c.recordLink(ban.OriginBan, p.Existing.ID)
	}
	accounts := c.hasPage("accounts")
	for _, a := range p.Affected.AccountSample {
		link := ""
		if accounts {
			link = "accounts/" + a.ID.String()
		}
		out.Accounts = append(out.Accounts, previewLink{link, a.Handle})
	}
	for _, a := range p.Affected.AliasSample {
		out.Aliases = append(out.Aliases, a.Address)
	}
	return out
}

func (c *console) readOverlaps(all ban.Overlaps) overlaps {
	out := overlaps{Count: all.Count, Redundant: all.Redundant}
	for _, o := range all.Sample {
		out.Rules = append(out.Rules, overlapped{o, c.recordLink(o.Rule.Origin, o.Rule.ID), originWords(o.Rule.Origin)})
	}
	return out
}
