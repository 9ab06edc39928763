package ban

import (
	"time"

	"example.com/ostraka/internal/match"
)

// decide applies the precedence rules: within a field the first candidate that
// is in force, in scope and no shadow wins; across fields Denied beats
// NeedsReview beats Allowed, and the earlier field beats the later. each, if not
// nil, is called with every candidate in force and in scope. d must be zero.
func decide(d *Decision, s *Subject, now time.Time, found *match.Found, each func(*match.Candidate)) {
	d.Verdict, d.action = Allowed, s.Action
	var deciding *match.Candidate
	field := Kind(0)
	for i, candidates := range found {
		if len(candidates) == 0 {
			continue
		}
		winner := chainWinner(s, now, match.Kinds[i], candidates, d, each)
		if winner != nil && (deciding == nil || verdictOf(winner.Rule.Effect) < verdictOf(deciding.Rule.Effect)) {
			deciding, field = winner, match.Kinds[i]
		}
	}
	if deciding != nil {
		d.Verdict = verdictOf(deciding.Rule.Effect)
		d.Match = asMatch(deciding, field, s)
	}
}

// chainWinner returns the candidate that decides a field, or nil, and adds the
// shadows of that field to d.
func chainWinner(s *Subject, now time.Time, field Kind, candidates []match.Candidate, d *Decision, each func(*match.Candidate)) *match.Candidate {
	var winner *match.Candidate
	for i := range candidates {
		c := &candidates[i]
		if !c.Applies(s.Action, now) {
			continue
		}
		if each != nil {
			each(c)
		}
		switch {
		case c.Rule.Shadow:
			d.Shadows = append(d.Shadows, asMatch(c, field, s))
		case winner == nil:
			winner = c
		}
	}
	return winner
}

func asMatch(c *match.Candidate, field Kind, s *Subject) Match {
	r := &c.Rule
	return Match{
		Field: field, Input: s.field(field),
		Kind: r.Key.Kind, Matched: r.Value, Label: r.Label, Via: c.Via,
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
