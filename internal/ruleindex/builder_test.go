package ruleindex

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/store"
)

// built returns an index of the rules, made by a Builder for about expected.
func built(expected int, rules ...store.Rule) *Index {
	b := NewBuilder(expected)
	for i := range rules {
		r := rules[i]
		b.Add(&r)
		r = store.Rule{} // it may be changed
	}
	return b.Index()
}

// However wrong the number was that it was made for, a Builder makes what Put makes,
// which can be changed further.
func TestABuilderMakesWhatPutMakes(t *testing.T) {
	const many = 4 * maxShard
	kinds := []store.Kind{store.KindEmail, store.KindDomain, store.KindIP, store.KindName}
	for _, expected := range []int{-1, 0, 1, many / 8, many, 20 * many} {
		rng := rand.New(rand.NewPCG(1, uint64(expected)))
		var rules []store.Rule
		put, model := New(), map[identity]store.Rule{}
		add := func(r store.Rule) {
			rules = append(rules, r)
			put.Put(r)
			model[identity{r.Key, r.ID}] = r
		}
		for n := range many {
			r := rule(n, kinds[n%4], fmt.Sprintf("d%d.example", n/3)) // an ip key that is none, too
			switch n % 16 {
			case 2:
				r.Key.Text = fmt.Sprintf("192.0.%d.%d", n>>8&7, n&255)
			case 6:
				r.Key.Text = fmt.Sprintf("10.%d.0.0/%d", rng.IntN(256), 16+rng.IntN(2))
			case 10:
				r.Key.Text = fmt.Sprintf("2001:db8:%x::/%d", n, 48)
			case 3:
				r.Key.Text = "" // a wildcard
			case 7:
				r.Key.Text = "one" // many rules of one key
			}
			r.Reason = fmt.Sprint(rng.IntN(30))
			switch n % 13 {
			case 1:
				r.Effect, r.Scope, r.Shadow = store.Effect(rng.IntN(3)), store.Scope(rng.IntN(32)), rng.IntN(2) == 0
			case 2:
				r.Line, r.ExpiresAt = 0, time.Unix(int64(n), 0).UTC()
			case 3:
				r.Value = "" // as no record has it
			case 4:
				r.Value = strings.Repeat("v", 250+rng.IntN(12)) // nor always one as long
			}
			add(r)
			if n%5 == 0 { // again, with another text
				r.Reason, r.Value = "again", "again"
				add(r)
			}
		}
		want := make([]store.Rule, 0, len(model))
		for _, r := range model {
			want = append(want, r)
		}
		x := built(expected, rules...)
		compare(t, put.View(), want)
		compare(t, x.View(), want)
		if a, b := x.view.Bytes(), put.view.Bytes(); expected == many && a > b {
			t.Errorf("%d bytes, by Put %d", a, b)
		}
		for i := 0; i < len(x.view.dir); i += x.span(x.view.dir[i].shard) {
			if s := x.view.dir[i].shard; s.live > maxShard {
				t.Errorf("for %d: a shard of %d rules", expected, s.live)
			}
		}
		rest := want[:0]
		for _, r := range want {
			if rng.IntN(3) > 0 {
				rest = append(rest, r)
			} else if !x.Remove(r.Key, r.ID) {
				t.Fatalf("%+v is not there", r)
			}
		}
		for n := range 100 {
			r := rule(many+n, store.KindDomain, fmt.Sprintf("later%d.example", n))
			x.Put(r)
			rest = append(rest, r)
		}
		compare(t, x.View(), rest)
		for _, r := range rest { // and with them what is counted, once for each
			x.Remove(r.Key, r.ID)
		}
		compare(t, x.View(), nil)
	}
}
