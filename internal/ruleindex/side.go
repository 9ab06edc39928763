package ruleindex

import (
	"iter"
	"maps"
	"net/netip"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Wildcards are the rules with wildcards of a kind, at one moment. They never
// change. The zero Wildcards are none.
type Wildcards struct {
	chunks []*chunk
	rules  int
}

// chunk is some of the rules with wildcards. A write copies one.
type chunk struct {
	epoch uint64 // that of the index in which it was last copied
	rules []store.Rule
}

const maxChunk = 64

// Len returns how many there are.
func (w Wildcards) Len() int { return w.rules }

// All yields all of them, in no particular order. They are not to be changed.
func (w Wildcards) All() iter.Seq[*store.Rule] {
	return func(yield func(*store.Rule) bool) {
		for _, c := range w.chunks {
			for i := range c.rules {
				if !yield(&c.rules[i]) {
					return
				}
			}
		}
	}
}

// Since returns the rules that older Wildcards have and these have not, and those
// that these have and the older have not. A rule that changed is among both. It
// looks only at what was written in between, if both are of one index.
func (w Wildcards) Since(older Wildcards) (gone, added []*store.Rule) {
	was := make(map[uuid.UUID]*store.Rule)
	for i, c := range older.chunks {
		if i < len(w.chunks) && w.chunks[i] == c {
			continue
		}
		for j := range c.rules {
			was[c.rules[j].ID] = &c.rules[j]
		}
	}
	for i, c := range w.chunks {
		if i < len(older.chunks) && older.chunks[i] == c {
			continue
		}
		for j := range c.rules {
			r := &c.rules[j]
			if before := was[r.ID]; before == nil || *before != *r {
				added = append(added, r)
			} else {
				delete(was, r.ID)
			}
		}
	}
	return slices.Collect(maps.Values(was)), added
}

// wildcards are those of a kind, as an index keeps them.
type wildcards struct {
	Wildcards
	at map[uuid.UUID]int // where they are
}

// own makes the chunk of a place one that no view has.
func (w *wildcards) own(x *Index, place int) *chunk {
	c := w.chunks[place/maxChunk]
	if c.epoch != x.epoch {
		c = &chunk{x.epoch, append(make([]store.Rule, 0, maxChunk), c.rules...)}
		w.chunks[place/maxChunk] = c
	}
	return c
}

// ownWildcards returns those of a kind, with a list of chunks that nobody else
// has. The view must be owned.
func (x *Index) ownWildcards(kind store.Kind) *wildcards {
	w := x.wild[kind]
	if w == nil {
		w = &wildcards{at: make(map[uuid.UUID]int)}
		x.wild[kind] = w
	}
	w.chunks = slices.Clone(w.chunks)
	return w
}

// putWildcard is Put for a rule with a wildcard.
func (x *Index) putWildcard(r store.Rule) {
	w := x.ownWildcards(r.Key.Kind)
	place, ok := w.at[r.ID]
	if ok {
		w.own(x, place).rules[place%maxChunk] = r
	} else {
		place = w.rules
		if place%maxChunk == 0 {
			w.chunks = append(w.chunks, &chunk{epoch: x.epoch, rules: make([]store.Rule, 0, maxChunk)})
		}
		c := w.own(x, place)
		c.rules = append(c.rules, r)
		w.at[r.ID] = place
		w.rules++
		x.view.rules++
	}
	x.showWildcards(r.Key.Kind, w)
}

// removeWildcard is Remove for a rule with a wildcard. The last one takes its place.
func (x *Index) removeWildcard(kind store.Kind, id uuid.UUID) bool {
	if w := x.wild[kind]; w == nil {
		return false
	} else if _, ok := w.at[id]; !ok {
		return false
	}
	x.own()
	w := x.ownWildcards(kind)
	place, last := w.at[id], w.rules-1
	end := w.own(x, last)
	moved := end.rules[last%maxChunk]
	w.own(x, place).rules[place%maxChunk] = moved
	w.at[moved.ID] = place
	delete(w.at, id)
	end.rules[last%maxChunk] = store.Rule{}
	if end.rules = end.rules[:last%maxChunk]; len(end.rules) == 0 {
		w.chunks = w.chunks[:len(w.chunks)-1]
	}
	w.rules--
	x.view.rules--
	x.showWildcards(kind, w)
	return true
}

// showWildcards makes the view have the rules.
func (x *Index) showWildcards(kind store.Kind, w *wildcards) {
	wild := maps.Clone(x.view.wild)
	if wild == nil {
		wild = make(map[store.Kind]Wildcards)
	}
	wild[kind] = w.Wildcards
	x.view.wild = wild
}

// countKey takes note that there is one more rule of the key, or one less.
func (x *Index) countKey(key store.Key, more int32) {
	x.count(key, more)
	if key.Kind != store.KindIP {
		return
	}
	if p, ok := canonicalPrefix(key.Text); ok {
		x.cover(p, more > 0)
	}
}

// count is countKey but for the set of prefixes.
func (x *Index) count(key store.Key, more int32) {
	if k, ok := key.HashKey(); ok {
		x.countHash(k, int(more))
		return
	}
	l, ok := key.PrefixLen()
	if !ok {
		return
	}
	f := 0
	if l.IPv6 {
		f = 1
	}
	x.view.counts[f][l.Bits] += more
}

// countHash takes note that there is one more rule hashed under a key, or one less.
// Views share the list of counts until there is another key.
func (x *Index) countHash(k store.HashKey, more int) {
	if x.hashes == nil {
		x.hashes = make(map[store.HashKey]int)
	}
	before := x.hashes[k]
	x.hashes[k] = before + more
	if x.hashes[k] == 0 {
		delete(x.hashes, k)
	}
	if before == 0 || before+more == 0 {
		x.view.hashes = slices.Collect(maps.Keys(x.hashes))
	}
}

// cover makes the view have a prefix among those that rules are of, or not. Of
// several rules of one prefix the last to go takes it along.
func (x *Index) cover(p netip.Prefix, there bool) {
	v := x.view
	has := v.prefixes.Get(p)
	switch {
	case there && !has:
		if x.sharesPrefixes {
			v.prefixes = v.prefixes.InsertPersist(p)
		} else {
			v.prefixes.Insert(p)
		}
	case !there && has && !v.any(p):
		if x.sharesPrefixes {
			v.prefixes = v.prefixes.DeletePersist(p)
		} else {
			v.prefixes.Delete(p)
		}
	}
}

// any reports whether there is a rule of the prefix.
func (v *View) any(p netip.Prefix) bool {
	var q Query
	q.Begin(v)
	q.prefix(0, 0, p.Addr(), p.Bits())
	q.addrs[0] = p.Addr()
	found := false
	q.Each(func(uint8, *store.Rule) { found = true })
	return found
}
