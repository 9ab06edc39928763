package ban

import (
	"context"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Literal returns a text as the value of a rule that means just that text; see
// [value.Literal].
func Literal(text string) string { return value.Literal(text) }

// PlanStore is what [Plan] needs of a store. Every [store.Store] is one.
type PlanStore interface {
	store.Rules
	store.Cascades
	store.Keys
}

// Plan returns the ban that the options describe, for a store to make in a step
// of its own: package account makes bans so with a suspension. Values are read by
// the tables; change says when and in whose name. No guard is asked; input that
// does not fit gives a [*ValueError].
func Plan(ctx context.Context, rules PlanStore, tables *value.Tables, o CreateOptions, change Change) (store.BanDisabling, error) {
	if !o.Ladder.none() {
		return store.BanDisabling{}, NewValueError("ladder", "", CodeNoEffect, "say when this ban ends")
	}
	if o.Hashed {
		return store.BanDisabling{}, NewValueError("hashed", "true", CodeNoEffect, "give the hash as the value: KeyRing.Hash makes it")
	}
	b, _, err := draft(tables, &hasher{}, o, change)
	if err != nil {
		return store.BanDisabling{}, err
	}
	planned := store.BanDisabling{Ban: b}
	if o.DisableMatchingAliases {
		aliases, err := refusedAliases(ctx, rules, tables, nil, &b, change.At)
		if err != nil {
			return store.BanDisabling{}, err
		}
		planned.Disable = &aliases
	}
	return planned, nil
}
