// Package ruleindex finds rules by key in memory.
package ruleindex

import (
	"slices"

	"github.com/gaissmai/bart"
	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Index is a set of rules, one for each key and ID, found by their keys. The
// rules with wildcards of a kind are found by its [store.WildcardKey], like any
// other key. The zero value is not usable; call [New]. An Index must not be
// copied.
//
// It is not safe for concurrent use: who shares one guards it with a lock, or
// shares a [View] of it instead.
//
// It is extendible hashing: a directory, which doubles when it must, of shards
// of at most two thousand rules, or more if these share their keys. A write
// copies the directory, which has some 32 bytes for a thousand rules, and what it
// changes of a shard that a view has; no write, and no growth, ever touches more
// than one shard.
type Index struct {
	view  *View
	epoch uint64 // counts the views given away
	owned bool   // nobody else has the view
	// sharesPrefixes: a view has some of the set of prefixes. What a write leaves as
	// it is of it, views share for ever.
	sharesPrefixes bool
	wild           map[store.Kind]*wildcards
	hashes         map[store.HashKey]int // how many rules were hashed under each
}

// New returns an empty index.
func New() *Index {
	x := &Index{owned: true, wild: make(map[store.Kind]*wildcards), view: &View{seeds: newSeeds(), shift: 64, prefixes: new(bart.Lite)}}
	empty := &shard{table: NewTable(0)}
	x.view.dir = []part{{empty.table.groups, empty}}
	return x
}

// View returns the content as it is now. Further changes do not change it.
func (x *Index) View() *View {
	x.epoch++
	x.owned, x.sharesPrefixes = false, true
	return x.view
}

// own makes the view one that nobody else has.
func (x *Index) own() {
	if x.owned {
		return
	}
	v := *x.view
	v.dir = slices.Clone(v.dir)
	x.view, x.owned = &v, true
}

// Len returns the number of rules.
func (x *Index) Len() int { return x.view.Len() }

// Lookup is [View.Lookup] on what is there now.
func (x *Index) Lookup(keys []store.Key) []store.Rule { return x.view.Lookup(keys) }

// Append is [View.Append] on what is there now.
func (x *Index) Append(dst []store.Rule, key store.Key) []store.Rule { return x.view.Append(dst, key) }

// Wildcards is [View.Wildcards] on what is there now. They may change with the index.
func (x *Index) Wildcards(kind store.Kind) Wildcards { return x.view.Wildcards(kind) }

// PrefixLengths is [View.PrefixLengths] on what is there now.
func (x *Index) PrefixLengths() []store.PrefixLen { return x.view.PrefixLengths() }

// HashKeys is [View.HashKeys] on what is there now.
func (x *Index) HashKeys() []store.HashKey { return x.view.HashKeys() }

// Put adds the rule, in place of the one with its key and ID if there is one.
func (x *Index) Put(r store.Rule) {
	x.own()
	if r.Key.Wildcard() {
		x.putWildcard(r)
		return
	}
	hash := x.view.seeds.hash(r.Key)
	s := x.mutable(hash)
	if place, ok := s.find(hash, r.Key, r.ID); ok {
		s.table.set(place, s.pack(&r))
	} else {
		for s.live >= maxShard && s.mayDeepen(x.view.rules) {
			x.split(s, hash)
			s = x.view.shard(hash)
		}
		if s.table.Full() {
			s = x.replace(s, s.rebuild(x, s.depth, s.live/4+4, nil), hash)
		}
		s.add(hash, &r)
		x.view.rules++
		x.countKey(r.Key, 1)
	}
	if s.wasteful() {
		x.replace(s, s.rebuild(x, s.depth, s.live/8+4, nil), hash)
	}
}

// Remove removes the rule of that key and ID, and reports whether there was one.
func (x *Index) Remove(key store.Key, id uuid.UUID) bool {
	if key.Wildcard() {
		return x.removeWildcard(key.Kind, id)
	}
	hash := x.view.seeds.hash(key)
	if _, ok := x.view.shard(hash).find(hash, key, id); !ok {
		return false
	}
	x.own()
	s := x.mutable(hash)
	place, _ := s.find(hash, key, id)
	s.table.remove(place)
	s.live--
	x.view.rules--
	if s.wasteful() {
		x.replace(s, s.rebuild(x, s.depth, s.live/8+4, nil), hash)
	}
	x.countKey(key, -1)
	return true
}

// identity tells the rules of an index apart.
type identity struct {
	key store.Key
	id  uuid.UUID
}

// Replace makes the rules of the keys be those given, all of which carry one of
// them.
func (x *Index) Replace(keys []store.Key, rules []store.Rule) {
	wanted := make(map[identity]int, len(rules))
	for i := range rules {
		wanted[identity{rules[i].Key, rules[i].ID}] = i
	}
	same := make([]bool, len(rules))
	var there []store.Rule
	for _, k := range keys {
		there = x.view.Append(there[:0], k)
		for i := range there {
			if at, ok := wanted[identity{k, there[i].ID}]; ok {
				same[at] = rules[at] == there[i]
			} else {
				x.Remove(k, there[i].ID)
			}
		}
	}
	for i := range rules {
		if !same[i] {
			x.Put(rules[i])
		}
	}
}

// mutable returns the shard of a hash, whose table is nobody else's. The view
// must be owned.
func (x *Index) mutable(hash uint64) *shard {
	s := x.view.shard(hash)
	if s.epoch == x.epoch {
		return s
	}
	c := *s
	c.epoch, c.table = x.epoch, s.table.clone()
	return x.replace(s, &c, hash)
}

// span returns how many places in the directory a shard has.
func (x *Index) span(s *shard) int { return 1 << (64 - x.view.shift - s.depth) }

// replace puts a shard of the same depth in the place of another, which has the
// hash.
func (x *Index) replace(old, s *shard, hash uint64) *shard {
	n := x.span(old)
	first := int(hash>>x.view.shift) &^ (n - 1)
	for i := range n {
		x.view.dir[first+i] = part{s.table.groups, s}
	}
	return s
}

// split makes two shards of one, by one more bit of the hash.
func (x *Index) split(s *shard, hash uint64) {
	v := x.view
	if s.depth == 64-v.shift {
		double := make([]part, 2*len(v.dir))
		for i := range double {
			double[i] = v.dir[i/2]
		}
		v.dir, v.shift = double, v.shift-1
	}
	n := x.span(s) / 2
	first := int(hash>>v.shift) &^ (2*n - 1)
	bit := uint64(1) << (63 - s.depth)
	low := s.rebuild(x, s.depth+1, maxShard/8, func(h uint64) bool { return h&bit == 0 })
	high := s.rebuild(x, s.depth+1, maxShard/8, func(h uint64) bool { return h&bit != 0 })
	for i := range n {
		v.dir[first+i], v.dir[first+n+i] = part{low.table.groups, low}, part{high.table.groups, high}
	}
}
