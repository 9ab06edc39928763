package blocklist

import (
	"net/netip"

	"example.com/ostraka/ban/value"
)

// special are the address blocks that are not those of hosts anywhere on the
// Internet, by IANA's registries of special-purpose addresses (RFC 6890), with
// multicast.
var special = func() (all []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
		"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}()

// PublicAddr reports whether an address is one that hosts on the Internet have, which
// a list may be fetched from without asking: not a private, loopback, link-local,
// shared, documentation or multicast one, nor an IPv6 address that has such an IPv4
// address in it ([value.InnerIPv4]).
func PublicAddr(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return false
	}
	if inner, _, ok := value.InnerIPv4(addr); ok && !PublicAddr(inner) {
		return false
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}
