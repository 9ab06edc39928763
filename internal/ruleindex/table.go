package ruleindex

import (
	"encoding/binary"
	"math/bits"
)

// Table finds numbers by the hashes that they were added under. It is open
// addressing in groups of eight places: each place has a tag of one byte, made
// of the hash, and the tags of a group are compared at once. So a look-up of
// what is not there reads eight bytes, and next to never anything else.
//
// The zero value is empty and full. A Table is not safe for concurrent use
// while it changes.
type Table struct {
	tags []uint8
	refs []uint32 // by place
	used int      // places that are not free: taken or removed
}

// The tags of places that are not taken. Those of taken ones have the high bit.
const (
	tagFree    = 0
	tagRemoved = 1
)

const groupSize = 8

// NewTable returns an empty table that has room for n numbers.
func NewTable(n int) Table {
	// At most five of eight places are ever used: a search for what is not there
	// ends at a group with a free place, and that is to be the first.
	groups := (8*n/5 + 2*groupSize - 1) / groupSize
	return Table{tags: make([]uint8, groups*groupSize), refs: make([]uint32, groups*groupSize)}
}

// clone returns a copy that can change.
func (t *Table) clone() Table {
	return Table{tags: append([]uint8(nil), t.tags...), refs: append([]uint32(nil), t.refs...), used: t.used}
}

// Full reports whether there is no room for another number.
func (t *Table) Full() bool { return 8*(t.used+1) > 5*len(t.tags) }

// Add adds a number under a hash, beside those that are there already. The
// table must not be full.
func (t *Table) Add(hash uint64, ref uint32) {
	for g := t.group(hash); ; g = t.next(g) {
		if free := zeroBytes(t.word(g)); free != 0 {
			place := g*groupSize + bits.TrailingZeros64(free)/8
			t.tags[place], t.refs[place] = tagOf(hash), ref
			t.used++
			return
		}
	}
}

// remove takes the number at a place away.
func (t *Table) remove(place int) { t.tags[place] = tagRemoved }

// Cursor goes through the numbers that may have been added under a hash: all
// that were, and a few others.
type Cursor struct {
	table *Table
	group int
	word  uint64 // the tags of the group
	match uint64 // the places of the group that are still to be seen
	tag   uint8
}

// Find returns a cursor before the first number.
func (t *Table) Find(hash uint64) Cursor {
	if len(t.tags) == 0 {
		return Cursor{}
	}
	c := Cursor{table: t, group: t.group(hash), tag: tagOf(hash)}
	c.word = t.word(c.group)
	c.match = sameBytes(c.word, c.tag)
	return c
}

// Next returns the next number, and where it is; ok is false after the last.
func (c *Cursor) Next() (ref uint32, place int, ok bool) {
	for c.match == 0 {
		if c.table == nil || zeroBytes(c.word) != 0 {
			return 0, 0, false
		}
		c.group = c.table.next(c.group)
		c.word = c.table.word(c.group)
		c.match = sameBytes(c.word, c.tag)
	}
	place = c.group*groupSize + bits.TrailingZeros64(c.match)/8
	c.match &= c.match - 1
	return c.table.refs[place], place, true
}

// all yields every number that is there.
func (t *Table) all(yield func(ref uint32) bool) {
	for place, tag := range t.tags {
		if tag > tagRemoved && !yield(t.refs[place]) {
			return
		}
	}
}

// The lowest bits of a hash make its tag, those above its group; the highest
// are for [Index], which chooses the table by them.

func tagOf(hash uint64) uint8 { return uint8(hash) | 0x80 }

func (t *Table) group(hash uint64) int { return groupOf(t.tags, hash) }

func groupOf(tags []uint8, hash uint64) int {
	return int(uint64(uint32(hash>>7)) * uint64(len(tags)/groupSize) >> 32)
}

// firstWord returns the tags of the group at which a search of the hash begins.
func firstWord(tags []uint8, hash uint64) uint64 {
	if len(tags) == 0 {
		return 0
	}
	return binary.LittleEndian.Uint64(tags[groupOf(tags, hash)*groupSize:])
}

func (t *Table) next(group int) int {
	if group++; group*groupSize == len(t.tags) {
		return 0
	}
	return group
}

func (t *Table) word(group int) uint64 {
	return binary.LittleEndian.Uint64(t.tags[group*groupSize:])
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// zeroBytes returns the high bits of bytes that are zero. Bytes of 1 above one
// that is zero may be among them: the lowest is right, and none if there is
// none.
func zeroBytes(word uint64) uint64 { return (word - lowBits) &^ word & highBits }

// sameBytes returns the high bits of bytes that are the tag, and now and then
// of one that differs from it in the lowest bit.
func sameBytes(word uint64, tag uint8) uint64 { return zeroBytes(word ^ lowBits*uint64(tag)) }
