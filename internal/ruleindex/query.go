package ruleindex

import (
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"example.com/ostraka/store"
)

// Query looks up many keys at once. They are hashed as they are added, and looked
// for together in [Query.Each]: so the waits for memory, which are nearly all of
// the time that a large index takes, are one wait.
//
// The zero value is ready for Begin. A Query is used again after End, and then
// allocates nothing. It is not safe for concurrent use.
type Query struct {
	view   *View
	probes []probe
	texts  []string      // that keys are of
	host   string        // that Domains was first called with
	hosts  int           // the first of its probes
	hashed []hashedKey   // keys of hashed values
	addrs  [2]netip.Addr // that Prefixes was called with
	asked  int           // how many there are
	rule   store.Rule
}

// probe is a look-up of a key. It holds no pointers, so that it costs nothing to
// be forgotten.
type probe struct {
	hash   uint64
	state  uint64 // of a domain: the hash, unfinished
	from   uint16 // where in its text the key begins
	text   uint16 // the number of the text or, of a prefix, of the address
	kind   store.Kind
	bits   uint8 // of the prefix; of a text that is to be made of a hash, hashedBits
	owners uint8 // a bit for each
	absent bool  // there is no rule of the key
}

// hashedKey is the key of a hashed value, of which the text is made only when a rule may
// have it.
type hashedKey struct {
	id   string
	hash *[store.HashSize]byte
}

// hashedBits marks a probe of which text is the number of a hashed key.
const hashedBits = 255

// maxLabels is more than the labels of a domain that is as long as can be.
const maxLabels = 128

// Begin takes the view to look up keys in.
func (q *Query) Begin(v *View) { q.view = v }

// End forgets the keys and the view, and so lets go of their memory.
func (q *Query) End() {
	clear(q.texts)
	clear(q.hashed)
	q.view, q.probes, q.texts, q.hashed, q.hosts, q.host, q.asked = nil, q.probes[:0], q.texts[:0], q.hashed[:0], 0, "", 0
	q.addrs = [2]netip.Addr{}
}

// reserve makes room for n more probes.
func (q *Query) reserve(n int) {
	if cap(q.probes)-len(q.probes) < n {
		q.probes = slices.Grow(q.probes, max(n, 2*maxLabels))
	}
}

// next returns a probe that there is room for. Its fields are what they were, and
// are set one by one: a whole probe, made elsewhere and copied, would have to be
// waited for.
func (q *Query) next() *probe {
	n := len(q.probes)
	q.probes = q.probes[:n+1]
	return &q.probes[n]
}

// Key adds a key that is no wildcard, and no canonical IP prefix. owner, which is
// less than eight, is given back with its rules.
func (q *Query) Key(owner uint8, kind store.Kind, text string) {
	q.reserve(1)
	p := q.next()
	p.hash = q.view.seeds.hashText(kind, text)
	p.kind, p.bits, p.from, p.text, p.owners = kind, 0, 0, uint16(len(q.texts)), 1<<owner
	q.texts = append(q.texts, text)
}

// Hashed adds the key that a value has which is hashed under the secret of that ID. The
// hash must not change before End.
func (q *Query) Hashed(owner uint8, kind store.Kind, id string, hash *[store.HashSize]byte) {
	q.reserve(1)
	p := q.next()
	p.hash = q.view.seeds.hashSum(kind, hash)
	p.kind, p.bits, p.text, p.owners = kind, hashedBits, uint16(len(q.hashed)), 1<<owner
	q.hashed = append(q.hashed, hashedKey{id, hash})
}

// Prefixes adds the prefixes that hold an address and have rules, of two addresses
// in a query at most.
func (q *Query) Prefixes(owner uint8, addr netip.Addr) {
	if !q.view.prefixes.Contains(addr) {
		return
	}
	number := uint16(q.asked)
	q.addrs[number] = addr
	q.asked++
	for p := range q.view.prefixes.Supernets(netip.PrefixFrom(addr, addr.BitLen())) {
		q.prefix(owner, number, addr, p.Bits())
	}
}

