package ban_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// exampleZone has domains in many states.
func exampleZone() *zone {
	return &zone{
		mx: map[string]string{
			"one.example":       "mx.spam.example",
			"two.example":       "mx.good.example mx.spam.example",
			"addr.example":      "mx.plain.example",
			"google.example":    "aspmx.l.google.com alt1.aspmx.l.google.com",
			"yandex.example":    "mx.yandex.net",
			"mixed.example":     "aspmx.l.google.com mx.spam.example",
			"null.example":      ".",
			"odd.example":       "a_b.mx.spam.example",
			"literal.example":   "203.0.113.9",
			"case.example":      "MX.Spam.EXAMPLE",
			"many.example":      strings.Repeat("h", 60) + ".spam.example",
			"xn--bcher-kva.com": "mx.spam.example",
			"partly.example":    "mx.good.example down.example",
			"crowd.example":     numbered("host", ".example", 17),
			"hidden.example":    numbered("host", ".example", 255) + " mx.spam.example",
			"mob.example":       numbered("host", ".example", 300),
			"cut.example":       "mx.good.example",
			"nulls.example":     ". .",
			"packed.example":    "packed-mx.example",
			"null-and.example":  ". mx.spam.example",
		},
		addrs: map[string]string{
			"mx.spam.example":   "203.0.113.1",
			"mx.good.example":   "192.0.2.1 2001:db8::1",
			"mx.plain.example":  "::ffff:203.0.113.2",
			"bare.example":      "203.0.113.3",
			"packed-mx.example": numbered("192.0.2.", "", 17),
		},
		cut: "cut.example",
		err: map[string]error{"down.example": serverFailure("down.example"), "broken.example": serverFailure("broken.example")},
	}
}

// numbered returns n texts that begin and end so.
func numbered(before, after string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(before, i, after))
	}
	return strings.Join(all, " ")
}

// wantMX checks a decision. match is the kind and value of the rule that decides,
// and the mail host that it matches.
func wantMX(t *testing.T, d ban.Decision, verdict ban.Verdict, match string, state ban.MXState) {
	t.Helper()
	got := ""
	if m := d.Match; !m.IsZero() {
		got = fmt.Sprintf("%s %s %s", m.Kind, m.Matched, m.Host)
		if viaMX := m.Via == ban.ViaMX; viaMX != (m.Host != "") || m.Field != ban.KindEmail {
			t.Errorf("the match is about %s via %s, and of the host %q", m.Field, m.Via, m.Host)
		}
	}
	if d.Verdict != verdict || got != match || d.MX != state {
		t.Errorf("the verdict is %s by %q with the MX %s, want %s by %q with the MX %s", d.Verdict, got, d.MX, verdict, match, state)
	}
}

