// Package literals finds which of very many literals stand in a text: at its
// start, at its end, or anywhere in it.
//
//	var s literals.Set[int]
//	s = s.With(literals.Literal{Text: "spam", Place: literals.Anywhere}, 7)
//	s.AppendFound(nil, "", "nospammer") // 7
package literals

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
)

// Place says where in a text a literal is to stand.
type Place uint8

// The places.
const (
	Anywhere Place = iota
	AtStart
	AtEnd
	places
)

// Literal is what is looked for, and where.
type Literal struct {
	// Scope says in which texts the literal is looked for: those of the same scope.
	// All scopes of a Set are of one length, and of bytes below 128.
	Scope string
	Text  string
	Place Place
}

// Set is a set of literals, each with a value; one literal may have several. A Set
// never changes: what changes it returns another one, which shares with it what
// is the same. So it is safe for concurrent use, and a change costs some
// microseconds, however many literals there are. The zero Set is empty.
//
// It is a trie for each place, of which a branch ends where one literal is left;
// that of literals at the end is of what they are backwards. Literals for anywhere
// are looked for from those bytes of a text on from where four bytes are the first
// of some literal, which a bitmap knows. They are few in a text that has no literal
// in it; at most, the time is the length of the text times that of the longest
// literal. An automaton that reads each byte once (Aho and Corasick, 1975) could not
// be changed without being built anew.
type Set[V comparable] struct {
	roots [tries]node[V]
	begin grams // of the literals in the trie for anywhere
	scope int   // the length of scopes
	size  int
}

// The tries are those of the places, and one for literals anywhere that are shorter
// than a gram.
const (
	short = places
	tries = places + 1
)

// node is a place in a trie. One without kids has literals that are all the same,
// and may go on from there. One with kids has those that end there.
type node[V comparable] struct {
	which [2]uint64 // symbols that have kids
	kids  []node[V] // by symbol
	here  []entry[V]
}

// entry is a literal with its value.
type entry[V comparable] struct {
	key   string // the scope, and behind it the text, of AtEnd backwards
	value V
}

// symbol returns what a byte is in a trie. Bytes above ASCII share theirs with
// others: what is found is compared, and texts that have both are few.
func symbol(b byte) byte { return b & 127 }

func (n *node[V]) has(s byte) bool { return n.which[s>>6]>>(s&63)&1 != 0 }

// index returns where the kid of a symbol is, or would be.
func (n *node[V]) index(s byte) int {
	at := bits.OnesCount64(n.which[s>>6] & (1<<(s&63) - 1))
	if s >= 64 {
		at += bits.OnesCount64(n.which[0])
	}
	return at
}

// Len returns how many literals there are, with each of their values.
func (s *Set[V]) Len() int { return s.size }

// keyOf returns the key of a literal.
func keyOf(l Literal) string {
	if l.Place != AtEnd {
		return l.Scope + l.Text
	}
	b := []byte(l.Scope + l.Text)
	slices.Reverse(b[len(l.Scope):])
	return string(b)
}

// trieOf returns which trie a literal is in.
func trieOf(l Literal) Place {
	if l.Place == Anywhere && len(l.Text) < gramLen {
		return short
	}
	return l.Place
}

// With returns the set with a literal that has the value. It must not have it yet.
func (s Set[V]) With(l Literal, v V) Set[V] { return s.WithAll([]Literal{l}, []V{v}) }

// WithAll is With for many literals, each with the value of its place: it is faster
// than one after the other.
func (s Set[V]) WithAll(all []Literal, values []V) Set[V] {
	begun := make([]uint32, 0, len(all))
	for i, l := range all {
		trie := trieOf(l)
		s.scope = len(l.Scope)
		s.roots[trie] = s.roots[trie].with(entry[V]{keyOf(l), values[i]}, 0)
		if trie == Anywhere {
			begun = append(begun, gramAt(l.Text, 0)^seedOf(l.Scope))
		}
	}
	s.size += len(all)
	if !s.begin.fits(s.size) {
		s.begin = s.allGrams()
	} else {
		s.begin = s.begin.with(begun)
	}
	return s
}

// Without returns the set without the value of a literal, or as it is if it has
// not got it.
func (s Set[V]) Without(l Literal, v V) Set[V] {
	trie := trieOf(l)
	root, ok := s.roots[trie].without(entry[V]{keyOf(l), v}, 0)
	if !ok {
		return s
	}
	s.roots[trie] = root
	s.size--
	if trie == Anywhere {
		if s.begin.gone++; s.begin.gone > s.size+maxGone {
			s.begin = s.allGrams()
		}
	}
	return s
}

// with returns the node, which is so deep in the trie, with one more entry.
func (n node[V]) with(e entry[V], depth int) node[V] {
	switch {
	case len(n.kids) > 0:
		return n.push(e, depth)
	case len(n.here) == 0, n.here[0].key == e.key:
		n.here = append(slices.Clip(n.here), e)
		return n
	}
	var parted node[V]
	for _, old := range n.here {
		parted = parted.push(old, depth)
	}
	return parted.push(e, depth)
}

