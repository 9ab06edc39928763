package literals

import "math/bits"

// gramLen is how many bytes of a text are looked at at once.
const gramLen = 4

// grams are what literals begin with: a bit for each, by its hash. A Set that has
// others shares none. The zero grams are none.
type grams struct {
	which []uint64 // a power of two, of words
	gone  int      // literals whose bits were left behind
}

// There are twelve bits at least for each literal, so that at most one of twelve grams
// is taken for another. maxGone are the literals, beside as many as there are,
// whose bits are left behind.
const (
	bitsPerLiteral = 12
	maxGone        = 64
)

// gramAt returns the four bytes at a place in a text.
func gramAt(text string, at int) uint32 {
	_ = text[at+gramLen-1]
	return uint32(text[at]) | uint32(text[at+1])<<8 | uint32(text[at+2])<<16 | uint32(text[at+3])<<24
}

// seedOf makes the grams of scopes differ.
func seedOf(scope string) (seed uint32) {
	for i := range len(scope) {
		seed = seed<<7 ^ uint32(scope[i])
	}
	return seed * 0x9e3779b1
}

// fits reports whether there is room for the grams of n literals.
func (g *grams) fits(n int) bool { return 64*len(g.which) >= bitsPerLiteral*n }

func (g *grams) bit(gram uint32) (word, bit uint32) {
	h := gram * 0x85ebca6b
	h ^= h >> 15
	return h >> 6 & uint32(len(g.which)-1), h & 63
}

// has reports whether a literal may begin with the gram. It is only sure of a no.
func (g *grams) has(gram uint32) bool {
	word, bit := g.bit(gram)
	return g.which[word]>>bit&1 != 0
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
	}
	return g
}

// allGrams returns the grams of the literals that there are, with room for as many
// more.
func (s *Set[V]) allGrams() grams {
	words := max(8, 2*bitsPerLiteral*s.size/64)
	g := grams{which: make([]uint64, 1<<bits.Len(uint(words-1)))}
	var all []uint32
	s.roots[Anywhere].each(func(e *entry[V]) {
		all = append(all, gramAt(e.key, s.scope)^seedOf(e.key[:s.scope]))
	})
	return g.with(all)
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
