package match

import (
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Wildcard is a wildcard rule, ready to match.
type Wildcard struct {
	Rule  store.Rule
	local value.LocalPattern // of an e-mail rule
	name  value.NamePattern  // of a name rule
}

// WildcardSet holds the wildcard rules of each kind.
type WildcardSet [store.KindName + 1][]Wildcard

// Compile makes a rule ready to match by those tables. One without wildcard is as
// it is.
func Compile(t *value.Tables, r store.Rule) Wildcard {
	w := Wildcard{Rule: r}
	switch {
	case !r.Key.Wildcard():
	case r.Key.Kind == store.KindEmail:
		w.local = t.CompileLocalPattern(r.Value)
	default:
		w.name = value.CompileNamePattern(r.Value)
	}
	return w
}

// CompileAll returns the wildcard rules of the kind that are among the rules.
func CompileAll(t *value.Tables, kind store.Kind, rules []store.Rule) (wild []Wildcard) {
	for i := range rules {
		if rules[i].Key == store.WildcardKey(kind) {
			wild = append(wild, Compile(t, rules[i]))
		}
	}
	return wild
}
