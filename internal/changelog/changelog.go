// Package changelog makes the entries that backends log, so that all of them
// log the same.
package changelog

import (
	"encoding/json"
	"fmt"

	"example.com/ostraka/store"
)

// Ban returns the change that logs one ban's going from before to after; nil
// stands for a ban that is not there. It takes At, Actor and Action from
// change and gives the rest, Seq aside. It fails for a ban that has no JSON
// form: one of no kind, or with a time beyond the year 9999.
func Ban(change store.Change, before, after *store.Ban) (store.Change, error) {
	c := store.Change{At: change.At, Actor: change.Actor, Action: change.Action}
	var err error
	if before != nil {
		c.Target = before.ID
		c.Keys = append(c.Keys, before.Key())
		if c.Before, err = json.Marshal(before); err != nil {
			return store.Change{}, fmt.Errorf("ban before the change: %w", err)
		}
	}
	if after != nil {
		c.Target = after.ID
		if before == nil || before.Key() != after.Key() {
			c.Keys = append(c.Keys, after.Key())
		}
		if c.After, err = json.Marshal(after); err != nil {
			return store.Change{}, fmt.Errorf("ban after the change: %w", err)
		}
	}
	return c, nil
}

// Bulk returns the change that logs a bulk operation. It takes At, Actor and
// Action from change and gives the rest, Seq aside. It keeps counts.
func Bulk(change store.Change, counts map[string]int64) store.Change {
	return store.Change{
		At: change.At, Actor: change.Actor, Action: change.Action,
		Bulk: true, Counts: counts,
	}
}
