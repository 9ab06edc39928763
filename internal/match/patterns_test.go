package match_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// rule returns the wildcard rule of a value, or false if it is none.
func rule(kind store.Kind, text string, effect store.Effect) (store.Rule, bool) {
	v, err := value.Parse(kind, text)
	if err != nil || !v.Wildcard() {
		return store.Rule{}, false
	}
	return store.Rule{ID: uuid.New(), Key: store.WildcardKey(kind), Value: v.String(), Effect: effect}, true
}

// scan asks one rule after the other.
func scan(f *match.Fields, kind store.Kind, rules map[uuid.UUID]*store.Rule) map[uuid.UUID]int {
	found := make(map[uuid.UUID]int)
	for id, r := range rules {
		w := match.Compile(nil, *r)
		if rank, ok := f.Rank(kind, &w); ok {
			found[id] = rank
		}
	}
	return found
}

func ask(f *match.Fields, kind store.Kind, p *match.Patterns) map[uuid.UUID]int {
	found := make(map[uuid.UUID]int)
	for _, w := range f.Wild(kind, p) {
		if _, twice := found[w.Rule.ID]; twice {
			found[w.Rule.ID] = -1
		} else {
			found[w.Rule.ID] = w.Rank
		}
	}
	return found
}

// pieces are what names, local parts and literals are made of: look-alikes, letters
// that look like two, marks that change places, escapes, digits.
var pieces = []string{
	"a", "d", "m", "rn", "i", "n", "I", "l", "1", "0", "o", "M", "а", "М", "é", "e\u0301", "\u0323", "\u0301", "ß", "œ", "ﬁ", "-", ".", " ", "_",
	"admin", "word", "\\*", "\\\\", "4", "x", "ａ", "日", "本", "ش", "r", "u\u0308", "ǖ", "\u0345",
}

