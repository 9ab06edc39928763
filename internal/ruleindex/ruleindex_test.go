package ruleindex

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func rule(n int, kind store.Kind, text string) store.Rule {
	return store.Rule{ID: uuid.UUID{byte(n >> 16), byte(n >> 8), byte(n)}, Key: store.Key{Kind: kind, Text: text}, Value: fmt.Sprint(n)}
}

func values(rules []store.Rule) string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Value)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestRulesOfOneKey(t *testing.T) {
	key := store.Key{Kind: store.KindDomain, Text: "a.example"}
	for _, gone := range []int{1, 2, 3} {
		x := New()
		for n := 1; n <= 3; n++ {
			x.Put(rule(n, key.Kind, key.Text))
		}
		if got := values(x.Lookup([]store.Key{key})); got != "1 2 3" {
			t.Fatalf("Lookup = %q", got)
		}
		if !x.Remove(key, rule(gone, 0, "").ID) {
			t.Errorf("Remove(%d) = false", gone)
		}
		if x.Remove(key, rule(gone, 0, "").ID) {
			t.Errorf("Remove(%d) again = true", gone)
		}
		want := strings.Join(strings.Fields(strings.Replace("1 2 3", fmt.Sprint(gone), "", 1)), " ")
		if got := values(x.Lookup([]store.Key{key})); got != want {
			t.Errorf("Lookup without %d = %q, want %q", gone, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	x := New()
	x.Put(rule(1, store.KindName, "admin"))
	x.Put(rule(2, store.KindName, ""))
	x.Put(rule(3, store.KindEmail, ""))
	x.Put(rule(4, store.KindDomain, "admin"))
	name, wild := store.Key{Kind: store.KindName, Text: "admin"}, store.WildcardKey(store.KindName)
	unknown := store.Key{Kind: store.KindIP, Text: "admin"}
	tests := []struct {
		name string
		keys []store.Key
		want string
	}{
		{"no keys give no rules", nil, ""},
		{"a key is found by kind and text", []store.Key{name}, "1"},
		{"wildcards are found by the key of their kind", []store.Key{wild}, "2"},
		{"an unknown key adds nothing", []store.Key{unknown, name, {}}, "1"},
		{"a repeated key gives its rules once", []store.Key{name, wild, name, wild}, "1 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := values(x.Lookup(tt.keys)); got != tt.want {
				t.Errorf("Lookup = %q, want %q", got, tt.want)
			}
		})
	}
	if got := x.View().Append([]store.Rule{rule(9, 0, "")}, name); values(got) != "1 9" {
		t.Errorf("Append = %q, want what was there and 1", values(got))
	}
}

// Whatever a rule holds, it comes back as it was.
func TestARuleComesBackAsItWas(t *testing.T) {
	plain := store.Rule{Key: store.Key{Kind: store.KindEmail, Text: "jdoe@gmail.com"}, Value: "j.doe@gmail.com"}
	tests := map[string]func(*store.Rule){
		"plain":                         func(*store.Rule) {},
		"value as the key":              func(r *store.Rule) { r.Value = r.Key.Text },
		"no value":                      func(r *store.Rule) { r.Value = "" },
		"effect, scope, shadow":         func(r *store.Rule) { r.Effect, r.Scope, r.Shadow = store.Allow, 5, true },
		"origin, reasons, source":       func(r *store.Rule) { r.Origin, r.Reason, r.PublicReason, r.Source = "list:x", "why", "said", "file" },
		"a line":                        func(r *store.Rule) { r.Line = 12345678 },
		"an expiry":                     func(r *store.Rule) { r.ExpiresAt = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC) },
		"an expiry before 1970":         func(r *store.Rule) { r.ExpiresAt = time.Date(1950, 1, 2, 3, 4, 5, 6000, time.UTC) },
		"an expiry of nanoseconds":      func(r *store.Rule) { r.ExpiresAt = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC) },
		"an expiry with a line":         func(r *store.Rule) { r.Line, r.ExpiresAt = 1, time.Unix(1, 0).UTC() },
		"a negative line":               func(r *store.Rule) { r.Line = -1 },
		"a long key":                    func(r *store.Rule) { r.Key.Text = strings.Repeat("x", 70_000) },
		"a long value":                  func(r *store.Rule) { r.Value = strings.Repeat("x", 70_000) },
		"a wildcard":                    func(r *store.Rule) { r.Key.Text = "" },
		"a wildcard of no kind":         func(r *store.Rule) { r.Key = store.Key{} },
		"a key of no kind":              func(r *store.Rule) { r.Key.Kind = 200 },
		"a prefix":                      func(r *store.Rule) { r.Key = store.Key{Kind: store.KindIP, Text: "192.0.2.0/24"} },
		"an address":                    func(r *store.Rule) { r.Key = store.Key{Kind: store.KindIP, Text: "2001:db8::1"} },
		"a prefix spelled another way":  func(r *store.Rule) { r.Key = store.Key{Kind: store.KindIP, Text: "192.0.2.1/24"} },
		"an ip key that is none at all": func(r *store.Rule) { r.Key = store.Key{Kind: store.KindIP, Text: "x"} },
	}
	x := New()
	var all []store.Rule
	for _, change := range tests {
		r := plain
		r.ID = uuid.New()
		change(&r)
		x.Put(r)
		all = append(all, r)
	}
	check := func(t *testing.T, when string) {
		t.Helper()
		for _, want := range all {
			if got := x.Lookup([]store.Key{want.Key}); !slices.Contains(got, want) {
				t.Errorf("%s: %+v comes back as %+v", when, want, got)
			}
		}
		if x.Len() != len(all) {
			t.Errorf("%s: Len = %d, want %d", when, x.Len(), len(all))
		}
	}
	check(t, "put")
	x = built(len(all), all...)
	check(t, "built")
}

