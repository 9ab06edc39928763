package ruleindex

import (
	"math"
	"math/bits"
	"unsafe"
)

// Table finds numbers by the hashes that they were added under. It is open
// addressing in groups of seven places, of 16 bytes, which lie in one line of a
// processor's cache: each place has a tag of two bytes, made of the hash, and
// the last two bytes say which hashes did not find a place in the group. So a
// look-up of what is not there reads one group, and next to never anything else.
//
// The zero value is empty and full. A Table is not safe for concurrent use
// while it changes.
type Table struct {
	groups []group
	refs   []uint16 // by place: the lower halves of the numbers
	high   []uint16 // the higher ones; nil as long as all are zero
	used   int      // places that are taken
}

// group is two words of four lanes, of 16 bits each. The lanes of the first and the
// three lower ones of the second are the tags of places, 0 if a place is free; the
// highest lane of the second has bits for the hashes that went on to the next
// group.
type group [2]uint64

const (
	groupPlaces = 7
	lowBits     = 0x0001_0001_0001_0001
	highBits    = 0x8000_8000_8000_8000
	placeBits   = highBits >> 16 // those of highBits that belong to places, in the second word
	overflowAt  = 48             // where the highest lane begins
)

// NewTable returns an empty table that has room for n numbers.
func NewTable(n int) Table {
	groups := 1 + n*8/(5*groupPlaces)
	return Table{groups: make([]group, groups), refs: make([]uint16, groups*groupPlaces)}
}

// clone returns a copy that can change.
func (t *Table) clone() Table {
	return Table{append([]group(nil), t.groups...), append([]uint16(nil), t.refs...), append([]uint16(nil), t.high...), t.used}
}

// Full reports whether there is no room for another number. Of eight places five
// are used: then one search in a hundred goes past its first group; with six it
// would be one in thirty.
func (t *Table) Full() bool { return 8*(t.used+1) > 5*len(t.refs) }

// Add adds a number under a hash, beside those that are there already. The
// table must not be full.
func (t *Table) Add(hash uint64, number uint32) {
	for g := groupOf(t.groups, hash); ; g = t.next(g) {
		group := &t.groups[g]
		free := lanesOf(zeroLanes(group[0]), zeroLanes(group[1]))
		if free == 0 {
			group[1] |= overflowBit(hash) << overflowAt
			continue
		}
		place := placeOf(free)
		group[place/4] |= tagOf(hash) << (place % 4 * 16)
		t.set(g*groupPlaces+place, number)
		t.used++
		return
	}
}

// remove takes the number at a place away.
func (t *Table) remove(place int) {
	g, place := place/groupPlaces, place%groupPlaces
	t.groups[g][place/4] &^= 0xffff << (place % 4 * 16)
	t.used--
}

// set puts a number at a place, where there may be another one.
func (t *Table) set(place int, number uint32) {
	t.refs[place] = uint16(number)
	if t.high == nil && number > math.MaxUint16 {
		t.high = make([]uint16, len(t.refs))
	}
	if t.high != nil {
		t.high[place] = uint16(number >> 16)
	}
}

// at returns the number at a place.
func (t *Table) at(place int) uint32 {
	number := uint32(t.refs[place])
	if t.high != nil {
		number |= uint32(t.high[place]) << 16
	}
	return number
}

// bytes returns how much memory the table takes.
func (t *Table) bytes() int {
	return cap(t.groups)*int(unsafe.Sizeof(group{})) + (cap(t.refs)+cap(t.high))*int(unsafe.Sizeof(t.refs[0]))
}

// Cursor goes through the numbers that may have been added under a hash: all
// that were, and very few others.
type Cursor struct {
	table *Table
	hash  uint64
	group int
	match uint64 // the places of the group that are still to be seen
	left  int    // groups that were not looked at
}

// Find returns a cursor before the first number.
func (t *Table) Find(hash uint64) Cursor {
	if len(t.groups) == 0 {
		return Cursor{}
	}
	c := Cursor{table: t, hash: hash, group: groupOf(t.groups, hash), left: len(t.groups) - 1}
	c.match = t.groups[c.group].tagged(hash)
	return c
}

// Next returns the next number, and where it is; ok is false after the last.
func (c *Cursor) Next() (number uint32, place int, ok bool) {
	for c.match == 0 {
		if c.left <= 0 || !c.table.groups[c.group].overflowed(c.hash) {
			return 0, 0, false
		}
		c.left--
		c.group = c.table.next(c.group)
		c.match = c.table.groups[c.group].tagged(c.hash)
	}
	place = c.group*groupPlaces + placeOf(c.match)
	c.match &= c.match - 1
	return c.table.at(place), place, true
}

// all yields every number that is there.
func (t *Table) all(yield func(number uint32) bool) {
	for place := range t.refs {
		g, at := place/groupPlaces, place%groupPlaces
		if t.groups[g][at/4]>>(at%4*16)&0xffff != 0 && !yield(t.at(place)) {
			return
		}
	}
}

func (t *Table) next(group int) int {
	if group++; group == len(t.groups) {
		return 0
	}
	return group
}

// The lowest 16 bits of a hash make its tag, the four above them choose its
// overflow bit, and those from the 44th downwards its group; the highest are for
// [Index], which chooses the table by them.

// tagOf is never 0, which is for free places, nor 1, which [tagged] may take for 0.
func tagOf(hash uint64) uint64 {
	tag := hash & 0xffff
	if tag < 2 {
		tag += 2
	}
	return tag
}

func overflowBit(hash uint64) uint64 { return 1 << (hash >> 16 & 15) }

func groupOf(groups []group, hash uint64) int {
	return int(uint64(uint32(hash>>12)) * uint64(len(groups)) >> 32)
}

// absent reports whether the table whose groups are given has nothing under the
// hash. It is only sure of a yes.
func absent(groups []group, hash uint64) bool {
	g := &groups[groupOf(groups, hash)]
	tags := lowBits * tagOf(hash)
	// The lane of the overflow is not left out: that it looks like the tag is rare.
	return zeroLanes(g[0]^tags)|zeroLanes(g[1]^tags) == 0 && !g.overflowed(hash)
}

// overflowed reports whether hashes like this one went on to the next group.
func (g *group) overflowed(hash uint64) bool { return g[1]>>overflowAt&overflowBit(hash) != 0 }

// tagged returns the places that have the tag of the hash, as placeOf takes them;
// now and then also one whose tag differs in the lowest bit.
func (g *group) tagged(hash uint64) uint64 {
	tags := lowBits * tagOf(hash)
	return lanesOf(zeroLanes(g[0]^tags), zeroLanes(g[1]^tags))
}

// lanesOf makes one word of the high bits of the lanes of the words of a group,
// with a bit for each place.
func lanesOf(first, second uint64) uint64 { return first>>8 | second&placeBits }

// placeOf returns the first place of those in a word made by lanesOf.
func placeOf(lanes uint64) int {
	at := bits.TrailingZeros64(lanes)
	return at>>4 + at&8>>1
}

// zeroLanes returns the high bits of lanes that are zero. Lanes of 1 above one
// that is zero may be among them: the lowest is right, and none if there is
// none.
func zeroLanes(word uint64) uint64 { return (word - lowBits) &^ word & highBits }
