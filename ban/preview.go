package ban

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// PreviewSample is the most rules that a [Preview] lists of each sort.
const PreviewSample = 20

// Preview says what making a ban would do.
type Preview struct {
	Kind  Kind   // of the ban
	Value string // canonical

	// Guard is why Create would refuse without Force; nil if it would not.
	Guard *GuardError
	// Existing is the active ban of the same kind and value; nil if there is
	// none. Create would refuse, Put would update it.
	Existing *Ban
	// Redundant: a wider rule does the same already, so that the ban would
	// change nothing.
	Redundant bool

	// Wider are rules in force that match all that the ban would, the most
	// specific first.
	Wider Overlaps
	// Narrower are rules in force that match only a part of what the ban would.
	Narrower Overlaps
}

// Overlaps are rules that have something in common with a ban.
type Overlaps struct {
	Count     int // how many there are
	Redundant int // how many of them would change nothing any more beside the ban
	// Sample holds at most [PreviewSample] of them.
	Sample []Overlap
}

// Overlap is a rule that has something in common with a ban.
type Overlap struct {
	Rule store.Rule
	// Redundant: beside the ban, the rule would change nothing any more. Only
	// for narrower rules: a wider one matches more than the ban.
	Redundant bool
}

// Preview says what Create with these options would do, and changes nothing.
// Options that do not fit give the [*ValueError] that Create would give; a
// guard is part of the answer. No actor is needed. For a value that covers
// others, it reads all rules of the kinds concerned.
func (a *Admin) Preview(ctx context.Context, o CreateOptions) (Preview, error) {
	now := a.clock()
	forced := o
	forced.Force = true
	b, err := a.newBan(forced, store.Change{At: now})
	if err != nil {
		return Preview{}, err
	}
	planned := b.Rule()
	v := ruleValue(&planned)
	p := Preview{Kind: b.Kind, Value: b.Value, Guard: a.guard(v, o.Effect)}
	if p.Existing, err = a.existing(ctx, &b, now); err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	wider, narrower, err := a.overlaps(ctx, v, now)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	p.Redundant = len(wider) > 0 && sameDoing(&wider[0], &planned)
	p.Wider = Overlaps{Count: len(wider)}
	for _, r := range wider[:min(len(wider), PreviewSample)] {
		p.Wider.Sample = append(p.Wider.Sample, Overlap{Rule: r})
	}
	p.Narrower = judgeNarrower(&planned, narrower)
	return p, nil
}

// existing returns the active ban of the same kind and value, if there is one.
func (a *Admin) existing(ctx context.Context, b *Ban, now time.Time) (*Ban, error) {
	rules, err := a.store.Lookup(ctx, []store.Key{b.Key()})
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		if r.Origin != store.OriginBan || r.Value != b.Value || !r.InForce(now) {
			continue
		}
		found, err := a.store.Ban(ctx, r.ID)
		if errors.Is(err, ErrNotFound) {
			continue // deleted meanwhile
		}
		return &found, err
	}
	return nil, nil
}

// overlaps returns the rules in force that are wider and narrower than a value,
// other than those of the value itself; wider ones with the most specific first.
func (a *Admin) overlaps(ctx context.Context, v Value, now time.Time) (wider, narrower []store.Rule, err error) {
	for _, k := range overlappingKinds(v) {
		for r, err := range a.store.Scan(ctx, k) {
			if err != nil {
				return nil, nil, err
			}
			rv := ruleValue(&r)
			if rv == v || !r.InForce(now) {
				continue
			}
			switch {
			case covers(rv, v):
				wider = append(wider, r)
			case covers(v, rv):
				narrower = append(narrower, r)
			}
		}
	}
	slices.SortStableFunc(wider, func(x, y store.Rule) int {
		return cmp.Or(
			cmp.Compare(specificity(ruleValue(&y)), specificity(ruleValue(&x))),
			cmp.Compare(effectOrder(x.Effect), effectOrder(y.Effect)),
		)
	})
	return wider, narrower, nil
}

// overlappingKinds returns the kinds of rules that can be wider or narrower.
func overlappingKinds(v Value) []Kind {
	if v.Kind() == KindEmail || v.Kind() == KindDomain {
		return []Kind{KindEmail, KindDomain}
	}
	return []Kind{v.Kind()}
}

// judgeNarrower says which of the narrower rules the planned one makes
// redundant: those that do the same, where no third rule between the two does
// something else.
func judgeNarrower(planned *store.Rule, narrower []store.Rule) Overlaps {
	var others []Value
	for i := range narrower {
		if !sameDoing(planned, &narrower[i]) {
			others = append(others, ruleValue(&narrower[i]))
		}
	}
	out := Overlaps{Count: len(narrower)}
	for _, r := range narrower {
		v := ruleValue(&r)
		redundant := sameDoing(planned, &r) && !slices.ContainsFunc(others, func(o Value) bool { return covers(o, v) })
		if redundant {
			out.Redundant++
		}
		if len(out.Sample) < PreviewSample {
			out.Sample = append(out.Sample, Overlap{r, redundant})
		}
	}
	return out
}

// sameDoing reports whether rule a, where it matches, does all that b does for
// as long.
func sameDoing(a, b *store.Rule) bool {
	lasts := a.ExpiresAt.IsZero() || !b.ExpiresAt.IsZero() && !a.ExpiresAt.Before(b.ExpiresAt)
	wide := a.Scope == 0 || b.Scope != 0 && a.Scope&b.Scope == b.Scope
	return a.Effect == b.Effect && a.Shadow == b.Shadow && lasts && wide
}
