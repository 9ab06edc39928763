package mirror

import (
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
	found match.Found // and room for more
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
	for i := range q.found {
		if len(q.found[i]) > 0 {
			clear(q.found[i])
			q.found[i] = q.found[i][:0]
		}
	}
	q.now = time.Time{}
	q.Fields.Reset()
}

// Find finds the rules that match the fields that were parsed and have not
// expired, and reports whether there are any. What it found is good until Reset,
// and may be changed. The error is a [*match.MissingSecretError].
func (q *Query) Find(c *Content) (found *match.Found, any bool, err error) {
	if c.hashes != nil {
		if err := c.hashes.Check(&q.Fields); err != nil {
			return &q.found, false, err
		}
		q.Hash(c.hashes)
	}
	q.index.Begin(c.view)
	q.Keys(&q.index)
	q.index.Each(q.take)
	q.index.End()
	for i, k := range match.Kinds {
		if kind := q.Wildcards(k); kind != 0 {
			for _, w := range q.Wild(k, c.wild[kind]) {
				if w.Rule.InForce(q.Now()) {
					q.found[i] = append(q.found[i], w.Candidate())
				}
			}
		}
		if len(q.found[i]) > 0 {
			any = true
			match.Sort(q.found[i])
		}
	}
	return &q.found, any, nil
}

// FindAll is Find whose candidates may be kept.
func (q *Query) FindAll(c *Content, out *match.Found) error {
	found, _, err := q.Find(c)
	for i := range found {
		out[i] = slices.Clone(found[i])
	}
	return err
}

// take adds a rule of one of the keys of a field.
func (q *Query) take(owner uint8, r *store.Rule) {
	if r.InForce(q.Now()) {
		q.found[owner-1] = q.Append(q.found[owner-1], store.Kind(owner), r)
	}
}
