// Package rulecache finds the rules for subjects in a store and keeps what it
// found, without ever answering from before a change that it was told of.
package rulecache

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// Cache finds the rules for the fields of a subject: from what it has kept where
// that is fresh, and in one look-up of the store for all others, which are kept
// then. It is safe for concurrent use.
type Cache struct {
	source    store.Rules
	reading   match.Reading
	fresh     freshness
	fields    *recent[fieldKey, *fieldRules]
	front     *front // of the fields
	subjects  *recent[match.Texts, *subjectRules]
	wildcards wildcards
	lengths   growing[store.PrefixLen]
	hashes    growing[store.HashKey] // in use
	ring      *match.Ring
}

// New returns a Cache of that many fields, and as many subjects. The ring has the
// secrets of hashed rules.
func New(source store.Rules, size int, by match.Reading, ring *match.Ring) (*Cache, error) {
	front := newFront(max(size, 0))
	fields, err := newRecent(size, front.drop)
	if err != nil {
		return nil, err
	}
	subjects, err := newRecent[match.Texts, *subjectRules](size, nil)
	if err != nil {
		return nil, err
	}
	c := &Cache{source: source, reading: by, ring: ring, fields: fields, front: front, subjects: subjects}
	c.fresh.init()
	c.wildcards.fresh = &c.fresh
	c.lengths.init(&c.fresh, prefixLengthsKey, "prefix lengths", store.Rules.PrefixLengths)
	c.hashes.init(&c.fresh, hashKeysKey, "hash keys in use", store.Rules.HashKeysInUse)
	return c, nil
}

// fieldKey is a field value as the caller wrote it: a warm check parses nothing.
type fieldKey struct {
	kind store.Kind
	text string
}

// fieldRules is what is known of one value of a field: every rule that matches
// it, whatever its scope, most specific first. It is never changed. What a hit reads
// stands together.
type fieldRules struct {
	shortKey // once it is kept
	usage
	seen       atomic.Uint64 // as of subjectRules
	from       int64         // in microseconds: at an earlier time a rule would be in force that was left out
	candidates []match.Candidate
	stamp      uint64
	slots      []slot      // of the keys that were looked up
	found      match.Found // the candidates, in the place of the field
}

// subjectRules is what is known of a whole subject, so that one who comes again
// costs one look into a cache. What a hit reads stands together.
type subjectRules struct {
	usage
	seen   atomic.Uint64 // the time of the marks at which the fields were fresh
	count  int64         // fields that are not empty
	from   int64         // the latest of the fields
	any    bool          // there are rules
	found  match.Found
	fields fieldSet
}

// fieldSet are the fields of a subject, nil for those that are empty.
type fieldSet [len(match.Kinds)]*fieldRules

// fresh reports whether all fields are. As long as nothing changes at all, one
// look at the time tells.
func (r *subjectRules) fresh(f *freshness) bool {
	now := f.stamp()
	if r.seen.Load() == now {
		return true
	}
	for _, field := range r.fields {
		if field != nil && !field.fresh(f) {
			return false
		}
	}
	r.seen.Store(now)
	return true
}

// fresh reports whether the field is.
func (r *fieldRules) fresh(f *freshness) bool {
	now := f.stamp()
	if r.seen.Load() == now {
		return true
	}
	if !f.fresh(r.stamp, r.slots) {
		return false
	}
	r.seen.Store(now)
	return true
}

// Known returns what is kept for a subject, if all of it is and whatever the time
// is, and whether there are any rules; else nil. It is not to be changed.
func (c *Cache) Known(texts *match.Texts) (found *match.Found, use Use, any bool) {
	if kind, text := only(texts); kind != 0 {
		f := c.one(fieldKey{kind, text})
		if f == nil || f.from != 0 {
			return nil, Use{}, false
		}
		return &f.found, Use{Hits: 1}, len(f.candidates) > 0
	}
	r, ok := c.subjects.get(*texts)
	if !ok || r.from != 0 || !r.fresh(&c.fresh) {
		return nil, Use{}, false
	}
	return &r.found, Use{Hits: r.count}, r.any
}

// one returns what is kept of a field, if it is fresh, else nil.
func (c *Cache) one(k fieldKey) *fieldRules {
	if f := c.front.get(&k); f != nil && c.fields.recently(f) && f.fresh(&c.fresh) {
		return f
	}
	f, ok := c.fields.get(k)
	if !ok || !f.fresh(&c.fresh) {
		return nil
	}
	c.front.put(&k, f)
	return f
}