// The addresses of one mailbox share a key, as many as somebody cares to list.
func TestManyRulesOfOneKeyKeepTheIndexSmall(t *testing.T) {
	const many = 3 * maxShard
	x := New()
	for n := range many {
		x.Put(rule(n, store.KindEmail, "jdoe@gmail.com"))
	}
	if n := x.View().Bytes(); n > 200*many {
		t.Errorf("%d rules take %d bytes", many, n)
	}
	for n := range 10 * maxShard { // others are split as if those were not there
		x.Put(rule(many+n, store.KindDomain, fmt.Sprintf("d%d.example", n)))
	}
	v := x.View()
	if n := v.Bytes(); n > 200*int64(v.Len()) {
		t.Errorf("%d rules take %d bytes", v.Len(), n)
	}
	if n := len(v.Append(nil, store.Key{Kind: store.KindEmail, Text: "jdoe@gmail.com"})); n != many {
		t.Errorf("%d rules of the key, want %d", n, many)
	}
	large := 0
	for i := range v.dir {
		if s := v.dir[i].shard; s.live > maxShard && (i == 0 || v.dir[i-1].shard != s) {
			large++
		}
	}
	if large != 1 {
		t.Errorf("%d shards are large, want the one of the mailbox", large)
	}
}

func TestReplaceOfAKeyThatIsNamedTwice(t *testing.T) {
	x := New()
	stays, goes := rule(1, store.KindName, "bob"), rule(2, store.KindName, "bob")
	x.Put(stays)
	x.Put(goes)
	x.Replace([]store.Key{stays.Key, stays.Key}, []store.Rule{stays, stays})
	if got := x.Lookup([]store.Key{stays.Key}); len(got) != 1 || got[0] != stays || x.Len() != 1 {
		t.Errorf("Lookup = %+v, want %+v alone", got, stays)
	}
}

