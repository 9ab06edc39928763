package console

import (
	"net/netip"
	"strings"
	"time"

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
	Until       time.Time
	Excepts     bool   // it lets in
	Own         bool   // the account of who looks at it is among those that are hit
	Lone        bool   // a single IPv4 address
	Network     string // that such an address is in, as most are given out
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

func (c *console) readPreview(actor string, p *ban.Preview, o *ban.CreateOptions) *banPreview {
	out := &banPreview{
		Preview: *p, Effect: o.Effect, Scope: o.Scope, Shadow: o.Shadow, HasAccounts: p.Kind != ban.KindIP,
		Wider: c.readOverlaps(p.Wider), Narrower: c.readOverlaps(p.Narrower), WillDisable: o.DisableMatchingAliases,
		Until: p.ExpiresAt, Excepts: o.Effect == ban.Allow,
	}
	out.Network = networkOf(p.Value)
	out.Lone = p.Kind == ban.KindIP && out.Network != ""
	if p.Guard != nil {
		out.Guard = guardWords(p.Guard)
	}
	if p.Existing != nil {
		out.Existing = c.recordLink(ban.OriginBan, p.Existing.ID)
	}
	accounts := c.hasPage("accounts")
	for _, a := range p.Affected.AccountSample {
		out.Own = out.Own || !out.Excepts && strings.EqualFold(a.Handle, actor)
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

// networkOf returns the /24 of a single IPv4 address, and nothing for any other value.
func networkOf(value string) string {
	a, err := netip.ParseAddr(value)
	if err != nil || !a.Is4() {
		return ""
	}
	n, err := a.Prefix(24)
	if err != nil {
		return ""
	}
	return n.String()
}

func (c *console) readOverlaps(all ban.Overlaps) overlaps {
	out := overlaps{Count: all.Count, Redundant: all.Redundant}
	for _, o := range all.Sample {
		out.Rules = append(out.Rules, overlapped{o, c.recordLink(o.Rule.Origin, o.Rule.ID), originWords(o.Rule.Origin, o.Rule.Effect)})
	}
	return out
}
