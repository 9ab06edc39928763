package ban

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// findRules finds the rules for the fields of a Subject.
type findRules func(s *Subject, out *resolved) error

// mxAnswer is what the mail hosts of an address add to a check. The zero mxAnswer
// is that they were not asked for.
type mxAnswer struct {
	domain string
	record *mxRecord
	hosts  []mxRule
}

// mxRule is a rule that matches a mail host.
type mxRule struct {
	candidate
	host string
}

// addMX adds the rules that match the mail hosts of the e-mail address to its
// field, if they may change the verdict.
func (c *Checker) addMX(ctx context.Context, s *Subject, now time.Time, fields *resolved, find findRules) (mxAnswer, error) {
	if s.Email == "" || !wantsMX(s, now, fields) {
		return mxAnswer{}, nil
	}
	address, err := parseAddress(s.Email)
	if err != nil {
		return mxAnswer{}, err
	}
	record, err := c.mx.get(ctx, address.domain)
	if err != nil {
		return mxAnswer{}, err
	}
	a := mxAnswer{domain: address.domain, record: record}
	own := fields[KindEmail-1]
	if a.hosts, err = matchHosts(record, s.Action, now, own, find); err != nil || len(a.hosts) == 0 {
		return a, err
	}
	both := slices.Clone(own.candidates)
	for _, h := range a.hosts {
		both = append(both, h.candidate)
	}
	fields[KindEmail-1] = &fieldRules{candidates: both}
	return a, nil
}

// checkMX is addMX for Check: the rules come from the cache where that is fresh,
// which cached reports.
func (c *Checker) checkMX(ctx context.Context, s *Subject, now time.Time, fields *resolved) (a mxAnswer, cached bool, err error) {
	a, err = c.addMX(ctx, s, now, fields, func(s *Subject, out *resolved) error {
		hit, err := c.resolve(ctx, s, now, out)
		cached = cached || hit
		return err
	})
	return a, cached, err
}

// findInMirror finds rules in the content of a mirror.
func (c *Checker) findInMirror(content *mirrored, now time.Time) findRules {
	return func(s *Subject, out *resolved) error {
		sc := scratches.Get().(*scratch)
		defer sc.release()
		if err := sc.parse(s, c.opts.Leet); err != nil {
			return err
		}
		sc.clock, sc.now = c.opts.Now, now
		sc.find(content)
		for i, f := range sc.fields {
			if f != nil {
				out[i] = &fieldRules{candidates: slices.Clone(f.candidates)}
			}
		}
		return nil
	}
}

// wantsMX reports whether the mail hosts may change the verdict: they do not if a
// rule for the address or its domain goes before theirs, nor if it is Denied.
func wantsMX(s *Subject, now time.Time, fields *resolved) bool {
	var email, all Decision
	if chainWinner(s, now, KindEmail, fields[KindEmail-1], &email, nil) != nil {
		return false
	}
	decide(&all, s, now, fields, nil)
	return all.Verdict != Denied
}

// matchHosts returns the rules that match the hosts and are not among those of the
// address itself, each once. Those that decide for a host come first, of these
// Deny before Review before Allow: an exception for one host is none for another.
func matchHosts(r *mxRecord, a Action, now time.Time, own *fieldRules, find findRules) ([]mxRule, error) {
	var winners, all []mxRule
	for i := range r.hosts {
		if r.hosts[i].shared {
			continue
		}
		chains, err := hostChains(&r.hosts[i], find)
		if err != nil {
			return nil, err
		}
		for j, chain := range chains {
			for _, m := range chain {
				all = append(all, mxRule{m, r.hosts[i].name})
			}
			w := slices.IndexFunc(chain, func(m candidate) bool { return m.applies(a, now) && !m.rule.Shadow })
			if w < 0 {
				continue
			}
			winners = append(winners, mxRule{chain[w], r.hosts[i].name})
			if j == 0 {
				// The name goes before the addresses.
				for _, rest := range chains[1:] {
					for _, m := range rest {
						all = append(all, mxRule{m, r.hosts[i].name})
					}
				}
				break
			}
		}
	}
	slices.SortStableFunc(winners, func(a, b mxRule) int {
		return int(verdictOf(a.rule.Effect)) - int(verdictOf(b.rule.Effect))
	})
	seen := make(map[uuid.UUID]bool)
	for i := range own.candidates {
		seen[own.candidates[i].rule.ID] = true
	}
	return slices.DeleteFunc(append(winners, all...), func(m mxRule) bool {
		again := seen[m.rule.ID]
		seen[m.rule.ID] = true
		return again
	}), nil
}

