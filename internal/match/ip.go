package match

import (
	"net/netip"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// ip is the field of an IP address. One of IPv6 that has an IPv4 address in it is
// also that.
type ip struct {
	addr   netip.Addr
	inner  netip.Addr // the IPv4 address in addr, or none
	before int        // how many bits of addr are before it
}

// parse reads an address, and the one in it if that is wanted.
func (i *ip) parse(text string, separate bool) (err error) {
	if i.addr, err = value.ParseAddr(text); err != nil {
		return err
	}
	i.inner = netip.Addr{}
	if i.addr.Is6() && !separate {
		i.inner, i.before, _ = value.InnerIPv4(i.addr)
	}
	return nil
}

func (i *ip) keys(to Keys) {
	to.Prefixes(uint8(store.KindIP), i.addr)
	if i.inner.IsValid() {
		to.Prefixes(uint8(store.KindIP), i.inner)
	}
}

// match compares prefixes by the bits that they fix of the address as it was
// given: one of the IPv4 address in it fixes those before it as well.
func (i *ip) match(r *store.Rule) (value.Via, int, bool) {
	if r.Key.Kind != store.KindIP {
		return 0, 0, false
	}
	p, rank := value.Stored(r.Key, r.Value).Prefix(), 0
	switch {
	case p.Contains(i.addr):
		rank = p.Bits()
	case i.inner.IsValid() && p.Contains(i.inner):
		rank = i.before + p.Bits()
	default:
		return 0, 0, false
	}
	if p.IsSingleIP() {
		return value.ViaExact, rank, true
	}
	return value.ViaPrefix, rank, true
}
