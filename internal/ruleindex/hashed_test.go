package ruleindex

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"example.com/ostraka/store"
)

// A rule of a hashed value is found by the hash, that of the same secret and kind alone,
// and by the text of its key: in an index that grew rule by rule, and in one that was built.
func TestAHashedValueIsFoundByItsHash(t *testing.T) {
	hashOf := func(n int) (hash [store.HashSize]byte) { return sha256.Sum256(fmt.Append(nil, n)) }
	text := func(id string, n int) string {
		hash := hashOf(n)
		return string(store.AppendHashText(nil, id, hash[:]))
	}
	const n = 5000
	var rules []store.Rule
	for i := range n {
		rules = append(rules, rule(i+1, store.KindEmail, text("k1", i)))
	}
	rules = append(rules, rule(n+1, store.KindEmail, text("k2", 7)), rule(n+2, store.KindName, text("k1", 7)),
		rule(n+3, store.KindName, "h:k1:no hash"))
	grown := New()
	for _, r := range rules {
		grown.Put(r)
	}
	for name, x := range map[string]*Index{"grown": grown, "built": built(n, rules...)} {
		t.Run(name, func(t *testing.T) {
			v := x.View()
			for _, c := range []struct {
				kind store.Kind
				id   string
				n    int
				want []store.Rule
			}{
				{store.KindEmail, "k1", 7, rules[7:8]}, {store.KindEmail, "k2", 7, rules[n : n+1]}, {store.KindName, "k1", 7, rules[n+1 : n+2]},
				{store.KindEmail, "k1", n - 1, rules[n-1 : n]}, {store.KindEmail, "k1", n, nil}, {store.KindEmail, "k3", 7, nil}, {store.KindName, "k2", 7, nil},
			} {
				hash := hashOf(c.n)
				what := fmt.Sprint(c.kind, " ", c.id, " ", c.n)
				sameRules(t, what+" by hash", ask(v, func(q *Query) { q.Hashed(7, c.kind, c.id, &hash) }), slices.Clone(c.want))
				sameRules(t, what+" by text", ask(v, func(q *Query) { q.Key(7, c.kind, text(c.id, c.n)) }), slices.Clone(c.want))
			}
			sameRules(t, "what looks like one", ask(v, func(q *Query) { q.Key(7, store.KindName, "h:k1:no hash") }), rules[n+2:])
		})
	}
}

// A Query that was used for a hashed value takes texts as texts again.
func TestAQueryForgetsThatItsKeysWereHashed(t *testing.T) {
	x := New()
	x.Put(rule(1, store.KindDomain, "a.example"))
	x.Put(rule(2, store.KindName, "eve"))
	var q Query
	for range 2 {
		hash := sha256.Sum256(nil)
		q.Begin(x.View())
		for range 4 {
			q.Hashed(1, store.KindEmail, "k1", &hash)
		}
		q.Each(func(_ uint8, r *store.Rule) { t.Errorf("it finds %v", r.Key) })
		q.End()
		found := 0
		q.Begin(x.View())
		q.Domains(1, "b.a.example")
		q.Key(1, store.KindName, "eve")
		q.Each(func(uint8, *store.Rule) { found++ })
		q.End()
		if found != 2 {
			t.Errorf("%d rules are found, want 2", found)
		}
	}
}
