package ban_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"example.com/ostraka/ban"
)

// TestMailHostsAreDecidedAsTheDocSays compares checks with an oracle that goes by
// the doc of MXOptions alone, over rules and hosts drawn at random.
func TestMailHostsAreDecidedAsTheDocSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	names := []string{"a.example", "m.a.example", "x.m.a.example", "b.example", "m.b.example"}
	addrs := []string{"192.0.2.1", "192.0.2.129", "198.51.100.1"}
	values := []string{
		"domain a.example", "domain m.a.example", "domain =m.a.example", "domain *.a.example", "domain b.example", "domain =m.b.example",
		"ip 192.0.2.0/24", "ip 192.0.2.128/25", "ip 192.0.2.1", "ip 198.51.100.1", "name ann",
	}
	for range 400 {
		z := &zone{mx: map[string]string{}, addrs: map[string]string{}}
		for _, n := range names {
			z.addrs[n] = strings.Join([]string{pick(addrs), pick(addrs)}[:random.IntN(3)], " ")
		}
		var hosts []string
		for range 1 + random.IntN(3) {
			hosts = append(hosts, pick(names))
		}
		z.mx["new.example"] = strings.Join(hosts, " ")

		var rules []ruleText
		used := map[string]bool{}
		for range random.IntN(6) {
			if v := pick(values); !used[v] {
				used[v] = true
				rules = append(rules, ruleText(pick([]string{"deny ", "deny ", "review ", "allow ", "shadow deny "})+v))
			}
		}
		want := expectedVerdict(rules, hosts, z)
		for _, mirror := range []bool{false, true} {
			c := mxCheckerOf(t, ban.CheckerOptions{Mirror: mirror, MX: ban.MXOptions{Resolver: z}}, rules...)
			d, err := c.Check(t.Context(), ban.Subject{Email: "eve@new.example", Name: "ann"})
			if err != nil || d.Verdict != want {
				t.Fatalf("%s (%v), want %s; mirror %t, rules %q, hosts %v, addresses %v", d.Verdict, err, want, mirror, rules, hosts, z.addrs)
			}
		}
	}
}

// expectedVerdict is the oracle: for each host the rule with the longest value of
// its name, else for each of its addresses that with the longest prefix; the worst
// of all these, and of the rule for the name.
func expectedVerdict(rules []ruleText, hosts []string, z *zone) ban.Verdict {
	worst := ban.Allowed
	take := func(effect string) bool {
		if effect == "" {
			return false
		}
		worst = min(worst, map[string]ban.Verdict{"deny": ban.Denied, "review": ban.NeedsReview, "allow": ban.Allowed}[effect])
		return true
	}
	// best returns the effect of the first value that has a rule.
	best := func(values ...string) string {
		for _, v := range values {
			for _, r := range rules {
				if effect, value, _ := strings.Cut(string(r), " "); value == v {
					return effect
				}
			}
		}
		return ""
	}
	take(best("name ann"))
	for _, h := range hosts {
		values := []string{"domain =" + h, "domain " + h}
		for _, above, ok := strings.Cut(h, "."); ok; _, above, ok = strings.Cut(above, ".") {
			values = append(values, "domain *."+above, "domain "+above)
		}
		if take(best(values...)) {
			continue
		}
		for a := range strings.FieldsSeq(z.addrs[h]) {
			values := []string{"ip " + a}
			switch a {
			case "192.0.2.129":
				values = append(values, "ip 192.0.2.128/25", "ip 192.0.2.0/24")
			case "192.0.2.1":
				values = append(values, "ip 192.0.2.0/24")
			}
			take(best(values...))
		}
	}
	return worst
}
