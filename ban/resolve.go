package ban

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"example.com/ostraka/store"
)

// fieldKinds are the fields of a Subject, in the order in which equal verdicts
// are reported.
var fieldKinds = [...]Kind{KindEmail, KindDomain, KindIP, KindName}

// candidate is a rule that matches a field.
type candidate struct {
	rule store.Rule
	via  Via
	rank int
}

// compareCandidates puts the more specific rule first, at equal specificity
// Allow before Deny before Review, then bans before what came from elsewhere,
// then the lower ID: of two bans the older.
func compareCandidates(a, b candidate) int {
	return cmp.Or(
		cmp.Compare(b.rank, a.rank),
		cmp.Compare(effectOrder(a.rule.Effect), effectOrder(b.rule.Effect)),
		cmp.Compare(originOrder(a.rule.Origin), originOrder(b.rule.Origin)),
		bytes.Compare(a.rule.ID[:], b.rule.ID[:]),
	)
}

func effectOrder(e Effect) int {
	switch e {
	case Allow:
		return 0
	case Deny:
		return 1
	}
	return 2
}

func originOrder(o Origin) int {
	if o == store.OriginBan {
		return 0
	}
	return 1
}

// fieldRules is what is known of one value of a field: every rule that matches
// it, whatever its scope and expiry, most specific first. It is what the cache
// holds, and is never changed.
type fieldRules struct {
	usage
	candidates []candidate
	stamp      uint64
	slots      []slot // of the keys that were looked up
}

// resolved are the rules that match each field of a Subject, nil for a field
// that is empty.
type resolved [len(fieldKinds)]*fieldRules

// cacheKey is a field value as the caller wrote it: a warm check parses
// nothing.
type cacheKey struct {
	kind Kind
	text string
}

// maxCachedText bounds the text kept as a cache key. Longer ones are all white
// space around a value.
const maxCachedText = 512

// subjectKey are the fields of a Subject as the caller wrote them.
type subjectKey [len(fieldKinds)]string

// subjectRules is what is known of a whole Subject, so that one who comes again
// costs one look into a cache. What a hit reads stands together.
type subjectRules struct {
	usage
	seen    atomic.Uint64 // the time of the marks at which the fields were fresh
	count   int64         // fields that are not empty
	matched resolved      // the fields, with nothing for those that no rule matches
	fields  resolved
}

// nothing stands for a field that no rule matches.
var nothing = new(fieldRules)

// fresh reports whether all fields are. As long as nothing changes at all, one
// look at the time tells.
func (r *subjectRules) fresh(f *freshness) bool {
	now := f.stamp()
	if r.seen.Load() == now {
		return true
	}
	for _, field := range r.fields {
		if field != nil && !f.fresh(field.stamp, field.slots) {
			return false
		}
	}
	r.seen.Store(now)
	return true
}

// resolve finds the rules for each field: from the caches where they are fresh,
// and in one look-up for all others, which are cached then. cached reports
// whether any came from a cache.
//
// What has expired by now is left out: it would only come back by a change, and
// the expired bans of an address that is banned again and again are many.
func (c *Checker) resolve(ctx context.Context, s *Subject, now time.Time, out *resolved) (cached bool, err error) {
	trusted := c.feed.trusted(c.wallClock(now))
	whole := subjectKey{s.Email, s.Domain, s.IP, s.Name}
	if r, ok := c.subjects.get(whole); ok && trusted && r.fresh(&c.fresh) {
		*out = r.matched
		c.stripe(now).cacheHits.Add(r.count)
		return true, nil
	}
	return c.resolveFields(ctx, s, &whole, now, trusted, out)
}

// resolveFields is resolve for a Subject that is not known as a whole.
func (c *Checker) resolveFields(ctx context.Context, s *Subject, whole *subjectKey, now time.Time, trusted bool, out *resolved) (cached bool, err error) {
	var missing []Kind
	for i, k := range fieldKinds {
		text := s.field(k)
		if text == "" {
			continue
		}
		if f, ok := c.cache.get(cacheKey{k, text}); ok && trusted && c.fresh.fresh(f.stamp, f.slots) {
			out[i], cached = f, true
			c.stripe(now).cacheHits.Add(1)
		} else {
			missing = append(missing, k)
			c.stats.cacheMisses.Add(1)
		}
	}
	if len(missing) > 0 {
		if err := c.lookUp(ctx, s, trusted, now, out); err != nil {
			return cached, err
		}
	}
	c.remember(whole, missing, out)
	return cached, nil
}

