// Package store holds the records that ostraka keeps and the contract that a
// backend fulfils. Hosts rarely import it: the domain packages alias its
// records and sentinels. Import it to write a backend:
//
//	type Backend struct{ … }
//
//	var _ store.Store = (*Backend)(nil)
//
//	func TestBackend(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return Open(t.TempDir()) })
//	}
//
// A failure of the suite states the rule that was broken. If the data outlives the
// value, or several processes share it, run storetest.RunPersistent too. Package
// sketch merges and counts the distinct clients that [Hits.AddHits] is given.
//
// # What every method promises
//
// The interfaces are split by role; [Store] is all of them. Unless a method
// says otherwise:
//
//   - Atomicity: a mutating method happens whole or not at all, together with
//     the [Change] it logs. A returned error means that nothing was written.
//   - Read your writes: once a mutating method has returned, every read through
//     the same Store sees its effect.
//   - Bytes, not meaning: values and keys arrive canonical. A backend compares
//     and stores them byte for byte and never folds, trims or parses them
//     ([Key.PrefixLen] is there for the one thing it has to know). Texts are
//     valid UTF-8 without NUL.
//   - Time: a backend never asks for the current time; the caller passes it.
//     Times are UTC and whole microseconds within the years 1 to 9999, and come
//     back equal, in UTC. The zero [time.Time] means "none" and comes back zero.
//   - Context: a method whose context has ended before it began returns an error
//     that matches the context's error. One that ends while it runs may either
//     return that error, having written nothing, or complete. Nothing of a method
//     that has returned waits for the end of its context.
//   - Concurrency: every method may be called from many goroutines at once.
//   - Ownership: a backend keeps no slice or map it was given, writes to none,
//     and hands out none that it keeps; both sides may change theirs afterwards.
//   - Errors match the sentinels of this package by [errors.Is]. What a driver
//     says may be wrapped for the log, but no caller has to read it.
package store
