package ban

import (
	"context"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// reach is what a rule decides about: what it matches, less what rivals of
// another effect decide.
type reach struct {
	rule   wildcard
	rivals []wildcard
}

// exactly reports whether the rule decides about all that carries its key, and
// nothing else: then no test is needed.
func (r *reach) exactly() bool {
	rule := &r.rule.rule
	switch {
	case len(r.rivals) > 0 || rule.Key.Wildcard():
		return false
	case rule.Key.Kind == KindDomain:
		return rule.Value == rule.Key.Text // no mark
	case rule.Key.Kind == KindName:
		return rule.Effect != Allow
	}
	return true
}

// selector returns the selector of all that the rule decides about.
func (r *reach) selector() store.Selector {
	s := store.Selector{Key: r.rule.rule.Key}
	if !r.exactly() {
		s.Test = r.decides
	}
	return s
}

// decides reports whether, of the rule and its rivals, the rule decides about a
// value of a field.
func (r *reach) decides(field Kind, text string) bool {
	f, err := parseField(field, text, false)
	if err != nil {
		return false // Check refuses it, whatever the rules are
	}
	rank, ok := rankOf(f, &r.rule)
	return ok && !slices.ContainsFunc(r.rivals, func(x wildcard) bool {
		other, ok := rankOf(f, &x)
		return ok && (other > rank || other == rank && effectOrder(x.rule.Effect) < effectOrder(r.rule.rule.Effect))
	})
}

// rankOf returns how specific a rule is for a field, and whether it matches.
func rankOf(f asked, w *wildcard) (int, bool) {
	if w.rule.Key.Wildcard() {
		if f.wildcards() != w.rule.Key.Kind {
			return 0, false
		}
		return f.matchWildcard(w)
	}
	_, rank, ok := f.match(&w.rule)
	return rank, ok
}

// compile makes any rule ready to match.
func compile(r store.Rule) wildcard {
	if r.Key.Wildcard() {
		return compileWildcard(r)
	}
	return wildcard{rule: r}
}

// refusedAliases selects the aliases whose creation a ban refuses: those that it
// matches, unless a more specific rule lets them in or holds them for review.
func refusedAliases(ctx context.Context, rules store.Cascades, b *Ban, now time.Time) (store.Selector, error) {
	rule := b.Rule()
	planned := extentOf(&rule)
	r := reach{rule: compile(rule)}
	for _, k := range overlappingKinds(b.Kind) {
		for x, err := range rules.Exceptions(ctx, k) {
			if err != nil {
				return store.Selector{}, err
			}
			if x.ID == b.ID || x.Shadow || !x.InForce(now) || !x.Scope.Has(Alias) {
				continue
			}
			if e := extentOf(&x); e.overlaps(&planned) {
				r.rivals = append(r.rivals, compile(x))
			}
		}
	}
	return r.selector(), nil
}

// checkDisabling checks that a ban keeps aliases from being made, so that
// turning off those there are makes sense.
func checkDisabling(b *Ban) error {
	const field = "disable_matching_aliases"
	switch {
	case b.Kind == KindIP:
		return fault{CodeNotForIP, "an alias has no IP address"}.in(field, "true")
	case b.Effect != Deny || b.Shadow || !b.Scope.Has(Alias):
		return fault{CodeNoEffect, "only a ban that refuses aliases, and is no shadow, can turn them off"}.in(field, "true")
	}
	return nil
}
