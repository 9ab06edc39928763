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

// Scopes is how many scopes there may be: they are three symbols.
const (
	Scopes   = 1 << (7 * scopeLen)
	scopeLen = 3
)

// Literal is what is looked for, and where.
type Literal struct {
	// Scope says in which texts the literal is looked for: those of the same scope,
	// which is a number below [Scopes]. Either all literals of a Set have one, which
	// is not 0, or none.
	Scope uint32
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
	of    grams // the scopes that have literals
	scope int   // how long scopes are
	size  int
	gone  int // literals whose grams were left behind
}

// The tries are those of the places, and one for literals anywhere that are shorter
// than a gram.
const (
	short = places
	tries = places + 1
)

// node is a place in a trie. One with kids has the literals that end there. One
// without is a leaf, whose literals are all the same, and may go on from there.
type node[V comparable] struct {
	which [2]uint64 // symbols that have kids; of a leaf, see tail
	kids  []node[V] // by symbol
	here  []entry[V]
}

// tail makes a leaf that is so deep have the next bytes of its literals, and how
// many they are, where others have symbols: to find that a text goes on otherwise
// reads nothing else.
func (n node[V]) tail(depth, scope int) node[V] {
	n.which = [2]uint64{}
	if len(n.here) == 0 {
		return n
	}
	key := n.here[0].key
	for i := range n.here {
		if n.here[i].key != key { // of the same symbols
			return n
		}
	}
	next := key[max(depth, scope):]
	next = next[:min(len(next), 8)]
	for i := range len(next) {
		n.which[0] |= uint64(next[i]) << (8 * i)
	}
	n.which[1] = uint64(len(next))
	return n
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
	var b []byte
	if l.Scope != 0 {
		b = append(b, scopeSymbol(l.Scope, 0), scopeSymbol(l.Scope, 1), scopeSymbol(l.Scope, 2))
	}
	b = append(b, l.Text...)
	if l.Place == AtEnd {
		slices.Reverse(b[len(b)-len(l.Text):])
	}
	return string(b)
}

// scopeSymbol returns the symbol at a place in a scope.
func scopeSymbol(scope uint32, at int) byte { return byte(scope >> (7 * at) & 127) }

// scopeOf is the scope of the key of a literal that has one.
func scopeOf(key string) uint32 {
	return uint32(key[0]) | uint32(key[1])<<7 | uint32(key[2])<<14
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
	begun, of := make([]uint32, 0, len(all)), make([]uint32, 0, len(all))
	for i, l := range all {
		trie := trieOf(l)
		if l.Scope != 0 {
			s.scope = scopeLen
			of = append(of, l.Scope)
		}
		s.roots[trie] = s.roots[trie].with(entry[V]{keyOf(l), values[i]}, 0, s.scope)
		if trie == Anywhere {
			begun = append(begun, gramAt(l.Text, 0)^l.Scope<<11)
		}
	}
	s.size += len(all)
	if !s.begin.fit(len(begun)) || !s.of.fit(len(of)) {
		s.collect()
	} else {
		s.begin, s.of = s.begin.with(begun), s.of.with(of)
	}
	return s
}

// Without returns the set without the value of a literal, or as it is if it has
// not got it.
func (s Set[V]) Without(l Literal, v V) Set[V] {
	trie := trieOf(l)
	root, ok := s.roots[trie].without(entry[V]{keyOf(l), v}, 0, s.scope)
	if !ok {
		return s
	}
	s.roots[trie] = root
	s.size--
	if s.gone++; s.gone > s.size+maxGone {
		s.collect()
	}
	return s
}

// with returns the node, which is so deep in the trie, with one more entry.
func (n node[V]) with(e entry[V], depth, scope int) node[V] {
	switch {
	case len(n.kids) > 0:
		return n.push(e, depth, scope)
	case len(n.here) == 0, n.here[0].key == e.key:
		n.here = append(slices.Clip(n.here), e)
		return n.tail(depth, scope)
	}
	var parted node[V]
	for _, old := range n.here {
		parted = parted.push(old, depth, scope)
	}
	return parted.push(e, depth, scope)
}

// push puts an entry where it belongs in a node that has kids, or will have.
func (n node[V]) push(e entry[V], depth, scope int) node[V] {
	if len(e.key) == depth {
		n.here = append(slices.Clip(n.here), e)
		if len(n.kids) == 0 {
			return n.tail(depth, scope)
		}
		return n
	}
	if len(n.kids) == 0 {
		n.which = [2]uint64{}
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
	n.kids[at] = n.kids[at].with(e, depth+1, scope)
	return n
}

// without returns the node without an entry, as it would be had there never been
// one, and whether there was one.
func (n node[V]) without(e entry[V], depth, scope int) (node[V], bool) {
	if len(n.kids) == 0 || len(e.key) == depth {
		i := slices.Index(n.here, e)
		if i < 0 {
			return n, false
		}
		if n.here = slices.Delete(slices.Clone(n.here), i, i+1); len(n.here) == 0 {
			n.here = nil
		}
		return n.joined(depth, scope), true
	}
	s := symbol(e.key[depth])
	at := n.index(s)
	if !n.has(s) {
		return n, false
	}
	kid, ok := n.kids[at].without(e, depth+1, scope)
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
	return n.joined(depth, scope), true
}

func (n *node[V]) empty() bool { return len(n.kids) == 0 && len(n.here) == 0 }

// joined returns a node that has lost something with the literals of its only kid,
// if one literal is left.
func (n node[V]) joined(depth, scope int) node[V] {
	if len(n.here) == 0 && len(n.kids) == 1 && len(n.kids[0].kids) == 0 {
		n = n.kids[0]
	}
	if len(n.kids) == 0 {
		return n.tail(depth, scope)
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
func (s *Set[V]) AppendFound(dst []V, scope uint32, text string) []V {
	if scope != 0 && !s.of.has(scope) { // as nearly always
		return dst
	}
	if n := s.below(AtStart, scope); n != nil {
		dst = n.appendAhead(dst, s.scope, text)
	}
	if n := s.below(AtEnd, scope); n != nil {
		dst = n.appendBack(dst, s.scope, text)
	}
	if n := s.below(short, scope); n != nil {
		for i := range len(text) + 1 {
			dst = n.appendAhead(dst, s.scope, text[i:])
		}
	}
	if n := s.below(Anywhere, scope); n != nil {
		for i := range len(text) - gramLen + 1 {
			if s.begin.has(gramAt(text, i) ^ scope<<11) {
				dst = n.appendAhead(dst, s.scope, text[i:])
			}
		}
	}
	return dst
}

// below returns the node of a trie that has the literals of a scope, which is above
// where the scope ends if there is one literal alone; nil if there are none.
func (s *Set[V]) below(trie Place, scope uint32) *node[V] {
	n := &s.roots[trie]
	for i := range s.scope {
		if len(n.kids) == 0 {
			if len(n.here) == 0 || scopeOf(n.here[0].key) != scope {
				return nil
			}
			return n
		}
		symbol := scopeSymbol(scope, i)
		if !n.has(symbol) {
			return nil
		}
		n = &n.kids[n.index(symbol)]
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
		leaf := len(n.kids) == 0
		if leaf {
			for i := range int(n.which[1]) {
				if read+i >= len(text) || text[read+i] != byte(n.which[0]>>(8*i)) {
					return dst
				}
			}
		}
		for i := range n.here {
			if e := &n.here[i]; strings.HasPrefix(text, e.key[scope:]) {
				dst = append(dst, e.value)
			}
		}
		if leaf || read >= len(text) {
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
		if len(n.kids) == 0 || read >= len(text) {
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
