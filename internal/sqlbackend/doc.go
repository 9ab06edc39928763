// Package sqlbackend holds what the backends on SQL databases share: which records an
// operation reads, what it refuses, what it writes in which order, what of it is logged,
// and how Go values are kept in columns.
//
// A backend embeds [Operations], which have most of the methods of a store:
//
//	type Store struct {
//		operations // sqlbackend.Operations, by a name that is not exported
//		// connections, options
//	}
//
// It makes them with a [Database]: its ways to run a function in a read or in a
// transaction, given as [Querier] and [Tx], and its [Dialect]. What depends on more than
// that, such as looking up rules, reading all of them and counting hits, is a method of the
// backend itself, which takes the place of one of Operations where there is one.
//
// The queries are written once: see [Dialect.Query] for what they have in the place of the
// names of tables, of placeholders and of what databases do not call alike.
package sqlbackend

import "errors"

// ErrCorrupt: what a column holds cannot have been written by a backend. Each backend
// makes its own sentinel of it.
var ErrCorrupt = errors.New("not what a store writes")
