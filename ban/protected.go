package ban

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"example.com/ostraka/ban/value"
)

// DefaultProtected returns the values that no ban may cover unless it is forced
// or [GuardOptions.NoDefaultProtected] is set: the domains of the large providers
// of mailboxes, sorted. The slice is the caller's.
func DefaultProtected() []string { return value.FreeMailDomains() }

// protectedSet are values that bans must not cover.
type protectedSet struct {
	hosts map[string][]*protected // those of one host each, by it and by every domain above
	rest  []*protected
}

// parseProtected reads the protected values of the options.
func parseProtected(o GuardOptions) (protectedSet, error) {
	set := protectedSet{hosts: make(map[string][]*protected)}
	texts := o.Protected
	if !o.NoDefaultProtected {
		texts = slices.Concat(o.Protected, value.FreeMailDomains())
	}
	for _, text := range texts {
		v, err := ParseAny(text)
		if err != nil {
			return set, fmt.Errorf("protected value: %w", err)
		}
		set.add(newProtected(o.Tables, o.Tables.Value(v)))
	}
	return set, nil
}

func (s *protectedSet) add(p *protected) {
	if p.Kind() != KindDomain || p.host == "" {
		s.rest = append(s.rest, p)
		return
	}
	for host, more := p.host, true; more; {
		s.hosts[host] = append(s.hosts[host], p)
		_, host, more = strings.Cut(host, ".")
	}
}

// hitBy returns a value that a ban of v, which is of that prefix if it is of an ip,
// would cover, or have an address in common with; nil if there is none.
func (s *protectedSet) hitBy(tables *value.Tables, v Value, prefix netip.Prefix) *protected {
	near := [2][]*protected{s.rest}
	if v.Kind() == KindDomain {
		near[1] = s.hosts[value.SplitDomain(v.String()).Name]
	}
	if len(near[0])+len(near[1]) == 0 {
		return nil // as of nearly all that a list has
	}
	e := tables.ExtentOf(v)
	for _, some := range near {
		for _, p := range some {
			if e.Covers(&p.extent) || v.Kind() == KindIP && p.Kind() == KindIP && prefix.Overlaps(p.prefix) {
				return p
			}
		}
	}
	return nil
}

// protected is a value that bans must not cover.
type protected struct {
	Value
	host   string       // of a domain that stands for one host
	prefix netip.Prefix // of an ip
	extent value.Extent
}

// newProtected returns a value as protected. What is protected is what is
// written: not its look-alikes, and of a domain the host, not the names below
// it.
func newProtected(tables *value.Tables, v Value) *protected {
	p := &protected{Value: v, prefix: v.Prefix(), extent: tables.ExtentOf(v).AsWritten()}
	if d := value.SplitDomain(v.String()); v.Kind() == KindDomain && d.Form != value.DomainSubdomains {
		host := value.Domain{Name: d.Name, Form: value.DomainExact}
		p.Value, p.host = value.Stored(v.Key(), d.Name), d.Name
		p.extent = tables.ExtentOf(value.Stored(v.Key(), host.String())).AsWritten()
	}
	return p
}