// push puts an entry where it belongs in a node that has kids, or will have.
func (n node[V]) push(e entry[V], depth int) node[V] {
	if len(e.key) == depth {
		n.here = append(slices.Clip(n.here), e)
		return n
	}
	s := symbol(e.key[depth])
	at := n.index(s)
	if !n.has(s) {
		kids := make([]node[V], 0, len(n.kids)+1)
		n.kids = append(append(append(kids, n.kids[:at]...), node[V]{}), n.kids[at:]...)
		n.which[s>>6] |= 1 << (s & 63)
	} else {
		n.kids = slices.Clone(n.kids)
	}
	n.kids[at] = n.kids[at].with(e, depth+1)
	return n
}

// without returns the node without an entry, as it would be had there never been
// one, and whether there was one.
func (n node[V]) without(e entry[V], depth int) (node[V], bool) {
	if len(n.kids) == 0 || len(e.key) == depth {
		i := slices.Index(n.here, e)
		if i < 0 {
			return n, false
		}
		if n.here = slices.Delete(slices.Clone(n.here), i, i+1); len(n.here) == 0 {
			n.here = nil
		}
		return n.joined(), true
	}
	s := symbol(e.key[depth])
	at := n.index(s)
	if !n.has(s) {
		return n, false
	}
	kid, ok := n.kids[at].without(e, depth+1)
	if !ok {
		return n, false
	}
	n.kids = slices.Clone(n.kids)
	if n.kids[at] = kid; kid.empty() {
		if n.kids = slices.Delete(n.kids, at, at+1); len(n.kids) == 0 {
			n.kids = nil
		}
		n.which[s>>6] &^= 1 << (s & 63)
	}
	return n.joined(), true
}

func (n *node[V]) empty() bool { return len(n.kids) == 0 && len(n.here) == 0 }

// joined returns a node that has lost something with the literals of its only kid,
// if one literal is left.
func (n node[V]) joined() node[V] {
	if len(n.here) == 0 && len(n.kids) == 1 && len(n.kids[0].kids) == 0 {
		return n.kids[0]
	}
	return n
}

// Values yields the values of a literal.
func (s *Set[V]) Values(l Literal) iter.Seq[V] {
	key := keyOf(l)
	return func(yield func(V) bool) {
		n := &s.roots[trieOf(l)]
		for i := 0; i < len(key) && len(n.kids) > 0; i++ {
			if !n.has(symbol(key[i])) {
				return
			}
			n = &n.kids[n.index(symbol(key[i]))]
		}
		for i := range n.here {
			if e := &n.here[i]; e.key == key && !yield(e.value) {
				return
			}
		}
	}
}

// AppendFound appends the values of the literals of a scope that stand in the text
// where they are to, those that stand in several places several times. It allocates
// nothing but what dst needs to grow.
func (s *Set[V]) AppendFound(dst []V, scope, text string) []V {
	if n := s.roots[AtStart].below(scope); n != nil {
		dst = n.appendAhead(dst, len(scope), text)
	}
	if n := s.roots[AtEnd].below(scope); n != nil {
		dst = n.appendBack(dst, len(scope), text)
	}
	if n := s.roots[short].below(scope); n != nil {
		for i := range len(text) + 1 {
			dst = n.appendAhead(dst, len(scope), text[i:])
		}
	}
	if n := s.roots[Anywhere].below(scope); n != nil {
		seed := seedOf(scope)
		for i := range len(text) - gramLen + 1 {
			if s.begin.has(gramAt(text, i) ^ seed) {
				dst = n.appendAhead(dst, len(scope), text[i:])
			}
		}
	}
	return dst
}

// below returns the node that has the literals of a scope, which is above where the
// scope ends if there is one literal alone; nil if there are none.
func (n *node[V]) below(scope string) *node[V] {
	for i := range len(scope) {
		if len(n.kids) == 0 {
			if len(n.here) == 0 || n.here[0].key[:len(scope)] != scope {
				return nil
			}
			return n
		}
		s := symbol(scope[i])
		if !n.has(s) {
			return nil
		}
		n = &n.kids[n.index(s)]
	}
	if n.empty() {
		return nil
	}
	return n
}

// appendAhead appends what stands at the start of a text, from the node on that
// has the literals of a scope.
func (n *node[V]) appendAhead(dst []V, scope int, text string) []V {
	for read := 0; ; read++ {
		for i := range n.here {
			if e := &n.here[i]; strings.HasPrefix(text, e.key[scope:]) {
				dst = append(dst, e.value)
			}
		}
		if read >= len(text) {
			return dst
		}
		s := symbol(text[read])
		if !n.has(s) {
			return dst
		}
		n = &n.kids[n.index(s)]
	}
}

// appendBack appends what stands at the end of a text, from the node on that has
// the literals of a scope.
func (n *node[V]) appendBack(dst []V, scope int, text string) []V {
	for read := 0; ; read++ {
		for i := range n.here {
			if e := &n.here[i]; hasReversed(text, e.key[scope:]) {
				dst = append(dst, e.value)
			}
		}
		if read >= len(text) {
			return dst
		}
		s := symbol(text[len(text)-1-read])
		if !n.has(s) {
			return dst
		}
		n = &n.kids[n.index(s)]
	}
}

// hasReversed reports whether a text ends in what another is backwards.
func hasReversed(text, reversed string) bool {
	if len(text) < len(reversed) {
		return false
	}
	for i := range len(reversed) {
		if text[len(text)-1-i] != reversed[i] {
			return false
		}
	}
	return true
}
