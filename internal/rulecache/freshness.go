package rulecache

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"example.com/ostraka/store"
)

// freshness knows, for every key, whether what was read of it may have changed
// since. It makes the race between filling a cache and a write harmless: who
// reads the store takes a stamp before, keeps it with what was read, and asks
// fresh before every use. A write that the reader may have missed has marked
// its keys by then, whenever the result was put into the cache.
//
// Keys share a fixed number of slots by their hash, so that a mark costs one
// store and a question one load a key. Keys that collide make each other look
// changed, which costs a look-up and nothing else. The hash is seeded: nobody
// can choose keys that collide.
type freshness struct {
	seed  maphash.Seed
	marks sync.Mutex    // held by whoever marks
	clock atomic.Uint64 // counts marks
	floor atomic.Uint64 // everything read before this is out of date
	slots [1 << 14]atomic.Uint64
}

// slot is where the marks of a key are.
type slot uint16

func (f *freshness) init() { f.seed = maphash.MakeSeed() }

func (f *freshness) slot(k store.Key) slot {
	return slot(maphash.Comparable(f.seed, k) % uint64(len(f.slots)))
}

// stamp is taken before the store is read.
func (f *freshness) stamp() uint64 { return f.clock.Load() }

// mark says that the rules of the keys changed. It is called after the change
// is visible in the store.
func (f *freshness) mark(keys ...store.Key) {
	slots := make([]*atomic.Uint64, len(keys))
	for i, k := range keys {
		slots[i] = &f.slots[f.slot(k)]
	}
	f.advance(slots...)
}

// markAll says that the rules of any key may have changed.
func (f *freshness) markAll() { f.advance(&f.floor) }

// advance sets the places to a new time. The clock moves last: a stamp that is
// not below a mark was taken when the mark could be seen.
func (f *freshness) advance(places ...*atomic.Uint64) {
	f.marks.Lock()
	defer f.marks.Unlock()
	now := f.clock.Load() + 1
	for _, p := range places {
		p.Store(now)
	}
	f.clock.Store(now)
}

// fresh reports whether what was read at the stamp, and depends on the slots,
// is as it was.
func (f *freshness) fresh(stamp uint64, slots []slot) bool {
	if f.floor.Load() > stamp {
		return false
	}
	for _, s := range slots {
		if f.slots[s].Load() > stamp {
			return false
		}
	}
	return true
}
