package ban

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

const (
	// PreviewSample is the most rules that a [Preview] lists of each sort.
	PreviewSample = 20
	// PreviewNarrower is the most bans among which a [Preview] that is Partial
	// looks for narrower ones.
	PreviewNarrower = 1000
)

// Preview says what making a ban would do.
type Preview struct {
	Kind  Kind   // of the ban
	Value string // canonical

	// ExpiresAt is when the ban would end, be it by a ladder; zero: never.
	ExpiresAt time.Time

	// Guard is why Create would refuse without Force; nil if it would not.
	Guard *GuardError
	// Existing is the active ban of the same kind and value; nil if there is
	// none. Create would refuse, Put would update it.
	Existing *Ban
	// Redundant: a wider rule does the same already, so that the ban would
	// change no verdict.
	Redundant bool

	// Partial: there are more rules than Preview reads one by one, see
	// [AdminOptions.PreviewRules], so that it looked for those concerned. What is
	// wider is complete. Of what is narrower there may be more: entries of lists
	// and blocks are not looked for, and of bans only the first
	// [PreviewNarrower], those that have the text of the ban in theirs. Affected
	// leaves out what such rules decide about in place of the ban; where it does
	// not deny, it may take in what a narrower rule decides otherwise.
	Partial bool

	// Wider are rules in force that match the value of the ban as it is
	// written, the most specific first.
	Wider Overlaps
	// Narrower are rules in force, other than those, whose value as it is
	// written the ban would match, by kind and value.
	Narrower Overlaps

	// Affected are the accounts, their addresses and the active aliases that the
	// ban would decide about, alone or with other rules of its effect: that it
	// matches, and that all rules there are, with it, treat by its effect for
	// what it matches. Samples hold at most [PreviewSample]. Nothing for an IP
	// address: accounts have none.
	Affected store.Affected
}

// Overlaps are rules that have something in common with a ban.
type Overlaps struct {
	Count     int // how many there are
	Redundant int // how many of them would change no verdict any more beside the ban
	// Sample holds at most [PreviewSample] of them.
	Sample []Overlap
}

// Overlap is a rule that has something in common with a ban.
type Overlap struct {
	Rule store.Rule
	// Redundant: beside the ban, the rule would change no verdict any more. Said
	// of narrower rules only.
	Redundant bool
}

// Preview says what Create with these options would do, and changes nothing.
// Options that do not fit give the [*ValueError] that Create would give; a
// guard is part of the answer. No actor is needed. It reads all rules of the
// kinds concerned, unless they are too many ([Preview.Partial]), and of the
// accounts and aliases those that the ban is about.
//
// What is called redundant is so as long as the other rules stay as they are;
// in doubt nothing is. Look-alikes are judged without [CheckerOptions.Leet].
func (a *Admin) Preview(ctx context.Context, o CreateOptions) (Preview, error) {
	now := a.clock()
	forced, err := a.climb(ctx, o, now)
	if err != nil {
		return Preview{}, err
	}
	b, v, err := draft(a.tables, &a.hasher, forced, store.Change{At: now})
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Kind: b.Kind, Value: b.Value, ExpiresAt: b.ExpiresAt}
	if p.Guard, err = a.dangers(ctx, &b, v); err == nil {
		p.Existing, err = a.existing(ctx, &b, now)
	}
	if err != nil {
		return Preview{}, fmt.Errorf("preview %s ban of %q: %w", b.Kind, b.Value, err)
	}
	plain := a.hasher.plainly(b, v)
	found, err := a.neighbours(ctx, &plain, now)
	if err != nil {
		return Preview{}, fmt.Errorf("preview %s ban of %q: %w", b.Kind, b.Value, err)
	}
	p.Partial = found.partial
	p.Wider, p.Redundant = found.judgeWider()
	p.Narrower = found.judgeNarrower()
	var selector store.Selector
	decides, err := found.reach(a.tables, a.hasher.ring)
	if err == nil {
		selector, err = decides.selector(ctx, a.store)
	}
	if err == nil {
		p.Affected, err = a.store.Affected(ctx, selector, PreviewSample)
	}
	if err != nil {
		return Preview{}, fmt.Errorf("preview %s ban of %q: %w", b.Kind, b.Value, err)
	}
	return p, nil
}

// existing returns the active ban of the same kind and value, if there is one, be the
// value kept or hashed.
func (a *Admin) existing(ctx context.Context, b *Ban, now time.Time) (*Ban, error) {
	if found, err := a.inForm(ctx, b.Rivals, now); err != nil || found != nil {
		return found, err
	}
	old, err := a.oldKeys(ctx, b.Kind)
	if err != nil {
		return nil, err
	}
	if old {
		return a.sameValue(ctx, b, now)
	}
	return a.inForm(ctx, &store.Rivals{Keys: []store.Key{b.Key()}, Test: func(o *Ban) bool { return o.Value == b.Value }}, now)
}

