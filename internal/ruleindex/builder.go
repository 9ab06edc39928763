package ruleindex

import (
	"math/bits"
	"slices"

	"example.com/ostraka/store"
)

// Builder makes an index of very many rules. It costs a fraction of putting each
// into an index: records and texts are written once, one behind the other, and a
// table is made when it is known what belongs into it. The index takes no more
// memory than it has to. A Builder is not safe for concurrent use.
type Builder struct {
	index *Index
	parts []building // by the highest bits of hashes
	room  int        // rules that a part is likely to have
}

// building is a shard that is being built.
type building struct {
	shard   shard    // without its table and texts
	hashes  []uint64 // of records
	texts   []byte
	numbers map[common]uint16 // of what is in shard.commons
}

// NewBuilder returns a Builder for about so many rules. That there are more, or
// fewer, costs time.
func NewBuilder(rules int) *Builder {
	b := &Builder{index: New()}
	depth := min(bits.Len(uint(max(rules, 0)/(maxShard*3/4))), maxDepth)
	b.index.view.shift = uint8(64 - depth)
	b.parts = make([]building, 1<<depth)
	b.room = rules>>depth + rules>>(depth+3) // nearly all have less than an eighth more than others
	for i := range b.parts {
		b.parts[i].shard.depth = uint8(depth)
	}
	return b
}

// Add adds the rule, in place of one with its key and ID if there is one. The rule
// may be changed afterwards.
func (b *Builder) Add(r *store.Rule) {
	if r.Key.Wildcard() {
		b.index.putWildcard(*r)
		return
	}
	hash := b.hash(r.Key)
	p := &b.parts[hash>>b.index.view.shift]
	if len(p.hashes) == cap(p.hashes) {
		p.grow(b.room)
	}
	p.hashes = append(p.hashes, hash)
	rec := p.shard.record(r, p.numbers)
	if rec.flags&flagOdd == 0 {
		rec.text = uint32(len(p.texts))
		p.texts = append(p.texts, r.Key.Text...)
		if rec.flags&flagOwnText != 0 {
			p.texts = append(p.texts, r.Value...)
		}
	}
	p.shard.append(rec)
}

// hash returns the hash of a key, and counts it if it is a prefix.
func (b *Builder) hash(key store.Key) uint64 {
	v := b.index.view
	if key.Kind != store.KindIP {
		b.index.count(key, 1)
		return v.seeds.hashText(key.Kind, key.Text)
	}
	p, ok := canonicalPrefix(key.Text)
	if !ok {
		b.index.count(key, 1)
		return v.seeds.hashText(key.Kind, key.Text)
	}
	v.counts[family(p.Addr())][p.Bits()]++
	v.prefixes.Insert(p)
	return v.seeds.hashNetwork(p)
}

// grow makes room for more records: for a few first, so that many parts with few
// rules take little, then for as many as are likely to come.
func (p *building) grow(room int) {
	if p.numbers == nil {
		p.numbers = make(map[common]uint16)
	}
	more := max(8, room/8, len(p.hashes)/2)
	if len(p.hashes) > 8 {
		more = max(more, room-len(p.hashes))
	}
	p.hashes = slices.Grow(p.hashes, more)
	p.shard.records = slices.Grow(p.shard.records, more)
}

// Index returns the index of all rules. The Builder must not be used any more.
func (b *Builder) Index() *Index {
	x, v := b.index, b.index.view
	v.dir = make([]part, len(b.parts))
	for i := range b.parts {
		s := b.parts[i].finish(x)
		v.dir[i] = part{s.table.groups, s}
		v.rules += s.live
		b.parts[i] = building{}
	}
	x.splitAll()
	return x
}

// finish returns the shard. It has no more room for further rules than what spares
// the first of them a copy of all.
func (p *building) finish(x *Index) *shard {
	s := &p.shard
	s.epoch = x.epoch
	spare := len(s.records) / 128
	s.records = append(make([]record, 0, len(s.records)+spare), s.records...)
	s.text = string(p.texts)
	s.table = NewTable(len(s.records) + spare)
	for i, hash := range p.hashes {
		r := &s.records[i]
		key := store.Key{Kind: r.kind, Text: s.keyText(r)}
		if place, again := s.find(hash, key, r.id); again {
			s.table.set(place, uint32(i))
			x.count(key, -1)
			continue
		}
		s.table.Add(hash, uint32(i))
		s.live++
	}
	if s.live < len(s.records) {
		return s.rebuild(x, s.depth, spare, nil) // without those that came again
	}
	out := *s // without what else the building holds
	return &out
}

// splitAll splits shards that have too many rules.
func (x *Index) splitAll() {
	for hash, i := uint64(0), 0; i < len(x.view.dir); {
		s := x.view.dir[i].shard
		if s.live > maxShard && s.mayDeepen(x.view.rules) {
			x.split(s, hash)
			i = int(hash >> x.view.shift) // the directory may have doubled
			continue
		}
		i += x.span(s)
		hash = uint64(i) << x.view.shift
	}
}
