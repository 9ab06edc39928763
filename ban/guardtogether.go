package ban

import (
	"fmt"
	"net/netip"
	"slices"
)

// maxTogether is how many IPv4 addresses bans that are made together may deny
// without Force: as many as a /8 has. Each by itself may be a /16.
const maxTogether = 1 << 24

// guardTogether counts the addresses that bans deny, each once. indexes are those
// of the bans among the options.
func guardTogether(all []CreateOptions, indexes []int, bans []Ban) error {
	var prefixes []netip.Prefix
	for i := range bans {
		b := &bans[i]
		if b.Kind != KindIP || b.Effect != Deny || b.Shadow || all[indexes[i]].Force {
			continue
		}
		if p := banValue(b).Prefix(); p.Addr().Is4() {
			prefixes = append(prefixes, p)
		}
	}
	if n := countAddresses(prefixes); n > maxTogether {
		return &GuardError{GuardTooManyAddresses, fmt.Sprintf("%d prefixes", len(prefixes)),
			fmt.Sprintf("together they cover %d addresses, more than a /8; look at where they come from", n)}
	}
	return nil
}

// countAddresses returns how many IPv4 addresses prefixes cover. It reorders them.
func countAddresses(prefixes []netip.Prefix) (n uint64) {
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	var last netip.Prefix
	for _, p := range prefixes {
		if last.IsValid() && last.Overlaps(p) {
			continue // the one before, which is as wide or wider, covers it
		}
		last = p
		n += 1 << (32 - p.Bits())
	}
	return n
}
