package value

import "net/netip"

// The prefixes of IPv6 addresses that have an IPv4 address in them, how many
// bits are before it, and with what all begin: few others do.
var innerIPv4 = [...]struct {
	prefix netip.Prefix
	before int
	begin  [2]byte
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 96, [2]byte{0x00, 0x64}}, // NAT64, the well-known prefix: RFC 6052, section 2.1
	{netip.MustParsePrefix("2002::/16"), 16, [2]byte{0x20, 0x02}},    // 6to4: RFC 3056, section 2
	{netip.MustParsePrefix("::/96"), 96, [2]byte{}},                  // IPv4-compatible: RFC 4291, section 2.5.5.1
}

// mayHold reports whether an IPv6 prefix may hold an address that has one of an
// IPv4 prefix in it.
func mayHold(six, four netip.Prefix) bool {
	if !six.IsValid() || !four.IsValid() || !six.Addr().Is6() || !four.Addr().Is4() {
		return false
	}
	for i := range innerIPv4 {
		p := &innerIPv4[i]
		all, inner := p.prefix.Addr().As16(), four.Addr().As4()
		copy(all[p.before/8:], inner[:])
		if six.Overlaps(netip.PrefixFrom(netip.AddrFrom16(all), p.before+four.Bits())) {
			return true
		}
	}
	return false
}

// InnerIPv4 returns the IPv4 address that an IPv6 address has in it because a host
// of the Internet of IPv4 is behind it, and how many bits stand before that: of NAT64
// addresses of the well-known prefix (64:ff9b::203.0.113.7), of 6to4 addresses
// (2002:cb00:7107::1) and of IPv4-compatible ones (::203.0.113.7). ok is false for any
// other, "::" and "::1" among them. IPv4-mapped addresses are none: [ParseAddr] makes
// them the IPv4 address. NAT64 prefixes that a network chose itself cannot be told.
func InnerIPv4(addr netip.Addr) (inner netip.Addr, before int, ok bool) {
	all := addr.As16()
	for i := range innerIPv4 {
		if p := &innerIPv4[i]; p.begin == [2]byte(all[:2]) && p.prefix.Contains(addr) {
			inner := netip.AddrFrom4([4]byte(all[p.before/8:]))
			if inner.As4()[0] == 0 { // "this network": RFC 1122, section 3.2.1.3
				break
			}
			return inner, p.before, true
		}
	}
	return netip.Addr{}, 0, false
}
