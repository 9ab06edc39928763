package ban_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/gaissmai/bart"
	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// mixedPrefix returns a prefix like those that people ban: mostly addresses and
// networks of a provider's customer.
func mixedPrefix(rng *rand.Rand) netip.Prefix {
	bits := [...]int{32, 32, 32, 32, 24, 24, 23, 22, 20, 19}[rng.IntN(10)]
	a := netip.AddrFrom4([4]byte{byte(1 + rng.IntN(126)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
	return netip.PrefixFrom(a, bits).Masked()
}

// plainMaps are the baseline: what a program has that looks up the same keys in
// maps, and in a table of prefixes.
type plainMaps struct {
	emails, domains, names map[string]uint32
	prefixes               bart.Table[uint32]
}

func (p *plainMaps) add(k ban.Kind, text string, n uint32) {
	switch k {
	case ban.KindEmail:
		p.emails[text] = n
	case ban.KindDomain:
		p.domains[text] = n
	case ban.KindName:
		p.names[text] = n
	}
}

func (p *plainMaps) find(s *ban.Subject, addr netip.Addr) (n int) {
	if _, ok := p.emails[s.Email]; ok {
		n++
	}
	_, host, _ := strings.Cut(s.Email, "@")
	for more := true; more; _, host, more = strings.Cut(host, ".") {
		if _, ok := p.domains[host]; ok {
			n++
		}
	}
	host, more := s.Domain, true
	for ; more; _, host, more = strings.Cut(host, ".") {
		if strings.HasSuffix(s.Email, "."+host) {
			break // was looked up already
		}
		if _, ok := p.domains[host]; ok {
			n++
		}
	}
	if _, ok := p.names[s.Name]; ok {
		n++
	}
	if _, ok := p.prefixes.Lookup(addr); ok {
		n++
	}
	return n
}

// mirrorWorld is a store with rules, the same in maps, and subjects that none
// of them matches.
func mirrorWorld(b *testing.B, rules int) (*memstore.Store, *plainMaps, []ban.Subject, []netip.Addr) {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	maps := &plainMaps{emails: map[string]uint32{}, domains: map[string]uint32{}, names: map[string]uint32{}}
	st := memstore.New()
	bans := make([]store.Ban, 0, rules)
	seen := map[string]bool{}
	for i := range rules {
		kind, text := benchValue(i)
		if kind == ban.KindIP {
			p := mixedPrefix(rng)
			v, err := ban.ParsePrefix(p.String())
			if err != nil || seen[v.String()] {
				continue
			}
			text = v.String()
			seen[text] = true
			maps.prefixes.Insert(p, uint32(i))
		}
		maps.add(kind, text, uint32(i))
		bans = append(bans, store.Ban{ID: uuid.New(), Kind: kind, Value: text, KeyText: text})
	}
	if _, err := st.CreateBans(b.Context(), bans, store.Change{Action: store.BanCreateMany}); err != nil {
		b.Fatal(err)
	}
	subjects, addrs := make([]ban.Subject, 1<<16), make([]netip.Addr, 1<<16)
	for i := range subjects {
		subjects[i] = stranger(i)
		subjects[i].Name = strings.NewReplacer("0", "a", "1", "b").Replace(subjects[i].Name)
		a := netip.AddrFrom4([4]byte{byte(128 + rng.IntN(90)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
		if rng.IntN(2) == 0 {
			a = netip.AddrFrom4([4]byte{byte(1 + rng.IntN(126)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
			if maps.prefixes.Contains(a) {
				a = netip.AddrFrom4([4]byte{200, 1, byte(i >> 8), byte(i)})
			}
		}
		addrs[i], subjects[i].IP = a, a.String()
	}
	return st, maps, subjects, addrs
}

func BenchmarkMirror(b *testing.B) {
	for _, rules := range []int{1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(rules), func(b *testing.B) {
			st, maps, subjects, addrs := mirrorWorld(b, rules)
			c, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			st = nil
			ctx := context.Background()
			b.Run("maps", func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if n := maps.find(&subjects[i%len(subjects)], addrs[i%len(subjects)]); n != 0 {
						b.Fatal(n, subjects[i%len(subjects)])
					}
				}
			})
			b.Run("Check", func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if d, err := c.Check(ctx, subjects[i%len(subjects)]); err != nil || d.Verdict != ban.Allowed {
						b.Fatal(d, err)
					}
				}
			})
		})
	}
}
