package ruleindex

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"example.com/ostraka/store"
)

// Builder makes an index of very many rules. It costs a fraction of putting each
// into an index: records and texts are written once, one behind the other, and a
// table is made when it is known what belongs into it. The index takes no more
// memory than it has to. A Builder is not safe for concurrent use.
type Builder struct {
	index *Index
	parts []building     // by the highest bits of hashes
	room  int            // rules that a part is likely to have
	last  [kinds]stamped // what the newest rule of each kind shares
	stamp uint32         // of the newest of them
	rules int            // that were added,
	bytes int            // and those of their records
}

// kinds is more than there are, and a power of two.
const kinds = 8

// stamped is what rules share, with a number that nothing else has had.
type stamped struct {
	common
	stamp uint32
}

// building is a shard that is being built. What every rule changes is at its beginning:
// very many parts take turns in the processor's cache.
type building struct {
	begins  []hashed          // of records
	records []byte            // those of the shard
	known   [kinds / 2]known  // what rules came with last; of two kinds, one
	shard   shard             // without its table and records
	numbers map[common]uint16 // of what is in shard.commons
}

// hashed is where a record begins, with the hash of its key.
type hashed struct {
	hash  uint64
	begin uint32
}

// known is the number in the commons of a shard that what has the stamp has.
type known struct {
	stamp  uint32
	number uint16
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
	if len(p.begins) == cap(p.begins) {
		b.grow(p)
	}
	begin := len(p.records)
	p.begins = append(p.begins, hashed{hash, uint32(begin)})
	b.write(p, r)
	b.rules++
	b.bytes += len(p.records) - begin
}

// write writes the record of a rule, and adds what else it needs.
func (b *Builder) write(p *building, r *store.Rule) {
	if ordinary(r) {
		if number, ok := b.number(p, r); ok {
			rec := p.shard.record(r, number)
			p.records = write(p.records, &rec, r.Key.Text, ownValue(r))
			return
		}
	}
	rec := p.shard.packOdd(r)
	p.records = write(p.records, &rec, "", "")
}

// number is [shard.number] of what a rule shares. Mostly that is what the rule of its
// kind before it shared, here and in the shard.
func (b *Builder) number(p *building, r *store.Rule) (number uint16, ok bool) {
	c, last := commonOf(r), &b.last[r.Key.Kind%kinds]
	if last.stamp == 0 || last.common != c {
		b.stamp++
		*last = stamped{c, b.stamp}
	}
	k := &p.known[r.Key.Kind%(kinds/2)]
	if k.stamp != last.stamp {
		if number, ok = p.shard.number(c, p.numbers); !ok {
			return 0, false
		}
		*k = known{last.stamp, number}
	}
	return k.number, true
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
func (b *Builder) grow(p *building) {
	if p.numbers == nil {
		p.numbers = make(map[common]uint16)
	}
	n := len(p.begins)
	more := max(8, b.room/8, n/2)
	if n > 8 {
		more = max(more, b.room-n)
		p.records = slices.Grow(p.records, roomFor(more, b.bytes, b.rules))
	}
	p.begins = slices.Grow(p.begins, more)
}

// Index returns the index of all rules. The Builder must not be used any more.
func (b *Builder) Index() *Index {
	x, v := b.index, b.index.view
	v.dir = make([]part, len(b.parts))
	again := make([][]store.Key, len(b.parts))
	var all sync.WaitGroup
	each := max(len(b.parts)/runtime.GOMAXPROCS(0), 32)
	for from := 0; from < len(b.parts); from += each {
		all.Go(func() {
			for i := from; i < min(from+each, len(b.parts)); i++ {
				var s *shard
				s, again[i] = b.parts[i].finish(x)
				v.dir[i] = part{s.table.groups, s}
				b.parts[i] = building{}
			}
		})
	}
	all.Wait()
	for i := range v.dir {
		v.rules += v.dir[i].shard.live
		for _, key := range again[i] {
			x.count(key, -1)
		}
	}
	x.splitAll()
	return x
}

// finish returns the shard, and the keys of rules that came again. It has no more room
// for further rules than what spares the first of them a copy of all.
func (p *building) finish(x *Index) (s *shard, again []store.Key) {
	out := p.shard // a copy, without what else the building holds
	s = &out
	s.epoch = x.epoch
	n := len(p.begins)
	spare := n / 128
	s.records = append(space(len(p.records)+roomFor(spare, len(p.records), n)), p.records...)
	s.written = n
	s.table = NewTable(n + spare)
	for _, h := range p.begins {
		if !absent(s.table.groups, h.hash) {
			r := s.at(h.begin)
			key := store.Key{Kind: s.kind(&r), Text: s.keyText(&r)}
			if place, ok := s.find(h.hash, key, r.id); ok {
				s.table.set(place, h.begin)
				again = append(again, key)
				continue
			}
		}
		s.table.Add(h.hash, h.begin)
		s.live++
	}
	if len(again) > 0 {
		s = s.rebuild(x, s.depth, spare, nil) // without those that came again
	}
	return s, again
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
