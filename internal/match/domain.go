package match

import (
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// domain is the field of a domain.
type domain struct{ host string }

func (d *domain) keys(to Keys) { to.Domains(uint8(store.KindDomain), d.host) }

// match leaves out the blocks of e-mail domains.
func (d *domain) match(r *store.Rule) (value.Via, int, bool) {
	if r.Key.Kind != store.KindDomain || r.Origin == store.OriginBlock {
		return 0, 0, false
	}
	return matchDomain(r, d.host)
}

// matchDomain says how a domain rule matches a host.
func matchDomain(r *store.Rule, host string) (value.Via, int, bool) {
	d := value.SplitDomain(r.Value)
	via, ok := d.Match(host)
	return via, domainRank(d), ok
}
