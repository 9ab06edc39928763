package blocklist

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// idIndex finds entries by their IDs. It is open addressing: a place has the number
// of an entry, from 1, and some bits of the hash beside it, so that nearly no look
// reads an entry in vain. The hashes are its own: nobody can choose values whose IDs
// meet.
type idIndex struct {
	seed   [2]uint64
	places []uint64 // a power of two of them; 0: free
	used   int

	fetched uint64 // no more than a use of what was fetched
}

const numberBits = 32 // of a place, the lower ones

// newIDIndex returns an index with room for n entries.
func newIDIndex(n int) *idIndex {
	size := 64
	for size < 2*n {
		size *= 2
	}
	return &idIndex{seed: [2]uint64{rand.Uint64(), rand.Uint64()}, places: make([]uint64, size)}
}

// find returns the position of the entry with the ID, and whether there is one.
func (x *idIndex) find(entries []store.Entry, id uuid.UUID) (int, bool) {
	place, _ := x.place(entries, id)
	at := int(x.places[place]&(1<<numberBits-1)) - 1
	return at, at >= 0
}

// put notes that the entry at the end of entries, which is to be added next, has the
// ID, unless one of them has it: then it returns its position.
func (x *idIndex) put(entries []store.Entry, id uuid.UUID) (at int, there bool) {
	if 2*(x.used+1) > len(x.places) {
		x.grow(entries)
	}
	place, tag := x.place(entries, id)
	if x.places[place] != 0 {
		return int(x.places[place]&(1<<numberBits-1)) - 1, true
	}
	x.places[place] = tag | uint64(len(entries)+1)
	x.used++
	return 0, false
}

// fetch has the processor fetch where those IDs are. In a loop that does nothing else, it
// waits for all of them at once.
func (x *idIndex) fetch(all []admitted) {
	for i := range all {
		x.fetched ^= x.places[int(x.hash(all[i].id))&(len(x.places)-1)]
	}
}

// grow doubles the room.
func (x *idIndex) grow(entries []store.Entry) {
	x.places = make([]uint64, 2*len(x.places))
	for i := range entries {
		place, tag := x.place(entries, entries[i].ID)
		x.places[place] = tag | uint64(i+1)
	}
}

// place returns where the ID is, or the free place where it would be, and the bits
// of its hash.
func (x *idIndex) place(entries []store.Entry, id uuid.UUID) (place int, tag uint64) {
	hash := x.hash(id)
	tag = hash >> numberBits << numberBits
	mask := len(x.places) - 1
	for place = int(hash) & mask; ; place = (place + 1) & mask {
		p := x.places[place]
		if p == 0 || p>>numberBits == tag>>numberBits && entries[p&(1<<numberBits-1)-1].ID == id {
			return place, tag
		}
	}
}

// hash returns the folded product of the halves of an ID and the seed: IDs are of
// hashes already, and whoever chooses values to have like ones does not know the seed.
func (x *idIndex) hash(id uuid.UUID) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(id[:8])^x.seed[0], binary.LittleEndian.Uint64(id[8:])^x.seed[1])
	return high ^ low
}
