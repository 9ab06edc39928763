package ban

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// MXTrace is what [Checker.Explain] found out about the mail hosts of an address.
type MXTrace struct {
	State  MXState  `json:"state"`
	Domain string   `json:"domain,omitzero"`
	Hosts  []MXHost `json:"hosts,omitempty"`
}

// MXHost is a mail host of a domain: the domain itself if it has no MX record.
type MXHost struct {
	Name   string       `json:"name"`
	Shared bool         `json:"shared,omitzero"` // of a shared provider: it never counts
	Addrs  []netip.Addr `json:"addrs,omitempty"` // not asked for if it is shared
}

func (a *mxAnswer) trace() MXTrace {
	if a.record == nil {
		return MXTrace{}
	}
	t := MXTrace{State: a.state(), Domain: a.domain}
	for _, h := range a.record.Hosts {
		t.Hosts = append(t.Hosts, MXHost{h.Name, h.Shared, slices.Clone(h.Addrs)})
	}
	return t
}

// considerPolicy adds what the options make of the state of the MX records.
func (t *Trace) considerPolicy(m Match) {
	if m.IsZero() {
		return
	}
	outcome := OutcomeOverruled
	if t.Decision.Match == m {
		outcome = OutcomeDecided
	}
	t.Considered = append(t.Considered, Considered{m, outcome})
}

// String returns one line for people to read, and "" if there was no reason to
// ask.
func (t MXTrace) String() string {
	if t.State == MXNotAsked {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "mail hosts of %s: %s", t.Domain, t.State)
	separator := ": "
	for _, h := range t.Hosts {
		b.WriteString(separator + h.Name)
		separator = ", "
		switch {
		case h.Shared:
			b.WriteString(" (shared, does not count)")
		case len(h.Addrs) > 0:
			fmt.Fprintf(&b, " %v", h.Addrs)
		}
	}
	return b.String()
}
