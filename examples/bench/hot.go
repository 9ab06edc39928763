package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/gaissmai/bart"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/memstore"
)

// patterns is how many there are where many are.
const patterns = 10_000

// mirrorOf returns a Checker with a mirror of rules of those values.
func mirrorOf(ctx context.Context, kind ban.Kind, texts []string) (*ban.Checker, error) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		return nil, err
	}
	for first := 0; first < len(texts); first += 5000 {
		part := texts[first:min(first+5000, len(texts))]
		all := make([]ban.CreateOptions, len(part))
		for i, text := range part {
			all[i] = ban.CreateOptions{Kind: kind, Value: text, Force: true}
		}
		r, err := admin.CreateMany(ban.WithActor(ctx, "bench"), all)
		if err != nil {
			return nil, err
		}
		if r.Created == 0 {
			return nil, fmt.Errorf("no rule of %q was made", texts[0])
		}
	}
	return ban.NewChecker(st, ban.CheckerOptions{Mirror: true})
}

// subjects makes askers of subjects alone.
func subjects(n int, of func(i int) ban.Subject) []asker {
	askers := make([]asker, n)
	for i := range askers {
		askers[i].subject = of(i)
	}
	return askers
}

// strangersTo leaves out who is not let in.
func strangersTo(ctx context.Context, c *ban.Checker, askers []asker) []asker {
	var out []asker
	for _, a := range askers {
		if d, err := c.Check(ctx, a.subject); err == nil && d.Verdict == ban.Allowed {
			out = append(out, a)
		}
	}
	return out
}

// syllables make words and names that begin alike.
var syllables = strings.Fields("an be co da en fi ga ho in jo ka lo ma ne or pi qu ro sa ti un va wo xi yo zu st er th ch")

func word(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(syllables[rng.IntN(len(syllables))])
	}
	return b.String()
}

// measurePatterns compares checks beside many patterns with those beside none.
func (b *bench) measurePatterns(ctx context.Context) error {
	b.say("%d patterns", patterns)
	rng := rand.New(rand.NewPCG(5, 6))
	words, locals := make([]string, patterns), make([]string, patterns)
	for i := range words {
		words[i] = "*" + word(rng, 3+rng.IntN(2)) + "*"
		locals[i] = fmt.Sprintf("*%s*@list%d.example", word(rng, 3), i%1000)
	}
	none, err := mirrorOf(ctx, ban.KindDomain, []string{"d.example"})
	if err != nil {
		return err
	}
	defer none.Close()
	before := heap()
	named, err := mirrorOf(ctx, ban.KindName, words)
	if err != nil {
		return err
	}
	defer named.Close()
	bytes := (heap() - before) / patterns // with those of the store
	mailed, err := mirrorOf(ctx, ban.KindEmail, locals)
	if err != nil {
		return err
	}
	defer mailed.Close()
	names := strangersTo(ctx, named, subjects(knownAskers, func(int) ban.Subject {
		return ban.Subject{Name: word(rng, 3) + "-" + word(rng, 2)}
	}))
	mails := subjects(knownAskers, func(i int) ban.Subject {
		return ban.Subject{Email: fmt.Sprintf("%s@mail.host%d.test", word(rng, 4), i)}
	})
	if err := b.row(fmt.Sprintf("name Check, %d patterns *word*", patterns), atMost(3, "with none"), checks(ctx, named, names, 0), checks(ctx, none, names, 0)); err != nil {
		return err
	}
	if err := b.noAllocs("name Check beside patterns, allocations", 0, checks(ctx, named, names, 0)); err != nil {
		return err
	}
	if err := b.row(fmt.Sprintf("address Check, %d patterns at other domains", patterns), atMost(1.2, "with none"), checks(ctx, mailed, mails, 0), checks(ctx, none, mails, 0)); err != nil {
		return err
	}
	built, err := once(slowRounds, func(int) error {
		c, err := mirrorOf(ctx, ban.KindName, words)
		if err != nil {
			return err
		}
		return c.Close()
	})
	if err != nil {
		return err
	}
	b.rows = append(b.rows,
		compare("making those bans and a mirror of them", built[0]/1e6, 1000, "ms", atMost(1, "a second")),
		compare("memory of a pattern, in the store and the mirror", bytes, 1000, "bytes", bar{of: "a kilobyte"}))
	return nil
}

