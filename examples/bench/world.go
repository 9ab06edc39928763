package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"

	"example.com/ostraka/ban"
)

// rule is a value to ban, canonical.
type rule struct {
	kind ban.Kind
	text string
}

// makeRules returns n rules: 70% domains, 20% prefixes, 9% addresses and 1%
// names. The prefixes are of the lengths that people ban: most are single
// addresses, the others networks down to a provider's.
func makeRules(n int) []rule {
	rng := rand.New(rand.NewPCG(1, 2))
	seen := make(map[netip.Prefix]bool)
	rules := make([]rule, n)
	for i := range rules {
		// Not in the order of the alphabet, as lists of real domains are not.
		id := i * 611_953 % (n + 1)
		switch at := i % 100; {
		case at < 70:
			rules[i] = rule{ban.KindDomain, "d" + strconv.Itoa(id) + ".example"}
		case at < 90:
			rules[i] = rule{ban.KindIP, newPrefix(rng, seen)}
		case at < 99:
			rules[i] = rule{ban.KindEmail, "u" + strconv.Itoa(id) + "@gmail.com"}
		default:
			rules[i] = rule{ban.KindName, "name" + strconv.Itoa(id)}
		}
	}
	return rules
}

var prefixLengths = [...]int{32, 32, 32, 32, 32, 24, 24, 23, 22, 20, 19}

// newPrefix returns the text of a prefix that is not seen yet.
func newPrefix(rng *rand.Rand, seen map[netip.Prefix]bool) string {
	for {
		bits := prefixLengths[rng.IntN(len(prefixLengths))]
		p := netip.PrefixFrom(randomAddr(rng, 11, 89), bits).Masked()
		if seen[p] {
			continue
		}
		seen[p] = true
		if p.IsSingleIP() {
			return p.Addr().String()
		}
		return p.String()
	}
}

// randomAddr returns an address whose first byte is one of n from first on.
func randomAddr(rng *rand.Rand, first, n int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(first + rng.IntN(n)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
}

// asker is somebody whom no rule matches, with the keys that have to be looked
// for: what the baselines are given, ready made.
type asker struct {
	subject ban.Subject
	addr    netip.Addr
	domains [4]string // of both fields, each once; pieces of them
}

// makeAskers returns n strangers, all different. first numbers the first. Half of
// their addresses come from networks in which some are banned.
func makeAskers(n, first int, p *plainMaps) []asker {
	rng := rand.New(rand.NewPCG(3, uint64(first)))
	askers := make([]asker, n)
	for i := range askers {
		id := strconv.Itoa(first + i)
		a := &askers[i]
		a.addr = randomAddr(rng, 128, 60)
		if near := randomAddr(rng, 11, 89); i%2 == 0 && !p.prefixes.Contains(near) {
			a.addr = near
		}
		host := "host" + id + ".test"
		a.subject = ban.Subject{
			Email: "stranger" + id + "@mail." + host, Domain: "alias." + host,
			IP: a.addr.String(), Name: "stranger-" + strings.NewReplacer("0", "a", "1", "b").Replace(id),
		}
		mail := a.subject.Email[strings.IndexByte(a.subject.Email, '@')+1:]
		a.domains = [...]string{mail, mail[len("mail."):], mail[len(mail)-len("test"):], a.subject.Domain}
	}
	return askers
}

// keyTexts returns the keys of an asker as the SQLite store writes them: those
// that a Checker asks for.
func (a *asker) keyTexts() []any {
	keys := []any{"e:" + a.subject.Email, "n:" + a.subject.Name}
	for _, d := range a.domains {
		keys = append(keys, "d:"+d)
	}
	seen := map[int]bool{}
	for _, bits := range prefixLengths {
		if p, err := a.addr.Prefix(bits); err == nil && !seen[bits] {
			seen[bits] = true
			keys = append(keys, "i:"+strings.TrimSuffix(p.String(), "/32"))
		}
	}
	return keys
}

// lines returns the rules as the lines of a list.
func lines(rules []rule) string {
	var b strings.Builder
	for i := range rules {
		fmt.Fprintf(&b, "%s:%s\n", rules[i].kind, rules[i].text)
	}
	return b.String()
}
