package ruleindex

import (
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
	addr   netip.Addr
	rule   store.Rule
}

type probe struct {
	hash   uint64
	text   string // of the key, unless it is a prefix of the query's address
	kind   store.Kind
	bits   uint8 // of the prefix
	owner  uint8
	absent bool // there is no rule of the key
}

// Begin takes the view to look up keys in.
func (q *Query) Begin(v *View) { q.view = v }

// End forgets the keys and the view, and so lets go of their memory.
func (q *Query) End() {
	clear(q.probes)
	q.view, q.probes, q.addr, q.rule = nil, q.probes[:0], netip.Addr{}, store.Rule{}
}

// next returns a probe of the hash, to be completed.
func (q *Query) next(hash uint64) *probe {
	n := len(q.probes)
	if n == cap(q.probes) {
		q.probes = slices.Grow(q.probes, 32)
	}
	q.probes = q.probes[:n+1]
	p := &q.probes[n]
	p.hash = hash
	return p
}

// Key adds a key that is no wildcard, and no canonical IP prefix. owner is given
// back with its rules.
func (q *Query) Key(owner uint8, kind store.Kind, text string) {
	p := q.next(q.view.seeds.hashText(kind, text))
	p.kind, p.text, p.owner = kind, text, owner
}

// Addr adds the prefixes that hold an address, once in a query.
func (q *Query) Addr(owner uint8, addr netip.Addr) {
	q.addr = addr
	hi, lo := halves(addr)
	f := family(addr)
	for _, bits := range q.view.lens[f] {
		p := q.next(q.view.seeds.hashPrefix(f, hi, lo, bits))
		p.kind, p.bits, p.owner = store.KindIP, bits, owner
	}
}

// Domains adds a domain and all those above it. What other has in common with
// it, which may be empty or was added right before, is not hashed again.
func (q *Query) Domains(owner uint8, host, other string) {
	last := len(q.probes) - 1
	for {
		if len(host) <= len(other) && other[len(other)-len(host):] == host && (len(host) == len(other) || other[len(other)-len(host)-1] == '.') {
			n := strings.Count(host, ".")
			for _, p := range q.probes[last-n : last+1] {
				p.owner = owner
				q.probes = append(q.probes, p)
			}
			return
		}
		q.Key(owner, store.KindDomain, host)
		dot := strings.IndexByte(host, '.')
		if dot < 0 {
			return
		}
		host = host[dot+1:]
	}
}

// Each calls yield for every rule of the keys, with the owner of the key. The
// rule is valid until yield returns; its texts are for good.
func (q *Query) Each(yield func(owner uint8, r *store.Rule)) {
	// In loops of their own, these reads wait for memory all at once.
	dir, shift := q.view.dir, q.view.shift
	for i := range q.probes {
		p := &q.probes[i]
		p.absent = absent(dir[p.hash>>shift].groups, p.hash)
	}
	for i := range q.probes {
		if p := &q.probes[i]; !p.absent {
			q.search(p, yield)
		}
	}
}

// search looks for the rules of a key that there may be.
func (q *Query) search(p *probe, yield func(owner uint8, r *store.Rule)) {
	s := q.view.shard(p.hash)
	for c := s.table.Find(p.hash); ; {
		ref, _, ok := c.Next()
		if !ok {
			return
		}
		if r := &s.records[ref]; r.kind == p.kind && q.same(p, s.keyText(r)) {
			s.unpack(r, &q.rule)
			yield(p.owner, &q.rule)
		}
	}
}

// same reports whether the text is that of the probe's key.
func (q *Query) same(p *probe, text string) bool {
	if p.kind != store.KindIP {
		return p.text == text
	}
	want, err := q.addr.Prefix(int(p.bits))
	has, ok := canonicalPrefix(text)
	return err == nil && ok && has == want
}
