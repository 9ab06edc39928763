package rulecache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// MaxMany is how many subjects one look-up takes at most, and how many keys it asks for,
// unless one subject alone has more: a few hundred, as [store.Rules] has it.
const MaxMany = 256

// settings are those of one look-up, of one subject or of many.
type settings struct {
	trusted bool              // what is kept may be used
	lengths []store.PrefixLen // in use, once they are known
	known   bool              // there is:
	hashing *match.Hashing    // what is in use of the ring
}

// Many finds the rules for many subjects, those of as many keys as a look-up takes at
// once, as [Cache.Find] does that trusts nothing it has kept of fields. Nor does it keep
// them: who goes through a million subjects leaves those in the cache who come every day.
// It is not safe for concurrent use; what it works in is used again.
type Many struct {
	cache     *Cache
	questions []*question
	answers   []Answer
	keys      []store.Key       // of all questions, each once
	places    map[store.Key]int // where the rules of a key begin, -1 if there are none
	own       []store.Rule      // room for the rules of one subject
}

// Answer are the rules for one of many subjects.
type Answer struct {
	Found match.Found
	Err   error // a [*value.ValueError] or a [*match.MissingSecretError], as of Find
}

// Many returns a Many of the cache.
func (c *Cache) Many() *Many { return &Many{cache: c, places: make(map[store.Key]int)} }

// Find finds the rules for the first of the subjects, in their order: one at least, and
// as many as go into one look-up. Rules that have expired at the time given are left out;
// none are at the zero time. The answers are good until it is called again. The error
// says that the store could not be asked.
func (m *Many) Find(ctx context.Context, subjects []match.Texts, at time.Time, trusted bool) ([]Answer, error) {
	c, stamp := m.cache, m.cache.fresh.stamp()
	if err := m.ask(ctx, subjects, &settings{trusted: trusted}); err != nil {
		return nil, err
	}
	wild, missing := m.wildcards(trusted)
	rules, err := c.source.Lookup(ctx, append(slices.Clip(m.keys), missing...))
	if err != nil {
		return nil, fmt.Errorf("look up rules: %w", err)
	}
	c.readWildcards(&wild, missing, rules, stamp)
	m.place(rules)
	for i := range m.answers {
		if a := &m.answers[i]; a.Err == nil {
			m.match(m.questions[i], rules, &wild, at, &a.Found)
		}
	}
	return m.answers, nil
}

// ask reads subjects until there are keys for one look-up.
func (m *Many) ask(ctx context.Context, subjects []match.Texts, by *settings) error {
	m.answers, m.keys = m.answers[:0], m.keys[:0]
	clear(m.places)
	for i := range subjects[:min(len(subjects), MaxMany)] {
		if i == len(m.questions) {
			m.questions = append(m.questions, new(question))
		}
		q := m.questions[i]
		err := q.ask(ctx, m.cache, &subjects[i], by)
		if err != nil && !aboutSubject(err) {
			return err
		}
		before := len(m.keys)
		for _, k := range q.list.keys {
			if _, there := m.places[k]; !there {
				m.places[k] = -1
				m.keys = append(m.keys, k)
			}
		}
		if i > 0 && len(m.keys) > MaxMany {
			m.keys = m.keys[:before] // it is asked for next time
			return nil
		}
		m.answers = append(m.answers, Answer{Err: err})
	}
	return nil
}

// aboutSubject reports whether an error is about the subject, and not about the store.
func aboutSubject(err error) bool {
	_, invalid := errors.AsType[*value.ValueError](err)
	_, missing := errors.AsType[*match.MissingSecretError](err)
	return invalid || missing
}

// wildcards returns the wildcard rules that the questions want, and the keys of those that
// have to be read first.
func (m *Many) wildcards(trusted bool) (all match.PatternSet, missing []store.Key) {
	for i := range m.answers {
		set, lacks := m.cache.wildcards.get(&m.questions[i].fields, trusted)
		for kind, patterns := range set {
			if patterns != nil {
				all[kind] = patterns
			}
		}
		for _, k := range lacks {
			if !slices.Contains(missing, k) {
				missing = append(missing, k)
			}
		}
	}
	return all, missing
}

// place sorts the rules by key, and notes where those of each key begin.
func (m *Many) place(rules []store.Rule) {
	slices.SortFunc(rules, func(a, b store.Rule) int {
		if a.Key.Kind != b.Key.Kind {
			return int(a.Key.Kind) - int(b.Key.Kind)
		}
		return strings.Compare(a.Key.Text, b.Key.Text)
	})
	for i := len(rules) - 1; i >= 0; i-- {
		m.places[rules[i].Key] = i
	}
}

// match finds the rules for one subject among those of all.
func (m *Many) match(q *question, rules []store.Rule, wild *match.PatternSet, at time.Time, out *match.Found) {
	for i, k := range match.Kinds {
		if !q.fields.Has(k) {
			continue
		}
		m.own = m.own[:0]
		for _, key := range q.list.of(k) {
			for j := m.places[key]; j >= 0 && j < len(rules) && rules[j].Key == key; j++ {
				m.own = append(m.own, rules[j])
			}
		}
		out[i], _ = matchField(&q.fields, k, m.own, wild, at)
	}
}
