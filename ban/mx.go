package ban

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban/ratelimit"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/mirror"
	"example.com/ostraka/internal/mxlookup"
)

// findRules finds the rules for the fields of a Subject.
type findRules func(s *Subject, out *match.Found) error

// mxAnswer is what the mail hosts of an address add to a check. The zero mxAnswer
// is that they were not asked for.
type mxAnswer struct {
	domain string
	record *mxlookup.Record
	hosts  []mxRule
}

// mxRule is a rule that matches a mail host.
type mxRule struct {
	match.Candidate
	host string
}

// addMX adds the rules that match the mail hosts of the e-mail address to its
// field, if they may change the verdict.
func (c *Checker) addMX(ctx context.Context, s *Subject, now time.Time, found *match.Found, find findRules) (mxAnswer, error) {
	a, err := c.askMX(ctx, s, now, found)
	if err == nil && a.record != nil {
		err = a.add(s, now, found, find)
	}
	return a, err
}

// askMX finds out the mail hosts of the e-mail address, if rules for them may change the
// verdict.
func (c *Checker) askMX(ctx context.Context, s *Subject, now time.Time, found *match.Found) (mxAnswer, error) {
	if s.Email == "" || !wantsMX(s, now, found) {
		return mxAnswer{}, nil
	}
	address, err := value.ParseAddress(s.Email)
	if err != nil {
		return mxAnswer{}, err
	}
	domain, asking := address.Domain(), mxlookup.AskingOf(ctx)
	if asking.Instead {
		domain = asking.MailDomain
	}
	if domain == "" {
		return mxAnswer{}, nil
	}
	client := asking.Client
	if addr, err := value.ParseAddr(s.IP); err == nil {
		client = addr
	}
	record, err := c.mx.Get(ctx, ratelimit.Network(client), domain)
	if err != nil {
		return mxAnswer{}, err
	}
	return mxAnswer{domain: domain, record: record}, nil
}

// add adds the rules that match the hosts.
func (a *mxAnswer) add(s *Subject, now time.Time, found *match.Found, find findRules) (err error) {
	own := found[KindEmail-1]
	if a.hosts, err = matchHosts(a.record, s.Action, now, own, find); err != nil || len(a.hosts) == 0 {
		return err
	}
	both := slices.Clone(own)
	for _, h := range a.hosts {
		both = append(both, h.Candidate)
	}
	found[KindEmail-1] = both
	return nil
}

// findInMirror finds rules in the content of a mirror.
func (c *Checker) findInMirror(content *mirror.Content, now time.Time) findRules {
	return func(s *Subject, out *match.Found) error {
		sc := takeScratch()
		defer sc.release()
		if err := sc.Parse(s.Email, s.Domain, s.IP, s.Name, c.opts.reading()); err != nil {
			return err
		}
		sc.Begin(c.opts.Now, now)
		return sc.FindAll(content, out)
	}
}

// wantsMX reports whether the mail hosts may change the verdict: they do not if a
// rule for the address or its domain goes before theirs, nor if it is Denied.
func wantsMX(s *Subject, now time.Time, found *match.Found) bool {
	var email, all Decision
	if chainWinner(s, now, KindEmail, found[KindEmail-1], &email, nil) != nil {
		return false
	}
	decide(&all, s, now, found, nil)
	return all.Verdict != Denied
}

// matchHosts returns the rules that match the hosts and are not among those of the
// address itself, each once. Those that decide for a host come first, of these
// Deny before Review before Allow: an exception for one host is none for another.
func matchHosts(r *mxlookup.Record, a Action, now time.Time, own []match.Candidate, find findRules) ([]mxRule, error) {
	var winners, all []mxRule
	for i := range r.Hosts {
		if r.Hosts[i].Shared {
			continue
		}
		chains, err := hostChains(&r.Hosts[i], find)
		if err != nil {
			return nil, err
		}
		for j, chain := range chains {
			for _, m := range chain {
				all = append(all, mxRule{m, r.Hosts[i].Name})
			}
			w := slices.IndexFunc(chain, func(m match.Candidate) bool { return m.Applies(a, now) && !m.Rule.Shadow })
			if w < 0 {
				continue
			}
			winners = append(winners, mxRule{chain[w], r.Hosts[i].Name})
			if j == 0 {
				// The name goes before the addresses.
				for _, rest := range chains[1:] {
					for _, m := range rest {
						all = append(all, mxRule{m, r.Hosts[i].Name})
					}
				}
				break
			}
		}
	}
	slices.SortStableFunc(winners, func(a, b mxRule) int {
		return int(verdictOf(a.Rule.Effect)) - int(verdictOf(b.Rule.Effect))
	})
	seen := make(map[uuid.UUID]bool)
	for i := range own {
		seen[own[i].Rule.ID] = true
	}
	return slices.DeleteFunc(append(winners, all...), func(m mxRule) bool {
		again := seen[m.Rule.ID]
		seen[m.Rule.ID] = true
		return again
	}), nil
}

// hostChains returns the rules that match a host, most specific first: those for
// its name, then those for each of its addresses.
func hostChains(h *mxlookup.Host, find findRules) ([][]match.Candidate, error) {
	chains := make([][]match.Candidate, 1, 1+len(h.Addrs))
	for _, s := range hostSubjects(h) {
		var found match.Found
		if err := find(&s, &found); err != nil {
			return nil, err
		}
		if s.Email != "" {
			chains[0] = asMX(found[KindEmail-1], KindDomain)
		}
		if s.IP != "" {
			chains = append(chains, asMX(found[KindIP-1], KindIP))
		}
	}
	return chains, nil
}