// lookUp fills in the fields of out that are missing, in one look-up. Rules
// that have expired at the time given are left out; none are at the zero time.
func (c *Checker) lookUp(ctx context.Context, s *Subject, trusted bool, at time.Time, out *resolved) error {
	stamp := c.fresh.stamp()
	var fields [len(fieldKinds)]asked // nil for those that are empty or there already
	for i, k := range fieldKinds {
		text := s.field(k)
		if text == "" || out[i] != nil {
			continue
		}
		var err error
		if fields[i], err = parseField(k, text, c.opts.Leet); err != nil {
			return err
		}
	}
	// Only now is the store asked: what does not parse is refused even where an
	// outage lets people in.
	if ip, ok := fields[KindIP-1].(askedIP); ok {
		var err error
		if ip.lengths, err = c.lengths.get(ctx, c.source, trusted); err != nil {
			return err
		}
		fields[KindIP-1] = ip
	}

	var keys []store.Key
	var ends [len(fieldKinds)]int
	for i, f := range fields {
		if f != nil {
			keys = f.keys(keys)
		}
		ends[i] = len(keys)
	}
	wild, missing := c.wildcards.get(fields[:], trusted)
	rules, err := c.source.Lookup(ctx, uniqueKeys(keys, missing))
	if err != nil {
		return fmt.Errorf("look up rules: %w", err)
	}
	for _, k := range missing {
		wild[k.Kind] = c.wildcards.put(k.Kind, rules, stamp)
	}

	start := 0
	for i, f := range fields {
		if f == nil {
			continue
		}
		own := keys[start:ends[i]]
		start = ends[i]
		out[i] = c.matchField(f, own, rules, wild, at)
		out[i].stamp = stamp
	}
	return nil
}

// matchField collects the rules that match a field and have not expired by at.
func (c *Checker) matchField(f asked, keys []store.Key, rules []store.Rule, wild wildcardSet, at time.Time) *fieldRules {
	out := &fieldRules{slots: make([]slot, 0, len(keys)+1)}
	for _, k := range keys {
		out.slots = append(out.slots, c.fresh.slot(k))
	}
	for i := range rules {
		if rules[i].Key.Wildcard() || !rules[i].InForce(at) {
			continue
		}
		if via, rank, ok := f.match(&rules[i]); ok {
			out.candidates = append(out.candidates, candidate{rules[i], via, rank})
		}
	}
	if kind := f.wildcards(); kind != 0 {
		out.slots = append(out.slots, c.fresh.slot(store.WildcardKey(kind)))
		out.addWildcards(f, wild[kind], at)
	}
	if _, ok := f.(askedIP); ok {
		out.slots = append(out.slots, c.fresh.slot(prefixLengthsKey))
	}
	out.sort()
	return out
}

// addWildcards adds the wildcard rules that match a field and have not expired
// by at.
func (f *fieldRules) addWildcards(of asked, wild []wildcard, at time.Time) {
	for i := range wild {
		w := &wild[i]
		if !w.rule.InForce(at) {
			continue
		}
		if rank, ok := of.matchWildcard(w); ok {
			f.candidates = append(f.candidates, candidate{w.rule, ViaWildcard, rank})
		}
	}
}

// sort puts the candidates in the order of precedence.
func (f *fieldRules) sort() {
	if len(f.candidates) > 1 {
		slices.SortFunc(f.candidates, compareCandidates)
	}
}

// remember caches what was found, of the fields that were missing and of the
// whole Subject, unless that is one field alone.
func (c *Checker) remember(whole *subjectKey, missing []Kind, found *resolved) {
	r := &subjectRules{fields: *found}
	for i, f := range found {
		if f == nil {
			continue
		}
		r.count++
		if r.matched[i] = f; len(f.candidates) == 0 {
			r.matched[i] = nothing
		}
	}
	kept, all := whole.keep()
	for _, k := range missing {
		if text := kept[k-1]; text != "" {
			c.cache.add(cacheKey{k, text}, found[k-1])
		}
	}
	if all && r.count > 1 {
		c.subjects.add(kept, r)
	}
}

// keep returns a copy of the texts: they may be pieces of a request that should
// not live as long. It is one text, so that to compare them all is to read one
// place in memory. all reports whether none is left out for its length.
func (k *subjectKey) keep() (kept subjectKey, all bool) {
	var b strings.Builder
	all = true
	size := 0
	for _, text := range k {
		size += len(text)
	}
	b.Grow(min(size, len(k)*maxCachedText))
	for i, text := range k {
		if len(text) > maxCachedText {
			all = false
			continue
		}
		start := b.Len()
		b.WriteString(text)
		kept[i] = b.String()[start:]
	}
	return kept, all
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
