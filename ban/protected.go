package ban

import (
	"fmt"
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

// hitBy returns a value that a ban of v would cover, or have an address in common
// with; nil if there is none.
func (s *protectedSet) hitBy(v Value, e *value.Extent) *protected {
	near := [2][]*protected{s.rest}
	if v.Kind() == KindDomain {
		near[1] = s.hosts[value.SplitDomain(v.String()).Name]
	}
	for _, some := range near {
		for _, p := range some {
			if p.hitBy(v, e) {
				return p
			}
		}
	}
	return nil
}

// protected is a value that bans must not cover.
type protected struct {
	Value
	host   string // of a domain that stands for one host
	extent value.Extent
}

// newProtected returns a value as protected. What is protected is what is
// written: not its look-alikes, and of a domain the host, not the names below
// it.
func newProtected(tables *value.Tables, v Value) *protected {
	p := &protected{Value: v, extent: tables.ExtentOf(v).AsWritten()}
	if d := value.SplitDomain(v.String()); v.Kind() == KindDomain && d.Form != value.DomainSubdomains {
		host := value.Domain{Name: d.Name, Form: value.DomainExact}
		p.Value, p.host = value.Stored(v.Key(), d.Name), d.Name
		p.extent = tables.ExtentOf(value.Stored(v.Key(), host.String())).AsWritten()
	}
	return p
}

// hitBy reports whether a ban of a value would cover this one, or have an
// address in common with it.
func (p *protected) hitBy(v Value, e *value.Extent) bool {
	return e.Covers(&p.extent) || v.Kind() == KindIP && p.Kind() == KindIP && v.Prefix().Overlaps(p.Prefix())
}
