package store

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Hold says since when an account waits for a person to decide about it, and what
// holds it. It keeps of the subject that a rule held no more than who decides
// needs to see: of the client the network, not the address. The zero Hold: the
// account does not wait.
type Hold struct {
	Since time.Time `json:"since"`       // zero: the account does not wait
	By    string    `json:"by,omitzero"` // the actor in whose name it was held
	// LetIn: the account was let in before, and held later. Nobody removes it for
	// having waited for long.
	LetIn bool `json:"let_in,omitzero"`

	// Origin and Rule name the rule that held it, as [Rule] does. An empty Origin
	// and a zero Rule: a person held it, or the host holds everybody.
	Origin  Origin    `json:"origin,omitzero"`
	Rule    uuid.UUID `json:"rule,omitzero"`
	Kind    Kind      `json:"kind,omitzero"`    // of the rule
	Matched string    `json:"matched,omitzero"` // the canonical value of the rule
	Via     string    `json:"via,omitzero"`     // how the rule came to match

	Email   string `json:"email,omitzero"`   // that was asked about, canonical
	Domain  string `json:"domain,omitzero"`  // that was asked about beside it, canonical
	Network string `json:"network,omitzero"` // of the client, as a canonical CIDR
}

// Held reports whether there is a hold.
func (h *Hold) Held() bool { return !h.Since.IsZero() }

// NetworkKey returns a text for the network of a hold. The networks within a
// prefix are those between the two texts that [NetworkRange] returns, byte by byte.
// It is empty for what is no CIDR.
func NetworkKey(network string) string {
	p, err := netip.ParsePrefix(network)
	if err != nil {
		return ""
	}
	return hexOf(p.Masked().Addr().As16())
}

// NetworkRange returns the keys of the first and the last network within a prefix,
// both included.
func NetworkRange(p netip.Prefix) (first, last string) {
	from := p.Masked().Addr().As16()
	to := from
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		to[i/8] |= 0x80 >> (i % 8)
	}
	return hexOf(from), hexOf(to)
}

func hexOf(a [16]byte) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 32)
	for _, c := range a {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return string(b)
}

// HoldFilter selects accounts by what holds them. A zero field selects nothing
// out; the fields that are set must all hold. Each selects accounts with a hold
// only.
type HoldFilter struct {
	Rule uuid.UUID // held by that rule
	// Domain: the domain of the address that was asked about, or the domain that was
	// asked about beside it, is this one or below it, on label boundaries.
	Domain string
	// Network: the client's network lies within this prefix.
	Network netip.Prefix
	Before  time.Time // held before that time
	// LetIn: accounts that had (or had not) been let in before they were held.
	LetIn *bool
}

// Empty reports whether the filter selects nothing out.
func (f *HoldFilter) Empty() bool { return *f == HoldFilter{} }

// Match reports whether the filter selects an account with that hold.
func (f *HoldFilter) Match(h *Hold) bool {
	return f.Empty() || h.Held() &&
		(f.Rule == uuid.Nil || h.Rule == f.Rule) &&
		(f.Domain == "" || slices.ContainsFunc([]string{"@" + h.Domain, h.Email}, func(of string) bool {
			return strings.HasSuffix(of, "@"+f.Domain) || strings.HasSuffix(of, "."+f.Domain)
		})) &&
		(!f.Network.IsValid() || f.matchNetwork(h)) &&
		(f.Before.IsZero() || h.Since.Before(f.Before)) &&
		(f.LetIn == nil || h.LetIn == *f.LetIn)
}

func (f *HoldFilter) matchNetwork(h *Hold) bool {
	first, last := NetworkRange(f.Network)
	key := NetworkKey(h.Network)
	return first <= key && key <= last
}
