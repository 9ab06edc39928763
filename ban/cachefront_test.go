package ban_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// Subjects of one field that come again are told apart by its kind, however long the
// text and however small the cache, and a change is seen at once.
func TestSubjectsOfOneFieldThatComeAgain(t *testing.T) {
	long := strings.Repeat("a", 20) + "." + strings.Repeat("b", 30) + ".example"
	for _, size := range []int{1, 3, 100} {
		t.Run(fmt.Sprintf("%d entries", size), func(t *testing.T) {
			st := memstore.New()
			a := newAdmin(t, st)
			c := newChecker(t, st, ban.CheckerOptions{CacheSize: size})
			names := []ban.Subject{{Name: "bob.example"}, {Domain: "bob.example"}, {Email: "x@bob.example"}, {Domain: long}, {IP: "192.0.2.1"}, {Name: "192.0.2.1"}}
			denied := make([]bool, len(names))
			compare := func(when string) {
				t.Helper()
				for round := range 3 {
					for i, s := range names {
						if d := check(t, c, s); (d.Verdict == ban.Denied) != denied[i] {
							t.Errorf("%s, in round %d: %+v is %v, want denied %v", when, round, s, d.Verdict, denied[i])
						}
					}
				}
				if n := c.Stats().CacheEntries; n > size {
					t.Errorf("%d entries, want %d at most", n, size)
				}
			}
			compare("at first")
			for _, step := range []struct {
				kind   ban.Kind
				value  string
				denied []int
			}{{ban.KindName, "bob.example", []int{0}}, {ban.KindDomain, "bob.example", []int{1, 2}}, {ban.KindDomain, long, []int{3}}, {ban.KindIP, "192.0.2.0/24", []int{4}}} {
				b := create(t, a, ban.CreateOptions{Kind: step.kind, Value: step.value})
				for _, i := range step.denied {
					denied[i] = true
				}
				compare("with a ban of " + step.value)
				must(a.Revoke(as("test"), b.ID, "over"))(t)
				for _, i := range step.denied {
					denied[i] = false
				}
				compare("without it")
			}
		})
	}
}
