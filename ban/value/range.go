package value

import (
	"net/netip"
	"strings"
)

// Prefixes returns the fewest prefixes that cover the addresses from one to
// another, both included, and nothing else, in order. It returns nil if last is
// before first, if one is IPv4 and the other IPv6, or if one is not valid or has
// a zone. IPv4-mapped addresses count as IPv6. There are at most 62 prefixes for
// IPv4 and 254 for IPv6.
func Prefixes(first, last netip.Addr) []netip.Prefix {
	if first.BitLen() != last.BitLen() || !first.IsValid() || first.Zone() != "" || last.Zone() != "" {
		return nil
	}
	var all []netip.Prefix
	for first.Compare(last) <= 0 {
		p := widestFrom(first, last)
		all = append(all, p)
		if first = lastOf(p).Next(); !first.IsValid() {
			break // it was the last address of all
		}
	}
	return all
}

// widestFrom returns the widest prefix that begins at an address and does not
// reach beyond another.
func widestFrom(first, last netip.Addr) netip.Prefix {
	best := netip.PrefixFrom(first, first.BitLen())
	for bits := first.BitLen() - 1; bits >= 0; bits-- {
		p := netip.PrefixFrom(first, bits)
		if p.Masked() != p || lastOf(p).Compare(last) > 0 {
			break
		}
		best = p
	}
	return best
}

// lastOf returns the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := range b {
		host := 8*(i+1) - p.Bits() // how many bits of the byte are free
		switch {
		case host >= 8:
			b[i] = 0xff
		case host > 0:
			b[i] |= 1<<host - 1
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// ParseRange reads a range of addresses, "203.0.113.7-203.0.113.20", with or
// without spaces, IPv4 or IPv6, and returns the values of the fewest prefixes
// that cover it exactly. ok is false, and the error nil, for a text that is not
// meant as one. The error is a [*ValueError] for a range whose ends are of
// different kinds or the wrong way round. A range of IPv4-mapped addresses is one
// of IPv4.
func ParseRange(s string) (values []Value, ok bool, err error) {
	first, last, ok := cutRange(s)
	if !ok {
		return nil, false, nil
	}
	if first.Is4In6() && last.Is4In6() {
		first, last = first.Unmap(), last.Unmap()
	}
	f := fault{CodeRange, "write the first address of the range before the last"}
	switch {
	case first.BitLen() != last.BitLen():
		f = fault{CodeSyntax, "both ends of a range are IPv4 addresses, or both IPv6"}
	case first.Zone() != "" || last.Zone() != "":
		f = fault{CodeSyntax, "leave out the zone: it means something on one machine only"}
	case !last.Less(first):
		f = fault{}
	}
	if !f.ok() {
		return nil, true, f.in("ip", s)
	}
	for _, p := range Prefixes(first, last) {
		values = append(values, PrefixValue(p))
	}
	return values, true, nil
}

// RangeInWords returns, as a range, a text that is one but for what stands between
// the addresses: "203.0.113.7-203.0.113.20" for "203.0.113.7 to 203.0.113.20". It is
// for hints; such a text is no range.
func RangeInWords(s string) (asRange string, ok bool) {
	if len(s) > maxRangeText {
		return "", false
	}
	words := strings.Fields(s)
	if len(words) != 3 {
		return "", false
	}
	_, err1 := netip.ParseAddr(words[0])
	_, err2 := netip.ParseAddr(words[1])
	_, err3 := netip.ParseAddr(words[2])
	return words[0] + "-" + words[2], err1 == nil && err2 != nil && err3 == nil && words[1] != "-" && words[1] != "\u2013"
}

// maxRangeText bounds what is looked at for a range: two addresses and spaces.
const maxRangeText = 2*maxAddrText + 64

// cutRange returns the ends of a range of addresses, and whether a text is one.
func cutRange(s string) (first, last netip.Addr, ok bool) {
	if len(s) > maxRangeText {
		return first, last, false
	}
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		from, to, ok = strings.Cut(s, "\u2013") // an en dash
	}
	if !ok {
		return first, last, false
	}
	first, err := netip.ParseAddr(strings.TrimSpace(from))
	if err != nil {
		return first, last, false
	}
	last, err = netip.ParseAddr(strings.TrimSpace(to))
	return first, last, err == nil
}
