// Package sqlbackend holds what the backends on SQL databases share: how Go values are
// kept in columns, and what is decided about records in memory, before and after any
// SQL. The SQL itself is each backend's own.
package sqlbackend

import "errors"

// ErrCorrupt: what a column holds cannot have been written by a backend. Each backend
// makes its own sentinel of it.
var ErrCorrupt = errors.New("not what a store writes")
