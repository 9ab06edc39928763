package ban

import (
	"context"
	"iter"
	"slices"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/oldkeys"
	"example.com/ostraka/store"
)

// reach is what a rule, with the other rules there are, decides about: what it
// matches, if there its effect is that of the field. So it is where no rule of
// another effect goes before it, or where one does and a third rule, of its own
// effect, goes before that.
type reach struct {
	tables  *value.Tables
	rule    match.Wildcard
	others  []match.Wildcard               // that may change who decides; none is a shadow
	ring    *match.Ring                    // by which hashed rules are found; nil: they are not
	hashed  map[store.Key][]match.Wildcard // of the others those that are hashed
	actions []Action                       // of all of which its effect has to be that
}

// newReach returns the reach of a planned rule. rivals are rules of other effects,
// and allies yields those of its own; what cannot change anything is left out.
func newReach(tables *value.Tables, ring *match.Ring, planned *placed, actions []Action, rivals []*placed, allies iter.Seq2[*placed, error]) (*reach, error) {
	r := &reach{tables: tables, ring: ring, rule: match.Compile(tables, planned.rule), actions: actions, hashed: map[store.Key][]match.Wildcard{}}
	rivals = slices.DeleteFunc(slices.Clone(rivals), func(x *placed) bool {
		return !r.concerns(x, planned) || !x.mayBeat(planned)
	})
	if len(rivals) == 0 {
		return r, nil
	}
	for _, x := range rivals {
		r.beside(x.rule)
	}
	for x, err := range allies {
		if err != nil {
			return nil, err
		}
		if r.concerns(x, planned) && slices.ContainsFunc(rivals, func(y *placed) bool {
			return x.mayBeat(y) && x.Overlaps(&y.Extent.Extent)
		}) {
			r.beside(x.rule)
		}
	}
	return r, nil
}

// beside adds a rule that may change who decides. Those that are hashed are found by
// their keys: they may be very many of which nothing is known.
func (r *reach) beside(rule store.Rule) {
	w := match.Compile(r.tables, rule)
	if _, ok := rule.Key.HashKey(); ok {
		r.hashed[rule.Key] = append(r.hashed[rule.Key], w)
	} else {
		r.others = append(r.others, w)
	}
}

// concerns reports whether a rule may match what the planned one does, for one of
// the actions.
func (r *reach) concerns(x, planned *placed) bool {
	return !x.rule.Shadow && slices.ContainsFunc(r.actions, x.rule.Scope.Has) && x.Overlaps(&planned.Extent.Extent)
}

// exactly reports whether the rule decides about all that carries its key, and
// nothing else: then no test is needed.
func (r *reach) exactly() bool {
	rule := &r.rule.Rule
	switch {
	case len(r.others)+len(r.hashed) > 0 || rule.Key.Wildcard():
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
	if hashed, ok := s.Key.HashKey(); ok {
		if !r.ring.Has(hashed.ID) {
			return store.Selector{}, &MissingKeyError{[]string{hashed.ID}}
		}
		return store.Selector{Key: store.WildcardKey(s.Key.Kind), Test: r.decides}, nil
	}
	if s.Key.Kind == KindEmail || s.Key.Kind == KindName {
		old, err := oldkeys.May(ctx, keys, r.tables, s.Key.Kind)
		if err != nil {
			return store.Selector{}, err
		}
		if old {
			s.Key = store.WildcardKey(s.Key.Kind)
		}
	}
	if s.Key.Wildcard() || !r.exactly() {
		s.Test = r.decides
	}
	return s, nil
}

// decides reports whether the rule matches a value of a field, and its effect is
// that of the field, for all actions.
func (r *reach) decides(field Kind, text string) bool {
	var fields match.Fields
	var texts match.Texts
	texts[field-1] = text
	if err := fields.Parse(texts[0], texts[1], texts[2], texts[3], match.Reading{Tables: r.tables}); err != nil {
		return false // Check refuses it, whatever the rules are
	}
	fields.Hash(r.ring.All())
	rank, ok := fields.Rank(field, &r.rule)
	if !ok {
		return false
	}
	others := r.others
	for key := range fields.Hashes(field) {
		others = append(slices.Clip(others), r.hashed[key]...)
	}
	for _, action := range r.actions {
		first, effect := rank, r.rule.Rule.Effect
		for i := range others {
			x := &others[i]
			if !x.Rule.Scope.Has(action) {
				continue
			}
			other, ok := fields.Rank(field, x)
			if ok && (other > first || other == first && match.EffectOrder(x.Rule.Effect) < match.EffectOrder(effect)) {
				first, effect = other, x.Rule.Effect
			}
		}
		if effect != r.rule.Rule.Effect {
			return false
		}
	}
	return true
}

// refusedAliases selects the aliases that a ban matches and that the rules, with
// it, refuse for what it matches. Where exceptions overlap with it, it reads all
// rules of its kind, to find those that go before the exceptions.
func refusedAliases(ctx context.Context, rules PlanStore, tables *value.Tables, ring *match.Ring, b *Ban, now time.Time) (store.Selector, error) {
	rule := b.Rule()
	planned := &placed{rule, match.ExtentOf(tables, &rule)}
	old, err := oldkeys.May(ctx, rules, tables, b.Kind)
	if err != nil {
		return store.Selector{}, err
	}
	others := func(scan func(context.Context, Kind) iter.Seq2[store.Rule, error]) iter.Seq2[*placed, error] {
		return func(yield func(*placed, error) bool) {
			for _, k := range overlappingKinds(b.Kind) {
				for x, err := range scan(ctx, k) {
					if err == nil && (x.ID == b.ID || !x.InForce(now)) {
						continue
					}
					if old {
						x.Key = oldkeys.Key(tables, &x)
					}
					if !yield(&placed{x, match.ExtentOf(tables, &x)}, err) {
						return
					}
				}
			}
		}
	}
	var rivals []*placed
	for x, err := range others(rules.Exceptions) {
		if err != nil {
			return store.Selector{}, err
		}
		rivals = append(rivals, x)
	}
	sameEffect := func(yield func(*placed, error) bool) {
		for x, err := range others(rules.Scan) {
			if (err != nil || x.rule.Effect == b.Effect) && !yield(x, err) {
				return
			}
		}
	}
	r, err := newReach(tables, ring, planned, []Action{Alias}, rivals, sameEffect)
	if err != nil {
		return store.Selector{}, err
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
