package mirror

import (
	"net/netip"
	"slices"
	"time"

	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// Query finds the rules for subjects in the content of a mirror. The zero Query is
// ready; used again, after Reset, it allocates nothing. It is not safe for
// concurrent use.
type Query struct {
	match.Fields
	index ruleindex.Query
	keys  ownedKeys
	room  match.Found // candidates, and room for more
	any   bool        // there are candidates in room
	clock func() time.Time
	now   time.Time // zero until the clock was asked
}

// Begin sets the clock, and the time if it is known already. A clock that is set
// alone is asked only when a rule is found: most checks find none, and the clock
// costs as much as parsing an address.
func (q *Query) Begin(clock func() time.Time, now time.Time) { q.clock, q.now = clock, now }

// Now returns the time of the check.
func (q *Query) Now() time.Time {
	if q.now.IsZero() {
		q.now = q.clock()
	}
	return q.now
}

// Reset forgets the subject. The Query keeps no rule alive, nor what the caller
// gave.
func (q *Query) Reset() {
	if q.any {
		for i := range q.room {
			clear(q.room[i])
			q.room[i] = q.room[i][:0]
		}
		q.any = false
	}
	q.now = time.Time{}
	q.Fields.Reset()
}

// Find finds the rules that match the fields that were parsed and have not
// expired, and reports whether there are any. The candidates in found are good
// until Reset.
func (q *Query) Find(c *Content, found *match.Found) (any bool) {
	q.index.Begin(c.view)
	q.keys.query = &q.index
	for _, k := range match.Kinds {
		if q.Has(k) {
			q.keys.owner = uint8(k)
			q.Keys(k, &q.keys)
		}
	}
	q.index.Each(q.take)
	q.index.End()
	for i, k := range match.Kinds {
		if kind := q.Wildcards(k); kind != 0 && len(c.wild[kind]) > 0 {
			q.room[i] = q.AppendWildcards(q.room[i], k, c.wild[kind], q.Now())
		}
		if len(q.room[i]) > 0 {
			q.any = true
			match.Sort(q.room[i])
		}
	}
	if q.any {
		*found = q.room
	}
	return q.any
}

// FindAll is Find whose candidates may be kept.
func (q *Query) FindAll(c *Content, found *match.Found) {
	if !q.Find(c, found) {
		return
	}
	for i := range found {
		found[i] = slices.Clone(found[i])
	}
}

// take adds a rule of one of the keys of a field.
func (q *Query) take(owner uint8, r *store.Rule) {
	if r.InForce(q.Now()) {
		q.room[owner-1] = q.Append(q.room[owner-1], store.Kind(owner), r)
	}
}

// ownedKeys has the keys of a field looked for in an index.
type ownedKeys struct {
	query *ruleindex.Query
	owner uint8 // the kind of the field
}

func (o *ownedKeys) Key(k store.Key)          { o.query.Key(o.owner, k.Kind, k.Text) }
func (o *ownedKeys) Domains(host string)      { o.query.Domains(o.owner, host) }
func (o *ownedKeys) Prefixes(addr netip.Addr) { o.query.Addr(o.owner, addr) }