func piecesOf(rng *rand.Rand, most int) string {
	var b strings.Builder
	for range 1 + rng.IntN(most) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

// plain is a text without escapes.
var plain = strings.NewReplacer(`\*`, "*", `\\`, `\`)

func starred(rng *rand.Rand, literal string) string {
	return [...]string{"*" + literal + "*", "*" + literal + "*", literal + "*", "*" + literal}[rng.IntN(4)]
}

var mailDomains = []string{"gmail.com", "googlemail.com", "pm.me", "proton.me", "fastmail.com", "user.fastmail.com", "example.org", "mail.example.org", "bücher.example"}

func TestPatternsAgainstAScan(t *testing.T) {
	for _, kind := range []store.Kind{store.KindName, store.KindEmail} {
		t.Run(kind.String(), func(t *testing.T) {
			matched := 0
			for seed := range uint64(60) {
				matched += againstScan(t, kind, seed)
			}
			if matched < 1000 {
				t.Errorf("only %d rules matched: the test says little", matched)
			}
		})
	}
}

func againstScan(t *testing.T, kind store.Kind, seed uint64) (matched int) {
	rng := rand.New(rand.NewPCG(seed, uint64(kind)))
	by := match.Reading{Leet: seed%2 == 0}
	text := func(most int) string {
		s := piecesOf(rng, most)
		if kind == store.KindEmail {
			s = strings.ReplaceAll(s, " ", "+")
		}
		return s
	}
	at := func(s string) string {
		if kind == store.KindEmail {
			s += "@" + mailDomains[rng.IntN(len(mailDomains))]
		}
		return s
	}
	patterns, rules := match.NewPatterns(nil, kind, nil), make(map[uuid.UUID]*store.Rule)
	for range 20 {
		var gone, added []*store.Rule
		for range rng.IntN(30) {
			if r, ok := rule(kind, at(starred(rng, text(3))), store.Effect(rng.IntN(3))); ok {
				added = append(added, &r)
			}
		}
		for _, r := range rules {
			if rng.IntN(8) == 0 {
				gone = append(gone, r)
			}
		}
		for _, r := range gone {
			delete(rules, r.ID)
		}
		for _, r := range added {
			rules[r.ID] = r
		}
		patterns = patterns.Change(gone, added)
		if patterns.Len() != len(rules) {
			t.Fatalf("seed %d: there are %d patterns, want %d", seed, patterns.Len(), len(rules))
		}
		for range 20 {
			var f match.Fields
			s := at(plain.Replace(text(6)))
			var err error
			if kind == store.KindName {
				err = f.Parse("", "", "", s, by)
			} else {
				err = f.Parse(s, "", "", "", by)
			}
			if err != nil {
				continue
			}
			got, want := ask(&f, kind, patterns), scan(&f, kind, rules)
			if !maps.Equal(got, want) {
				t.Fatalf("seed %d: %q: found %v, want %v, of %v", seed, s, values(got, rules), values(want, rules), values(want, rules))
			}
			matched += len(want)
		}
	}
	return matched
}

func values(found map[uuid.UUID]int, rules map[uuid.UUID]*store.Rule) (out []string) {
	for id, rank := range found {
		out = append(out, fmt.Sprintf("%q: %#x", rules[id].Value, rank))
	}
	slices.Sort(out)
	return out
}

// Many rules of one literal, and many that match one name, are each found once.
func TestPatternsThatAllMatch(t *testing.T) {
	var rules []store.Rule
	want := make(map[uuid.UUID]*store.Rule)
	for _, text := range []string{"*a*", "a*", "*a", "*aa*", "*aaa*"} {
		for range 20 {
			r, _ := rule(store.KindName, text, store.Deny)
			rules = append(rules, r)
			want[r.ID] = &r
		}
	}
	var f match.Fields
	if err := f.Parse("", "", "", "aAaA", match.Reading{}); err != nil {
		t.Fatal(err)
	}
	if got := ask(&f, store.KindName, match.NewPatterns(nil, store.KindName, rules)); !maps.Equal(got, scan(&f, store.KindName, want)) {
		t.Errorf("found %v", values(got, want))
	}
}

// Patterns of addresses are found by their domain, however long it is.
func TestPatternsAtDomainsOfAnyLength(t *testing.T) {
	rules := make(map[uuid.UUID]*store.Rule)
	var all []store.Rule
	var domains []string
	for n := range 40 {
		domain := strings.Repeat("b", n+1)
		if n > 1 {
			domain = domain[:n-1] + ".b"
		}
		r, ok := rule(store.KindEmail, "bob*@"+domain, store.Deny)
		if !ok {
			continue // it is none
		}
		domains, all, rules[r.ID] = append(domains, domain), append(all, r), &r
	}
	if len(domains) < 35 {
		t.Fatalf("only %d domains", len(domains))
	}
	patterns := match.NewPatterns(nil, store.KindEmail, all)
	for _, domain := range domains {
		var f match.Fields
		if err := f.Parse("bobby@"+domain, "", "", "", match.Reading{}); err != nil {
			t.Fatal(err)
		}
		got, want := ask(&f, store.KindEmail, patterns), scan(&f, store.KindEmail, rules)
		if len(want) == 0 || !maps.Equal(got, want) {
			t.Errorf("%q: found %v, want %v", domain, values(got, rules), values(want, rules))
		}
	}
}

// What was parsed before is not among the fields.
func TestFieldsThatAreParsedAgain(t *testing.T) {
	var f match.Fields
	if err := f.Parse("a@b.example", "c.example", "192.0.2.1", "d", match.Reading{}); err != nil {
		t.Fatal(err)
	}
	if err := f.Parse("", "", "", "e", match.Reading{}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []store.Kind{store.KindEmail, store.KindDomain, store.KindIP} {
		if f.Has(kind) {
			t.Errorf("there is a field of the kind %v", kind)
		}
	}
}

func FuzzPatterns(f *testing.F) {
	f.Add("*admin*", "adr*", "*nin", "аdmin")
	f.Add("*e\u0301*", "*\u0323", "a\\**", "xé\u0323")
	f.Add("n.a*@gmail.com", "*+x@googlemail.com", "us*@fastmail.com", "N.A+x@gmail.com")
	f.Fuzz(func(t *testing.T, a, b, c, text string) {
		for _, kind := range []store.Kind{store.KindName, store.KindEmail} {
			var fields match.Fields
			err := fields.Parse("", "", "", text, match.Reading{Leet: true})
			if kind == store.KindEmail {
				err = fields.Parse(text, "", "", "", match.Reading{})
			}
			if text == "" || err != nil {
				continue
			}
			rules := make(map[uuid.UUID]*store.Rule)
			patterns := match.NewPatterns(nil, kind, nil)
			for i, s := range []string{a, b, c} {
				if r, ok := rule(kind, s, store.Effect(i)); ok {
					rules[r.ID] = &r
					patterns = patterns.Change(nil, []*store.Rule{&r})
				}
			}
			if got, want := ask(&fields, kind, patterns), scan(&fields, kind, rules); !maps.Equal(got, want) {
				t.Errorf("%q: found %v, want %v", text, values(got, rules), values(want, rules))
			}
		}
	})
}

func TestWildDoesNotAllocate(t *testing.T) {
	var rules []store.Rule
	for n := range 1000 {
		r, _ := rule(store.KindName, fmt.Sprintf("*word%d*", n), store.Deny)
		e, _ := rule(store.KindEmail, fmt.Sprintf("*word%d*@gmail.com", n), store.Deny)
		rules = append(rules, r, e)
	}
	names, mails := match.NewPatterns(nil, store.KindName, rules), match.NewPatterns(nil, store.KindEmail, rules)
	var f match.Fields
	allocs := testing.AllocsPerRun(100, func() {
		if err := f.Parse("xword77x@gmail.com", "", "", "Aword77b", match.Reading{}); err != nil {
			t.Fatal(err)
		}
		if len(f.Wild(store.KindName, names)) == 0 || len(f.Wild(store.KindEmail, mails)) == 0 {
			t.Fatal("nothing is found")
		}
		f.Reset()
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
