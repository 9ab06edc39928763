package mirror

import (
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// told is what a change of one ban says that became of its rule: nothing need be
// looked up. It is never changed.
type told struct {
	ban   uuid.UUID
	keys  []store.Key // under which the ban had or has its rule
	rule  store.Rule
	ruled bool // there is a rule

	record  *byte         // that it was read from
	mirrors *atomic.Int64 // that were told
}

// lastTold is what the last change told, if anything: each mirror of a store is told of
// the same change, one after the other, and reads its record once for all.
var lastTold atomic.Pointer[told]

// read returns what a change tells, or nil.
func read(c *store.Change) *told {
	record := c.After
	if len(record) == 0 {
		record = c.Before
	}
	many := func(k store.Key) bool { return k.Wildcard() } // very many rules may have it
	if len(record) == 0 || !ofOneBan(c) || len(c.Keys) > 2 || slices.ContainsFunc(c.Keys, many) {
		return nil
	}
	if t := lastTold.Load(); t != nil && t.record == &record[0] && slices.Equal(t.keys, c.Keys) {
		return t
	}
	t := &told{ban: c.Target, keys: c.Keys, record: &record[0], mirrors: new(atomic.Int64)}
	if len(c.After) > 0 {
		var b store.Ban
		if json.Unmarshal(c.After, &b) != nil || b.ID != c.Target {
			return nil
		}
		t.rule, t.ruled = b.Rule(), b.RevokedAt.IsZero()
		if !slices.Contains(t.keys, t.rule.Key) {
			return nil
		}
	}
	lastTold.Store(t)
	return t
}

// maxDeferred is how many changes are put off at most. It bounds how long the check
// that comes first waits.
const maxDeferred = 64

// deferral is how long changes are put off at most if no check comes: several that come
// one after the other cost little more than one.
const deferral = 5 * time.Millisecond

// fewMirrors of a store have the rule put in by whoever bans, so that no check has to.
// In all of them, were they many, that would cost as much as the ban itself.
const fewMirrors = 2

// put makes a change take effect that tells what became of a rule, and reports whether it
// does. Of many mirrors most put that off: whoever made the change does not wait until
// their indexes have it. [Mirror.Content] has it put in before anybody sees the content,
// and Run a little later. It is called with mu held.
//
// What a change tells may be older than what was looked up. So only the change after
// the newest one that is known of is believed, of those that this process makes: a
// change that comes out of turn is looked up, as one that somebody else made. Nor is
// one believed where an expired rule may have made way for the new one, since that is
// not told, nor while the keys that are told may not be those that are looked up.
func (m *Mirror) put(c *store.Change, own, next bool) bool {
	if !own || !next || m.touched != nil || m.index == nil {
		return false
	}
	if s, ok := m.source.(interface{ Mixed() bool }); ok && s.Mixed() {
		return false
	}
	t := read(c)
	if t == nil {
		return false
	}
	m.indexing.Lock()
	defer m.indexing.Unlock()
	if m.mayRetire(c, t.keys) {
		return false
	}
	m.deferred = append(m.deferred, t)
	if t.mirrors.Add(1) <= fewMirrors || len(m.deferred) == maxDeferred {
		m.applyDeferred()
		return true
	}
	if !m.due.Swap(true) {
		select {
		case m.later <- struct{}{}:
		default:
		}
	}
	return true
}

// mayRetire reports whether a rule of another ban under one of the keys had expired when
// the change was made. It is called with indexing held.
func (m *Mirror) mayRetire(c *store.Change, keys []store.Key) bool {
	expired := func(r *store.Rule) bool { return r.ID != c.Target && !r.InForce(c.At) }
	for _, t := range m.deferred {
		if t.ruled && slices.Contains(keys, t.rule.Key) && expired(&t.rule) {
			return true
		}
	}
	defer func() {
		if clear(m.under); cap(m.under) > 64 { // of a key of very many, which are rare
			m.under = nil
		}
	}()
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
	for _, t := range m.deferred {
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
