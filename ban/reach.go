package ban

import (
	"context"
	"slices"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// reach is what a rule decides about: what it matches, less what rivals of
// another effect decide.
type reach struct {
	tables *value.Tables
	rule   match.Wildcard
	rivals []match.Wildcard
}

// exactly reports whether the rule decides about all that carries its key, and
// nothing else: then no test is needed.
func (r *reach) exactly() bool {
	rule := &r.rule.Rule
	switch {
	case len(r.rivals) > 0 || rule.Key.Wildcard():
		return false
	case rule.Key.Kind == KindDomain:
		return rule.Value == rule.Key.Text // no mark
	case rule.Key.Kind == KindName:
		_, only := value.SplitName(rule.Value)
		return rule.Effect != Allow && !only
	}
	return true
}

// selector returns the selector of all that the rule decides about. As long as
// the keys in the store are made by other tables, no key finds them all.
func (r *reach) selector(ctx context.Context, keys store.Keys) (store.Selector, error) {
	s := store.Selector{Key: r.rule.Rule.Key}
	if s.Key.Kind == KindEmail || s.Key.Kind == KindName {
		have, err := keys.KeyTables(ctx)
		switch {
		case err != nil:
			return store.Selector{}, err
		case have != r.tables.Version().String():
			s.Key = store.WildcardKey(s.Key.Kind)
		}
	}
	if s.Key.Wildcard() || !r.exactly() {
		s.Test = r.decides
	}
	return s, nil
}

// decides reports whether, of the rule and its rivals, the rule decides about a
// value of a field.
func (r *reach) decides(field Kind, text string) bool {
	var fields match.Fields
	var texts match.Texts
	texts[field-1] = text
	if err := fields.Parse(texts[0], texts[1], texts[2], texts[3], match.Reading{Tables: r.tables}); err != nil {
		return false // Check refuses it, whatever the rules are
	}
	rank, ok := fields.Rank(field, &r.rule)
	return ok && !slices.ContainsFunc(r.rivals, func(x match.Wildcard) bool {
		other, ok := fields.Rank(field, &x)
		return ok && (other > rank || other == rank && match.EffectOrder(x.Rule.Effect) < match.EffectOrder(r.rule.Rule.Effect))
	})
}

// refusedAliases selects the aliases whose creation a ban refuses: those that it
// matches, unless a more specific rule lets them in or holds them for review.
func refusedAliases(ctx context.Context, rules PlanStore, tables *value.Tables, b *Ban, now time.Time) (store.Selector, error) {
	rule := b.Rule()
	planned := match.ExtentOf(tables, &rule)
	r := reach{tables: tables, rule: match.Compile(tables, rule)}
	for _, k := range overlappingKinds(b.Kind) {
		for x, err := range rules.Exceptions(ctx, k) {
			if err != nil {
				return store.Selector{}, err
			}
			if x.ID == b.ID || x.Shadow || !x.InForce(now) || !x.Scope.Has(Alias) {
				continue
			}
			if e := match.ExtentOf(tables, &x); e.Overlaps(&planned.Extent) {
				r.rivals = append(r.rivals, match.Compile(tables, x))
			}
		}
	}
	return r.selector(ctx, rules)
}

// checkDisabling checks that a ban keeps aliases from being made, so that
// turning off those there are makes sense.
func checkDisabling(b *Ban) error {
	const field = "disable_matching_aliases"
	switch {
	case b.Kind == KindIP:
		return NewValueError(field, "true", CodeNotForIP, "an alias has no IP address")
	case b.Effect != Deny || b.Shadow || !b.Scope.Has(Alias):
		return NewValueError(field, "true", CodeNoEffect, "only a ban that refuses aliases, and is no shadow, can turn them off")
	}
	return nil
}
