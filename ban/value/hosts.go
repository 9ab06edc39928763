package value

import "strings"

// Domain is the value of a domain rule, taken apart.
type Domain struct {
	Name string // canonical, without mark
	Form DomainForm
}

// DomainForm says which hosts a domain rule means.
type DomainForm uint8

// The forms.
const (
	DomainTree       DomainForm = iota // "example.com": the host and all below it
	DomainSubdomains                   // "*.example.com": all below the host
	DomainExact                        // "=example.com": the host alone
)

// marks are what the forms begin with, by form.
var marks = [...]string{DomainTree: "", DomainSubdomains: "*.", DomainExact: "="}

// SplitDomain takes the canonical text of a domain value apart.
func SplitDomain(text string) Domain {
	for _, form := range []DomainForm{DomainSubdomains, DomainExact} {
		if name, ok := strings.CutPrefix(text, marks[form]); ok {
			return Domain{name, form}
		}
	}
	return Domain{text, DomainTree}
}

// String returns the text that SplitDomain takes apart.
func (d Domain) String() string { return marks[d.Form] + d.Name }

// Match says whether the domain means a canonical host, and how: by
// [ViaExact] or [ViaParentDomain]. Labels are compared whole.
func (d Domain) Match(host string) (via Via, ok bool) {
	switch {
	case host == d.Name:
		return ViaExact, d.Form != DomainSubdomains
	case below(host, d.Name):
		return ViaParentDomain, d.Form != DomainExact
	}
	return 0, false
}

// Labels returns how many labels the name has.
func (d Domain) Labels() int { return strings.Count(d.Name, ".") + 1 }

// below reports whether a host is a proper subdomain of another.
func below(host, name string) bool {
	return strings.HasSuffix(host, name) && len(host) > len(name) && host[len(host)-len(name)-1] == '.'
}

// Covers reports whether the domain means every host that another means.
func (d Domain) Covers(o Domain) bool {
	switch d.Form {
	case DomainExact:
		return d == o
	case DomainSubdomains:
		return below(o.Name, d.Name) || d == o
	}
	return below(o.Name, d.Name) || d.Name == o.Name
}

// Overlaps reports whether there may be a host that both mean.
func (d Domain) Overlaps(o Domain) bool {
	if d.Form == DomainExact || o.Form == DomainExact {
		return d.Covers(o) || o.Covers(d)
	}
	return d.Name == o.Name || below(d.Name, o.Name) || below(o.Name, d.Name)
}
