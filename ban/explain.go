package ban

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/ostraka/internal/match"
)

// Outcome says what became of a rule that was considered.
type Outcome string

// The outcomes.
const (
	// OutcomeDecided: this rule is the reason for the verdict.
	OutcomeDecided Outcome = "decided"
	// OutcomeOverruled: the rule was the most specific for its field, but the
	// rule of another field beat it.
	OutcomeOverruled Outcome = "overruled"
	// OutcomeLessSpecific: another rule for the same field is more specific, or
	// as specific and of an effect that goes first.
	OutcomeLessSpecific Outcome = "less-specific"
	// OutcomeShadow: a shadow rule, which never decides.
	OutcomeShadow Outcome = "shadow"
	// OutcomeExpired: the rule is no longer in force.
	OutcomeExpired Outcome = "expired"
	// OutcomeOutOfScope: the rule is not about this action.
	OutcomeOutOfScope Outcome = "out-of-scope"
)

// Considered is a rule that a check looked at, and what became of it.
type Considered struct {
	Match
	Outcome Outcome `json:"outcome"`
}

// Trace is how a decision came about.
type Trace struct {
	Decision Decision `json:"decision"`
	// Considered are all rules that match, field by field in the order email,
	// domain, ip, name, within a field by precedence.
	Considered []Considered `json:"considered"`
	// MX are the mail hosts of the e-mail address. Zero if there was no reason to
	// ask for them, as for Check.
	MX MXTrace `json:"mx,omitzero"`
}

// Explain returns what [Checker.Check] answers, with every rule that was
// considered, those that have expired or are about other actions included. It
// reads the rules from the store, or from all rules in memory where Check does, and
// records no hit. Its errors are those of Check.
func (c *Checker) Explain(ctx context.Context, s Subject) (Trace, error) {
	now := c.opts.Now()
	w := c.feed.Window(0)
	fromStore := func(s *Subject, out *match.Found) error {
		texts := s.texts()
		return c.cache.LookUp(ctx, &texts, out)
	}
	find, mirrored, behind := fromStore, c.mirror != nil && !c.mirror.Behind(), false
	if mirrored {
		find = c.findInMirror(c.mirror.Content(), everInForce)
	}
	var found match.Found
	err := c.ready(&s)
	if err == nil {
		err = find(&s, &found)
		if c.mirror != nil && !mirrored && storeFailed(ctx, err) {
			mirrored, behind = true, true
			find = c.findInMirror(c.mirror.Content(), everInForce)
			err = find(&s, &found)
		}
	}
	var mx mxAnswer
	if err == nil && c.mx != nil {
		mx, err = c.addMX(ctx, &s, now, &found, find)
	}
	if err != nil {
		d, err := c.failed(ctx, &s, err, true)
		return Trace{Decision: d}, err
	}
	t := c.trace(&s, now, &found, &mx)
	t.Decision.Stale = behind || mirrored && c.feed.Late(w, true)
	return t, nil
}

// trace decides by all rules that were found, in force or not, and says what became of
// each.
func (c *Checker) trace(s *Subject, now time.Time, found *match.Found, mx *mxAnswer) Trace {
	t := Trace{MX: mx.trace()}
	decide(&t.Decision, s, now, found, nil)
	mx.finish(&t.Decision, s, &c.opts.MX)
	address := c.traitAddress(s)
	c.judgeTraits(&t.Decision, s, now, address, found[KindEmail-1])
	for i, candidates := range found {
		won := false
		for j := range candidates {
			t.Considered = append(t.Considered, consider(&candidates[j], match.Kinds[i], s, now, &t.Decision, &won))
			mx.nameHost(&t.Considered[len(t.Considered)-1].Match)
		}
		if match.Kinds[i] == KindEmail && mx.record != nil {
			t.considerPolicy(mx.policyMatch(s, &c.opts.MX))
		}
		if match.Kinds[i] == KindEmail && c.opts.Traits.concern(s) {
			t.considerTraits(&c.opts.Traits, s, now, address, candidates)
		}
	}
	return t
}

// everInForce is a time at which no rule has expired.
var everInForce = time.Unix(0, 0)

// consider says what became of a candidate. won is set once a rule of the same
// field has won.
func consider(c *match.Candidate, field Kind, s *Subject, now time.Time, d *Decision, won *bool) Considered {
	out := Considered{Match: asMatch(c, field, s)}
	switch {
	case !c.Rule.InForce(now):
		out.Outcome = OutcomeExpired
	case !c.Rule.Scope.Has(s.Action):
		out.Outcome = OutcomeOutOfScope
	case c.Rule.Shadow:
		out.Outcome = OutcomeShadow
	case *won:
		out.Outcome = OutcomeLessSpecific
	case d.Match.Field == field && d.Match.ID == c.Rule.ID:
		out.Outcome, *won = OutcomeDecided, true
	default:
		out.Outcome, *won = OutcomeOverruled, true
	}
	return out
}

// String returns the trace for people to read: the verdict, then a line a rule.
// It holds the moderators' reasons.
func (t Trace) String() string {
	var b strings.Builder
	b.WriteString(t.Decision.Verdict.String())
	if len(t.Considered) == 0 {
		b.WriteString(": no rule matches")
	}
	for _, c := range t.Considered {
		fmt.Fprintf(&b, "\n  %-13s %s %s %q%s matches %s %q via %s",
			c.Outcome, c.Effect, c.Kind, c.Matched, c.labelled(), c.Field, c.Input, c.Via)
		b.WriteString(c.detail())
		if c.Reason != "" {
			fmt.Fprintf(&b, ": %s", c.Reason)
		}
	}
	if mx := t.MX.String(); mx != "" {
		fmt.Fprintf(&b, "\n  %s", mx)
	}
	return b.String()
}
