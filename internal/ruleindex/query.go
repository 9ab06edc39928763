package ruleindex

import (
	"net/netip"
	"strings"

	"example.com/ostraka/store"
)

// Query looks up many keys at once. Each is looked for as soon as it is added,
// and looked at in [Query.Each]: so the waits for memory, which are nearly all
// of the time that a large index takes, are one wait.
//
// The zero value is ready for Begin. A Query is used again and again, and then
// allocates nothing. It is not safe for concurrent use.
type Query struct {
	view   *View
	probes []probe
	addr   netip.Addr
	holder uint8 // whom the rules for addr are for
	rule   store.Rule
}

type probe struct {
	hash  uint64
	word  uint64 // the tags of the first group
	shard *shard
	text  string
	kind  store.Kind
	owner uint8
}

// Begin forgets the keys, and takes the view to look up others in.
func (q *Query) Begin(v *View) {
	q.view, q.probes, q.addr = v, q.probes[:0], netip.Addr{}
}

// Key adds a key that is no wildcard, and no canonical IP prefix. owner is given
// back with its rules.
func (q *Query) Key(owner uint8, kind store.Kind, text string) {
	q.add(owner, kind, text, q.view.hashText(kind, text))
}

func (q *Query) add(owner uint8, kind store.Kind, text string, hash uint64) {
	s := q.view.shard(hash)
	p := probe{hash: hash, shard: s, text: text, kind: kind, owner: owner}
	if len(s.table.tags) > 0 {
		p.word = s.table.word(s.table.group(hash))
	}
	q.probes = append(q.probes, p)
}

// Domains adds a domain and all those above it. What other has in common with
// it, which may be empty or was added right before, is not hashed again.
func (q *Query) Domains(owner uint8, host, other string) {
	last := len(q.probes) - 1
	for more := true; more; {
		if len(host) <= len(other) && other[len(other)-len(host):] == host && (len(host) == len(other) || other[len(other)-len(host)-1] == '.') {
			n := strings.Count(host, ".")
			for _, p := range q.probes[last-n : last+1] {
				p.owner = owner
				q.probes = append(q.probes, p)
			}
			return
		}
		q.Key(owner, store.KindDomain, host)
		_, host, more = strings.Cut(host, ".")
	}
}

// Addr adds the prefixes that hold an address, once in a query.
func (q *Query) Addr(owner uint8, addr netip.Addr) {
	q.addr, q.holder = addr, owner
}

// Each calls yield for every rule of the keys, with the owner of the key. The
// rule is valid until yield returns; its texts are for good.
func (q *Query) Each(yield func(owner uint8, r *store.Rule)) {
	if q.addr.IsValid() && q.view.prefixes.Contains(q.addr) {
		q.prefixes(yield)
	}
	for i := range q.probes {
		p := &q.probes[i]
		if sameBytes(p.word, tagOf(p.hash)) == 0 && zeroBytes(p.word) != 0 || p.shard.live == 0 {
			continue
		}
		for c := p.shard.table.Find(p.hash); ; {
			ref, _, ok := c.Next()
			if !ok {
				break
			}
			if r := &p.shard.records[ref]; r.kind == p.kind && p.shard.keyText(r) == p.text {
				p.shard.unpack(r, &q.rule)
				yield(p.owner, &q.rule)
			}
		}
	}
}

// prefixes is Each for the address, which some prefix holds.
func (q *Query) prefixes(yield func(owner uint8, r *store.Rule)) {
	v := q.view
	for _, bits := range v.lens[family(q.addr)] {
		p, err := q.addr.Prefix(int(bits))
		if err != nil {
			continue
		}
		hash := v.hashPrefix(p)
		s := v.shard(hash)
		for c := s.table.Find(hash); ; {
			ref, _, ok := c.Next()
			if !ok {
				break
			}
			r := &s.records[ref]
			if r.kind != store.KindIP {
				continue
			}
			if has, ok := canonicalPrefix(s.keyText(r)); ok && has == p {
				s.unpack(r, &q.rule)
				yield(q.holder, &q.rule)
			}
		}
	}
}