// row compares two kinds of work.
func (b *bench) row(what string, limit bar, w, baseline work) error {
	times, err := alternate(b.rounds, b.slice, w, baseline)
	if err != nil {
		return err
	}
	b.rows = append(b.rows, compare(what, times[0], times[1], "ns", limit))
	return nil
}

// noAllocs says how much a piece of work allocates.
func (b *bench) noAllocs(what string, most float64, w work) error {
	n, err := allocations(w)
	if err != nil {
		return err
	}
	b.rows = append(b.rows, row{What: what, Figure: n, Unit: "allocs", Bar: fmt.Sprintf("≤ %g", most), Holds: n <= most})
	return nil
}

// measurePrefixes compares checks of addresses with parsing them and a walk down a
// table of the same prefixes.
func (b *bench) measurePrefixes(ctx context.Context) error {
	b.say("prefixes of all lengths")
	rng := rand.New(rand.NewPCG(7, 8))
	for _, family := range []struct {
		what  string
		outer netip.Prefix // where strangers are
	}{{"IPv4", netip.MustParsePrefix("192.0.0.0/3")}, {"IPv6", netip.MustParsePrefix("2000::/3")}} {
		var prefixes []netip.Prefix
		bits := family.outer.Addr().BitLen()
		for length := 1; length <= bits; length++ {
			if length <= family.outer.Bits() { // beside all strangers
				a := netip.PrefixFrom(flip(family.outer.Addr(), length-1), length).Masked()
				prefixes = append(prefixes, a)
				continue
			}
			if length < 8 { // each in the one before, so that strangers have room
				prefixes = append(prefixes, netip.PrefixFrom(family.outer.Addr(), length))
				continue
			}
			for range min(1<<min(length-8, 8), 200) {
				prefixes = append(prefixes, netip.PrefixFrom(within(rng, family.outer), length).Masked())
			}
		}
		if err := b.prefixRow(ctx, rng, "IP Check, "+family.what+", prefixes of all lengths", prefixes, family.outer); err != nil {
			return err
		}
	}
	for _, path := range b.prefixes {
		prefixes, err := readPrefixes(path)
		if err != nil {
			return err
		}
		outer := netip.MustParsePrefix("0.0.0.0/0")
		if prefixes[0].Addr().Is6() {
			outer = netip.MustParsePrefix("2000::/3")
		}
		if err := b.prefixRow(ctx, rng, fmt.Sprintf("IP Check, %d prefixes of a list", len(prefixes)), prefixes, outer); err != nil {
			return err
		}
	}
	return nil
}

// flip returns an address with another bit.
func flip(a netip.Addr, bit int) netip.Addr {
	b := a.AsSlice()
	b[bit/8] ^= 1 << (7 - bit%8)
	a, _ = netip.AddrFromSlice(b)
	return a
}

