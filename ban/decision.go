package ban

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/match"
)

// Verdict is the answer to a check. The zero value is Denied, so that a
// Decision nobody filled in lets nobody in.
type Verdict uint8

// The verdicts.
const (
	Denied      Verdict = iota // keep out
	NeedsReview                // let in only after a person approves
	Allowed                    // let in
)

var verdictNames = [...]string{Denied: "denied", NeedsReview: "review", Allowed: "allowed"}

// String returns "denied", "review" or "allowed".
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// MarshalText implements [encoding.TextMarshaler] with [Verdict.String].
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Match is a rule that matched a subject, and how. The zero Match is none.
type Match struct {
	Field        Kind      `json:"field"`          // the field of the Subject that it matched
	Input        string    `json:"input"`          // that field, as the caller gave it
	Kind         Kind      `json:"kind"`           // the kind of the rule: an e-mail address may be matched by a domain
	Matched      string    `json:"matched"`        // the canonical value of the rule
	Label        string    `json:"label,omitzero"` // of a hashed value: what moderators read in its place
	Via          Via       `json:"via"`
	Host         string    `json:"host,omitzero"`  // via mx: the mail host that it matched
	Trait        Trait     `json:"trait,omitzero"` // via trait: which
	Effect       Effect    `json:"effect"`
	Shadow       bool      `json:"shadow,omitzero"`
	Origin       Origin    `json:"origin"`
	ID           uuid.UUID `json:"id"`                     // the record behind the rule
	Reason       string    `json:"reason,omitzero"`        // for moderators; not for the person refused
	PublicReason string    `json:"public_reason,omitzero"` // for the person refused
	Source       string    `json:"source,omitzero"`        // of a list's entry: where the list comes from
	Line         int       `json:"line,omitzero"`          // of a list's entry: its line there
	ExpiresAt    time.Time `json:"expires_at,omitzero"`    // zero: never
}

// IsZero reports whether there is no match.
func (m Match) IsZero() bool { return m.Kind == 0 }

// String describes the match in one line, such as "deny domain spam.example
// via parent-domain", and is empty for the zero Match. It holds no reasons.
func (m Match) String() string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %s %s%s via %s%s", m.Effect, m.Kind, m.Matched, m.labelled(), m.Via, m.detail())
}

// labelled is what is written behind a hashed value that has a label.
func (m *Match) labelled() string {
	if m.Label == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", m.Label)
}

// detail says more of how it matched: by which mail host, or trait.
func (m *Match) detail() string {
	switch {
	case m.Host != "":
		return " " + m.Host
	case m.Trait != 0:
		return " " + m.Trait.String()
	}
	return ""
}

// Decision is the answer to a check, with its reason.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Match is the rule that decided. It is zero if no rule did: nothing
	// matched, or the check failed.
	Match Match `json:"match,omitzero"`
	// Shadows are the shadow rules that matched, most specific first within a
	// field. They had no part in the verdict.
	Shadows []Match `json:"shadows,omitempty"`
	// Stale: when the answer was given, what it rests on was read from the store
	// longer ago than [CheckerOptions.PollInterval]; a change made by another
	// process may be missing from it. That is so when the store could not be
	// asked for changes, and when this process was frozen, or got no time.
	Stale bool `json:"stale,omitzero"`
	// MX says what was known of the mail hosts of the address. With MXUnknown the
	// verdict was given without them, or without some: see [MXOptions].
	MX MXState `json:"mx,omitzero"`

	action  Action // what was asked about, for the text of Err
	invalid bool   // the Subject did not parse, for the text of Err
}

// Err returns nil if the verdict is [Allowed], and otherwise a [*DeniedError] or
// [*ReviewError], whose text is safe to show to the person concerned.
func (d Decision) Err() error {
	switch d.Verdict {
	case Allowed:
		return nil
	case NeedsReview:
		return &ReviewError{Action: d.action, Match: d.Match}
	}
	return &DeniedError{Action: d.action, Match: d.Match, invalid: d.invalid}
}

// DeniedError says that somebody is kept out. Its text holds the public reason
// of the ban and nothing internal. It is plain text, which may have line breaks:
// escape it in HTML, and put it into no header.
type DeniedError struct {
	Action Action
	Match  Match // zero if the check failed and failing means refusing

	invalid bool // it failed because the Subject did not parse
}

func (e *DeniedError) Error() string {
	switch {
	case e.invalid:
		return actionPhrase(e.Action) + " is not possible with what was entered"
	case e.Match.IsZero():
		return actionPhrase(e.Action) + " is not possible at the moment, please try again later"
	}
	return actionPhrase(e.Action) + " is not allowed" + because(e.Match.PublicReason)
}

// ReviewError says that a person has to approve first. Its text holds the
// public reason of the rule and nothing internal; like that of [DeniedError] it is
// plain text and may have line breaks.
type ReviewError struct {
	Action Action
	Match  Match
}

func (e *ReviewError) Error() string {
	return actionPhrase(e.Action) + " has to be approved by a person first" + because(e.Match.PublicReason)
}

func because(publicReason string) string {
	if publicReason == "" {
		return ""
	}
	return ": " + publicReason
}

func actionPhrase(a Action) string {
	switch a {
	case SignUp:
		return "signing up"
	case SignIn:
		return "signing in"
	case Alias:
		return "creating this alias"
	case Mail:
		return "this mail"
	case Content:
		return "posting"
	}
	return "this"
}

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
