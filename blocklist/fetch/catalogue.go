package fetch

import (
	"slices"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// Known is a public list that many use. Nothing of it is fetched unless somebody
// subscribes.
type Known struct {
	Name     string // for a list of that name
	URL      string
	Homepage string // who makes it, and what they ask of those who use it
	Licence  string // as they say, in words; read it before you use the list
	About    string // what it is for

	Format   blocklist.Format
	Kind     ban.Kind
	Effect   ban.Effect // that suits it
	Scope    ban.Scope  // likewise
	Interval time.Duration
	// Wide: it is about more addresses than guards let through unless they are told to.
	Wide bool
}

// Subscription returns options for [blocklist.Admin.Subscribe].
func (k Known) Subscription() blocklist.SubscribeOptions {
	return blocklist.SubscribeOptions{
		List: k.Name, URL: k.URL, Format: k.Format, Kind: k.Kind, Effect: k.Effect, Scope: k.Scope, Interval: k.Interval, AllowWide: k.Wide,
	}
}

const day = 24 * time.Hour

var catalogue = []Known{
	{
		Name: "disposable", URL: "https://raw.githubusercontent.com/disposable-email-domains/disposable-email-domains/main/disposable_email_blocklist.conf",
		Homepage: "https://github.com/disposable-email-domains/disposable-email-domains", Licence: "CC0-1.0",
		About:  "domains of throw-away e-mail addresses, looked over by people",
		Format: blocklist.FormatPlain, Kind: ban.KindDomain, Scope: ban.ScopeOf(ban.SignUp), Interval: day,
	},
	{
		Name: "disposable-wide", URL: "https://raw.githubusercontent.com/disposable/disposable-email-domains/master/domains.txt",
		Homepage: "https://github.com/disposable/disposable-email-domains", Licence: "MIT",
		About:  "many more domains of throw-away addresses, gathered by programs",
		Format: blocklist.FormatPlain, Kind: ban.KindDomain, Effect: ban.Review, Scope: ban.ScopeOf(ban.SignUp), Interval: day,
	},
	{
		Name: "hosting", URL: "https://raw.githubusercontent.com/X4BNet/lists_vpn/main/output/datacenter/ipv4.txt",
		Homepage: "https://github.com/X4BNet/lists_vpn", Licence: "MIT",
		About:  "IPv4 networks of hosting companies, where few people live",
		Format: blocklist.FormatNetset, Kind: ban.KindIP, Effect: ban.Review, Scope: ban.ScopeOf(ban.SignUp), Interval: day, Wide: true,
	},
	{
		Name: "spamhaus-drop", URL: "https://www.spamhaus.org/drop/drop_v4.json",
		Homepage: "https://www.spamhaus.org/blocklists/do-not-route-or-peer/", Licence: "free of charge, with credit to Spamhaus; its text and date stay with it",
		About:  "IPv4 networks that criminals have taken over or rent as a whole",
		Format: blocklist.FormatJSON, Kind: ban.KindIP, Interval: day,
	},
	{
		Name: "spamhaus-drop-ipv6", URL: "https://www.spamhaus.org/drop/drop_v6.json",
		Homepage: "https://www.spamhaus.org/blocklists/do-not-route-or-peer/", Licence: "free of charge, with credit to Spamhaus; its text and date stay with it",
		About:  "the same of IPv6",
		Format: blocklist.FormatJSON, Kind: ban.KindIP, Interval: day,
	},
	{
		Name: "tor-exits", URL: "https://check.torproject.org/torbulkexitlist",
		Homepage: "https://blog.torproject.org/changes-tor-exit-list-service/", Licence: "none stated",
		About:  "addresses through which users of Tor come: many of them have good reasons",
		Format: blocklist.FormatPlain, Kind: ban.KindIP, Effect: ban.Review, Scope: ban.ScopeOf(ban.SignUp), Interval: time.Hour,
	},
}

// Catalogue returns well-known public lists, with what they are for and under which
// licence. The slice is the caller's. The addresses were right on 2026-11-27 as far as
// their pages say.
func Catalogue() []Known { return slices.Clone(catalogue) }
