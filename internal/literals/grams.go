package literals

import (
	"math/bits"
	"slices"
)

// gramLen is how many bytes of a text are looked at at once.
const gramLen = 4

// grams are a set of numbers, such as of the bytes that literals begin with: a bit
// for each, by its hash. The zero grams are none, and are not asked.
type grams struct {
	which []uint64 // a power of two, of words
	bits  int      // that are set
}

// There are twelve bits at least for each that is set, so that at most one of twelve
// grams is taken for another. maxGone are the literals, beside as many as there are,
// whose bits are left behind.
const (
	bitsPerGram = 12
	maxGone     = 64
)

// gramAt returns the four bytes at a place in a text.
func gramAt(text string, at int) uint32 {
	_ = text[at+gramLen-1]
	return uint32(text[at]) | uint32(text[at+1])<<8 | uint32(text[at+2])<<16 | uint32(text[at+3])<<24
}

// fit reports whether there is room for n more.
func (g *grams) fit(n int) bool { return 64*len(g.which) >= bitsPerGram*(g.bits+n) }

func (g *grams) bit(gram uint32) (word, bit uint32) {
	h := gram * 0x85ebca6b
	h ^= h >> 15
	return h >> 6 & uint32(len(g.which)-1), h & 63
}

// has reports whether a literal may begin with the gram. It is only sure of a no.
func (g *grams) has(gram uint32) bool {
	word, bit := g.bit(gram)
	return int(word) < len(g.which) && g.which[word]>>bit&1 != 0
}

// with returns the grams and others. There is room for them.
func (g grams) with(others []uint32) grams {
	owned := false
	for _, gram := range others {
		if g.has(gram) {
			continue
		}
		if !owned {
			g.which, owned = append([]uint64(nil), g.which...), true
		}
		word, bit := g.bit(gram)
		g.which[word] |= 1 << bit
		g.bits++
	}
	return g
}

// gramsOf returns the grams of all those numbers, with room for as many more.
func gramsOf(all []uint32) grams {
	slices.Sort(all)
	all = slices.Compact(all)
	words := max(8, 2*bitsPerGram*len(all)/64)
	return grams{which: make([]uint64, 1<<bits.Len(uint(words-1)))}.with(all)
}

// collect makes the grams anew.
func (s *Set[V]) collect() {
	var begun, of []uint32
	for trie := range s.roots {
		s.roots[trie].each(func(e *entry[V]) {
			scope := uint32(0)
			if s.scope > 0 {
				scope = scopeOf(e.key)
				of = append(of, scope)
			}
			if Place(trie) == Anywhere {
				begun = append(begun, gramAt(e.key, s.scope)^scope<<11)
			}
		})
	}
	s.begin, s.of, s.gone = gramsOf(begun), gramsOf(of), 0
}

// each calls yield for every entry.
func (n *node[V]) each(yield func(*entry[V])) {
	for i := range n.here {
		yield(&n.here[i])
	}
	for i := range n.kids {
		n.kids[i].each(yield)
	}
}
