package ruleindex

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// shard is a part of an index: the rules whose hashes have the same highest
// bits. What its slices hold is only ever added to, but for the table, which is
// copied before it changes once a view has it: so views share all the rest.
//
// What a search looks at is at the beginning, within one cache line and the next.
type shard struct {
	records []byte // one behind the other
	table   Table  // of where records begin
	commons []common
	ends    []int64 // expiries, microseconds since 1970
	odd     []store.Rule
	written int    // records, those that are no longer in the table too
	live    int    // rules
	epoch   uint64 // that of the index in which the table was last copied
	depth   uint8  // how many bits of the hash its rules have in common
}

// A shard with more rules than this is split. It bounds what a write copies.
const maxShard = 2048

// A shard of rules that all have one key cannot be split: those for the spellings
// of one mailbox are such. So there is a bound to its depth, which is a little more
// than that of the shards of as many rules with keys of their own; else such rules
// would make the directory as large as can be.
const (
	maxDepth   = 20
	spareDepth = 3
)

// mayDeepen reports whether a shard of an index with so many rules may be split.
func (s *shard) mayDeepen(rules int) bool {
	return int(s.depth) < min(maxDepth, bits.Len(uint(rules/maxShard))+spareDepth)
}

// find returns where the table has the rule of that key and ID.
func (s *shard) find(hash uint64, key store.Key, id uuid.UUID) (place int, ok bool) {
	for c := s.table.Find(hash); ; {
		ref, place, ok := c.Next()
		if !ok {
			return 0, false
		}
		if r := s.at(ref); r.id == id && s.has(&r, key) {
			return place, true
		}
	}
}

// appendRules appends the rules of a key.
func (s *shard) appendRules(dst []store.Rule, hash uint64, key store.Key) []store.Rule {
	for c := s.table.Find(hash); ; {
		ref, _, ok := c.Next()
		if !ok {
			return dst
		}
		if r := s.at(ref); s.has(&r, key) {
			dst = append(dst, store.Rule{})
			s.unpack(&r, &dst[len(dst)-1])
		}
	}
}

// add adds a rule that is not there. The table has room, and is nobody else's.
func (s *shard) add(hash uint64, r *store.Rule) {
	s.table.Add(hash, s.pack(r))
	s.live++
}

// wasteful reports whether so much of the shard has become useless that it is worth
// building anew.
func (s *shard) wasteful() bool { return s.written-s.live > s.live/2+16 }

// rebuild returns a shard with the same rules, or with those whose hashes keep
// says, without waste and with room for more.
func (s *shard) rebuild(x *Index, depth uint8, room int, keep func(hash uint64) bool) *shard {
	refs := make([]uint32, 0, s.live)
	hashes := make([]uint64, 0, s.live)
	size := 0
	for ref := range s.table.all {
		r := s.at(ref)
		h := x.view.seeds.hash(store.Key{Kind: s.kind(&r), Text: s.keyText(&r)})
		if keep == nil || keep(h) {
			refs, hashes = append(refs, ref), append(hashes, h)
			size += headLen + len(r.texts)
		}
	}
	n := len(refs)
	out := &shard{depth: depth, epoch: x.epoch, live: n, table: NewTable(n + room)}
	out.records = space(size + roomFor(room, size, n))
	numbers := make(map[common]uint16)
	for i, ref := range refs {
		out.table.Add(hashes[i], out.take(s, ref, numbers))
	}
	return out
}

// space returns an empty slice with room for so many bytes, and for as many more as the
// allocator adds to them: without that, the next few records of a shard would be a copy of
// all.
func space(n int) []byte { return slices.Grow([]byte(nil), n) }

// roomFor returns how many bytes so many more records are likely to take as n others take.
func roomFor(more, size, n int) int {
	if n == 0 {
		return more * 2 * headLen
	}
	return more * (size/n + 1)
}

// take copies a record from another shard. numbers are those of its commons.
func (s *shard) take(from *shard, ref uint32, numbers map[common]uint16) uint32 {
	r := from.at(ref)
	if r.common == odd {
		return s.append(s.packOdd(&from.odd[r.aux]), "", "")
	}
	c := from.commons[r.common]
	if c.expires {
		s.ends = append(s.ends, from.ends[r.aux])
		r.aux = uint32(len(s.ends) - 1)
	}
	r.common, _ = s.number(c, numbers) // there are no more than from has
	return s.append(r, r.texts[:r.keyLen], r.texts[r.keyLen:])
}

// bytes returns how much memory the shard takes, without reasons, origins and
// sources, which others may share.
func (s *shard) bytes() int {
	n := int(unsafe.Sizeof(*s)) + s.table.bytes()
	n += cap(s.records) + cap(s.commons)*int(unsafe.Sizeof(common{}))
	return n + 8*cap(s.ends) + cap(s.odd)*int(unsafe.Sizeof(store.Rule{}))
}
