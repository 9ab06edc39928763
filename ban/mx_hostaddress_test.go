package ban

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

// FuzzHostAddress checks that every name of a mail host that has a domain above it
// is found by a rule for that domain.
func FuzzHostAddress(f *testing.F) {
	for _, name := range []string{"mx", "a_b", "", "xn--zzzzzz", "-", "ä", "a b", strings.Repeat("x", 70), strings.Repeat("a.", 120) + "b", strings.Repeat("_.", 110) + "b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, first string) {
		if len(first) > 253 {
			return
		}
		const above = "spam.example"
		for _, name := range []string{first + "." + above, first} {
			email, ok := hostAddress(name)
			address, err := value.ParseAddress(email)
			if ok != (err == nil) {
				t.Fatalf("%q becomes %q, %t, which gives %v", name, email, ok, err)
			}
			if name != first && (!ok || !strings.HasSuffix(address.Domain(), "."+above)) {
				t.Fatalf("%q becomes %q, %t, and evades the rules for %s", name, email, ok, above)
			}
			if host, err := value.ParseHost(name); err == nil && host == name && len(host) <= 254-3 && address.Domain() != host {
				t.Fatalf("%q becomes %q, not that host", name, email)
			}
		}
	})
}
