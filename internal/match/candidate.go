package match

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Candidate is a rule that matches a field, and how.
type Candidate struct {
	Rule store.Rule
	Via  value.Via
	Rank int // a higher one is more specific; compared within one field only
}

// Found are the rules that match each field of a subject, by [Kinds], in the
// order of precedence.
type Found [len(Kinds)][]Candidate

// Applies reports whether the rule is in force at now and about the action.
func (c *Candidate) Applies(a store.Action, now time.Time) bool {
	return c.Rule.Scope.Has(a) && c.Rule.InForce(now)
}

// Sort puts candidates for one field in the order of precedence.
func Sort(candidates []Candidate) {
	if len(candidates) > 1 {
		slices.SortFunc(candidates, compare)
	}
}

// compare puts the more specific rule first, at equal specificity Allow before
// Deny before Review, then bans before what came from elsewhere, then the lower
// ID: of two bans the older.
func compare(a, b Candidate) int {
	return cmp.Or(
		cmp.Compare(b.Rank, a.Rank),
		cmp.Compare(EffectOrder(a.Rule.Effect), EffectOrder(b.Rule.Effect)),
		cmp.Compare(originOrder(a.Rule.Origin), originOrder(b.Rule.Origin)),
		bytes.Compare(a.Rule.ID[:], b.Rule.ID[:]),
	)
}

// EffectOrder orders the effects of rules that are equally specific: the lower
// goes first.
func EffectOrder(e store.Effect) int {
	switch e {
	case store.Allow:
		return 0
	case store.Deny:
		return 1
	}
	return 2
}

func originOrder(o store.Origin) int {
	if o == store.OriginBan {
		return 0
	}
	return 1
}
