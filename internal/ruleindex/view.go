package ruleindex

import (
	"slices"
	"unsafe"

	"github.com/gaissmai/bart"

	"example.com/ostraka/store"
)

// View is the content of an index at one moment. It never changes, and is safe
// for concurrent use.
type View struct {
	seeds  seeds
	shift  uint8  // what leaves of a hash the position in dir
	dir    []part // by the highest bits of hashes; one with less depth is there several times
	rules  int
	wild   map[store.Kind]Wildcards
	counts [2][129]int32 // of rules by prefix length, IPv4 and IPv6
	// prefixes are those that rules are of. To walk down it once tells which hold an
	// address, so that nearly nobody costs a search for a rule.
	prefixes *bart.Lite
	hashes   []store.HashKey // under which values of rules were hashed; replaced, never changed
}

// part is a place in the directory. It has the groups of the shard's table too, so
// that a search for what is not there looks at nothing else.
type part struct {
	groups []group
	shard  *shard
}

// Len returns the number of rules.
func (v *View) Len() int { return v.rules }

// Append appends the rules that carry the key to dst, in no particular order.
// It allocates nothing but what dst needs to grow.
func (v *View) Append(dst []store.Rule, key store.Key) []store.Rule {
	if key.Wildcard() {
		for r := range v.Wildcards(key.Kind).All() {
			dst = append(dst, *r)
		}
		return dst
	}
	hash := v.seeds.hash(key)
	return v.shard(hash).appendRules(dst, hash, key)
}

// Wildcards returns the rules that carry [store.WildcardKey] of the kind.
func (v *View) Wildcards(kind store.Kind) Wildcards { return v.wild[kind] }

// Lookup returns the rules that carry one of the keys, each once, in no
// particular order.
func (v *View) Lookup(keys []store.Key) []store.Rule {
	return AppendEach(nil, keys, v.Append)
}

// fewKeys are so few that one that has rules is sooner compared with those before it
// than all are noted.
const fewKeys = 64

// AppendEach appends the rules that find appends for each of the keys, once for one
// that is there several times.
func AppendEach(dst []store.Rule, keys []store.Key, find func(dst []store.Rule, key store.Key) []store.Rule) []store.Rule {
	var seen map[store.Key]struct{}
	if len(keys) > fewKeys {
		seen = make(map[store.Key]struct{}, len(keys))
	}
	for i, k := range keys {
		if seen != nil {
			if _, again := seen[k]; again {
				continue
			}
			seen[k] = struct{}{}
		}
		n := len(dst)
		if dst = find(dst, k); len(dst) > n && seen == nil && slices.Contains(keys[:i], k) {
			dst = dst[:n] // they came with the key's first mention
		}
	}
	return dst
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

// HashKeys returns the keys under which the values of rules were hashed, each once, in
// no particular order. The slice must not be changed.
func (v *View) HashKeys() []store.HashKey { return v.hashes }

// bytesPerPrefix is what the set of prefixes takes for each, measured: 37 bytes for
// 200,000 at random, as people ban them, 25 for 42,566 of a list of IPv4 networks.
const bytesPerPrefix = 37

// Bytes estimates how much memory the view takes, without the texts of reasons,
// origins and sources: those are kept as they came, mostly shared.
func (v *View) Bytes() int64 {
	n := int64(cap(v.dir)) * int64(unsafe.Sizeof(part{}))
	for i := range v.dir {
		if s := v.dir[i].shard; i == 0 || v.dir[i-1].shard != s {
			n += int64(s.bytes())
		}
	}
	for _, w := range v.wild {
		n += int64(len(w.chunks)) * maxChunk * int64(unsafe.Sizeof(store.Rule{}))
	}
	for _, counts := range v.counts {
		for _, rules := range counts {
			n += bytesPerPrefix * int64(rules)
		}
	}
	return n
}

// shard returns the shard of a hash.
func (v *View) shard(hash uint64) *shard { return v.dir[hash>>v.shift].shard }