// sameValue is existing where the key of the ban may be an old one.
func (a *Admin) sameValue(ctx context.Context, b *Ban, now time.Time) (*Ban, error) {
	active := true
	f, p := store.BanFilter{Kind: b.Kind, Contains: b.Value, Active: &active, At: now}, store.Page{OldestFirst: true}
	for {
		bans, err := a.store.ListBans(ctx, f, p)
		if err != nil || len(bans) == 0 {
			return nil, err
		}
		for i := range bans {
			if bans[i].Value == b.Value {
				return &bans[i], nil
			}
		}
		p.After = bans[len(bans)-1].Seq
	}
}

// placed is a rule with what it matches.
type placed struct {
	rule store.Rule
	match.Extent
}

// neighbours are the rules in force, other than bans of the same value, that
// have something to do with a planned rule.
type neighbours struct {
	planned         *placed
	wider, narrower []*placed
	rivals          []*placed // rules of another effect that may match what the planned one does
	allies          []*placed // rules of its own effect that may
	partial         bool      // there are more than were read
	doubt           bool      // rivals among them, perhaps
}

func compareValues(x, y *placed) int {
	return cmp.Or(cmp.Compare(x.rule.Key.Kind, y.rule.Key.Kind), cmp.Compare(x.rule.Value, y.rule.Value), cmp.Compare(x.rule.Origin, y.rule.Origin))
}

// overlappingKinds returns the kinds of rules that can be wider or narrower.
func overlappingKinds(k Kind) []Kind {
	if k == KindEmail || k == KindDomain {
		return []Kind{KindEmail, KindDomain}
	}
	return []Kind{k}
}

// add sorts a rule in.
func (n *neighbours) add(r *placed) {
	written, plannedWritten := r.AsWritten(), n.planned.AsWritten()
	switch {
	case r.Covers(&plannedWritten):
		n.wider = append(n.wider, r)
	case n.planned.Covers(&written):
		n.narrower = append(n.narrower, r)
	}
	switch {
	case r.rule.Shadow || !r.Overlaps(&n.planned.Extent.Extent):
	case r.rule.Effect != n.planned.rule.Effect:
		n.rivals = append(n.rivals, r)
	default:
		n.allies = append(n.allies, r)
	}
}

// reach returns what the planned rule would decide about.
func (n *neighbours) reach(tables *value.Tables, ring *match.Ring) (*reach, error) {
	var actions []Action
	for _, a := range store.Actions() {
		if n.planned.rule.Scope.Has(a) {
			actions = append(actions, a)
		}
	}
	return newReach(tables, ring, n.planned, actions, n.rivals, func(yield func(*placed, error) bool) {
		for _, x := range n.allies {
			if !yield(x, nil) {
				return
			}
		}
	})
}

// judgeWider says whether one of the wider rules makes the planned one
// redundant.
func (n *neighbours) judgeWider() (out Overlaps, redundant bool) {
	out.Count = len(n.wider)
	for i, w := range n.wider {
		if i < PreviewSample {
			out.Sample = append(out.Sample, Overlap{Rule: w.rule})
		}
		redundant = redundant || n.redundant(n.planned, w)
	}
	return out, redundant
}

// judgeNarrower says which of the narrower rules the planned one makes
// redundant.
func (n *neighbours) judgeNarrower() Overlaps {
	out := Overlaps{Count: len(n.narrower)}
	for i, r := range n.narrower {
		redundant := n.redundant(r, n.planned)
		if redundant {
			out.Redundant++
		}
		if i < PreviewSample {
			out.Sample = append(out.Sample, Overlap{r.rule, redundant})
		}
	}
	return out
}

// redundant reports whether rule r changes no verdict beside rule by: by does
// the same wherever r matches, and no rival that would decide there without r
// is overruled by r.
func (n *neighbours) redundant(r, by *placed) bool {
	if n.doubt || !sameDoing(&by.rule, &r.rule) || !by.Covers(&r.Extent.Extent) {
		return false
	}
	return r.rule.Shadow || !slices.ContainsFunc(n.rivals, func(x *placed) bool {
		return x.mayBeat(by) && r.mayBeat(x) && scopesMeet(x.rule.Scope, r.rule.Scope) && x.Overlaps(&r.Extent.Extent)
	})
}

// mayBeat reports whether x may decide where y, of another effect, matches too.
func (x *placed) mayBeat(y *placed) bool {
	beats, ties := x.MayBeat(&y.Extent)
	return beats || ties && match.EffectOrder(x.rule.Effect) < match.EffectOrder(y.rule.Effect)
}

func scopesMeet(a, b Scope) bool { return a == 0 || b == 0 || a&b != 0 }

// sameDoing reports whether rule a, where it matches, does all that b does for
// as long.
func sameDoing(a, b *store.Rule) bool {
	lasts := a.ExpiresAt.IsZero() || !b.ExpiresAt.IsZero() && !a.ExpiresAt.Before(b.ExpiresAt)
	wide := a.Scope == 0 || b.Scope != 0 && a.Scope&b.Scope == b.Scope
	return a.Effect == b.Effect && a.Shadow == b.Shadow && lasts && wide
}
