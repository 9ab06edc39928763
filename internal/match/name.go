package match

import (
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// name is the field of a user name.
type name struct {
	value.Username
	readings [5]reading // what else it may be read as
	read     int        // how many there are
	hashed   hashed
}

// reading is another name that a name may be read as.
type reading struct {
	value.Look
	via  value.Via
	rank int
}

// parse reads a name. With leet it is also read with its digits as letters.
func (n *name) parse(p *value.Parser, text string, leet bool) (err error) {
	n.read = 0
	if err = p.Nickname(&n.Username, text); err != nil {
		return err
	}
	if n.ReadsOtherwise() {
		for _, l := range n.AsWritten() {
			if l != (value.Look{}) {
				n.add(reading{l, value.ViaSkeleton, rankSkeleton})
			}
		}
	}
	if leet {
		n.addLeet(p, n.Look())
		for i := range n.read {
			n.addLeet(p, n.readings[i].Look)
		}
	}
	return nil
}

func (n *name) addLeet(p *value.Parser, l value.Look) {
	if as, ok := p.Leet(l); ok {
		n.add(reading{as, value.ViaLeet, rankLeet})
	}
}

func (n *name) add(r reading) {
	n.readings[n.read] = r
	n.read++
}

// reset forgets the name.
func (n *name) reset() {
	n.Username = value.Username{}
	clear(n.readings[:n.read])
	n.read = 0
	n.hashed.reset()
}

// hash makes the keys of hashed rules.
func (n *name) hash(secrets []*secret) {
	n.hashed.add(secrets, store.KindName, n.Skeleton(), -1)
	for i := range n.read {
		if text := n.readings[i].Skeleton(); !n.looksLike(text, i) {
			n.hashed.add(secrets, store.KindName, text, i)
		}
	}
}

func (n *name) keys(to Keys) {
	to.Key(uint8(store.KindName), store.KindName, n.Skeleton())
	for i := range n.read {
		if text := n.readings[i].Skeleton(); !n.looksLike(text, i) {
			to.Key(uint8(store.KindName), store.KindName, text)
		}
	}
	n.hashed.tell(to, store.KindName)
}

// looksLike reports whether the name or one of its first readings has that
// skeleton.
func (n *name) looksLike(skeleton string, first int) bool {
	for i := range first {
		if n.readings[i].Skeleton() == skeleton {
			return true
		}
	}
	return n.Skeleton() == skeleton
}

// matchWildcard, like match, never lets an Allow rule match by looks.
func (n *name) matchWildcard(w *Wildcard) (int, bool) {
	rank := rankPattern + w.name.Literal()
	exact, alike := w.name.Match(n.Look())
	if exact || w.Rule.Effect == store.Allow {
		return rank, exact
	}
	for i := 0; i < n.read && !alike; i++ {
		_, alike = w.name.Match(n.readings[i].Look)
	}
	return rank, alike
}

// match never lets an Allow rule match by looks: an exception for "sysadmin"
// must not open the door to its Cyrillic twin.
func (n *name) match(r *store.Rule) (value.Via, int, bool) {
	if r.Key.Kind != store.KindName {
		return 0, 0, false
	}
	if _, ok := r.Key.HashKey(); ok {
		return n.matchHashed(r)
	}
	switch text, only := value.SplitName(r.Value); {
	case text == n.String():
		return value.ViaExact, rankName, true
	case only || r.Effect == store.Allow:
		return 0, 0, false
	case r.Key.Text == n.Skeleton():
		return value.ViaSkeleton, rankSkeleton, true
	}
	for i := range n.read {
		if alt := &n.readings[i]; r.Key.Text == alt.Skeleton() {
			return alt.via, alt.rank, true
		}
	}
	return 0, 0, false
}

// matchHashed says how a hashed rule matches: by looks alone, of which nothing else is
// known, and so never one that allows.
func (n *name) matchHashed(r *store.Rule) (value.Via, int, bool) {
	i, ok := n.hashed.find(r.Key.Text)
	switch {
	case !ok || r.Effect == store.Allow:
		return 0, 0, false
	case i < 0:
		return value.ViaSkeleton, rankSkeleton, true
	}
	return n.readings[i].via, n.readings[i].rank, true
}
