package blocklist

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"slices"

	"example.com/ostraka/store"
)

// digestKind begins digests. Whoever makes others, of other fields or in another
// way, begins them otherwise: then they are never equal to these.
const digestKind = "1:"

// ranked is an entry as far as its list would be another without it.
type ranked struct {
	high, low uint64 // its ID
	says      uint32 // effect, scope and shadow
}

// digest returns what tells a set of entries from any other, whatever order they are
// in, and on whatever lines. IDs tell values. Nobody can make two sets of one digest:
// it is SHA-256 over the entries in the order of their IDs. A sum of hashes would be
// quicker, but who writes a list can choose values whose sums are equal.
func digest(entries []store.Entry) string {
	sum := sha256.New()
	buf := make([]byte, 0, 20*1024)
	for _, r := range rank(entries) {
		if cap(buf)-len(buf) < 20 {
			_, _ = sum.Write(buf) // a hash never fails
			buf = buf[:0]
		}
		buf = binary.BigEndian.AppendUint64(buf, r.high)
		buf = binary.BigEndian.AppendUint64(buf, r.low)
		buf = binary.BigEndian.AppendUint32(buf, r.says)
	}
	_, _ = sum.Write(buf)
	return digestKind + base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// rank returns the entries in the order of their IDs. These are hashes: so they are
// dealt out by their first bits into heaps of a few, which are sorted one by one.
func rank(entries []store.Entry) []ranked {
	shift := 64 - bits.Len(uint(len(entries)/8))
	ends := make([]int, 1<<(64-shift)) // of the heaps
	for i := range entries {
		ends[binary.BigEndian.Uint64(entries[i].ID[:8])>>shift]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	out := make([]ranked, len(entries))
	starts := ends // as soon as all are dealt out
	for i := range entries {
		e := &entries[i]
		r := ranked{high: binary.BigEndian.Uint64(e.ID[:8]), low: binary.BigEndian.Uint64(e.ID[8:])}
		r.says = uint32(e.Effect)<<16 | uint32(e.Scope)<<8
		if e.Shadow {
			r.says |= 1
		}
		heap := r.high >> shift
		starts[heap]-- // from its end to its start
		out[starts[heap]] = r
	}
	for i, start := range starts {
		end := len(out)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		slices.SortFunc(out[start:end], func(a, b ranked) int {
			return cmp.Or(cmp.Compare(a.high, b.high), cmp.Compare(a.low, b.low))
		})
	}
	return out
}
