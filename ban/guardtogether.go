package ban

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
)

// How much rules that are made together may deny: as much as 256 of the shortest
// prefixes that a guard lets through one by one. For IPv4 that is a /8. For IPv6
// it is a /11; like a /8 of IPv4, it is a 256th of what is given out to be used
// (2000::/3, https://www.iana.org/assignments/ipv6-unicast-address-assignments).
const (
	togetherIPv4Bits = minIPv4Bits - 8
	togetherIPv6Bits = minIPv6Bits - 8
)

// CheckTogether returns nil, or a [*GuardError] with the code
// [GuardTooManyAddresses] if rules of these prefixes, made in one step, would
// together deny more than a /8 of IPv4, or more than a /11 of IPv6. What several of
// them cover counts once. Only rules that deny belong among them: no exceptions and
// no shadows. It does not look at how wide each of them is; [Guard.Check] does.
func (g *Guard) CheckTogether(prefixes []netip.Prefix) error {
	var v4, v6 []netip.Prefix
	for _, p := range prefixes {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	if err := checkTogether(v4, togetherIPv4Bits, "IPv4"); err != nil {
		return err
	}
	return checkTogether(v6, togetherIPv6Bits, "IPv6")
}

// checkTogether is CheckTogether for prefixes of one family, which it reorders.
func checkTogether(prefixes []netip.Prefix, shortest int, family string) error {
	if len(prefixes) == 0 {
		return nil
	}
	covered := countAddresses(prefixes)
	most := new(big.Int).Lsh(big.NewInt(1), uint(prefixes[0].Addr().BitLen()-shortest))
	if covered.Cmp(most) <= 0 {
		return nil
	}
	return &GuardError{GuardTooManyAddresses, fmt.Sprintf("%d prefixes", len(prefixes)), fmt.Sprintf(
		"together they cover %d addresses, more than a /%d of %s; look at where they come from", covered, shortest, family)}
}

// guardTogether is CheckTogether for bans. indexes are those of the bans among the
// options.
func (a *Admin) guardTogether(all []CreateOptions, indexes []int, bans []Ban) error {
	var prefixes []netip.Prefix
	for i := range bans {
		b := &bans[i]
		if b.Kind == KindIP && b.Effect == Deny && !b.Shadow && !all[indexes[i]].Force {
			prefixes = append(prefixes, banValue(b).Prefix())
		}
	}
	return a.guard.CheckTogether(prefixes)
}

// countAddresses returns how many addresses prefixes of one family cover. It
// reorders them.
func countAddresses(prefixes []netip.Prefix) *big.Int {
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	var lengths [129]int64 // how many prefixes of each length count
	var last netip.Prefix
	for _, p := range prefixes {
		if last.IsValid() && last.Overlaps(p) {
			continue // the one before, which is as wide or wider, covers it
		}
		last = p
		lengths[p.Bits()]++
	}
	sum := new(big.Int)
	for bits, n := range lengths {
		if n > 0 {
			each := uint(last.Addr().BitLen() - bits)
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(n), each))
		}
	}
	return sum
}