// hostSubjects returns what is asked about a host: its name, with its first address, then
// each of the others.
func hostSubjects(h *mxlookup.Host) []Subject {
	email, ok := hostAddress(h.Name)
	subjects := make([]Subject, max(1, len(h.Addrs)))
	for i := range subjects {
		if i == 0 && ok {
			subjects[i].Email = email
		}
		if i < len(h.Addrs) {
			subjects[i].IP = h.Addrs[i].Unmap().WithZone("").String()
		}
	}
	return subjects
}

// asMX returns those of the kind, as matches of a mail host.
func asMX(candidates []match.Candidate, kind Kind) []match.Candidate {
	var out []match.Candidate
	for _, m := range candidates {
		if m.Rule.Key.Kind == kind {
			m.Via = ViaMX
			out = append(out, m)
		}
	}
	return out
}

// hostAddress returns an address at a mail host: the domain rules for it are those
// for the host. ok is false if there can be none.
//
// The DNS has names that are none of hosts, with underscores say, and nobody
// evades the rules for the domains above by having one.
func hostAddress(name string) (email string, ok bool) {
	host, ok := value.ReadableHost(name)
	for ok {
		if email, err := value.ParseAddress("mx@" + host); err == nil {
			return email.String(), true
		}
		// An address has one byte more than a domain name, but three of them are ours.
		_, above, more := strings.Cut(strings.TrimPrefix(host, value.UnreadableLabel+"."), ".")
		host, ok = value.UnreadableLabel+"."+above, more
	}
	return "", false
}

// finish completes a decision: it names the hosts of the matches, and does what
// the options say of the state of the MX records.
func (a *mxAnswer) finish(d *Decision, s *Subject, opts *MXOptions) {
	if a.record == nil {
		return
	}
	d.MX = a.state()
	a.nameHost(&d.Match)
	for i := range d.Shadows {
		a.nameHost(&d.Shadows[i])
	}
	if m := a.policyMatch(s, opts); !m.IsZero() && verdictOf(m.Effect) < d.Verdict {
		d.Verdict, d.Match = verdictOf(m.Effect), m
	}
}

// mxStates are the states of what was asked for, by what the DNS said.
var mxStates = [...]MXState{
	mxlookup.Unknown: MXUnknown, mxlookup.Found: MXFound, mxlookup.None: MXNone, mxlookup.Null: MXNull,
}

func (a *mxAnswer) state() MXState {
	switch {
	case a.record == nil:
		return MXNotAsked
	case a.record.Missing:
		return MXUnknown
	}
	return mxStates[a.record.State]
}

// nameHost names the host of a match via MX.
func (a *mxAnswer) nameHost(m *Match) {
	if m.Via != ViaMX {
		return
	}
	if i := slices.IndexFunc(a.hosts, func(h mxRule) bool { return h.Rule.ID == m.ID }); i >= 0 {
		m.Host = a.hosts[i].host
	}
}

// policyMatch returns the match that the options make of the state of the MX
// records, zero if they ignore it.
func (a *mxAnswer) policyMatch(s *Subject, opts *MXOptions) Match {
	m := Match{Field: KindEmail, Input: s.Email, Kind: KindDomain, Matched: a.domain, Via: ViaMX}
	policy := PolicyIgnore
	for _, p := range []struct {
		is             bool
		policy         Policy
		reason, public string
	}{
		{a.record.State == mxlookup.Null, opts.NullMX, "the domain has a null MX record", "the domain of the e-mail address accepts no mail"},
		{a.record.State == mxlookup.None, opts.NoMX, "the domain has no MX record", "the domain of the e-mail address has no mail server"},
		{a.record.Missing, opts.OnUnknown, "the mail hosts of the domain are not known: the DNS did not answer", "the mail server of the e-mail address cannot be found at the moment, please try again later"},
	} {
		if p.is && p.policy > policy {
			policy, m.Reason, m.PublicReason = p.policy, p.reason, p.public
		}
	}
	if policy == PolicyIgnore {
		return Match{}
	}
	m.Effect = policy.effect()
	return m
}

// MXTrace is what [Checker.Explain] found out about the mail hosts of an address.
type MXTrace struct {
	State  MXState  `json:"state"`
	Domain string   `json:"domain,omitzero"`
	Hosts  []MXHost `json:"hosts,omitempty"`
}

// MXHost is a mail host of a domain: the domain itself if it has no MX record.
type MXHost struct {
	Name   string       `json:"name"`
	Shared bool         `json:"shared,omitzero"` // of a shared provider: it never counts
	Addrs  []netip.Addr `json:"addrs,omitempty"` // not asked for if it is shared
}

func (a *mxAnswer) trace() MXTrace {
	if a.record == nil {
		return MXTrace{}
	}
	t := MXTrace{State: a.state(), Domain: a.domain}
	for _, h := range a.record.Hosts {
		t.Hosts = append(t.Hosts, MXHost{h.Name, h.Shared, slices.Clone(h.Addrs)})
	}
	return t
}

// considerPolicy adds what the options make of the state of the MX records.
func (t *Trace) considerPolicy(m Match) {
	if m.IsZero() {
		return
	}
	outcome := OutcomeOverruled
	if t.Decision.Match == m {
		outcome = OutcomeDecided
	}
	t.Considered = append(t.Considered, Considered{m, outcome})
}

// String returns one line for people to read, and "" if there was no reason to
// ask.
func (t MXTrace) String() string {
	if t.State == MXNotAsked {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "mail hosts of %s: %s", t.Domain, t.State)
	separator := ": "
	for _, h := range t.Hosts {
		b.WriteString(separator + h.Name)
		separator = ", "
		switch {
		case h.Shared:
			b.WriteString(" (shared, does not count)")
		case len(h.Addrs) > 0:
			fmt.Fprintf(&b, " %v", h.Addrs)
		}
	}
	return b.String()
}
