package ban_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// TestPreviewCallsRedundantOnlyWhatIs compares Preview with a linear scan of
// all rules, over everything in the universe that they can be asked about.
func TestPreviewCallsRedundantOnlyWhatIs(t *testing.T) {
	redundant := 0
	// In a few runs, as -short has them, it may be that nothing is redundant.
	for tries := 0; redundant == 0; tries++ {
		if tries == 50 {
			t.Fatal("nothing was ever called redundant")
		}
		rapid.Check(t, func(rt *rapid.T) { redundant += previewOnce(rt) })
	}
}

// The names leave out those of which the oracle does not know all look-alikes.
var (
	previewRules = func() map[ban.Kind][]string {
		m := maps.Clone(ruleValues)
		m[ban.KindName] = []string{"sara", "sаra", "saran", "bob", "*ara", "sa*", "*ar*", "sar*", "*ran", "=sara", "=sаra", "=saran"}
		m[ban.KindEmail] = append([]string{"*+x@gmail.com"}, m[ban.KindEmail]...)
		m[ban.KindDomain] = append([]string{"googlemail.com"}, m[ban.KindDomain]...)
		return m
	}()
	previewSubjects = func() map[ban.Kind][]string {
		m := maps.Clone(subjectValues)
		m[ban.KindName] = []string{"sara", "sаra", "sarа", "saran", "sаran", "xsara", "bob", "sax", "bar", "SАRA"}
		m[ban.KindEmail] = append([]string{"jdoe@gmail.com", "jdo@gmail.com", "jdoe@googlemail.com"}, m[ban.KindEmail]...)
		return m
	}()
)

// previewOnce plans a ban beside some random ones. It returns how many rules
// were called redundant.
func previewOnce(t *rapid.T) (redundant int) {
	w := &world{t: t, st: memstore.New(), now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	defer w.st.Close()
	var err error
	if w.admin, err = ban.NewAdmin(w.st, ban.AdminOptions{Now: w.clock, Tables: ownTables}); err != nil {
		t.Fatal(err)
	}
	// Few kinds of rules, so that they have something to do with each other.
	group := rapid.SampledFrom([][]ban.Kind{{ban.KindEmail, ban.KindDomain}, {ban.KindIP}, {ban.KindName}}).Draw(t, "kinds")
	options := func() ban.CreateOptions {
		o := w.options()
		o.Kind = rapid.SampledFrom(group).Draw(t, "kind of these")
		o.Value = rapid.SampledFrom(previewRules[o.Kind]).Draw(t, "value of these")
		return o
	}
	all := make([]ban.CreateOptions, rapid.IntRange(0, 8).Draw(t, "rules"))
	for i := range all {
		all[i] = options()
	}
	if _, err := w.admin.CreateMany(as("test"), all); err != nil {
		t.Fatal(err)
	}

	o := options()
	p, err := w.admin.Preview(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	planned := store.Rule{
		Key: store.Key{Kind: p.Kind}, Value: p.Value, Effect: o.Effect, Scope: o.Scope, Shadow: o.Shadow,
		ExpiresAt: o.ExpiresAt, Origin: store.OriginBan,
	}
	var others []store.Rule
	for _, b := range w.bans() {
		if p.Existing == nil || b.ID != p.Existing.ID {
			others = append(others, b.Rule())
		}
	}
	after := append(slices.Clone(others), planned)
	if p.Redundant {
		redundant++
		if s, ok := disagreement(w.now, others, after); ok {
			t.Fatalf("the ban is called redundant, but decides %+v", s)
		}
	}
	for _, n := range p.Narrower.Sample {
		if !n.Redundant {
			continue
		}
		redundant++
		without := slices.DeleteFunc(slices.Clone(after), func(r store.Rule) bool { return r.ID == n.Rule.ID })
		if s, ok := disagreement(w.now, after, without); ok {
			t.Fatalf("%s %q is called redundant beside %s %q, but decides %+v", n.Rule.Effect, n.Rule.Value, planned.Effect, planned.Value, s)
		}
	}
	return redundant
}

// disagreement finds a subject on which two sets of rules give another verdict,
// now or after any of them has expired.
func disagreement(now time.Time, a, b []store.Rule) (ban.Subject, bool) {
	times := []time.Time{now}
	for _, r := range append(slices.Clone(a), b...) {
		if !r.ExpiresAt.IsZero() {
			times = append(times, r.ExpiresAt)
		}
	}
	for _, s := range previewUniverse() {
		for _, at := range times {
			if oracle(a, s, at).verdict != oracle(b, s, at).verdict {
				return s, true
			}
		}
	}
	return ban.Subject{}, false
}

// previewUniverse returns a Subject for every value of a field and every
// action. Fields are independent: what no field alone shows, no two show.
func previewUniverse() (all []ban.Subject) {
	for kind, texts := range previewSubjects {
		for _, text := range texts {
			for _, action := range store.Actions() {
				s := ban.Subject{Action: action}
				switch kind {
				case ban.KindEmail:
					s.Email = text
				case ban.KindDomain:
					s.Domain = text
				case ban.KindIP:
					s.IP = text
				case ban.KindName:
					s.Name = text
				}
				all = append(all, s)
			}
		}
	}
	return all
}
