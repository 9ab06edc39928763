package mirror

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// told is what a change of one ban says that became of its rule: nothing need be
// looked up.
type told struct {
	ban   uuid.UUID
	keys  []store.Key // under which the ban had or has its rule
	rule  store.Rule
	ruled bool // there is a rule
}

// maxDeferred is how many changes are put off at most. It bounds how long the check
// that comes first waits.
const maxDeferred = 64

// put puts off a change that tells what became of a rule, and reports whether it does.
// Whoever made it does not wait until the index has it: [Mirror.Content] has it put in
// before anybody sees the content, and Run at once. It is called with mu held.
//
// What a change tells may be older than what was looked up. So only the change after
// the newest one that is known of is believed, of those that this process makes: a
// change that comes out of turn is looked up, as one that somebody else made. Nor is
// one believed where an expired rule may have made way for the new one, since that is
// not told.
func (m *Mirror) put(c *store.Change, own, next bool) bool {
	if !own || !next || m.touched != nil || m.index == nil || !ofOneBan(c) || len(c.Keys) > 2 {
		return false
	}
	t := told{ban: c.Target, keys: c.Keys}
	if len(c.After) > 0 {
		var b store.Ban
		if json.Unmarshal(c.After, &b) != nil || b.ID != c.Target {
			return false
		}
		t.rule, t.ruled = b.Rule(), b.RevokedAt.IsZero()
		if !slices.Contains(t.keys, t.rule.Key) {
			return false
		}
	}
	if slices.ContainsFunc(t.keys, store.Key.Wildcard) { // very many rules may have it
		return false
	}
	m.indexing.Lock()
	defer m.indexing.Unlock()
	if m.mayRetire(c, t.keys) {
		return false
	}
	m.deferred = append(m.deferred, t)
	if len(m.deferred) == maxDeferred {
		m.applyDeferred()
		return true
	}
	m.due.Store(true)
	m.rouse()
	return true
}

// mayRetire reports whether a rule of another ban under one of the keys had expired when
// the change was made. It is called with indexing held.
func (m *Mirror) mayRetire(c *store.Change, keys []store.Key) bool {
	expired := func(r *store.Rule) bool { return r.ID != c.Target && !r.InForce(c.At) }
	for i := range m.deferred {
		if t := &m.deferred[i]; t.ruled && slices.Contains(keys, t.rule.Key) && expired(&t.rule) {
			return true
		}
	}
	defer func() { clear(m.under) }()
	for _, k := range keys {
		m.under = m.index.Append(m.under[:0], k)
		for i := range m.under {
			if expired(&m.under[i]) {
				return true
			}
		}
	}
	return false
}

// flush puts into the index what was put off, and makes checks see it.
func (m *Mirror) flush() {
	m.indexing.Lock()
	defer m.indexing.Unlock()
	m.applyDeferred()
}

// applyDeferred is flush with indexing held.
func (m *Mirror) applyDeferred() {
	if len(m.deferred) == 0 {
		return
	}
	for i := range m.deferred {
		t := &m.deferred[i]
		for _, k := range t.keys {
			if !t.ruled || k != t.rule.Key {
				m.index.Remove(k, t.ban)
			}
		}
		if t.ruled {
			m.index.Put(t.rule)
		}
	}
	clear(m.deferred)
	m.deferred = m.deferred[:0]
	m.publish()
	m.due.Store(false) // last: who does not see it sees the content
}