// hostChains returns the rules that match a host, most specific first: those for
// its name, then those for each of its addresses.
func hostChains(h *mxHost, find findRules) ([][]candidate, error) {
	chains := make([][]candidate, 1, 1+len(h.addrs))
	email, ok := hostAddress(h.name)
	for i := range max(1, len(h.addrs)) {
		var s Subject
		if i == 0 && ok {
			s.Email = email
		}
		if i < len(h.addrs) {
			s.IP = h.addrs[i].Unmap().WithZone("").String()
		}
		var fields resolved
		if err := find(&s, &fields); err != nil {
			return nil, err
		}
		if s.Email != "" {
			chains[0] = asMX(fields[KindEmail-1].candidates, KindDomain)
		}
		if s.IP != "" {
			chains = append(chains, asMX(fields[KindIP-1].candidates, KindIP))
		}
	}
	return chains, nil
}

// asMX returns those of the kind, as matches of a mail host.
func asMX(candidates []candidate, kind Kind) []candidate {
	var out []candidate
	for _, m := range candidates {
		if m.rule.Key.Kind == kind {
			m.via = ViaMX
			out = append(out, m)
		}
	}
	return out
}

// hostAddress returns an address at a mail host: the domain rules for it are those
// for the host. ok is false if there can be none.
//
// The DNS has names that are none of hosts, with underscores say, and nobody
// evades the rules for the domains above by having one: for what stands before
// them, a label does that is reserved (RFC 2606). So it is for a name that is too
// long for an address.
func hostAddress(name string) (email string, ok bool) {
	for above := name; above != ""; _, above, _ = strings.Cut(above, ".") {
		host := above
		if above != name {
			host = "invalid." + above
		}
		email, err := parseAddress("mx@" + host)
		if err == nil {
			return email.text, true
		}
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

func (a *mxAnswer) state() MXState {
	switch {
	case a.record == nil:
		return MXNotAsked
	case a.record.missing:
		return MXUnknown
	}
	return a.record.state
}

// nameHost names the host of a match via MX.
func (a *mxAnswer) nameHost(m *Match) {
	if m.Via != ViaMX {
		return
	}
	if i := slices.IndexFunc(a.hosts, func(h mxRule) bool { return h.rule.ID == m.ID }); i >= 0 {
		m.Host = a.hosts[i].host
	}
}

// policyMatch returns the match that the options make of the state of the MX
// records, zero if they ignore it.
func (a *mxAnswer) policyMatch(s *Subject, opts *MXOptions) Match {
	m := Match{Field: KindEmail, Input: s.Email, Kind: KindDomain, Matched: a.domain, Via: ViaMX}
	policy := MXIgnore
	for _, p := range []struct {
		is             bool
		policy         MXPolicy
		reason, public string
	}{
		{a.record.state == MXNull, opts.NullMX, "the domain has a null MX record", "the domain of the e-mail address accepts no mail"},
		{a.record.state == MXNone, opts.NoMX, "the domain has no MX record", "the domain of the e-mail address has no mail server"},
		{a.record.missing, opts.OnUnknown, "the mail hosts of the domain are not known: the DNS did not answer", "the mail server of the e-mail address cannot be found at the moment, please try again later"},
	} {
		if p.is && p.policy > policy {
			policy, m.Reason, m.PublicReason = p.policy, p.reason, p.public
		}
	}
	switch policy {
	case MXIgnore:
		return Match{}
	case MXReview:
		m.Effect = Review
	default:
		m.Effect = Deny
	}
	return m
}
