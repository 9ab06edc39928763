package rulecache

import (
	"fmt"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
)

// recent is a cache of the entries that were used last. Finding an entry is use,
// but is noted only if, since it last was, as many entries were added as make a
// quarter of the cache: else every hit would have to move its entry to the front,
// while others wait. So an entry may leave as if it had last been used a quarter
// earlier, and while nothing is added, hits share the lock and move nothing.
type recent[K comparable, V interface{ used() *usage }] struct {
	entries *lru.Cache[K, V]
	quarter uint64
	added   atomic.Uint64 // entries, ever
}

// usage is what an entry's value has for recent: how many entries had been added
// when the entry was last noted as used.
type usage struct{ at atomic.Uint64 }

func (u *usage) used() *usage { return u }

// newRecent returns a cache of that many entries, which calls gone, if not nil, for those
// that leave it.
func newRecent[K comparable, V interface{ used() *usage }](size int, gone func(K, V)) (*recent[K, V], error) {
	entries, err := lru.NewWithEvict(size, gone)
	if err != nil {
		return nil, fmt.Errorf("a cache of %d entries: %w", size, err)
	}
	return &recent[K, V]{entries: entries, quarter: uint64(size / 4)}, nil
}

func (r *recent[K, V]) get(key K) (value V, ok bool) {
	if value, ok = r.entries.Peek(key); !ok {
		return value, false
	}
	if !r.recently(value) {
		value.used().at.Store(r.added.Load())
		r.entries.Get(key)
	}
	return value, true
}

// recently reports whether a value's use need not be noted.
func (r *recent[K, V]) recently(value V) bool {
	return r.added.Load()-value.used().at.Load() <= r.quarter
}

// add puts the value, which is in no cache yet, in the place of that of the key.
func (r *recent[K, V]) add(key K, value V) {
	value.used().at.Store(r.added.Add(1))
	r.entries.Add(key, value)
}

func (r *recent[K, V]) len() int { return r.entries.Len() }