// only returns the field of a subject that has one, and the kind 0 of any other.
func only(texts *match.Texts) (kind store.Kind, text string) {
	for i, t := range texts {
		switch {
		case t == "":
		case kind != 0:
			return 0, ""
		default:
			kind, text = match.Kinds[i], t
		}
	}
	return kind, text
}

// Use says how many fields came from the cache, and how many had to be looked up.
type Use struct{ Hits, Misses int64 }

// Find finds the rules for each field. Without trust it takes nothing from the
// cache.
//
// What has expired by now is left out, since the expired bans of an address that
// is banned again and again are many. If the clock goes back to before the end of
// one of them, what was found without it is not used.
//
// The error is a [*value.ValueError] if a field does not parse, which is found
// out before the store is asked, and a [*match.MissingSecretError] if rules for a field
// may be hashed under a secret that there is not.
func (c *Cache) Find(ctx context.Context, texts *match.Texts, now time.Time, trusted bool, out *match.Found) (Use, error) {
	if kind, _ := only(texts); kind == 0 {
		if r, ok := c.subjects.get(*texts); ok && trusted && r.from <= now.UnixMicro() && r.fresh(&c.fresh) {
			*out = r.found
			return Use{Hits: r.count}, nil
		}
	}
	return c.findFields(ctx, texts, now, trusted, out)
}

// findFields is Find for a subject that is not known as a whole.
func (c *Cache) findFields(ctx context.Context, texts *match.Texts, now time.Time, trusted bool, out *match.Found) (use Use, err error) {
	var fields fieldSet
	var missing match.Texts
	for i, k := range match.Kinds {
		text := texts[i]
		if text == "" {
			continue
		}
		if f, ok := c.fields.get(fieldKey{k, text}); ok && trusted && f.from <= now.UnixMicro() && f.fresh(&c.fresh) {
			fields[i] = f
			use.Hits++
		} else {
			missing[i] = text
			use.Misses++
		}
	}
	if use.Misses > 0 {
		if err := c.lookUp(ctx, &missing, trusted, now, &fields); err != nil {
			return use, err
		}
	}
	fields.fill(out)
	c.remember(texts, &missing, &fields, out)
	return use, nil
}

// LookUp finds the rules for each field in the store, those that have expired
// among them, and keeps nothing. Its errors are those of Find.
func (c *Cache) LookUp(ctx context.Context, texts *match.Texts, out *match.Found) error {
	var fields fieldSet
	if err := c.lookUp(ctx, texts, false, time.Time{}, &fields); err != nil {
		return err
	}
	fields.fill(out)
	return nil
}

// fill hands over what was found.
func (s *fieldSet) fill(out *match.Found) {
	for i, f := range s {
		if out[i] = nil; f != nil {
			out[i] = f.candidates
		}
	}
}

// lookUp looks up the fields that have a text. Rules that have expired at the
// time given are left out; none are at the zero time.
func (c *Cache) lookUp(ctx context.Context, texts *match.Texts, trusted bool, at time.Time, out *fieldSet) error {
	stamp := c.fresh.stamp()
	var q question
	if err := q.ask(ctx, c, texts, &settings{trusted: trusted}); err != nil {
		return err
	}
	wild, missing := c.wildcards.get(&q.fields, trusted)
	rules, err := c.source.Lookup(ctx, uniqueKeys(q.list.keys, missing))
	if err != nil {
		return fmt.Errorf("look up rules: %w", err)
	}
	c.readWildcards(&wild, missing, rules, stamp)
	for i, k := range match.Kinds {
		if q.fields.Has(k) {
			out[i] = &fieldRules{stamp: stamp, slots: c.slotsOf(&q.fields, k, q.list.of(k))}
			out[i].candidates, out[i].from = matchField(&q.fields, k, rules, &wild, at)
			out[i].found[i] = out[i].candidates
		}
	}
	return nil
}

// readWildcards keeps the wildcard rules of the missing keys, which are among the rules.
func (c *Cache) readWildcards(wild *match.PatternSet, missing []store.Key, rules []store.Rule, stamp uint64) {
	for _, k := range missing {
		wild[k.Kind] = c.wildcards.put(k.Kind, match.NewPatterns(c.reading.Tables, k.Kind, rules), stamp)
	}
}

// question is one subject that is asked about. The zero value is ready, and may be used
// again.
type question struct {
	fields match.Fields
	list   keyList
}

// ask reads the texts, and collects the keys. What does not parse is refused before the
// store is asked, even where an outage lets people in.
func (q *question) ask(ctx context.Context, c *Cache, texts *match.Texts, by *settings) (err error) {
	q.fields.Reset()
	q.list.reset()
	if err = q.fields.Parse(texts[0], texts[1], texts[2], texts[3], c.reading); err != nil {
		return err
	}
	if q.fields.Has(store.KindIP) {
		if by.lengths == nil {
			if by.lengths, err = c.lengths.get(ctx, c.source, by.trusted); err != nil {
				return err
			}
		}
		q.list.lengths = by.lengths
	}
	if err := c.hash(ctx, &q.fields, by); err != nil {
		return err
	}
	q.fields.Keys(&q.list)
	return nil
}

