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
