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

// hashKeysKey stands in the same way for the secrets that rules are hashed under.
var hashKeysKey = store.WildcardKey(store.KindDomain)

// growing is a set of which the store knows what is in use: the lengths of prefixes
// that rules have, the secrets that they are hashed under. It only grows while the
// cache lives: one too many costs a key in a look-up, one too few would miss a rule.
type growing[T comparable] struct {
	what  string
	key   store.Key // that is marked when the set grows
	read  func(store.Rules, context.Context) ([]T, error)
	fresh *freshness
	known atomic.Pointer[grown[T]]
}

// grown is what was read. It is never changed.
type grown[T comparable] struct {
	members []T
	stamp   uint64
}

func (g *growing[T]) init(fresh *freshness, key store.Key, what string, read func(store.Rules, context.Context) ([]T, error)) {
	g.fresh, g.key, g.what, g.read = fresh, key, what, read
}

// get returns the members, from the store if need be.
func (g *growing[T]) get(ctx context.Context, source store.Rules, trusted bool) ([]T, error) {
	if old := g.known.Load(); old != nil && trusted && g.fresh.fresh(old.stamp, []slot{g.fresh.slot(g.key)}) {
		return old.members, nil
	}
	stamp := g.fresh.stamp()
	members, err := g.read(source, ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", g.what, err)
	}
	for {
		old := g.known.Load()
		now := &grown[T]{members: members, stamp: stamp}
		if old != nil {
			now.members = union(old.members, members)
			now.stamp = max(old.stamp, stamp)
			if len(now.members) > len(old.members) {
				// What was looked up without the new members is out of date,
				// whoever learns of them first. Marked before they are known:
				// who finds them here finds the mark too.
				g.fresh.mark(g.key)
			}
		}
		if g.known.CompareAndSwap(old, now) {
			return now.members, nil
		}
	}
}

// has reports whether the member is in the set already. Whatever was looked up
// without it has been marked then.
func (g *growing[T]) has(member T) bool {
	known := g.known.Load()
	return known != nil && slices.Contains(known.members, member)
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, l := range b {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}
