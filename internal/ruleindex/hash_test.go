package ruleindex

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"

	"example.com/ostraka/store"
)

// likeKeys are keys as lists have them: much the same, one after the other.
var likeKeys = map[string]func(n int) store.Key{
	"domains": func(n int) store.Key {
		return store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("d%d.example", n)}
	},
	"long domains": func(n int) store.Key {
		return store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("mail.customer-%d.hosting.example.org", n)}
	},
	"two letters each": func(n int) store.Key {
		return store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("%c%c.%c%c", 'a'+n%26, 'a'+n/26%26, 'a'+n/676%26, 'a'+n/17576%26)}
	},
	"addresses": func(n int) store.Key {
		return store.Key{Kind: store.KindEmail, Text: fmt.Sprintf("u%d@gmail.com", n)}
	},
	"names": func(n int) store.Key { return store.Key{Kind: store.KindName, Text: fmt.Sprintf("name%06d", n)} },
	"hashed addresses": func(n int) store.Key {
		hash := sha256.Sum256(fmt.Append(nil, n))
		return store.Key{Kind: store.KindEmail, Text: string(store.AppendHashText(nil, "k1", hash[:]))}
	},
	"IPv4": func(n int) store.Key {
		return store.Key{Kind: store.KindIP, Text: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}).String()}
	},
	"IPv6": func(n int) store.Key {
		a := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)})
		return store.Key{Kind: store.KindIP, Text: a.String()}
	},
	"IPv6 networks": func(n int) store.Key {
		a := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(n >> 16), byte(n >> 8), byte(n)})
		return store.Key{Kind: store.KindIP, Text: netip.PrefixFrom(a, 64).String()}
	},
}

// The parts of a hash that a place in the index is made of are spread as if at
// random: by the chi-squared test, at five standard deviations.
func TestHashesOfKeysThatAreAlikeSpread(t *testing.T) {
	const keys, buckets = 100_000, 1 << 10
	parts := map[string]func(hash uint64) uint64{
		"shard": func(h uint64) uint64 { return h >> 54 },
		"group": func(h uint64) uint64 { return h >> 34 & (buckets - 1) },
		"tag":   func(h uint64) uint64 { return h & (buckets - 1) },
		"rest":  func(h uint64) uint64 { return h >> 10 & (buckets - 1) },
	}
	for name, key := range likeKeys {
		t.Run(name, func(t *testing.T) {
			seeds := newSeeds()
			seen := make(map[uint64]bool, keys)
			counts := map[string]*[buckets]int{}
			for part := range parts {
				counts[part] = new([buckets]int)
			}
			for n := range keys {
				h := seeds.hash(key(n))
				seen[h] = true
				for part, of := range parts {
					counts[part][of(h)]++
				}
			}
			if len(seen) != keys {
				t.Errorf("%d different hashes of %d keys", len(seen), keys)
			}
			for part, counts := range counts {
				chi := 0.0
				for _, n := range counts {
					chi += (float64(n) - float64(keys)/buckets) * (float64(n) - float64(keys)/buckets) / (float64(keys) / buckets)
				}
				if limit := buckets + 5*math.Sqrt(2*buckets); chi > limit {
					t.Errorf("%s: chi-squared is %.0f, more than %.0f", part, chi, limit)
				}
			}
		})
	}
}

// Neighbours of what is there are told from it by one look, whatever the seeds.
func TestSearchesForNeighboursEndAtTheFirstGroup(t *testing.T) {
	const there = 1000
	for name, key := range likeKeys {
		for range 20 {
			seeds := newSeeds()
			table := NewTable(there)
			for n := range there {
				table.Add(seeds.hash(key(n)), uint32(n))
			}
			further := 0
			for n := range there {
				if !absent(table.groups, seeds.hash(key(there+n))) {
					further++
				}
			}
			if further > there/20 {
				t.Errorf("%s: %d of %d searches go on, with the seeds %v", name, further, there, seeds)
				break
			}
		}
	}
}

// Texts that differ in what pieces of eight bytes are cut from differ in their
// hashes.
func TestHashesOfEveryLengthDiffer(t *testing.T) {
	seeds := newSeeds()
	seen := map[uint64]store.Key{}
	add := func(kind store.Kind, text string) {
		k := store.Key{Kind: kind, Text: text}
		h := seeds.hash(k)
		if other, ok := seen[h]; ok && other != k {
			t.Errorf("%v and %v have one hash", other, k)
		}
		seen[h] = k
	}
	for n := range 70 {
		for _, c := range []string{"\x00", "a", "."} {
			text := strings.Repeat(c, n)
			for _, kind := range []store.Kind{store.KindEmail, store.KindDomain, store.KindName} {
				add(kind, text)
				for i := range n {
					add(kind, text[:i]+"b"+text[i+1:])
				}
			}
		}
	}
}

func TestTwoIndexesHashDifferently(t *testing.T) {
	a, b := newSeeds(), newSeeds()
	for name, key := range likeKeys {
		if a.hash(key(1)) == b.hash(key(1)) {
			t.Errorf("%s: the hash does not depend on the seeds", name)
		}
	}
}

func TestQueriesOfLongDomains(t *testing.T) {
	x := New()
	deep := strings.Repeat("a.", 60) + "example"
	x.Put(rule(1, store.KindDomain, deep))
	x.Put(rule(2, store.KindDomain, "example"))
	x.Put(rule(3, store.KindDomain, "b."+deep))
	var q Query
	q.Begin(x.View())
	q.Key(0, store.KindName, "nobody")
	q.Domains(1, deep)
	q.Domains(2, "b."+deep) // shares them, and makes the room for keys grow
	q.Domains(3, strings.Repeat("c.", 60)+"example")
	found := map[string]int{}
	q.Each(func(owner uint8, r *store.Rule) { found[fmt.Sprint(owner, " ", len(r.Key.Text))]++ })
	q.End()
	want := map[string]int{"1 127": 1, "1 7": 1, "2 127": 1, "2 7": 1, "2 129": 1, "3 7": 1}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", found, want)
	}
}