// within returns an address of a prefix.
func within(rng *rand.Rand, p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		if rng.IntN(2) == 1 {
			b[bit/8] ^= 1 << (7 - bit%8)
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func (b *bench) prefixRow(ctx context.Context, rng *rand.Rand, what string, prefixes []netip.Prefix, outer netip.Prefix) error {
	var table bart.Table[uint32]
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		table.Insert(p, uint32(i))
		texts[i] = p.String()
	}
	c, err := mirrorOf(ctx, ban.KindIP, texts)
	if err != nil {
		return err
	}
	defer c.Close()
	var askers []asker
	for len(askers) < knownAskers { // half of them near what is banned
		a := within(rng, outer)
		if near := prefixes[rng.IntN(len(prefixes))]; len(askers)%2 == 0 && near.Bits() > 16 && outer.Contains(near.Addr()) {
			a = within(rng, netip.PrefixFrom(near.Addr(), near.Bits()-4).Masked())
		}
		if _, in := table.Lookup(a); in {
			continue
		}
		if _, _, inner := value.InnerIPv4(a); !inner {
			askers = append(askers, asker{subject: ban.Subject{IP: a.String()}, addr: a})
		}
	}
	at := 0
	walks := func(n int) error {
		for range n {
			a, err := netip.ParseAddr(askers[at].subject.IP)
			if err != nil {
				return err
			}
			if _, found := table.Lookup(a); found {
				return fmt.Errorf("%v is in the table", a)
			}
			if at++; at == len(askers) {
				at = 0
			}
		}
		return nil
	}
	return b.row(what, atMostPlus(100, "ParseAddr and bart"), checks(ctx, c, askers, 0), walks)
}

// measureLetters compares names and addresses beyond ASCII with plain ones.
func (b *bench) measureLetters(ctx context.Context) error {
	b.say("names with accents, IDN addresses")
	rng := rand.New(rand.NewPCG(9, 10))
	c, err := mirrorOf(ctx, ban.KindName, []string{"nobody"})
	if err != nil {
		return err
	}
	defer c.Close()
	accents := strings.NewReplacer("a", "á", "o", "ö", "e", "é", "u", "ü", "s", "š")
	plain := make([]string, knownAskers)
	for i := range plain {
		plain[i] = word(rng, 3) + " " + word(rng, 3)
	}
	mail := func(i int) string { return strings.ReplaceAll(plain[i], " ", ".") + "@" + word(rng, 4) + ".example" }
	for _, kind := range []struct {
		what         string
		plain, other func(i int) ban.Subject
	}{
		{"Check of names with accents", func(i int) ban.Subject { return ban.Subject{Name: plain[i]} },
			func(i int) ban.Subject { return ban.Subject{Name: accents.Replace(plain[i])} }},
		{"Check of addresses at IDNs", func(i int) ban.Subject { return ban.Subject{Email: mail(i)} },
			func(i int) ban.Subject { return ban.Subject{Email: accents.Replace(mail(i))} }},
	} {
		other := checks(ctx, c, subjects(knownAskers, kind.other), 0)
		if err := b.row(kind.what, atMost(4, "of ASCII ones"), other, checks(ctx, c, subjects(knownAskers, kind.plain), 0)); err != nil {
			return err
		}
		if err := b.noAllocs(kind.what+", allocations", 2, other); err != nil {
			return err
		}
	}
	return nil
}

// measureExplain compares Explain with Check, and both with a rule that denies.
func (b *bench) measureExplain(ctx context.Context) error {
	s := b.largest()
	b.say("Explain")
	at := 0
	explain := func(n int) error {
		for range n {
			if t, err := s.mirror.Explain(ctx, s.askers[at].subject); err != nil || t.Decision.Verdict != ban.Allowed {
				return fmt.Errorf("explained as %v, %w", t, err)
			}
			at = (at + 1) % len(s.askers)
		}
		return nil
	}
	return b.row("Explain with a mirror", atMost(5, "Check"), explain, checks(ctx, s.mirror, s.askers, 0))
}

// measureOneField compares an LRU that knows the one field of a subject with a
// mirror.
func (b *bench) measureOneField(ctx context.Context) error {
	s := b.largest()
	b.say("an LRU, warm, with one field")
	cached, err := ban.NewChecker(s.store, ban.CheckerOptions{FlushInterval: time.Minute})
	if err != nil {
		return err
	}
	defer cached.Close()
	for _, kind := range []ban.Kind{ban.KindEmail, ban.KindDomain, ban.KindIP, ban.KindName} {
		askers := subjects(knownAskers/4, func(i int) ban.Subject {
			from := s.askers[i].subject
			return [...]ban.Subject{ban.KindEmail: {Email: from.Email}, ban.KindDomain: {Domain: from.Domain}, ban.KindIP: {IP: from.IP}, ban.KindName: {Name: from.Name}}[kind]
		})
		warm := checks(ctx, cached, askers, 0)
		if err := warm(len(askers)); err != nil {
			return err
		}
		what := fmt.Sprintf("LRU Check, warm, %s alone", kind)
		if err := b.row(what, atMost(1, "mirror Check"), warm, checks(ctx, s.mirror, askers, 0)); err != nil {
			return err
		}
		if err := b.noAllocs(what+", allocations", 0, warm); err != nil {
			return err
		}
	}
	return nil
}
