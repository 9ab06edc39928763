package ruleindex

import (
	"math/bits"
	"strings"
	"unsafe"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// shard is a part of an index: the rules whose hashes have the same highest
// bits. What its slices hold is only ever added to, but for the table, which is
// copied before it changes once a view has it: so views share all the rest.
type shard struct {
	depth   uint8  // how many bits of the hash its rules have in common
	epoch   uint64 // that of the index in which the table was last copied
	live    int    // rules
	table   Table  // of the numbers of records
	records []record
	text    string   // the texts of records, one after the other
	loose   []string // the texts of records that were added since that was made
	commons []common
	ends    []int64 // expiries, microseconds since 1970
	odd     []store.Rule
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
		if r := &s.records[ref]; r.id == id && s.has(r, key) {
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
		if r := &s.records[ref]; s.has(r, key) {
			dst = append(dst, store.Rule{})
			s.unpack(r, &dst[len(dst)-1])
		}
	}
}

// add adds a rule that is not there. The table has room, and is nobody else's.
func (s *shard) add(hash uint64, r *store.Rule) {
	s.table.Add(hash, s.pack(r))
	s.live++
}

// wasteful reports whether so much of the shard has become useless, or is kept
// at more cost than it need be, that it is worth building anew.
func (s *shard) wasteful() bool {
	slack := s.live/2 + 16
	return len(s.records)-s.live > slack || len(s.loose) > slack
}

// rebuild returns a shard with the same rules, or with those whose hashes keep
// says, without waste and with room for more.
func (s *shard) rebuild(x *Index, depth uint8, room int, keep func(hash uint64) bool) *shard {
	refs := make([]uint32, 0, s.live)
	hashes := make([]uint64, 0, s.live)
	size := 0
	for ref := range s.table.all {
		r := &s.records[ref]
		h := x.view.seeds.hash(store.Key{Kind: s.kind(r), Text: s.keyText(r)})
		if keep == nil || keep(h) {
			refs, hashes = append(refs, ref), append(hashes, h)
			if _, odd := r.odd(); !odd {
				size += len(s.texts(r))
			}
		}
	}
	out := &shard{depth: depth, epoch: x.epoch, live: len(refs), table: NewTable(len(refs) + room)}
	out.records = make([]record, 0, len(refs)+room)
	var text strings.Builder
	text.Grow(size)
	numbers := make(map[common]uint16)
	for i, ref := range refs {
		out.table.Add(hashes[i], out.take(s, ref, &text, numbers))
	}
	out.text = text.String()
	return out
}

// take copies a record from another shard, its texts to where they will be one
// text. numbers are those of out's commons.
func (s *shard) take(from *shard, ref uint32, text *strings.Builder, numbers map[common]uint16) uint32 {
	r := from.records[ref]
	if number, ok := r.odd(); ok {
		return s.append(s.packOdd(&from.odd[number]))
	}
	c := from.commons[r.common]
	if c.expires {
		s.ends = append(s.ends, from.ends[r.aux])
		r.aux = uint32(len(s.ends) - 1)
	}
	texts := from.texts(&r)
	if text.Len()+len(texts) < maxText {
		r.place = uint32(text.Len())
		text.WriteString(texts)
	} else {
		s.addLoose(&r, texts)
	}
	r.common, _ = s.number(c, numbers) // there are no more than from has
	return s.append(r)
}

// bytes returns how much memory the shard takes, without reasons, origins and
// sources, which others may share.
func (s *shard) bytes() int {
	n := int(unsafe.Sizeof(*s)) + 16*cap(s.table.groups) + 4*cap(s.table.refs) + len(s.text)
	n += cap(s.records)*int(unsafe.Sizeof(record{})) + cap(s.commons)*int(unsafe.Sizeof(common{}))
	n += 8*cap(s.ends) + cap(s.odd)*int(unsafe.Sizeof(store.Rule{}))
	n += cap(s.loose) * int(unsafe.Sizeof(""))
	for _, text := range s.loose {
		n += len(text)
	}
	return n
}
