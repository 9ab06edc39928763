package ban

import (
	"time"
)

// decide applies the precedence rules: within a field the first candidate that
// is in force, in scope and no shadow wins; across fields Denied beats
// NeedsReview beats Allowed, and the earlier field beats the later. each, if not
// nil, is called with every candidate in force and in scope. d must be zero.
func decide(d *Decision, s *Subject, now time.Time, fields *resolved, each func(*candidate)) {
	d.Verdict, d.action = Allowed, s.Action
	var deciding *candidate
	field := Kind(0)
	for i, f := range fields {
		if f == nil || len(f.candidates) == 0 {
			continue
		}
		winner := chainWinner(s, now, fieldKinds[i], f, d, each)
		if winner != nil && (deciding == nil || verdictOf(winner.rule.Effect) < verdictOf(deciding.rule.Effect)) {
			deciding, field = winner, fieldKinds[i]
		}
	}
	if deciding != nil {
		d.Verdict = verdictOf(deciding.rule.Effect)
		d.Match = deciding.asMatch(field, s)
	}
}

// chainWinner returns the candidate that decides a field, or nil, and adds the
// shadows of that field to d.
func chainWinner(s *Subject, now time.Time, field Kind, f *fieldRules, d *Decision, each func(*candidate)) *candidate {
	var winner *candidate
	for i := range f.candidates {
		c := &f.candidates[i]
		if !c.applies(s.Action, now) {
			continue
		}
		if each != nil {
			each(c)
		}
		switch {
		case c.rule.Shadow:
			d.Shadows = append(d.Shadows, c.asMatch(field, s))
		case winner == nil:
			winner = c
		}
	}
	return winner
}

// applies reports whether the rule is in force at now and about the action.
func (c *candidate) applies(a Action, now time.Time) bool {
	return c.rule.Scope.Has(a) && c.rule.InForce(now)
}

func (c *candidate) asMatch(field Kind, s *Subject) Match {
	r := &c.rule
	return Match{
		Field: field, Input: s.field(field),
		Kind: r.Key.Kind, Matched: r.Value, Via: c.via,
		Effect: r.Effect, Shadow: r.Shadow,
		Origin: r.Origin, ID: r.ID,
		Reason: r.Reason, PublicReason: r.PublicReason, ExpiresAt: r.ExpiresAt,
		Source: r.Source, Line: r.Line,
	}
}

// verdictOf returns the verdict of a rule that decides. Verdicts are ordered
// by which beats which.
func verdictOf(e Effect) Verdict {
	switch e {
	case Allow:
		return Allowed
	case Review:
		return NeedsReview
	}
	return Denied
}