func TestMailHostsAreMatched(t *testing.T) {
	for name, c := range map[string]struct {
		rules  []ruleText
		domain string
		want   ban.Verdict
		match  string // kind, value and host of the deciding rule
		state  ban.MXState
	}{
		"no rule":                              {nil, "one.example", ban.Allowed, "", ban.MXFound},
		"the domain above the host":            {[]ruleText{"deny domain spam.example"}, "one.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"the host":                             {[]ruleText{"deny domain =mx.spam.example"}, "one.example", ban.Denied, "domain =mx.spam.example mx.spam.example", ban.MXFound},
		"below a domain":                       {[]ruleText{"review domain *.spam.example"}, "one.example", ban.NeedsReview, "domain *.spam.example mx.spam.example", ban.MXFound},
		"an e-mail domain block":               {[]ruleText{"deny block spam.example"}, "one.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"a host in capitals":                   {[]ruleText{"deny domain spam.example"}, "case.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"of two hosts one":                     {[]ruleText{"deny domain spam.example"}, "two.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"the address of a host":                {[]ruleText{"deny ip 203.0.113.2"}, "addr.example", ban.Denied, "ip 203.0.113.2 mx.plain.example", ban.MXFound},
		"a prefix of the address":              {[]ruleText{"deny ip 203.0.113.0/24"}, "addr.example", ban.Denied, "ip 203.0.113.0/24 mx.plain.example", ban.MXFound},
		"an IPv6 address":                      {[]ruleText{"deny ip 2001:db8::/32"}, "two.example", ban.Denied, "ip 2001:db8::/32 mx.good.example", ban.MXFound},
		"a host with an underscore":            {[]ruleText{"deny domain spam.example"}, "odd.example", ban.Denied, "domain spam.example a_b.mx.spam.example", ban.MXFound},
		"a host that is an address":            {[]ruleText{"deny ip 203.0.113.9"}, "literal.example", ban.Denied, "ip 203.0.113.9 203.0.113.9", ban.MXFound},
		"an international domain":              {[]ruleText{"deny domain spam.example"}, "bücher.com", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"the domain itself, without MX":        {[]ruleText{"deny ip 203.0.113.3"}, "bare.example", ban.Denied, "ip 203.0.113.3 bare.example", ban.MXNone},
		"nothing there":                        {[]ruleText{"deny ip 203.0.113.3"}, "void.example", ban.Allowed, "", ban.MXNone},
		"a null MX":                            {[]ruleText{"deny domain spam.example"}, "null.example", ban.Allowed, "", ban.MXNull},
		"a null MX beside another is none":     {[]ruleText{"deny domain spam.example"}, "null-and.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"a shared provider":                    {[]ruleText{"deny domain google.com", "deny ip 0.0.0.0/0"}, "google.example", ban.Allowed, "", ban.MXFound},
		"another, of a domain of one's own":    {[]ruleText{"deny domain yandex.net", "deny domain mx.yandex.net"}, "yandex.example", ban.Allowed, "", ban.MXFound},
		"a shared provider hides no other":     {[]ruleText{"deny domain spam.example"}, "mixed.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"the DNS fails":                        {[]ruleText{"deny domain spam.example"}, "broken.example", ban.Allowed, "", ban.MXUnknown},
		"the DNS fails for a host":             {[]ruleText{"deny ip 203.0.113.0/24"}, "partly.example", ban.Allowed, "", ban.MXUnknown},
		"what is known is matched":             {[]ruleText{"deny domain down.example"}, "partly.example", ban.Denied, "domain down.example down.example", ban.MXUnknown},
		"the last of 256 hosts":                {[]ruleText{"deny domain spam.example"}, "hidden.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXUnknown},
		"the 17th host":                        {[]ruleText{"deny domain host16.example"}, "crowd.example", ban.Denied, "domain host16.example host16.example", ban.MXUnknown},
		"more hosts than are matched":          {nil, "mob.example", ban.Allowed, "", ban.MXUnknown},
		"an answer that was cut short":         {nil, "cut.example", ban.Allowed, "", ban.MXUnknown},
		"what is there of it":                  {[]ruleText{"deny domain good.example"}, "cut.example", ban.Denied, "domain good.example mx.good.example", ban.MXUnknown},
		"two null records":                     {nil, "nulls.example", ban.Allowed, "", ban.MXNull},
		"more hosts than are looked at":        {nil, "crowd.example", ban.Allowed, "", ban.MXUnknown},
		"more addresses than are looked at":    {nil, "packed.example", ban.Allowed, "", ban.MXUnknown},
		"a name rule is about no host":         {[]ruleText{"deny name mx"}, "one.example", ban.Allowed, "", ban.MXFound},
		"an address rule is about no host":     {[]ruleText{"deny email mx@mx.spam.example", "deny email m*@mx.spam.example"}, "one.example", ban.Allowed, "", ban.MXFound},
		"a shadow does not decide":             {[]ruleText{"shadow deny domain spam.example"}, "one.example", ban.Allowed, "", ban.MXFound},
		"a shadow leaves it to the address":    {[]ruleText{"shadow deny domain mx.good.example", "deny ip 192.0.2.1", "review domain spam.example"}, "two.example", ban.Denied, "ip 192.0.2.1 mx.good.example", ban.MXFound},
		"a shadow of the domain itself":        {[]ruleText{"shadow deny domain one.example", "deny domain spam.example"}, "one.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"a rule for other actions":             {[]ruleText{"deny domain spam.example sign-in"}, "one.example", ban.Allowed, "", ban.MXFound},
		"an exception for the domain":          {[]ruleText{"allow domain one.example", "deny domain spam.example"}, "one.example", ban.Allowed, "domain one.example ", ban.MXNotAsked},
		"an exception for the address":         {[]ruleText{"allow email ann@one.example", "deny domain spam.example"}, "one.example", ban.Allowed, "email ann@one.example ", ban.MXNotAsked},
		"an exception for the host":            {[]ruleText{"allow domain mx.spam.example", "deny domain spam.example"}, "one.example", ban.Allowed, "domain mx.spam.example mx.spam.example", ban.MXFound},
		"the name goes before the address":     {[]ruleText{"allow domain mx.spam.example", "deny ip 203.0.113.1"}, "one.example", ban.Allowed, "domain mx.spam.example mx.spam.example", ban.MXFound},
		"the longest prefix goes first":        {[]ruleText{"allow ip 203.0.113.1", "deny ip 203.0.113.0/24"}, "one.example", ban.Allowed, "ip 203.0.113.1 mx.spam.example", ban.MXFound},
		"an exception for one host only":       {[]ruleText{"allow domain mx.good.example", "deny domain spam.example"}, "two.example", ban.Denied, "domain spam.example mx.spam.example", ban.MXFound},
		"an exception for one address only":    {[]ruleText{"allow ip 192.0.2.1", "review ip 2001:db8::/32"}, "two.example", ban.NeedsReview, "ip 2001:db8::/32 mx.good.example", ban.MXFound},
		"across hosts Deny goes before Review": {[]ruleText{"review domain mx.good.example", "deny ip 203.0.113.0/24"}, "two.example", ban.Denied, "ip 203.0.113.0/24 mx.spam.example", ban.MXFound},
		"a rule for the domain goes before":    {[]ruleText{"review domain one.example", "deny domain spam.example"}, "one.example", ban.NeedsReview, "domain one.example ", ban.MXNotAsked},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mirror := range []bool{false, true} {
				checker := mxCheckerOf(t, ban.CheckerOptions{Mirror: mirror, MX: ban.MXOptions{Resolver: exampleZone()}}, c.rules...)
				for range 2 { // the second time from what is cached
					wantMX(t, checkEmail(t, checker, "ann@"+c.domain), c.want, c.match, c.state)
				}
				trace, err := checker.Explain(t.Context(), ban.Subject{Email: "ann@" + c.domain})
				if err != nil {
					t.Fatal(err)
				}
				wantMX(t, trace.Decision, c.want, c.match, c.state)
			}
		})
	}
}

func TestTheStateOfTheMXRecordsMayDecide(t *testing.T) {
	for name, c := range map[string]struct {
		opts   ban.MXOptions
		rules  []ruleText
		domain string
		want   ban.Verdict
		reason string // public
	}{
		"no MX: ignore":          {ban.MXOptions{}, nil, "bare.example", ban.Allowed, ""},
		"no MX: review":          {ban.MXOptions{NoMX: ban.MXReview}, nil, "bare.example", ban.NeedsReview, "has no mail server"},
		"no MX: deny":            {ban.MXOptions{NoMX: ban.MXDeny}, nil, "bare.example", ban.Denied, "has no mail server"},
		"no domain: deny":        {ban.MXOptions{NoMX: ban.MXDeny}, nil, "void.example", ban.Denied, "has no mail server"},
		"null MX: ignore":        {ban.MXOptions{NoMX: ban.MXDeny, OnUnknown: ban.MXDeny}, nil, "null.example", ban.Allowed, ""},
		"null MX: review":        {ban.MXOptions{NullMX: ban.MXReview}, nil, "null.example", ban.NeedsReview, "accepts no mail"},
		"null MX: deny":          {ban.MXOptions{NullMX: ban.MXDeny}, nil, "null.example", ban.Denied, "accepts no mail"},
		"unknown: ignore":        {ban.MXOptions{NoMX: ban.MXDeny, NullMX: ban.MXDeny}, nil, "broken.example", ban.Allowed, ""},
		"unknown: review":        {ban.MXOptions{OnUnknown: ban.MXReview}, nil, "broken.example", ban.NeedsReview, "try again later"},
		"unknown: deny":          {ban.MXOptions{OnUnknown: ban.MXDeny}, nil, "broken.example", ban.Denied, "try again later"},
		"unknown in part":        {ban.MXOptions{OnUnknown: ban.MXReview}, nil, "partly.example", ban.NeedsReview, "try again later"},
		"hosts are found":        {ban.MXOptions{NoMX: ban.MXDeny, NullMX: ban.MXDeny, OnUnknown: ban.MXDeny}, nil, "one.example", ban.Allowed, ""},
		"a worse rule stays":     {ban.MXOptions{OnUnknown: ban.MXReview}, []ruleText{"deny domain down.example"}, "partly.example", ban.Denied, ""},
		"an exception for it":    {ban.MXOptions{NoMX: ban.MXDeny}, []ruleText{"allow domain bare.example"}, "bare.example", ban.Allowed, ""},
		"no exception by a host": {ban.MXOptions{OnUnknown: ban.MXDeny}, []ruleText{"allow domain mx.good.example"}, "partly.example", ban.Denied, "try again later"},
	} {
		t.Run(name, func(t *testing.T) {
			c.opts.Resolver = exampleZone()
			checker := mxChecker(t, c.opts, c.rules...)
			d := checkEmail(t, checker, "ann@"+c.domain)
			if d.Verdict != c.want || !strings.Contains(d.Match.PublicReason, c.reason) {
				t.Errorf("the verdict is %s, %q; want %s, %q", d.Verdict, d.Match.PublicReason, c.want, c.reason)
			}
			if c.reason != "" && (d.Match.Matched != c.domain || d.Match.Via != ban.ViaMX || d.Match.Reason == "" || !strings.Contains(d.Err().Error(), c.reason)) {
				t.Errorf("the match is %+v, the error %v", d.Match, d.Err())
			}
			trace, err := checker.Explain(t.Context(), ban.Subject{Email: "ann@" + c.domain})
			if err != nil || trace.Decision.Verdict != d.Verdict || trace.Decision.Match != d.Match {
				t.Errorf("Explain says %v, %v", trace.Decision, err)
			}
			decided := slices.ContainsFunc(trace.Considered, func(k ban.Considered) bool { return k.Outcome == ban.OutcomeDecided && k.Match == d.Match })
			if decided == d.Match.IsZero() {
				t.Errorf("Explain considers %v", trace.Considered)
			}
		})
	}
}

func TestTheDNSIsAskedOnlyWhereItMayMatter(t *testing.T) {
	for name, c := range map[string]struct {
		rules   []ruleText
		subject ban.Subject
		want    int // questions
	}{
		"an address":                {nil, ban.Subject{Email: "ann@one.example"}, 2},
		"no address":                {nil, ban.Subject{Domain: "one.example", IP: "192.0.2.7", Name: "ann"}, 0},
		"a rule for the address":    {[]ruleText{"review email ann@one.example"}, ban.Subject{Email: "ann@one.example"}, 0},
		"a rule for the local part": {[]ruleText{"deny email an*@one.example"}, ban.Subject{Email: "ann@one.example"}, 0},
		"a rule for the domain":     {[]ruleText{"allow domain one.example"}, ban.Subject{Email: "ann@one.example"}, 0},
		"another field is denied":   {[]ruleText{"deny name ann"}, ban.Subject{Email: "ann@one.example", Name: "ann"}, 0},
		"another field is reviewed": {[]ruleText{"review name ann"}, ban.Subject{Email: "ann@one.example", Name: "ann"}, 2},
		"shared providers":          {nil, ban.Subject{Email: "ann@google.example"}, 1},
		"what does not parse":       {nil, ban.Subject{Email: "ann@one.example", IP: "one"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			z := exampleZone()
			checker := mxChecker(t, ban.MXOptions{Resolver: z}, c.rules...)
			for range 3 {
				checker.Check(t.Context(), c.subject)
			}
			if got := z.questions(); got != c.want {
				t.Errorf("%d questions were asked, want %d: %v", got, c.want, z.asked)
			}
		})
	}
}

func TestExplainShowsTheMailHosts(t *testing.T) {
	c := mxChecker(t, ban.MXOptions{Resolver: exampleZone()},
		"deny domain spam.example", "allow domain mx.spam.example sign-in", "shadow deny ip 203.0.113.0/24")
	trace, err := c.Explain(t.Context(), ban.Subject{Email: "ann@mixed.example"})
	if err != nil {
		t.Fatal(err)
	}
	want := `denied
  decided       deny domain "spam.example" matches email "ann@mixed.example" via mx mx.spam.example
  out-of-scope  allow domain "mx.spam.example" matches email "ann@mixed.example" via mx mx.spam.example
  shadow        deny ip "203.0.113.0/24" matches email "ann@mixed.example" via mx mx.spam.example
  mail hosts of mixed.example: found: aspmx.l.google.com (shared, does not count), mx.spam.example [203.0.113.1]`
	if got := trace.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if h := trace.MX.Hosts; len(h) != 2 || !h[0].Shared || len(h[0].Addrs) != 0 || h[1].Addrs[0].String() != "203.0.113.1" {
		t.Errorf("the hosts are %v", h)
	}
	if d := checkEmail(t, c, "ann@mixed.example"); len(d.Shadows) != 1 || d.Shadows[0].Host != "mx.spam.example" || d.Match.String() != "deny domain spam.example via mx mx.spam.example" {
		t.Errorf("the decision is %v with the shadows %v", d.Match, d.Shadows)
	}
}

func TestHitsOfMailHostsAreCountedOnce(t *testing.T) {
	st := memstore.New()
	addRule(t, st, "deny domain spam.example")
	z := exampleZone()
	z.mx["both.example"] = "mx.spam.example mx2.spam.example"
	c, err := ban.NewChecker(st, ban.CheckerOptions{MX: ban.MXOptions{Resolver: z, NoMX: ban.MXDeny}})
	if err != nil {
		t.Fatal(err)
	}
	d := checkEmail(t, c, "ann@both.example")
	checkEmail(t, c, "ann@bare.example") // denied by no rule
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := admin.Get(t.Context(), d.Match.ID)
	if err != nil || b.Hits != 1 {
		t.Errorf("the ban has %d hits, %v", b.Hits, err)
	}
}

func TestARuleForAnAddressAndItsMailHostIsOne(t *testing.T) {
	z := exampleZone()
	z.mx["sub.spam.example"] = "mx.spam.example"
	c := mxChecker(t, ban.MXOptions{Resolver: z}, "shadow deny domain spam.example")
	d := checkEmail(t, c, "ann@sub.spam.example")
	if len(d.Shadows) != 1 || d.Shadows[0].Via != ban.ViaParentDomain || d.MX != ban.MXFound {
		t.Errorf("the shadows are %v, the MX %s", d.Shadows, d.MX)
	}
}

// A rule that the mail hosts match too is not about them where the address itself
// matches it.
func TestAMatchThatIsNotByMXNamesNoHost(t *testing.T) {
	z := exampleZone()
	z.mx["spam.example"], z.mx["sub.spam.example"] = "mx.spam.example", "mx.spam.example"
	c := mxChecker(t, ban.MXOptions{Resolver: z}, "deny domain spam.example", "shadow deny domain example")
	for address, via := range map[string]ban.Via{"ann@spam.example": ban.ViaExact, "ann@sub.spam.example": ban.ViaParentDomain} {
		d := checkEmail(t, c, address)
		if d.Match.Via != via || d.Match.Host != "" {
			t.Errorf("%s matches via %s, host %q", address, d.Match.Via, d.Match.Host)
		}
		if len(d.Shadows) != 1 || d.Shadows[0].Via != ban.ViaParentDomain || d.Shadows[0].Host != "" {
			t.Errorf("%s: the shadows are %v", address, d.Shadows)
		}
		trace, err := c.Explain(t.Context(), ban.Subject{Email: address})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range trace.Considered {
			if (m.Via == ban.ViaMX) != (m.Host != "") {
				t.Errorf("%s: %v via %s names the host %q", address, m.Match, m.Via, m.Host)
			}
		}
	}
}

func TestTheStateOfTheMXRecordsGoesLast(t *testing.T) {
	c := mxChecker(t, ban.MXOptions{Resolver: exampleZone(), NoMX: ban.MXReview}, "review name ann")
	s := ban.Subject{Email: "ann@bare.example", Name: "ann"}
	d, err := c.Check(t.Context(), s)
	if err != nil || d.Verdict != ban.NeedsReview || d.Match.Kind != ban.KindName {
		t.Errorf("the verdict is %s by %v, %v", d.Verdict, d.Match, err)
	}
	trace, err := c.Explain(t.Context(), s)
	if err != nil || len(trace.Considered) != 2 || trace.Considered[0].Outcome != ban.OutcomeOverruled || trace.Considered[1].Outcome != ban.OutcomeDecided {
		t.Errorf("considered are %v, %v", trace.Considered, err)
	}
}

func TestMailHostsCanBeChosenThatNeverCount(t *testing.T) {
	for name, c := range map[string]struct {
		shared []string
		want   ban.Verdict
	}{
		"by default":  {nil, ban.Denied},
		"the host":    {[]string{"=mx.spam.example"}, ban.Allowed},
		"its domain":  {[]string{"google.com", "spam.example"}, ban.Allowed},
		"another":     {[]string{"=spam.example"}, ban.Denied},
		"none at all": {[]string{}, ban.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			checker := mxChecker(t, ban.MXOptions{Resolver: exampleZone(), SharedProviders: c.shared}, "deny domain spam.example")
			if d := checkEmail(t, checker, "ann@one.example"); d.Verdict != c.want {
				t.Errorf("the verdict is %s, want %s", d.Verdict, c.want)
			}
		})
	}
	checker := mxChecker(t, ban.MXOptions{Resolver: exampleZone(), SharedProviders: []string{}}, "deny domain google.com")
	if d := checkEmail(t, checker, "ann@google.example"); d.Verdict != ban.Denied {
		t.Errorf("without shared providers the verdict is %s", d.Verdict)
	}
}

func TestAnOutageOfTheStoreFailsTheCheckOfMailHosts(t *testing.T) {
	st := memstore.New()
	c, err := ban.NewChecker(st, ban.CheckerOptions{MX: ban.MXOptions{Resolver: closing{exampleZone(), st}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d, err := c.Check(t.Context(), ban.Subject{Email: "ann@one.example"})
	if d.Verdict != ban.Denied || err == nil {
		t.Errorf("the verdict is %s, %v", d.Verdict, err)
	}
}

// closing closes the store when the hosts have been found.
type closing struct {
	*zone
	store *memstore.Store
}

func (r closing) LookupNetIP(ctx context.Context, network, name string) (addrs []netip.Addr, err error) {
	r.store.Close()
	return r.zone.LookupNetIP(ctx, network, name)
}

func TestMXOptionsOutOfRange(t *testing.T) {
	z := exampleZone()
	for field, opts := range map[string]ban.MXOptions{
		"MX.Timeout":       {Resolver: z, Timeout: -1},
		"MX.TTL":           {Resolver: z, TTL: -1},
		"MX.CacheSize":     {Resolver: z, CacheSize: -1},
		"MX.MaxConcurrent": {Resolver: z, MaxConcurrent: -1},
		"MX.NoMX":          {Resolver: z, NoMX: 3},
		"MX.NullMX":        {Resolver: z, NullMX: 3},
		"MX.OnUnknown":     {Resolver: z, OnUnknown: 3},
		"MX.Resolver":      {NoMX: ban.MXDeny},
		"domain":           {Resolver: z, SharedProviders: []string{"not a domain"}},
	} {
		_, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{MX: opts})
		if bad, ok := errors.AsType[*ban.ValueError](err); !ok || bad.Field != field || bad.Hint == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestTheSharedProvidersAreTheCallers(t *testing.T) {
	all := ban.DefaultSharedProviders()
	if len(all) == 0 {
		t.Fatal("there are none")
	}
	first := all[0]
	all[0] = "changed.example"
	if again := ban.DefaultSharedProviders(); len(again) != len(all) || again[0] != first {
		t.Errorf("what a caller changes is changed for others: %q", again[0])
	}
}
