package match

import (
	"net/netip"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// ip is the field of an IP address.
type ip struct{ addr netip.Addr }

func (i *ip) keys(to Keys) { to.Prefixes(uint8(store.KindIP), i.addr) }

func (i *ip) match(r *store.Rule) (value.Via, int, bool) {
	if r.Key.Kind != store.KindIP {
		return 0, 0, false
	}
	p := value.Stored(r.Key, r.Value).Prefix()
	if !p.Contains(i.addr) {
		return 0, 0, false
	}
	if p.IsSingleIP() {
		return value.ViaExact, p.Bits(), true
	}
	return value.ViaPrefix, p.Bits(), true
}
