// Package changelog makes the entries that backends log, so that all of them
// log the same.
package changelog

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"example.com/ostraka/store"
)

// Ban returns the change that logs one ban's going from before to after; nil
// stands for a ban that is not there. retired are the keys of rules that it
// retired. It takes At, Actor, Action and Reason from change and gives the rest, Seq
// aside. It fails for a ban that has no JSON form: one of no kind, or with a
// time beyond the year 9999.
func Ban(change store.Change, before, after *store.Ban, retired ...store.Key) (store.Change, error) {
	c := bare(change)
	if before != nil {
		touch(&c, before.Rule())
	}
	if after != nil {
		touch(&c, after.Rule())
	}
	setKeys(&c, Keys(slices.Values(append(c.Keys, retired...))))
	return withRecords(c, "ban", before, after)
}

// Block returns the change that logs a block's coming or going, as [Ban] does.
func Block(change store.Change, before, after *store.Block) (store.Change, error) {
	c := bare(change)
	if before != nil {
		touch(&c, before.Rule())
	}
	if after != nil {
		touch(&c, after.Rule())
	}
	return withRecords(c, "block", before, after)
}

// touch notes that the rule may have changed, and that of no other record.
func touch(c *store.Change, r store.Rule) {
	c.Target = r.ID
	if !slices.Contains(c.Keys, r.Key) {
		c.Keys = append(c.Keys, r.Key)
	}
}

// List returns the change that logs one list's going from before to after, as
// [Ban] does. keys are those of the entries that came and went, and if
// [OtherRules] of those that stayed, too; [Keys] gathers as many as are needed. It
// keeps counts.
//
// The change is Bulk if the keys are more than [store.MaxChangeKeys], and also
// if OtherRules.
func List(change store.Change, before, after *store.List, keys []store.Key, counts map[string]int64) (store.Change, error) {
	c := bare(change)
	c.Counts = counts
	if before != nil {
		c.Target = before.ID
	}
	if after != nil {
		c.Target = after.ID
	}
	setKeys(&c, Keys(slices.Values(keys)))
	c.Bulk = c.Bulk || OtherRules(before, after)
	return withRecords(c, "list", before, after)
}

// ListCounts returns what a change of a list counts, given the entries that are
// removed and added, which include those that differ in some way: "added" and
// "removed" of values, and "changed" of values with another effect, scope or
// shadow mark. One that has but another line or key counts as nothing.
func ListCounts(added, removed iter.Seq[*store.Entry]) map[string]int64 {
	gone := make(map[[16]byte]*store.Entry) // by ID
	for e := range removed {
		gone[e.ID] = e
	}
	var come, changed, both int64
	for e := range added {
		switch was := gone[e.ID]; {
		case was == nil:
			come++
		case was.Effect != e.Effect || was.Scope != e.Scope || was.Shadow != e.Shadow:
			changed++
			both++
		default:
			both++
		}
	}
	return map[string]int64{"added": come, "removed": int64(len(gone)) - both, "changed": changed}
}

// OtherRules reports whether entries that are in both versions of the list
// differ in what they have from the list: a text that is in every rule of it.
func OtherRules(before, after *store.List) bool {
	return before != nil && after != nil && before.Entries > 0 && after.Entries > 0 &&
		(before.Source != after.Source || before.Reason != after.Reason || before.PublicReason != after.PublicReason)
}

// Keys returns the keys, each once, in the order in which they first come. It
// stops at one more than [store.MaxKnownKeys], which is enough to tell that
// they are too many to be kept.
func Keys(all iter.Seq[store.Key]) []store.Key {
	var keys []store.Key
	seen := make(map[store.Key]struct{})
	for k := range all {
		if _, dup := seen[k]; dup {
			continue
		}
		seen[k] = struct{}{}
		if keys = append(keys, k); len(keys) > store.MaxKnownKeys {
			break
		}
	}
	return keys
}

// Many returns the change that logs what was done to many bans, whose rules that
// came or went have those keys; [Keys] gathers as many as are needed. It takes
// At, Actor and Action from change and gives the rest, Seq aside. It keeps
// counts.
func Many(change store.Change, counts map[string]int64, keys []store.Key) store.Change {
	c := bare(change)
	c.Counts = counts
	setKeys(&c, keys)
	return c
}

// setKeys makes the change name the keys, or Bulk if they are too many. It has
// them all the same, for [Known] to take, unless they are too many even for that.
func setKeys(c *store.Change, keys []store.Key) {
	c.Bulk = len(keys) > store.MaxChangeKeys
	if c.Keys = keys; len(keys) > store.MaxKnownKeys {
		c.Keys = nil
	}
}

// Known takes the keys away from a change that is Bulk: the log does not have
// them, but a store keeps them for [store.Changes.ChangedKeys]. None means that
// they are not known.
func Known(c *store.Change) (keys []store.Key) {
	if c.Bulk {
		keys, c.Keys = c.Keys, nil
	}
	return keys
}

// bare returns what the caller gives of a change, and nothing else.
func bare(c store.Change) store.Change {
	return store.Change{At: c.At, Actor: c.Actor, Action: c.Action, Reason: c.Reason, KeyTables: c.KeyTables}
}

// withRecords gives the change its Before and After.
func withRecords[R any](c store.Change, what string, before, after *R) (store.Change, error) {
	var err error
	if before != nil {
		if c.Before, err = json.Marshal(before); err != nil {
			return store.Change{}, fmt.Errorf("%s before the change: %w", what, err)
		}
	}
	if after != nil {
		if c.After, err = json.Marshal(after); err != nil {
			return store.Change{}, fmt.Errorf("%s after the change: %w", what, err)
		}
	}
	return c, nil
}