func TestPutReplacesTheRuleOfAnID(t *testing.T) {
	x := New()
	old := rule(1, store.KindIP, "192.0.2.0/24")
	x.Put(old)
	same := old
	same.Reason = "changed"
	x.Put(same)
	if got := x.Lookup([]store.Key{old.Key}); len(got) != 1 || got[0] != same {
		t.Errorf("Lookup = %+v, want %+v", got, same)
	}
	x.Remove(old.Key, old.ID)
	moved := rule(1, store.KindIP, "192.0.2.0/25")
	x.Put(moved)
	if got := x.Lookup([]store.Key{old.Key, moved.Key}); len(got) != 1 || got[0] != moved {
		t.Errorf("Lookup = %+v, want %+v", got, moved)
	}
	if got := x.PrefixLengths(); !slices.Equal(got, []store.PrefixLen{{Bits: 25}}) {
		t.Errorf("PrefixLengths = %+v, want /25 alone", got)
	}
	if x.Len() != 1 {
		t.Errorf("Len = %d, want 1", x.Len())
	}
}

// The texts of the random rules: few, so that keys meet, and many, so that
// shards split.
func randomText(rng *rand.Rand) string {
	few := []string{"", "a", "b", "192.0.2.1", "192.0.2.0/24", "198.51.100.0/24", "192.0.0.0/8", "2001:db8::/32", "2001:db8::1", "192.0.2.7/24"}
	switch rng.IntN(3) {
	case 0:
		return few[rng.IntN(len(few))]
	case 1:
		return fmt.Sprintf("192.0.%d.0/24", rng.IntN(50))
	}
	return fmt.Sprintf("d%d.example", rng.IntN(4000))
}

// TestAgainstALinearScan compares the index with a plain map of rules, and views
// with what the map was when they were taken.
func TestAgainstALinearScan(t *testing.T) {
	type identity struct {
		key store.Key
		id  uuid.UUID
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x, model := New(), map[identity]store.Rule{}
	var views []*View
	var contents [][]store.Rule
	all := func() (rules []store.Rule) {
		for _, r := range model {
			rules = append(rules, r)
		}
		return rules
	}
	for step := range 30_000 {
		r := rule(rng.IntN(3), store.Kinds()[rng.IntN(4)], randomText(rng))
		r.Reason = fmt.Sprint(step % 7)
		id := identity{r.Key, r.ID}
		switch _, known := model[id]; rng.IntN(8) {
		case 0, 1:
			if x.Remove(r.Key, r.ID) != known {
				t.Fatalf("Remove reports %v, want %v", !known, known)
			}
			delete(model, id)
		case 2:
			rules := []store.Rule{r, rule(4, r.Key.Kind, r.Key.Text)}
			x.Replace([]store.Key{r.Key}, rules)
			for k := range 3 {
				delete(model, identity{r.Key, rule(k, 0, "").ID})
			}
			for _, r := range rules {
				model[identity{r.Key, r.ID}] = r
			}
		default:
			x.Put(r)
			model[id] = r
		}
		if step%5000 == 4999 {
			if step%10_000 == 9999 {
				x = built(x.Len(), all()...)
			}
			views, contents = append(views, x.View()), append(contents, all())
		}
	}
	if len(views[len(views)-1].dir) < 4 {
		t.Fatal("no shard was ever split: the test shows less than it should")
	}
	for i, v := range views {
		compare(t, v, contents[i])
	}
}

// compare asks a view for every key there may be, and for addresses and
// domains.
func compare(t *testing.T, v *View, rules []store.Rule) {
	t.Helper()
	if v.Len() != len(rules) {
		t.Fatalf("Len = %d, want %d", v.Len(), len(rules))
	}
	byKey := map[store.Key][]store.Rule{}
	lens := map[store.PrefixLen]bool{}
	for _, r := range rules {
		byKey[r.Key] = append(byKey[r.Key], r)
		if l, ok := r.Key.PrefixLen(); ok {
			lens[l] = true
		}
	}
	for key, want := range byKey {
		sameRules(t, fmt.Sprint(key), v.Append(nil, key), want)
	}
	if got := v.PrefixLengths(); len(got) != len(lens) || slices.ContainsFunc(got, func(l store.PrefixLen) bool { return !lens[l] }) {
		t.Fatalf("PrefixLengths = %+v, want %v", got, lens)
	}
	for _, text := range []string{"192.0.2.1", "192.0.7.9", "192.5.5.5", "198.51.100.4", "203.0.113.1", "2001:db8::1", "2001:db8::2", "2001:db9::"} {
		addr := netip.MustParseAddr(text)
		var want []store.Rule
		for key, rules := range byKey {
			if p, ok := canonicalPrefix(key.Text); ok && key.Kind == store.KindIP && p.Contains(addr) {
				want = append(want, rules...)
			}
		}
		sameRules(t, text, ask(v, func(q *Query) { q.Prefixes(7, addr) }), want)
	}
	host := "x.a.d17.example"
	want := append(slices.Clone(byKey[store.Key{Kind: store.KindDomain, Text: "d17.example"}]), byKey[store.Key{Kind: store.KindDomain, Text: host}]...)
	sameRules(t, host, ask(v, func(q *Query) { q.Domains(7, host) }), want)
	for _, other := range []string{host, "b.a.d17.example", "d17.example", "example", "xd17.example", "x.example"} {
		two := func(q *Query) { q.Domains(6, other); q.Domains(7, host) }
		sameRules(t, host+" beside "+other, ask(v, two), want)
	}
}

// ask returns the rules that a query gives to owner 7.
func ask(v *View, add func(*Query)) (rules []store.Rule) {
	var q Query
	q.Begin(v)
	add(&q)
	q.Each(func(owner uint8, r *store.Rule) {
		if owner == 7 {
			rules = append(rules, *r)
		}
	})
	return rules
}

func sameRules(t *testing.T, what string, got, want []store.Rule) {
	t.Helper()
	order := func(a, b store.Rule) int {
		return strings.Compare(a.Key.String()+a.ID.String(), b.Key.String()+b.ID.String())
	}
	got, want = slices.SortedFunc(slices.Values(got), order), slices.SortedFunc(slices.Values(want), order)
	if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s gives %+v, want %+v", what, got, want)
	}
}

