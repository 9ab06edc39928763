package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Effect is what a rule does with whoever it matches. The zero value is Deny.
type Effect uint8

// The effects.
const (
	Deny   Effect = iota // keep out
	Review               // let in only after a person approves
	Allow                // let in: an exception to a wider rule
)

var effectNames = names[Effect]{"effect", map[Effect]string{Deny: "deny", Review: "review", Allow: "allow"}}

// ParseEffect reads "deny", "review" or "allow".
func ParseEffect(s string) (Effect, error) { return effectNames.parse(s) }

// String returns the effect as [ParseEffect] reads it.
func (e Effect) String() string { return effectNames.text(e) }

// MarshalText implements [encoding.TextMarshaler].
func (e Effect) MarshalText() ([]byte, error) { return effectNames.marshal(e) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseEffect].
func (e *Effect) UnmarshalText(b []byte) error { return effectNames.unmarshal(e, b) }

// Action is what somebody is about to do. The zero value is SignUp.
type Action uint8

// The actions that a rule can keep people from.
const (
	SignUp  Action = iota // opening an account
	SignIn                // logging in
	Alias                 // creating an alias
	Mail                  // sending or receiving mail
	Content               // posting
)

var actionNames = names[Action]{"action", map[Action]string{
	SignUp: "sign_up", SignIn: "sign_in", Alias: "alias", Mail: "mail", Content: "content",
}}

// Actions returns every action, in order.
func Actions() []Action { return []Action{SignUp, SignIn, Alias, Mail, Content} }

// ParseAction reads "sign_up", "sign_in", "alias", "mail" or "content".
func ParseAction(s string) (Action, error) { return actionNames.parse(s) }

// String returns the action as [ParseAction] reads it.
func (a Action) String() string { return actionNames.text(a) }

// MarshalText implements [encoding.TextMarshaler].
func (a Action) MarshalText() ([]byte, error) { return actionNames.marshal(a) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseAction].
func (a *Action) UnmarshalText(b []byte) error { return actionNames.unmarshal(a, b) }

// Scope is the set of actions that a rule is about. The zero value means all
// of them, now and in versions to come.
type Scope uint8

// ScopeOf returns the scope of just these actions, or of all if there are none.
// With an action that is none it is not [Scope.Valid].
func ScopeOf(actions ...Action) Scope {
	var s Scope
	for _, a := range actions {
		s |= 1 << min(a, 7) // an action that is none must not vanish, and so mean all
	}
	return s
}

// Valid reports whether the scope holds no action but those of this version.
func (s Scope) Valid() bool { return s>>len(Actions()) == 0 }

// Has reports whether the scope includes the action.
func (s Scope) Has(a Action) bool { return s == 0 || s&(1<<a) != 0 }

// ParseScope reads what [Scope.String] prints: "all", or actions separated by
// commas.
func ParseScope(text string) (Scope, error) {
	if text == "all" {
		return 0, nil
	}
	var s Scope
	for part := range strings.SplitSeq(text, ",") {
		a, err := ParseAction(strings.TrimSpace(part))
		if err != nil {
			return 0, fmt.Errorf("scope: %w", err)
		}
		s |= ScopeOf(a)
	}
	return s, nil
}

// String returns "all" or the actions separated by commas, in order.
func (s Scope) String() string {
	if s == 0 {
		return "all"
	}
	var parts []string
	for _, a := range Actions() {
		if s.Has(a) {
			parts = append(parts, a.String())
		}
	}
	return strings.Join(parts, ",")
}

// MarshalText implements [encoding.TextMarshaler].
func (s Scope) MarshalText() ([]byte, error) {
	if !s.Valid() {
		return nil, fmt.Errorf("no such scope: %#x", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseScope].
func (s *Scope) UnmarshalText(b []byte) error {
	parsed, err := ParseScope(string(b))
	if err == nil {
		*s = parsed
	}
	return err
}

// Origin says which part of the system a rule comes from.
type Origin string

// The origins.
const (
	// OriginBan: a ban that a moderator made.
	OriginBan Origin = "ban"
	// OriginBlock: an e-mail domain block. Such a rule applies to the domain of
	// an e-mail address only, never to a domain that is asked about by itself.
	OriginBlock Origin = "block"
)

// Rule is what the matcher sees of a ban or of a blocklist entry. A rule is in
// the store as long as its record is there and not revoked; whether it has
// expired is decided by who reads it.
type Rule struct {
	Key          Key       // what it is found by
	Value        string    // the canonical value as the moderator meant it; tells an exact match from a wider one
	Effect       Effect    // what it does
	Scope        Scope     // which actions it is about
	Shadow       bool      // reported, but never decides
	ExpiresAt    time.Time // from this instant on it is no longer in force; zero: never
	Origin       Origin    // where it comes from
	ID           uuid.UUID // the record behind it; unique across origins
	Reason       string    // for moderators
	PublicReason string    // for the person refused
	Label        string    // what moderators read in the place of a hashed value
	Source       string    // of a list's entry: where the list comes from
	Line         int       // of a list's entry: its line there; 0: unknown
}

// InForce reports whether the rule has not expired at now: an expiry equal to
// now has passed.
func (r *Rule) InForce(now time.Time) bool {
	return r.ExpiresAt.IsZero() || r.ExpiresAt.After(now)
}
