// Package ruleindex finds rules by key in memory.
package ruleindex

import (
	"iter"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Index is a set of rules, one for each ID, found by their keys. The rules with
// wildcards of a kind are found by its [store.WildcardKey], like any other key.
// The zero value is not usable; call [New]. An Index must not be copied.
//
// It is not safe for concurrent use: who shares one guards it with a lock, or
// changes it no more once it is shared.
type Index struct {
	byID  map[uuid.UUID]*node
	byKey map[store.Key]*node // the head of the list of those with that key
	lens  map[store.PrefixLen]int
}

// node is a rule in the list of those with the same key. Nearly every key has
// exactly one rule, so that a list in the nodes costs less than a slice per key.
type node struct {
	rule store.Rule
	next *node
}

// New returns an empty index.
func New() *Index {
	return &Index{
		byID:  make(map[uuid.UUID]*node),
		byKey: make(map[store.Key]*node),
		lens:  make(map[store.PrefixLen]int),
	}
}

// Len returns the number of rules.
func (x *Index) Len() int { return len(x.byID) }

// Put adds the rule, in place of the one with its ID if there is one.
func (x *Index) Put(r store.Rule) {
	if n := x.byID[r.ID]; n != nil {
		if n.rule.Key == r.Key {
			n.rule = r
			return
		}
		x.Remove(r.ID)
	}
	n := &node{rule: r, next: x.byKey[r.Key]}
	x.byID[r.ID], x.byKey[r.Key] = n, n
	if l, ok := r.Key.PrefixLen(); ok {
		x.lens[l]++
	}
}

// Remove removes the rule of that ID and reports whether there was one.
func (x *Index) Remove(id uuid.UUID) bool {
	n := x.byID[id]
	if n == nil {
		return false
	}
	delete(x.byID, id)
	x.unlink(n)
	if l, ok := n.rule.Key.PrefixLen(); ok {
		if x.lens[l]--; x.lens[l] == 0 {
			delete(x.lens, l)
		}
	}
	return true
}

// unlink takes a node out of the list of its key.
func (x *Index) unlink(n *node) {
	key := n.rule.Key
	head := x.byKey[key]
	switch {
	case head != n:
		for head.next != n {
			head = head.next
		}
		head.next = n.next
	case n.next != nil:
		x.byKey[key] = n.next
	default:
		delete(x.byKey, key)
	}
}

// Append appends the rules that carry the key to dst, in no particular order.
func (x *Index) Append(dst []store.Rule, key store.Key) []store.Rule {
	for n := x.byKey[key]; n != nil; n = n.next {
		dst = append(dst, n.rule)
	}
	return dst
}

// Lookup returns the rules that carry one of the keys, each once, in no
// particular order.
func (x *Index) Lookup(keys []store.Key) []store.Rule {
	var rules []store.Rule
	seen := make(map[store.Key]struct{}) // keys that gave rules; few do
	for _, k := range keys {
		n := len(rules)
		if rules = x.Append(rules, k); len(rules) == n {
			continue
		}
		if _, dup := seen[k]; dup {
			rules = rules[:n]
			continue
		}
		seen[k] = struct{}{}
	}
	return rules
}

// PrefixLengths returns the prefix lengths of the IP rules, each once, in no
// particular order.
func (x *Index) PrefixLengths() []store.PrefixLen {
	lens := make([]store.PrefixLen, 0, len(x.lens))
	for l := range x.lens {
		lens = append(lens, l)
	}
	return lens
}

// All yields the rules of the kind, or of all kinds for a zero kind, in no
// particular order. The index must not change meanwhile.
func (x *Index) All(kind store.Kind) iter.Seq[store.Rule] {
	return func(yield func(store.Rule) bool) {
		for _, n := range x.byID {
			if (kind == 0 || n.rule.Key.Kind == kind) && !yield(n.rule) {
				return
			}
		}
	}
}
