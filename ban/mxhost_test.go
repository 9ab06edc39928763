package ban

import (
	"strings"
	"testing"
)

func TestTheSharedProvidersAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range sharedProviders {
		if !strings.HasPrefix(p.Source, "https://") {
			t.Errorf("the provider of %s has no source", p.Hosts[0])
		}
		for _, h := range p.Hosts {
			if v, err := ParseDomain(h); err != nil || v.String() != h || seen[h] {
				t.Errorf("%s is listed twice or not canonical (%v)", h, err)
			}
			seen[h] = true
		}
	}
}

// FuzzHostAddress checks that every name of a mail host that has a domain above it
// is found by a rule for that domain.
func FuzzHostAddress(f *testing.F) {
	for _, name := range []string{"mx", "a_b", "", "xn--zzzzzz", "-", "ä", "a b", strings.Repeat("x", 70), strings.Repeat("a.", 120) + "b", strings.Repeat("_.", 110) + "b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, first string) {
		if len(first) > maxDomain {
			return
		}
		const above = "spam.example"
		for _, name := range []string{first + "." + above, first} {
			email, ok := hostAddress(name)
			address, err := parseAddress(email)
			if ok != (err == nil) {
				t.Fatalf("%q becomes %q, %t, which gives %v", name, email, ok, err)
			}
			if name != first && (!ok || !strings.HasSuffix(address.domain, "."+above)) {
				t.Fatalf("%q becomes %q, %t, and evades the rules for %s", name, email, ok, above)
			}
			if host, err := parseHost(name); err == nil && host == name && len(host) <= maxAddress-3 && address.domain != host {
				t.Fatalf("%q becomes %q, not that host", name, email)
			}
		}
	})
}
