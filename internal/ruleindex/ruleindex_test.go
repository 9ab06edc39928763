package ruleindex

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func rule(n int, kind store.Kind, text string) store.Rule {
	return store.Rule{ID: uuid.UUID{byte(n >> 8), byte(n)}, Key: store.Key{Kind: kind, Text: text}, Value: fmt.Sprint(n)}
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
	for _, gone := range []int{1, 2, 3} { // the list's head, middle and tail
		x := New()
		for n := 1; n <= 3; n++ {
			x.Put(rule(n, key.Kind, key.Text))
		}
		if got := values(x.Lookup([]store.Key{key})); got != "1 2 3" {
			t.Fatalf("Lookup = %q", got)
		}
		if !x.Remove(rule(gone, 0, "").ID) {
			t.Errorf("Remove(%d) = false", gone)
		}
		if x.Remove(rule(gone, 0, "").ID) {
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
	if got := x.Append([]store.Rule{rule(9, 0, "")}, name); values(got) != "1 9" {
		t.Errorf("Append = %q, want what was there and 1", values(got))
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

func TestAllStopsEarly(t *testing.T) {
	x := New()
	for n := range 10 {
		x.Put(rule(n, store.KindName, fmt.Sprint(n)))
	}
	seen := 0
	for range x.All(0) {
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("the loop ran %d times, want 3", seen)
	}
}

// TestAgainstALinearScan compares the index with a plain map of rules.
func TestAgainstALinearScan(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "a", "b", "192.0.2.1", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32", "2001:db8::1"}
	x, model := New(), map[uuid.UUID]store.Rule{}
	for range 5000 {
		r := rule(rng.IntN(40), store.Kinds()[rng.IntN(4)], texts[rng.IntN(len(texts))])
		if _, known := model[r.ID]; rng.IntN(3) > 0 {
			x.Put(r)
			model[r.ID] = r
		} else {
			if x.Remove(r.ID) != known {
				t.Fatalf("Remove reports %v, want %v", !known, known)
			}
			delete(model, r.ID)
		}
		compare(t, x, model, []store.Key{r.Key, {Kind: store.KindIP, Text: "192.0.2.1"}})
	}
}

func compare(t *testing.T, x *Index, model map[uuid.UUID]store.Rule, keys []store.Key) {
	t.Helper()
	var found, names, all []store.Rule
	lens := map[store.PrefixLen]bool{}
	for _, r := range model {
		all = append(all, r)
		if slices.Contains(keys, r.Key) {
			found = append(found, r)
		}
		if r.Key.Kind == store.KindName {
			names = append(names, r)
		}
		if l, ok := r.Key.PrefixLen(); ok {
			lens[l] = true
		}
	}
	if got, want := values(x.Lookup(keys)), values(found); got != want {
		t.Fatalf("Lookup(%v) = %q, want %q", keys, got, want)
	}
	if got, want := values(slices.Collect(x.All(store.KindName))), values(names); got != want {
		t.Fatalf("All(name) = %q, want %q", got, want)
	}
	if got, want := values(slices.Collect(x.All(0))), values(all); got != want || x.Len() != len(model) {
		t.Fatalf("All(0) = %q of %d, want %q of %d", got, x.Len(), want, len(model))
	}
	got := x.PrefixLengths()
	for _, l := range got {
		if !lens[l] {
			t.Fatalf("PrefixLengths names %+v, which no rule has", l)
		}
	}
	if len(got) != len(lens) {
		t.Fatalf("PrefixLengths = %+v, want %v", got, lens)
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
