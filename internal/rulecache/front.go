package rulecache

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"example.com/ostraka/store"
)

// front finds values that are in the cache of fields, without its lock and in fewer reads
// of memory: each has one place, by the hash of its key, which it takes from whoever had
// it. It holds nothing that has left the cache, but for what was put just then.
type front struct {
	seed   maphash.Seed
	places []atomic.Pointer[fieldRules] // a power of two of them
}

// newFront returns one for a cache of that many fields.
func newFront(size int) *front {
	return &front{seed: maphash.MakeSeed(), places: make([]atomic.Pointer[fieldRules], 1<<bits.Len(uint(max(size, 1)-1)))}
}

func (f *front) place(k *fieldKey) *atomic.Pointer[fieldRules] {
	hash := maphash.String(f.seed, k.text) + uint64(k.kind)
	return &f.places[hash&uint64(len(f.places)-1)]
}

// get returns what there is of the key, or nil.
func (f *front) get(k *fieldKey) *fieldRules {
	if r := f.place(k).Load(); r != nil && r.is(k) {
		return r
	}
	return nil
}

// put keeps a value, unless its key is too long.
func (f *front) put(k *fieldKey, r *fieldRules) {
	if r.is(k) {
		f.place(k).Store(r)
	}
}

// drop forgets what leaves the cache.
func (f *front) drop(k fieldKey, r *fieldRules) { f.place(&k).CompareAndSwap(r, nil) }

// shortKey is a key whose text is not long, beside what is found by it: to compare it is
// no further read of memory. The zero value is no key.
type shortKey struct {
	kind   store.Kind
	length uint8
	text   [38]byte
}

func newShortKey(k fieldKey) (s shortKey) {
	if len(k.text) <= len(s.text) {
		s.kind, s.length = k.kind, uint8(copy(s.text[:], k.text))
	}
	return s
}

// is reports whether it is the key.
func (s *shortKey) is(k *fieldKey) bool {
	return s.kind == k.kind && string(s.text[:s.length]) == k.text
}
