package changelog

import "example.com/ostraka/store"

// Subscription returns the change that logs one subscription's going from before to
// after, as [Ban] does.
func Subscription(change store.Change, before, after *store.Subscription) (store.Change, error) {
	c := bare(change)
	if before != nil {
		c.Target = before.ID
	}
	if after != nil {
		c.Target = after.ID
	}
	return withRecords(c, "subscription", before, after)
}