// prefix adds a prefix of the address of that number.
func (q *Query) prefix(owner uint8, number uint16, addr netip.Addr, bits int) {
	q.reserve(1)
	p := q.next()
	hi, lo := halves(addr)
	p.hash = q.view.seeds.hashPrefix(family(addr), hi, lo, uint8(bits))
	p.kind, p.bits, p.text, p.owners = store.KindIP, uint8(bits), number, 1<<owner
}

// Domains adds a canonical domain and all those above it. What it has in common
// with the first one of the query, which often is above it or beside it, is looked
// for once.
func (q *Query) Domains(owner uint8, host string) {
	q.reserve(maxLabels)
	seeds := &q.view.seeds
	shared := commonSuffix(host, q.host)
	first, text := len(q.probes), uint16(len(q.texts))
	state := seeds.start[store.KindDomain]
	for end, labels := len(host), 0; end >= 0 && labels < maxLabels; labels++ {
		start := strings.LastIndexByte(host[:end], '.') + 1
		if n := len(host) - start; 0 < n && n <= shared && (n == len(q.host) || q.host[len(q.host)-n-1] == '.') {
			p := &q.probes[q.hosts+labels]
			p.owners |= 1 << owner
			state = p.state
		} else {
			state = seeds.add(state, host[start:end])
			p := q.next()
			p.hash, p.state = seeds.finish(state), state
			p.kind, p.bits, p.from, p.text, p.owners = store.KindDomain, 0, uint16(start), text, 1<<owner
		}
		end = start - 1
	}
	q.texts = append(q.texts, host)
	if q.host == "" {
		q.host, q.hosts = host, first
	}
}

// commonSuffix returns the length of the longest text that both end in.
func commonSuffix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}

// Each calls yield for every rule of the keys, with the owner of the key, once for
// each if it has several. The rule is valid until yield returns; its texts are
// for good.
func (q *Query) Each(yield func(owner uint8, r *store.Rule)) {
	if !q.sift() {
		return
	}
	for i := range q.probes {
		if p := &q.probes[i]; !p.absent {
			q.search(p, yield)
		}
	}
	q.rule = store.Rule{}
}

// sift finds out of which keys there is no rule, and reports whether any is left.
// In a loop of their own, the reads wait for memory all at once.
func (q *Query) sift() (left bool) {
	dir, shift := q.view.dir, q.view.shift
	for i := range q.probes {
		p := &q.probes[i]
		p.absent = absent(dir[p.hash>>shift].groups, p.hash)
		left = left || !p.absent
	}
	return left
}

// search looks for the rules of a key that there may be.
func (q *Query) search(p *probe, yield func(owner uint8, r *store.Rule)) {
	s := q.view.shard(p.hash)
	for c := s.table.Find(p.hash); ; {
		ref, _, ok := c.Next()
		if !ok {
			return
		}
		if r := s.at(ref); q.same(p, s.keyText(&r)) && s.kind(&r) == p.kind {
			s.unpack(&r, &q.rule)
			for owners := p.owners; owners != 0; owners &= owners - 1 {
				yield(uint8(bits.TrailingZeros8(owners)), &q.rule)
			}
		}
	}
}

// same reports whether the text is that of the probe's key.
func (q *Query) same(p *probe, text string) bool {
	if p.bits == hashedBits {
		var room [store.MaxHashText]byte
		k := &q.hashed[p.text]
		return string(store.AppendHashText(room[:0], k.id, k.hash[:])) == text
	}
	if p.kind != store.KindIP {
		return q.texts[p.text][p.from:] == text
	}
	want, err := q.addrs[p.text].Prefix(int(p.bits))
	has, ok := canonicalPrefix(text)
	return err == nil && ok && has == want
}
