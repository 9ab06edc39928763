package memstore

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// value is what a ban bans.
type value struct {
	kind store.Kind
	text string
}

func valueOf(b *store.Ban) value { return value{b.Kind, b.Value} }

// record is a ban with its hits.
type record struct {
	ban   store.Ban
	ruled bool    // it has a rule: it is not revoked, and its rule was not retired
	next  *record // in the list of its value, if it has a rule
	tally tally   // whose total is also in the ban
}

func (r *record) seq() int64 { return r.ban.Seq }

// taken reports whether a ban or a block has the ID: the rules of both are
// found by it.
func (s *Store) taken(id uuid.UUID) bool { return s.bans[id] != nil || s.blocks.byID[id] != nil }

// insert adds a record whose ban has its Seq, the highest so far.
func (s *Store) insert(r *record) {
	s.bans[r.ban.ID] = r
	s.order = append(s.order, r)
	s.link(r)
}

// remove takes a record out of the store.
func (s *Store) remove(r *record) {
	s.unlink(r)
	i, _ := position(s.order, r.ban.Seq)
	s.order = slices.Delete(s.order, i, i+1)
	delete(s.bans, r.ban.ID)
}

// replace gives a record another content; ID and Seq stay.
func (s *Store) replace(r *record, b store.Ban) {
	s.unlink(r)
	r.ban = b
	s.link(r)
}

// link makes a ban findable by key and by value, unless it is revoked.
func (s *Store) link(r *record) {
	if !r.ban.RevokedAt.IsZero() {
		return
	}
	r.ruled = true
	v := valueOf(&r.ban)
	r.next = s.values[v]
	s.values[v] = r
	s.rules.Put(r.ban.Rule())
}

// unlink takes the rule of a ban away, if it has one.
func (s *Store) unlink(r *record) {
	if !r.ruled {
		return
	}
	r.ruled = false
	s.rules.Remove(r.ban.Key(), r.ban.ID)
	v := valueOf(&r.ban)
	head := s.values[v]
	switch {
	case head != r:
		for head.next != r {
			head = head.next
		}
		head.next = r.next
	case r.next != nil:
		s.values[v] = r.next
	default:
		delete(s.values, v)
	}
	r.next = nil
}

// expired returns the bans of the same kind and value as b that have a rule but
// have expired by now: a ban that is created retires them.
func (s *Store) expired(b *store.Ban, now time.Time) (expired []*record) {
	for r := s.values[valueOf(b)]; r != nil; r = r.next {
		if !r.ban.Active(now) {
			expired = append(expired, r)
		}
	}
	return expired
}

// rival returns a ban that would be active beside b at now; nil if there is none
// or b itself is not active. self is the record that b is to replace, nil for a
// new ban: one that has the ID of an active ban is refused for that like others.
func (s *Store) rival(b *store.Ban, self *record, now time.Time) *store.Ban {
	if !b.Active(now) {
		return nil
	}
	for r := s.values[valueOf(b)]; r != nil; r = r.next {
		if r != self && r.ban.Active(now) {
			return &r.ban
		}
	}
	return s.otherForm(b, self, now)
}

// otherForm returns one of the rivals of the ban that is active at now, nil if there is
// none. Self does not count.
func (s *Store) otherForm(b *store.Ban, self *record, now time.Time) *store.Ban {
	if b.Rivals == nil {
		return nil
	}
	rules := s.rules.Lookup(b.Rivals.Keys)
	for i := range rules {
		r := s.bans[rules[i].ID]
		if r != nil && r != self && r.ban.Active(now) && b.Rivals.Match(&r.ban) {
			return &r.ban
		}
	}
	return nil
}
