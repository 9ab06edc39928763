package ruleindex

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// wildcards are the rules of a kind with wildcards. They are few, and nobody
// wants one of them alone: they are kept as a whole, and copied as one.
type wildcards struct {
	epoch uint64 // that of the index in which the rules were last copied
	rules []store.Rule
	at    map[uuid.UUID]int // where they are
}

// ownWildcards returns those of a kind, with rules that nobody else has.
func (x *Index) ownWildcards(kind store.Kind) *wildcards {
	w := x.wild[kind]
	switch {
	case w == nil:
		w = &wildcards{at: make(map[uuid.UUID]int)}
		x.wild[kind] = w
	case w.epoch != x.epoch:
		w.rules = slices.Clone(w.rules)
	}
	w.epoch = x.epoch
	return w
}

// putWildcard is Put for a rule with a wildcard.
func (x *Index) putWildcard(r store.Rule) {
	w := x.ownWildcards(r.Key.Kind)
	if i, ok := w.at[r.ID]; ok {
		w.rules[i] = r
	} else {
		w.at[r.ID] = len(w.rules)
		w.rules = append(w.rules, r)
		x.view.rules++
	}
	x.showWildcards(r.Key.Kind, w)
}

// removeWildcard is Remove for a rule with a wildcard.
func (x *Index) removeWildcard(kind store.Kind, id uuid.UUID) bool {
	if w := x.wild[kind]; w == nil {
		return false
	} else if _, ok := w.at[id]; !ok {
		return false
	}
	x.own()
	w := x.ownWildcards(kind)
	i, last := w.at[id], len(w.rules)-1
	w.rules[i] = w.rules[last]
	w.at[w.rules[i].ID] = i
	delete(w.at, id)
	w.rules[last] = store.Rule{}
	w.rules = w.rules[:last]
	x.view.rules--
	x.showWildcards(kind, w)
	return true
}

// showWildcards makes the view have the rules.
func (x *Index) showWildcards(kind store.Kind, w *wildcards) {
	wild := maps.Clone(x.view.wild)
	if wild == nil {
		wild = make(map[store.Kind][]store.Rule)
	}
	wild[kind] = w.rules
	x.view.wild = wild
}

// countPrefix takes note that there is one more rule of the key, or one less.
func (x *Index) countPrefix(key store.Key, more int32) {
	l, ok := key.PrefixLen()
	if !ok {
		return
	}
	f := 0
	if l.IPv6 {
		f = 1
	}
	n := &x.view.counts[f][l.Bits]
	if *n += more; *n == 0 || *n == more {
		x.view.listLens(f)
	}
}

// listLens lists the lengths in use of a family anew.
func (v *View) listLens(family int) {
	var lens []uint8
	for bits, n := range v.counts[family] {
		if n > 0 {
			lens = append(lens, uint8(bits))
		}
	}
	v.lens[family] = lens
}
