package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

var bans = []ban.CreateOptions{
	{Kind: ban.KindEmail, Value: "eve@gmail.com", Reason: "ticket 4711", PublicReason: "spam"},
	{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "we had spam from there"},
	{Kind: ban.KindIP, Value: "203.0.113.0/24", Reason: "ticket 4711"},
	{Kind: ban.KindIP, Value: "2001:db8::/32", Reason: "ticket 4711"},
	{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review, Reason: "ticket 4711", PublicReason: "new customer"},
	{Kind: ban.KindEmail, Value: "closed@here.example", PublicReason: "this mailbox is closed"},
	{Kind: ban.KindDomain, Value: "bücher.example"},
	{Kind: ban.KindDomain, Value: "sign-up-only.example", Scope: ban.ScopeOf(ban.SignUp)},
	{Kind: ban.KindEmail, Value: "friend@spam.example", Effect: ban.Allow},
}

func TestAnswers(t *testing.T) {
	for rule, c := range map[string]struct {
		sender, recipient, client, helo string
		want                            string
	}{
		"nobody is banned":                 {"ann@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a banned sender":                  {"e.ve+x@googlemail.com", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: spam"},
		"a banned domain of the sender":    {"x@mail.spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: we had spam from there"},
		"a banned client":                  {"ann@good.example", "bob@here.example", "203.0.113.9", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a banned client, IPv6":            {"ann@good.example", "bob@here.example", "2001:db8::1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a banned HELO":                    {"ann@good.example", "bob@here.example", "192.0.2.1", "MX.Spam.example", "REJECT 5.7.1 this mail is not allowed: we had spam from there"},
		"a banned recipient":               {"ann@good.example", "closed@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: this mailbox is closed"},
		"a banned domain of the recipient": {"ann@good.example", "bob@spam.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: we had spam from there"},
		"a blocked domain of the sender":   {"ann@blocked.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a block is not about HELO":        {"ann@good.example", "bob@here.example", "192.0.2.1", "mx.blocked.example", "DUNNO"},
		"review":                           {"ann@new.example", "bob@here.example", "192.0.2.1", "mx.good.example", "HOLD this mail has to be approved by a person first: new customer"},
		"a ban beats review":               {"ann@new.example", "closed@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: this mailbox is closed"},
		"a ban for sign-ups is none here":  {"ann@sign-up-only.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"an exception":                     {"friend@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a bounce":                         {"", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a bounce from a banned client":    {"", "bob@here.example", "203.0.113.9", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"postmaster":                       {"ann@good.example", "postmaster", "192.0.2.1", "mx.good.example", "DUNNO"},
		"nothing is known":                 {"", "", "", "", "DUNNO"},
		"an unknown client":                {"ann@good.example", "bob@here.example", "unknown", "mx.good.example", "DUNNO"},
		"a client on the local link":       {"ann@good.example", "bob@here.example", "fe80::1%eth0", "mx.good.example", "DUNNO"},
		"a HELO that is an address":        {"ann@good.example", "bob@here.example", "192.0.2.1", "[192.0.2.1]", "DUNNO"},
		"a HELO that is no name":           {"ann@good.example", "bob@here.example", "192.0.2.1", "my_pc", "DUNNO"},
		"a HELO of the form of a rule":     {"ann@good.example", "bob@here.example", "192.0.2.1", "=good.example", "DUNNO"},
		"a strange HELO hides no sender":   {"x@spam.example", "bob@here.example", "192.0.2.1", "my_pc", "REJECT 5.7.1 this mail is not allowed: we had spam from there"},
		"a quoted local part":              {"two words@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a quoted local part of a ban":     {"two words@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: we had spam from there"},
		"a quoted local part of a block":   {"two@words@blocked.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"two dots":                         {"a..b@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: we had spam from there"},
		"an address literal":               {"ann@[192.0.2.1]", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"an international domain":          {"ann@bücher.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"an international domain, encoded": {"ann@xn--bcher-kva.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a sender's domain is no name":     {"x@a_b.spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.1.7 email "},
		"a recipient's domain is no name":  {"ann@good.example", "x@a_b.example", "192.0.2.1", "mx.good.example", "REJECT 5.1.3 email "},
		"a client that is no address":      {"ann@good.example", "bob@here.example", "1.2.3", "mx.good.example", "REJECT 5.1.7 ip "},
	} {
		t.Run(rule, func(t *testing.T) {
			p := newPolicy(t, bannedStore(t))
			got := p.answer(t.Context(), map[string]string{
				"sender": c.sender, "recipient": c.recipient, "client_address": c.client, "helo_name": c.helo,
			}).String()
			if got != c.want && !(strings.HasSuffix(c.want, " ") && strings.HasPrefix(got, c.want)) {
				t.Errorf("the answer is %q, want %q", got, c.want)
			}
			if strings.Contains(got, "4711") {
				t.Errorf("the answer has the moderators' reason: %q", got)
			}
		})
	}
}

// bannedStore has the bans, and a block.
func bannedStore(t *testing.T) *memstore.Store {
	t.Helper()
	st := memstore.New()
	createBans(t, st, bans...)
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Create(t.Context(), blocklist.CreateOptions{Domain: "blocked.example"}); err != nil {
		t.Fatal(err)
	}
	return st
}

// newPolicy returns a policy with the defaults of the flags.
func newPolicy(t *testing.T, source ban.Source) *policy {
	t.Helper()
	f, err := parseFlags([]string{"-db", "x"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return policyOf(t, source, f)
}

func policyOf(t *testing.T, source ban.Source, f flags) *policy {
	t.Helper()
	checker, err := ban.NewChecker(source, f.checker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	return &policy{checker: checker, review: f.review, unreadable: f.unreadable, log: slog.New(slog.DiscardHandler)}
}

// outage is a store that can be down.
type outage struct {
	ban.Source
	down atomic.Bool
}

func (o *outage) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if o.down.Load() {
		return nil, errors.New("dial tcp 10.1.2.3:5432: no route to host")
	}
	return o.Source.Lookup(ctx, keys)
}

func TestChoices(t *testing.T) {
	review := map[string]string{"sender": "ann@new.example", "recipient": "bob@here.example"}
	strange := map[string]string{"sender": "ann@a_b.example", "recipient": "bob@here.example"}
	strangeRefused := map[string]string{"sender": "ann@a_b.example", "recipient": "closed@here.example"}
	plain := map[string]string{"sender": "ann@good.example", "recipient": "bob@here.example"}
	for rule, c := range map[string]struct {
		flags   []string
		down    bool
		request map[string]string
		want    string
	}{
		"review: defer":           {[]string{"-review", "defer"}, false, review, "DEFER_IF_PERMIT 4.7.1 this mail has to be approved by a person first: new customer"},
		"review: prepend":         {[]string{"-review", "prepend"}, false, review, "PREPEND X-Ostraka-Review: this mail has to be approved by a person first: new customer"},
		"review: reject":          {[]string{"-review", "reject"}, false, review, "REJECT 5.7.1 this mail has to be approved by a person first: new customer"},
		"unreadable: reject":      {nil, false, strange, `REJECT 5.1.7 email "ann@a_b.example" `},
		"unreadable: accept":      {[]string{"-unreadable", "accept"}, false, strange, "DUNNO"},
		"unreadable, the rest":    {[]string{"-unreadable", "accept"}, false, strangeRefused, "REJECT 5.7.1 this mail is not allowed: this mailbox is closed"},
		"trouble: by default":     {nil, true, plain, "DEFER_IF_PERMIT 4.3.0 this mail is not possible at the moment, please try again later"},
		"trouble: defer":          {[]string{"-on-error", "defer"}, true, plain, "DEFER_IF_PERMIT 4.3.0 this mail is not possible at the moment, please try again later"},
		"trouble: accept":         {[]string{"-on-error", "accept"}, true, plain, "DUNNO"},
		"trouble: still no sense": {[]string{"-on-error", "accept"}, true, strange, "REJECT 5.1.7 email "},
	} {
		t.Run(rule, func(t *testing.T) {
			f, err := parseFlags(append([]string{"-db", "x"}, c.flags...), t.Output())
			if err != nil {
				t.Fatal(err)
			}
			source := &outage{Source: bannedStore(t)}
			source.down.Store(c.down)
			got := policyOf(t, source, f).answer(t.Context(), c.request).String()
			if got != c.want && !(strings.HasSuffix(c.want, " ") && strings.HasPrefix(got, c.want)) {
				t.Errorf("the answer is %q, want %q", got, c.want)
			}
		})
	}
}
