package mxlookup

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

func TestTheSharedProvidersAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range sharedProviders {
		if !strings.HasPrefix(p.Source, "https://") {
			t.Errorf("the provider of %s has no source", p.Hosts[0])
		}
		for _, h := range p.Hosts {
			if v, err := value.ParseDomain(h); err != nil || v.String() != h || seen[h] {
				t.Errorf("%s is listed twice or not canonical (%v)", h, err)
			}
			seen[h] = true
		}
	}
}
