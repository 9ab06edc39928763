package ruleindex

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"github.com/gaissmai/bart"

	"example.com/ostraka/store"
)

// View is the content of an index at one moment. It never changes, and is safe
// for concurrent use.
type View struct {
	seed     maphash.Seed
	shift    uint8    // what leaves of a hash the position in dir
	dir      []*shard // by the highest bits of hashes; one with less depth is there several times
	rules    int
	wild     map[store.Kind][]store.Rule // the rules with wildcards
	prefixes *bart.Lite                  // of the rules whose keys are canonical prefixes
	counts   [2][129]int32               // of rules by prefix length, IPv4 and IPv6
	lens     [2][]uint8                  // the lengths of canonical prefixes, longest first
}

// Len returns the number of rules.
func (v *View) Len() int { return v.rules }

// Append appends the rules that carry the key to dst, in no particular order.
// It allocates nothing but what dst needs to grow.
func (v *View) Append(dst []store.Rule, key store.Key) []store.Rule {
	if key.Wildcard() {
		return append(dst, v.Wildcards(key.Kind)...)
	}
	hash := v.hash(key)
	return v.shard(hash).appendRules(dst, hash, key.Kind, key.Text)
}

// Wildcards returns the rules that carry [store.WildcardKey] of the kind. They
// are not to be changed.
func (v *View) Wildcards(kind store.Kind) []store.Rule { return v.wild[kind] }

// Lookup returns the rules that carry one of the keys, each once, in no
// particular order.
func (v *View) Lookup(keys []store.Key) []store.Rule {
	var rules []store.Rule
	for i, k := range keys {
		n := len(rules)
		if rules = v.Append(rules, k); len(rules) > n && slices.Contains(keys[:i], k) {
			rules = rules[:n] // they came with the key's first mention
		}
	}
	return rules
}

// PrefixLengths returns the prefix lengths of the IP rules, each once, in no
// particular order.
func (v *View) PrefixLengths() []store.PrefixLen {
	var lens []store.PrefixLen
	for family, counts := range v.counts {
		for bits, n := range counts {
			if n > 0 {
				lens = append(lens, store.PrefixLen{IPv6: family == 1, Bits: uint8(bits)})
			}
		}
	}
	return lens
}

// prefixBytes is what a prefix takes in the table of prefixes, measured with
// 200,000 of mixed lengths.
const prefixBytes = 64

// Bytes estimates how much memory the view takes, without the texts of reasons,
// origins and sources: those are kept as they came, mostly shared.
func (v *View) Bytes() int64 {
	n := int64(8 * cap(v.dir))
	for i, s := range v.dir {
		if i == 0 || v.dir[i-1] != s {
			n += int64(s.bytes())
		}
	}
	if v.prefixes != nil {
		n += prefixBytes * int64(v.prefixes.Size())
	}
	for _, rules := range v.wild {
		n += 256 * int64(len(rules))
	}
	return n
}

// shard returns the shard of a hash.
func (v *View) shard(hash uint64) *shard { return v.dir[hash>>v.shift] }

// hash returns the hash of a key that is no wildcard. It is seeded: nobody can
// choose keys that collide.
func (v *View) hash(k store.Key) uint64 {
	if k.Kind == store.KindIP {
		if p, ok := canonicalPrefix(k.Text); ok {
			return v.hashPrefix(p)
		}
	}
	return v.hashText(k.Kind, k.Text)
}

func (v *View) hashText(kind store.Kind, text string) uint64 {
	return maphash.String(v.seed, text) + uint64(kind)*0x9e3779b97f4a7c15 // so that the kinds of one text part ways
}

// hashPrefix hashes a prefix as it is, so that those that hold an address need
// not be written out to be looked for.
func (v *View) hashPrefix(p netip.Prefix) uint64 {
	var b [18]byte
	addr := p.Addr().As16()
	copy(b[:], addr[:])
	b[16], b[17] = uint8(p.Bits()), uint8(family(p.Addr()))
	return maphash.Bytes(v.seed, b[:])
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
