package value

import (
	"net/netip"
	"strconv"
	"strings"
)

// ParsePrefix reads the value of an ip rule: an address, or a prefix in CIDR
// form.
//
// The canonical form of a prefix that covers one address is the address
// ("203.0.113.7"), of any other the CIDR with the bits behind it cleared
// ("203.0.113.0/24"). IPv4 addresses mapped into IPv6 become the IPv4 address
// ("::ffff:203.0.113.7"), and prefixes of them the IPv4 prefix if they are at
// least 96 bits long; shorter ones are refused, as no client has an address in
// them. Zones are refused: they mean something on one machine only.
//
// The error is a [*ValueError].
func ParsePrefix(s string) (Value, error) {
	p, f := prefixOf(s)
	if !f.ok() {
		return Value{}, f.in("ip", s)
	}
	return PrefixValue(p), nil
}

// PrefixValue returns the value of a prefix, which must be masked and not of
// IPv4-mapped addresses.
func PrefixValue(p netip.Prefix) Value {
	text := p.String()
	if p.IsSingleIP() {
		text = p.Addr().String()
	}
	return Value{kind: KindIP, text: text, key: text}
}

func prefixOf(s string) (netip.Prefix, fault) {
	s, f := clean(s)
	if !f.ok() {
		return netip.Prefix{}, f
	}
	addrText, bitsText, cidr := strings.Cut(s, "/")
	addr, f := addrOf(addrText)
	if !f.ok() {
		return netip.Prefix{}, f
	}
	if !cidr {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), fault{}
	}
	bits, f := prefixBits(bitsText, addr.BitLen())
	if !f.ok() {
		return netip.Prefix{}, f
	}
	if addr.Is4In6() {
		if bits < 96 {
			return netip.Prefix{}, fault{CodeRange, "the prefix of an IPv4-mapped address is at least 96 bits long; write the IPv4 prefix"}
		}
		addr, bits = addr.Unmap(), bits-96
	}
	return netip.PrefixFrom(addr, bits).Masked(), fault{}
}

// prefixBits reads a prefix length of at most limit bits.
func prefixBits(s string, limit int) (int, fault) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, fault{CodeSyntax, "write the prefix length as a number of bits, as in 203.0.113.0/24"}
	}
	if len(s) > 1 && s[0] == '0' {
		return 0, fault{CodeSyntax, "write the prefix length without leading zeros"}
	}
	bits, err := strconv.Atoi(s)
	if err != nil || bits > limit {
		if limit == 32 {
			return 0, fault{CodeRange, "the prefix of an IPv4 address is 0 to 32 bits long"}
		}
		return 0, fault{CodeRange, "the prefix of an IPv6 address is 0 to 128 bits long"}
	}
	return bits, fault{}
}

// maxAddrText is the length of the longest text of an address: an IPv6 address
// in eight full groups, the last two as IPv4.
const maxAddrText = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// ParseAddr reads one IP address, without prefix length and zone, and unmaps it.
// It does not allocate unless it fails. The error is a [*ValueError].
func ParseAddr(s string) (netip.Addr, error) {
	if addr, ok := plainIPv4(s); ok {
		return addr, nil
	}
	if len(s) <= maxAddrText {
		if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			return addr.Unmap(), nil
		}
	}
	addr, f := subjectAddr(s)
	if !f.ok() {
		return netip.Addr{}, f.in("ip", s)
	}
	return addr, nil
}

// plainIPv4 returns the IPv4 address that s spells, and whether it does: four
// numbers up to 255 without leading zeros. It is what [netip.ParseAddr] does, for
// a third of the time.
func plainIPv4(s string) (netip.Addr, bool) {
	if len(s) > len("255.255.255.255") {
		return netip.Addr{}, false
	}
	var quad [4]byte
	field, digits, n := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			if n = 10*n + int(c-'0'); n > 255 || digits > 0 && n < 10 {
				return netip.Addr{}, false
			}
			digits++
		case c == '.' && digits > 0 && field < 3:
			quad[field] = byte(n)
			field, digits, n = field+1, 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	quad[3] = byte(n)
	return netip.AddrFrom4(quad), field == 3 && digits > 0
}

func subjectAddr(s string) (netip.Addr, fault) {
	s, f := clean(s)
	if !f.ok() {
		return netip.Addr{}, f
	}
	if strings.Contains(s, "/") {
		return netip.Addr{}, fault{CodeSyntax, "give one address, not a prefix"}
	}
	addr, f := addrOf(s)
	return addr.Unmap(), f
}

// addrOf reads an address that may be a mapped one, but has no zone.
func addrOf(s string) (netip.Addr, fault) {
	addr, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return netip.Addr{}, addrFault(s)
	case addr.Zone() != "":
		return netip.Addr{}, fault{CodeSyntax, "leave out the zone: it means something on one machine only"}
	}
	return addr, fault{}
}

// addrFault says what keeps s from being an address.
func addrFault(s string) fault {
	switch {
	case strings.ContainsAny(s, "[]"):
		return fault{CodeSyntax, "write the address without brackets and port"}
	case strings.Count(s, ":") == 1:
		return fault{CodeSyntax, "write the address without a port"}
	case strings.Contains(s, ":"):
		return fault{CodeSyntax, "an IPv6 address is up to eight groups of hexadecimal digits, as in 2001:db8::1"}
	case s == "", strings.Trim(s, "0123456789.") != "":
		return fault{CodeSyntax, "give an address as in 203.0.113.7 or 2001:db8::1; a host name is none"}
	}
	return fault{CodeSyntax, "an IPv4 address is four numbers from 0 to 255, without leading zeros, as in 203.0.113.7"}
}