// matchField collects the rules that match a field and have not expired by at, in the
// order of precedence, and returns the time from which on they do not change by that.
func matchField(fields *match.Fields, k store.Kind, rules []store.Rule, wild *match.PatternSet, at time.Time) (to []match.Candidate, from int64) {
	for i := range rules {
		if !rules[i].Key.Wildcard() {
			to = fields.Append(to, k, &rules[i])
		}
	}
	if kind := fields.Wildcards(k); kind != 0 {
		for _, w := range fields.Wild(k, wild[kind]) {
			to = append(to, w.Candidate())
		}
	}
	to = slices.DeleteFunc(to, func(m match.Candidate) bool {
		if m.Rule.InForce(at) {
			return false
		}
		from = max(from, m.Rule.ExpiresAt.UnixMicro())
		return true
	})
	match.Sort(to)
	return to, from
}

// slotsOf returns the slots of all that the rules for a field depend on.
func (c *Cache) slotsOf(fields *match.Fields, k store.Kind, keys []store.Key) []slot {
	slots := make([]slot, 0, len(keys)+2)
	for _, key := range keys {
		slots = append(slots, c.fresh.slot(key))
	}
	if kind := fields.Wildcards(k); kind != 0 {
		slots = append(slots, c.fresh.slot(store.WildcardKey(kind)), c.fresh.slot(hashKeysKey))
	}
	if k == store.KindIP {
		slots = append(slots, c.fresh.slot(prefixLengthsKey))
	}
	return slots
}

// keyList collects the keys of fields.
type keyList struct {
	keys    []store.Key
	ends    [store.KindName + 1]int // where the keys of each field end, by its kind
	lengths []store.PrefixLen       // those in use
}

// reset forgets the keys.
func (l *keyList) reset() {
	clear(l.keys)
	*l = keyList{keys: l.keys[:0]}
}

// of returns the keys of a field.
func (l *keyList) of(field store.Kind) []store.Key {
	return l.keys[slices.Max(l.ends[:field]):slices.Max(l.ends[:field+1])]
}

func (l *keyList) add(field uint8, kind store.Kind, text string) {
	l.keys = append(l.keys, store.Key{Kind: kind, Text: text})
	l.ends[field] = len(l.keys)
}

func (l *keyList) Key(field uint8, kind store.Kind, text string) { l.add(field, kind, text) }

func (l *keyList) Hashed(field uint8, kind store.Kind, id string, hash *[store.HashSize]byte) {
	l.add(field, kind, string(store.AppendHashText(make([]byte, 0, store.MaxHashText), id, hash[:])))
}

func (l *keyList) Domains(field uint8, host string) {
	for more := true; more; {
		l.add(field, store.KindDomain, host)
		_, host, more = strings.Cut(host, ".")
	}
}

func (l *keyList) Prefixes(field uint8, addr netip.Addr) {
	for _, n := range l.lengths {
		if n.IPv6 != addr.Is6() {
			continue
		}
		if p, err := addr.Prefix(int(n.Bits)); err == nil {
			l.add(field, store.KindIP, value.PrefixValue(p).Key().Text)
		}
	}
}

// uniqueKeys returns all keys, each once.
func uniqueKeys(keys, more []store.Key) []store.Key {
	all := make([]store.Key, 0, len(keys)+len(more))
	for _, k := range keys {
		if !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return append(all, more...)
}

// Outdate makes a change take effect. It is called after the change is visible
// in the store.
func (c *Cache) Outdate(change *store.Change) {
	if change.Bulk || len(change.Keys) > len(c.fresh.slots)/4 {
		c.OutdateAll() // of so many keys, most of the cache would go with them
		return
	}
	keys := change.Keys
	for _, k := range change.Keys {
		if l, ok := k.PrefixLen(); ok && !c.lengths.has(l) {
			keys = append(keys[:len(keys):len(keys)], prefixLengthsKey)
		}
		if h, ok := k.HashKey(); ok && !c.ring.Has(h.ID) {
			keys = append(keys[:len(keys):len(keys)], hashKeysKey)
		}
	}
	c.fresh.mark(keys...)
}

// OutdateAll says that anything may have changed.
func (c *Cache) OutdateAll() { c.fresh.markAll() }

// Len returns how many fields are kept.
func (c *Cache) Len() int { return c.fields.len() }