func TestViewsOfReadersWhileAWriterGoesOn(t *testing.T) {
	x := New()
	views := make(chan *View, 16)
	done := make(chan error)
	for range 2 {
		go func() {
			for v := range views {
				n := 0
				for i := range 3000 {
					n += len(v.Append(nil, store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("d%d.example", i)}))
				}
				if n != v.Len() {
					done <- fmt.Errorf("%d rules found, of %d", n, v.Len())
					return
				}
			}
			done <- nil
		}()
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 12_000 {
		n := rng.IntN(3000)
		r := rule(n, store.KindDomain, fmt.Sprintf("d%d.example", n))
		if rng.IntN(3) == 0 {
			x.Remove(r.Key, r.ID)
		} else {
			x.Put(r)
		}
		if i%100 == 0 {
			views <- x.View()
		}
	}
	close(views)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestReadsOfAViewDoNotAllocate(t *testing.T) {
	x := New()
	for n := range 5000 {
		x.Put(rule(n, store.KindDomain, fmt.Sprintf("d%d.example", n)))
	}
	x.Put(rule(5001, store.KindIP, "192.0.2.0/24"))
	v, addr := x.View(), netip.MustParseAddr("192.0.2.1")
	var q Query
	if n := testing.AllocsPerRun(100, func() {
		found := 0
		q.Begin(v)
		q.Domains(0, "d7.example")
		q.Domains(1, "a.b.d8.example")
		q.Domains(2, "b.d8.example")
		q.Prefixes(3, addr)
		q.Each(func(uint8, *store.Rule) { found++ })
		q.End()
		if found != 4 {
			t.Fatalf("%d rules found, want 4", found)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	x := New()
	var keys []store.Key
	for n := range 100_000 {
		r := store.Rule{ID: uuid.New(), Key: store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("d%d.example", n)}}
		x.Put(r)
		if n%10_000 == 0 {
			keys = append(keys, r.Key)
		}
	}
	for b.Loop() {
		if len(x.Lookup(keys)) != len(keys) {
			b.Fatal("a rule is missing")
		}
	}
}

// What many rules have is packed: a list's entry has a line and no end, a ban may have
// an end and no line. A rule that is kept whole takes some 300 bytes.
func TestEntriesOfListsAndBansThatExpireTakeLittleMemory(t *testing.T) {
	const many = 2 * maxShard
	expires := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		of   func(n int) store.Rule
		most int64
	}{
		"entries of a list": {func(n int) store.Rule {
			r := rule(n, store.KindDomain, fmt.Sprintf("d%d.example", n))
			r.Value, r.Origin, r.Line, r.Source, r.Reason = r.Key.Text, store.OriginList("disposable"), n+1, "https://lists.example/disposable.txt", "on a list of disposable addresses"
			return r
		}, 100},
		"bans that expire": {func(n int) store.Rule {
			r := rule(n, store.KindDomain, fmt.Sprintf("d%d.example", n))
			r.Value, r.Origin, r.ExpiresAt, r.Reason = r.Key.Text, store.OriginBan, expires.Add(time.Duration(n)*time.Microsecond), "spam"
			return r
		}, 110},
	} {
		t.Run(name, func(t *testing.T) {
			x := New()
			for n := range many {
				x.Put(c.of(n))
			}
			if each := x.View().Bytes() / many; each > c.most {
				t.Errorf("each takes %d bytes, want at most %d", each, c.most)
			}
			// Bans come and go all day.
			for n := many; n < 20*many; n++ {
				x.Put(c.of(n))
				old := c.of(n - many)
				if !x.Remove(old.Key, old.ID) {
					t.Fatalf("rule %d is gone", n-many)
				}
			}
			if each := x.View().Bytes() / many; each > 2*c.most {
				t.Errorf("after many have come and gone, each takes %d bytes", each)
			}
			if got := x.Lookup([]store.Key{c.of(20*many - 1).Key}); len(got) != 1 || !reflect.DeepEqual(got[0], c.of(20*many-1)) {
				t.Errorf("it comes back as %+v", got)
			}
		})
	}
}

// Two domains of one query share the keys that both have, and no others.
func TestWhatTwoDomainsShareEndsAtADot(t *testing.T) {
	for _, c := range []struct{ first, second, rule, want string }{
		{"a.com", "ba.com", "a.com", "1"},
		{"ba.com", "a.com", "a.com", "2"},
		{"a.com", "ba.com", "com", "1 2"},
		{"a.com", "b.a.com", "a.com", "1 2"},
		{"b.a.com", "a.com", "a.com", "1 2"},
		{"b.a.com", "a.com", "b.a.com", "1"},
		{"x.a.com", "xba.com", "a.com", "1"},
		{"xa.com", "a.com", "xa.com", "1"},
		{"a.a", "a", "a", "1 2"},
		{"a", "ba", "a", "1"},
		{"ba", "a", "a", "2"},
		{"a.com", "a.com", "a.com", "1 2"},
		{"a.b.c", "b.c", "c", "1 2"},
	} {
		x := New()
		x.Put(rule(1, store.KindDomain, c.rule))
		var q Query
		q.Begin(x.View())
		q.Domains(1, c.first)
		q.Domains(2, c.second)
		var owners []string
		q.Each(func(owner uint8, _ *store.Rule) { owners = append(owners, fmt.Sprint(owner)) })
		q.End()
		slices.Sort(owners)
		if got := strings.Join(owners, " "); got != c.want {
			t.Errorf("%s, %s, with a rule for %s: it is found for %q, want %q", c.first, c.second, c.rule, got, c.want)
		}
	}
}
