package hitcount

import (
	"bytes"
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
	"unsafe"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// counts are what was counted of rules and days. They are a table of their own and no
// map, because under a flood over very many rules the waits for memory are all of the
// time: to count a hit again looks at one place of the index, where thousands are
// within a processor's nearer cache, and at one cache line. The zero counts are none.
//
// Used again after reset they allocate nothing.
type counts struct {
	seed    [2]uint64 // secret: nobody can make rules that collide
	index   []uint32  // by hash: the number of a line and one, and a tag of the hash; 0: free
	lines   []line
	details []detail // of the lines
}

// An entry of the index has the tag in what it does not need for the number.
const (
	numberBits = 20 // all shards have fewer lines together, even while they are taken
	numberMask = 1<<numberBits - 1
)

// line is one cache line long, and begins with one: it has all that most hits look at or
// change. It has no pointers.
type line struct {
	rule   uuid.UUID
	uses   int64
	last   int64    // microseconds since 1970
	first  [16]byte // the first client, if there is one
	day    int32    // days since 1970
	client bool     // there is a first client

	// The key that is in detail, so that another is noticed: where its text is, which nothing
	// else is in the place of, since it is kept alive.
	kind   store.Kind
	length uint16
	text   uintptr
}

const _ = uint(64 - unsafe.Sizeof(line{})) // it is no longer

// noteKey reports whether the key is another than the one that was noted, and notes it.
func (l *line) noteKey(k *store.Key) bool {
	length, text := uint16(len(k.Text)), uintptr(unsafe.Pointer(unsafe.StringData(k.Text)))
	if l.text == text && l.length == length && l.kind == k.Kind {
		return false
	}
	l.text, l.length, l.kind = text, length, k.Kind
	return true
}

// detail is what few hits need.
type detail struct {
	key     store.Key     // of a mirror it is a piece of a long text, which it keeps alive until hits are flushed
	clients sketch.Sketch // all but the first
}

// hash returns the hash of a rule and a day.
func (c *counts) hash(rule *uuid.UUID, day int32) uint64 {
	var halves [2]uint64
	for i := range 8 {
		halves[0] = halves[0]<<8 | uint64(rule[i])
		halves[1] = halves[1]<<8 | uint64(rule[8+i])
	}
	hi, lo := bits.Mul64(halves[0]^c.seed[0], halves[1]^c.seed[1]^uint64(uint32(day)))
	return hi ^ lo
}

// find returns the number of the line of a rule and a day, if there is one.
func (c *counts) find(rule *uuid.UUID, day int32) (number int, ok bool) {
	if len(c.index) == 0 {
		return 0, false
	}
	hash := c.hash(rule, day)
	for i := c.first(hash); c.index[i] != 0; i = c.next(i) {
		if entry := c.index[i]; entry&^numberMask == tagOf(hash) {
			n := int(entry&numberMask) - 1
			if l := &c.lines[n]; l.rule == *rule && l.day == day {
				return n, true
			}
		}
	}
	return 0, false
}

// first returns where the index may have a hash, and next where it may be if others are
// there. Half of the places are free.
func (c *counts) first(hash uint64) int { return int(hash) & (len(c.index) - 1) }
func (c *counts) next(i int) int        { return (i + 1) & (len(c.index) - 1) }

// append adds the line of a rule and a day that has none, and returns its number.
func (c *counts) append(rule *uuid.UUID, day int32) (number int) {
	if 2*len(c.lines) >= len(c.index) {
		c.grow()
	}
	c.lines = append(c.lines, line{rule: *rule, day: day, last: math.MinInt64})
	c.details = append(c.details, detail{})
	c.enter(len(c.lines) - 1)
	return len(c.lines) - 1
}

// enter puts the number of a line into the index.
func (c *counts) enter(number int) {
	hash := c.hash(&c.lines[number].rule, c.lines[number].day)
	i := c.first(hash)
	for c.index[i] != 0 {
		i = c.next(i)
	}
	c.index[i] = uint32(number+1) | tagOf(hash)
}

// tagOf returns the bits of a hash that an entry of the index has beside the number.
func tagOf(hash uint64) uint32 { return uint32(hash>>32) &^ numberMask }

// grow makes an index of twice the size.
func (c *counts) grow() {
	if len(c.index) == 0 {
		c.seed = [2]uint64{rand.Uint64(), rand.Uint64()}
	}
	c.index = make([]uint32, max(64, 2*len(c.index)))
	for n := range c.lines {
		c.enter(n)
	}
}

// count counts a hit of the rule that a line is of.
func (c *counts) count(n int, rule *store.Rule, client netip.Addr, at int64) {
	l := &c.lines[n]
	if l.noteKey(&rule.Key) { // the line is new, or the rule has another key now
		c.details[n].key = rule.Key
	}
	l.uses++
	l.last = max(l.last, at)
	if client.IsValid() {
		c.addClient(n, client.As16())
	}
}

// addClient counts a client of a line. Most rules see one alone, which makes no sketch.
func (c *counts) addClient(n int, client [16]byte) {
	switch l := &c.lines[n]; {
	case !l.client:
		l.first, l.client = client, true
	case l.first != client:
		c.details[n].clients.Add(netip.AddrFrom16(client))
	}
}

// merge adds what others have counted. may, if not nil, says whether there may be another
// line; merge returns how many hits had none for that.
func (c *counts) merge(others *counts, may func() bool) (dropped int64) {
	for i := range others.lines {
		from := &others.lines[i]
		if from.uses == 0 {
			continue
		}
		n, ok := c.find(&from.rule, from.day)
		if !ok {
			if may != nil && !may() {
				dropped += from.uses
				continue
			}
			n = c.append(&from.rule, from.day)
		}
		c.addLine(n, from, &others.details[i])
	}
	return dropped
}

// addLine adds what another line of the same rule and day has counted.
func (c *counts) addLine(n int, from *line, more *detail) {
	to, detail := &c.lines[n], &c.details[n]
	if to.last < from.last {
		to.last, detail.key = from.last, more.key
		to.noteKey(&more.key)
	}
	to.uses += from.uses
	if from.client {
		c.addClient(n, from.first)
	}
	detail.clients.Merge(&more.clients)
}

// inOrder returns the numbers of the lines by rule and day: what a store has of them is
// in that order, so that it reads and writes each piece once.
func (c *counts) inOrder() []int {
	order := make([]int, len(c.lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &c.lines[a], &c.lines[b]
		return cmp.Or(bytes.Compare(x.rule[:], y.rule[:]), cmp.Compare(x.day, y.day))
	})
	return order
}

// hit returns a line as stores take it.
func (c *counts) hit(n int) store.Hit {
	l, d := &c.lines[n], &c.details[n]
	if l.client {
		d.clients.Add(netip.AddrFrom16(l.first))
	}
	return store.Hit{
		RuleID: l.rule, Key: d.key, Day: time.Unix(int64(l.day)*secondsPerDay, 0).UTC(),
		Uses: l.uses, Last: time.UnixMicro(l.last).UTC(), Clients: d.clients.Bytes(),
	}
}

// reset forgets all. It keeps room for as much again, but not for much more.
func (c *counts) reset() {
	if len(c.lines) < cap(c.lines)/8 {
		*c = counts{}
		return
	}
	clear(c.index)
	clear(c.details)
	c.lines, c.details = c.lines[:0], c.details[:0]
}
