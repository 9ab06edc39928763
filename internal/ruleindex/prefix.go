package ruleindex

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// halves returns an address as two numbers; an IPv4 address begins the first.
func halves(a netip.Addr) (hi, lo uint64) {
	if a.Is4() {
		b := a.As4()
		return uint64(binary.BigEndian.Uint32(b[:])) << 32, 0
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// family returns 0 for IPv4 and 1 for IPv6.
func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// canonicalPrefix returns the prefix or address that the text spells in the one
// way that keys have.
func canonicalPrefix(text string) (netip.Prefix, bool) {
	if len(text) > len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128") {
		return netip.Prefix{}, false
	}
	var room [64]byte
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" || a.Is4In6() || string(a.AppendTo(room[:0])) != text {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.IsSingleIP() || p.Addr().Is4In6() || p != p.Masked() || string(p.AppendTo(room[:0])) != text {
		return netip.Prefix{}, false
	}
	return p, true
}
