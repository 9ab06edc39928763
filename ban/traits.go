package ban

import (
	"fmt"
	"strings"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
)

// Trait is a property of an e-mail address by itself, whatever the rules are.
type Trait uint8

// The traits. The zero Trait is none.
const (
	// TraitTagged: the address is not the plain spelling of its mailbox; see
	// [value.Address.Tagged].
	TraitTagged Trait = iota + 1
	// TraitFree: its domain is one of a public provider of mailboxes, at which
	// anybody gets another one; see [value.FreeMailDomains].
	TraitFree
	// TraitRole: it is the address of a function and not of a person; see
	// [value.Address.Role].
	TraitRole
)

var traitNames = [...]string{TraitTagged: "tagged", TraitFree: "free", TraitRole: "role"}

// String returns "tagged", "free" or "role", and "" for none.
func (t Trait) String() string {
	if int(t) < len(traitNames) {
		return traitNames[t]
	}
	return fmt.Sprintf("trait(%d)", uint8(t))
}

// MarshalText implements [encoding.TextMarshaler] with [Trait.String].
func (t Trait) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// TraitOptions says what a [Checker] does about e-mail addresses of a sort. By
// default it does nothing.
//
// A trait acts in the chain of the address beside the rules: an exception ([Allow])
// that decides there, for the address, its mailbox or its domain, lifts it. Else the
// stricter one wins, of traits and rules. A [Match] by a trait has [ViaTrait], and no
// ID; it is no hit of a rule, [Stats] counts it.
type TraitOptions struct {
	// Tagged is about addresses like "j.doe+news@gmail.com", whose owner can write
	// many that all reach one mailbox. Most of them do no harm; where one account a
	// mailbox is what you want, say that instead, with UniqueMailbox of package
	// account. Default PolicyIgnore.
	Tagged Policy
	// Free is about addresses at public mail providers: most addresses of people are.
	// Default PolicyIgnore.
	Free Policy
	// Role is about addresses like "postmaster@example.com", which several people
	// read, or nobody. Default PolicyIgnore.
	Role Policy
	// Scope is the set of actions that traits are about. Default: [SignUp] alone,
	// other than for rules, so that people who are in stay in.
	Scope Scope
}

// withDefaults checks the options and fills in the defaults.
func (o TraitOptions) withDefaults() (TraitOptions, error) {
	for _, f := range [...]struct {
		name   string
		policy Policy
	}{{"Traits.Tagged", o.Tagged}, {"Traits.Free", o.Free}, {"Traits.Role", o.Role}} {
		if f.policy > PolicyDeny {
			return o, optionError(f.name, f.policy, "use PolicyIgnore, PolicyReview or PolicyDeny")
		}
	}
	if !o.Scope.Valid() {
		return o, optionError("Traits.Scope", uint8(o.Scope), "use ban.ScopeOf with the actions of this package")
	}
	setDefault(&o.Scope, ScopeOf(SignUp))
	return o, nil
}

// concern reports whether a trait of the Subject may make a difference.
func (o *TraitOptions) concern(s *Subject) bool {
	return (o.Tagged|o.Free|o.Role) != PolicyIgnore && s.Email != "" && o.Scope.Has(s.Action)
}

// of calls each with the traits of an address that something is done about.
func (o *TraitOptions) of(a value.Address, each func(Trait, Policy)) {
	if o.Tagged != PolicyIgnore && a.Tagged() {
		each(TraitTagged, o.Tagged)
	}
	if o.Free != PolicyIgnore && a.Free() {
		each(TraitFree, o.Free)
	}
	if o.Role != PolicyIgnore && a.Role() {
		each(TraitRole, o.Role)
	}
}

// lifted reports whether a rule for the address or its domain is an exception, and
// decides its chain.
func lifted(s *Subject, now time.Time, chain []match.Candidate) bool {
	for i := range chain {
		c := &chain[i]
		if c.Via == ViaMX {
			break // they come last
		}
		if !c.Rule.Shadow && c.Applies(s.Action, now) {
			return c.Rule.Effect == Allow
		}
	}
	return false
}

// judge does to a decision what the options say of the traits of the address. The
// texts of the address may be used again by somebody else.
func (o *TraitOptions) judge(d *Decision, s *Subject, now time.Time, a value.Address, chain []match.Candidate) {
	if lifted(s, now, chain) {
		return
	}
	o.of(a, func(t Trait, p Policy) {
		if verdictOf(p.effect()) < d.Verdict {
			d.Match = traitMatch(s, a, t, p)
			d.Verdict = verdictOf(d.Match.Effect)
		}
	})
}

// judgeTraits does to a decision what the options say of the traits of the address,
// where they concern the Subject.
func (c *Checker) judgeTraits(d *Decision, s *Subject, now time.Time, a value.Address, chain []match.Candidate) {
	if c.opts.Traits.concern(s) {
		c.opts.Traits.judge(d, s, now, a, chain)
	}
}

// traitAddress returns the address of a Subject that has been checked before, if its
// traits are of interest.
func (c *Checker) traitAddress(s *Subject) value.Address {
	if !c.opts.Traits.concern(s) {
		return value.Address{}
	}
	a, _ := c.opts.Tables.ParseAddress(s.Email)
	return a
}

// traitMatch returns the match by a trait.
func traitMatch(s *Subject, a value.Address, t Trait, p Policy) Match {
	m := Match{Field: KindEmail, Input: s.Email, Kind: KindEmail, Via: ViaTrait, Trait: t, Effect: p.effect()}
	switch t {
	case TraitTagged:
		m.Matched = strings.Clone(a.Mailbox())
		m.Reason = "the address is another spelling of its mailbox"
		m.PublicReason = "please use the plain form of your e-mail address, without a tag or additional dots"
	case TraitFree:
		m.Matched = strings.Clone(a.Domain())
		m.Reason = "the address is at a public mail provider"
		m.PublicReason = "please use an e-mail address that is not of a public mail provider"
	default:
		m.Matched = strings.Clone(a.String())
		m.Reason = "the address is that of a function, not of a person"
		m.PublicReason = "please use the e-mail address of a person"
	}
	return m
}

// considerTraits adds what the options make of the traits of the address.
func (t *Trace) considerTraits(o *TraitOptions, s *Subject, now time.Time, a value.Address, chain []match.Candidate) {
	free := lifted(s, now, chain)
	o.of(a, func(trait Trait, p Policy) {
		m := traitMatch(s, a, trait, p)
		outcome := OutcomeOverruled
		switch {
		case free:
			outcome = OutcomeLessSpecific
		case t.Decision.Match == m:
			outcome = OutcomeDecided
		}
		t.Considered = append(t.Considered, Considered{m, outcome})
	})
}
