package ban

import (
	"fmt"
	"slices"
)

// Policy is what a host does about something that no rule is about: the state of
// the mail hosts of an address ([MXOptions]), or a trait of it ([TraitOptions]). It
// acts like a rule, with the ID zero.
type Policy uint8

// The policies.
const (
	PolicyIgnore Policy = iota // nothing
	PolicyReview               // [NeedsReview]
	PolicyDeny                 // [Denied]
)

// MXPolicy is a [Policy] about the mail hosts of an address.
type MXPolicy = Policy

// The policies about mail hosts.
const (
	MXIgnore = PolicyIgnore
	MXReview = PolicyReview
	MXDeny   = PolicyDeny
)

var policyNames = [...]string{PolicyIgnore: "ignore", PolicyReview: "review", PolicyDeny: "deny"}

// String returns "ignore", "review" or "deny".
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("policy(%d)", uint8(p))
}

// MarshalText implements [encoding.TextMarshaler] with [Policy.String].
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what [Policy.String] returns. Other text gives a
// [*ValueError], and leaves the policy as it is.
func (p *Policy) UnmarshalText(text []byte) error {
	i := slices.Index(policyNames[:], string(text))
	if i < 0 {
		return NewValueError("policy", string(text), CodeUnknown, "use ignore, review or deny")
	}
	*p = Policy(i)
	return nil
}

// effect returns the effect of a policy that does something.
func (p Policy) effect() Effect {
	if p == PolicyReview {
		return Review
	}
	return Deny
}
