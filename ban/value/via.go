package value

import "fmt"

// Via says how a rule came to match what was asked about.
type Via uint8

// The ways in which a rule matches. The zero value is none.
const (
	// ViaExact: the value of the rule is the one that was asked about.
	ViaExact Via = iota + 1
	// ViaParentDomain: the rule is for a domain above the one asked about, be it
	// written "example.com" or "*.example.com".
	ViaParentDomain
	// ViaMailbox: the rule is for another spelling of the same mailbox.
	ViaMailbox
	// ViaPrefix: the rule is for a prefix that holds the address.
	ViaPrefix
	// ViaSkeleton: the rule is for a name that looks the same (UTS #39).
	ViaSkeleton
	// ViaLeet: the rule is for the name that this one is with its digits read
	// as letters. Only where a host asks for it.
	ViaLeet
	// ViaWildcard: the rule is a pattern for names or local parts.
	ViaWildcard
	// ViaMX: the rule is for a mail host of the domain of the address, by its name
	// or its IP address. Only where a host asks for it.
	ViaMX
	// ViaTrait: no rule, but what a host does about addresses of that sort. Only
	// where it asks for it.
	ViaTrait
)

var viaNames = [...]string{
	ViaExact: "exact", ViaParentDomain: "parent-domain", ViaMailbox: "mailbox", ViaPrefix: "prefix",
	ViaSkeleton: "skeleton", ViaLeet: "leet", ViaWildcard: "wildcard", ViaMX: "mx", ViaTrait: "trait",
}

// String returns for example "parent-domain", and "" for the zero value.
func (v Via) String() string {
	if int(v) < len(viaNames) {
		return viaNames[v]
	}
	return fmt.Sprintf("via(%d)", uint8(v))
}

// MarshalText implements [encoding.TextMarshaler] with [Via.String].
func (v Via) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
