package ban

import (
	"sync"
	"time"

	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// scratch is what a check of a mirror works in. It is used again for others, so
// that a check allocates nothing.
type scratch struct {
	folder
	query  ruleindex.Query
	email  askedEmail
	domain askedDomain
	ip     askedIP
	name   askedName
	asked  [len(fieldKinds)]asked // nil for empty fields, else those above
	rules  [len(fieldKinds)]fieldRules
	fields resolved
	found  bool          // there are candidates in rules
	match  []*store.Rule // room for the rules that match
	clock  func() time.Time
	now    time.Time // zero until the clock was asked
	stripe uint32    // of the counters
}

var scratches = sync.Pool{New: func() any {
	sc := &scratch{stripe: nextStripe.Add(1)}
	sc.name.readings = make([]reading, 0, 2)
	return sc
}}

// release lets others have the scratch. It keeps no rule alive, nor what the
// caller gave.
func (sc *scratch) release() {
	if sc.found {
		for i := range sc.rules {
			clear(sc.rules[i].candidates)
			sc.rules[i].candidates = sc.rules[i].candidates[:0]
		}
		sc.found = false
	}
	clear(sc.match) // rules of mail hosts too, which find does not find
	sc.match = sc.match[:0]
	sc.email, sc.domain = askedEmail{}, askedDomain{}
	sc.name.username = username{}
	clear(sc.name.readings)
	sc.fields = resolved{}
	sc.reset()
	scratches.Put(sc)
}

// parse makes the fields of a Subject canonical.
func (sc *scratch) parse(s *Subject, leet bool) (err error) {
	sc.asked = [len(fieldKinds)]asked{}
	if s.Email != "" {
		if err = sc.folder.address(&sc.email.address, s.Email); err != nil {
			return err
		}
		sc.asked[KindEmail-1] = &sc.email
	}
	if s.Domain != "" {
		if sc.domain.host, err = sc.host(s.Domain); err != nil {
			return err
		}
		sc.asked[KindDomain-1] = &sc.domain
	}
	if s.IP != "" {
		if sc.ip.addr, err = parseAddr(s.IP); err != nil {
			return err
		}
		sc.asked[KindIP-1] = &sc.ip
	}
	if s.Name != "" {
		if err = sc.folder.name(&sc.name, s.Name, leet); err != nil {
			return err
		}
		sc.asked[KindName-1] = &sc.name
	}
	return nil
}

// find finds the rules in a mirror's content that match the fields and have not
// expired. sc.found tells whether there are any.
func (sc *scratch) find(m *mirrored) {
	q := &sc.query
	q.Begin(m.view)
	if sc.asked[KindEmail-1] != nil {
		q.Key(uint8(KindEmail), KindEmail, sc.email.mailbox)
		q.Domains(uint8(KindEmail), sc.email.domain)
	}
	if sc.asked[KindDomain-1] != nil {
		q.Domains(uint8(KindDomain), sc.domain.host)
	}
	if sc.asked[KindName-1] != nil {
		q.Key(uint8(KindName), KindName, sc.name.skeleton)
		for i := range sc.name.readings {
			r := &sc.name.readings[i]
			if r.skeleton != sc.name.skeleton && (i == 0 || r.skeleton != sc.name.readings[0].skeleton) {
				q.Key(uint8(KindName), KindName, r.skeleton)
			}
		}
	}
	if sc.asked[KindIP-1] != nil {
		q.Addr(uint8(KindIP), sc.ip.addr)
	}
	q.Each(sc.take)
	q.End()
	for i, f := range sc.asked {
		if sc.fields[i] = nil; f == nil {
			continue
		}
		out := &sc.rules[i]
		if kind := f.wildcards(); kind != 0 && len(m.wild[kind]) > 0 {
			out.addWildcards(f, m.wild[kind], sc.at())
		}
		if len(out.candidates) > 0 {
			sc.found = true
			out.sort()
		}
		sc.fields[i] = out
	}
}

// at returns the time of the check. It is asked for only when a rule is found:
// most checks find none, and the clock costs as much as parsing an address.
func (sc *scratch) at() time.Time {
	if sc.now.IsZero() {
		sc.now = sc.clock()
	}
	return sc.now
}

// take adds a rule of one of the keys of a field.
func (sc *scratch) take(owner uint8, r *store.Rule) {
	if !r.InForce(sc.at()) {
		return
	}
	if via, rank, ok := sc.asked[owner-1].match(r); ok {
		out := &sc.rules[owner-1]
		out.candidates = append(out.candidates, candidate{*r, via, rank})
	}
}
