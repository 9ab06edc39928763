package rulecache

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// wildcards are the wildcard rules, ready to match. They are few, and every
// check of a name or an address wants them all, so they are kept as a whole
// beside the cache.
type wildcards struct {
	fresh *freshness
	kinds [store.KindName + 1]atomic.Pointer[wildcardsRead]
}

// wildcardsRead is what was read of one kind. It is never changed.
type wildcardsRead struct {
	patterns *match.Patterns
	stamp    uint64
}

// get returns the wildcard rules that the fields want, and the keys of those
// that have to be read first. Without trust all have to be.
func (w *wildcards) get(fields *match.Fields, trusted bool) (set match.PatternSet, missing []store.Key) {
	for _, k := range match.Kinds {
		kind := fields.Wildcards(k)
		if kind == 0 {
			continue
		}
		key := store.WildcardKey(kind)
		read := w.kinds[key.Kind].Load()
		if read == nil || !trusted || !w.fresh.fresh(read.stamp, []slot{w.fresh.slot(key)}) {
			missing = append(missing, key)
			continue
		}
		set[key.Kind] = read.patterns
	}
	return set, missing
}

// put keeps the wildcard rules of the kind, which were read at the stamp, unless
// later ones are there, and returns them.
func (w *wildcards) put(kind store.Kind, patterns *match.Patterns, stamp uint64) *match.Patterns {
	read := &wildcardsRead{stamp: stamp, patterns: patterns}
	for {
		old := w.kinds[kind].Load()
		if old != nil && old.stamp > stamp || w.kinds[kind].CompareAndSwap(old, read) {
			return read.patterns
		}
	}
}

// prefixLengthsKey stands for the set of prefix lengths in use: it is marked
// when a length comes into use. No rule carries it.
var prefixLengthsKey = store.WildcardKey(store.KindIP)

// prefixLengths are the lengths of prefixes that rules may have. The set only
// grows while the cache lives: a length too many costs a key in a look-up, one
// too few would miss a rule.
type prefixLengths struct {
	fresh *freshness
	read  atomic.Pointer[lengthsRead]
}

// lengthsRead is what was read. It is never changed.
type lengthsRead struct {
	lengths []store.PrefixLen
	stamp   uint64
}

// get returns the lengths, from the store if need be.
func (p *prefixLengths) get(ctx context.Context, source store.Rules, trusted bool) ([]store.PrefixLen, error) {
	if old := p.read.Load(); old != nil && trusted && p.fresh.fresh(old.stamp, []slot{p.fresh.slot(prefixLengthsKey)}) {
		return old.lengths, nil
	}
	stamp := p.fresh.stamp()
	lengths, err := source.PrefixLengths(ctx)
	if err != nil {
		return nil, fmt.Errorf("read prefix lengths: %w", err)
	}
	for {
		old := p.read.Load()
		read := &lengthsRead{lengths: lengths, stamp: stamp}
		if old != nil {
			read.lengths = union(old.lengths, lengths)
			read.stamp = max(old.stamp, stamp)
			if len(read.lengths) > len(old.lengths) {
				// What was looked up without the new lengths is out of date,
				// whoever learns of them first. Marked before they are known:
				// who finds them here finds the mark too.
				p.fresh.mark(prefixLengthsKey)
			}
		}
		if p.read.CompareAndSwap(old, read) {
			return read.lengths, nil
		}
	}
}

// known reports whether the length is in the set already. Whatever was looked
// up without it has been marked then.
func (p *prefixLengths) known(l store.PrefixLen) bool {
	read := p.read.Load()
	return read != nil && slices.Contains(read.lengths, l)
}

func union(a, b []store.PrefixLen) []store.PrefixLen {
	out := slices.Clone(a)
	for _, l := range b {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}
