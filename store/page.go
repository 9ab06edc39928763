package store

// The number of records on a page.
const (
	DefaultPageLimit = 50   // where [Page.Limit] is zero or below
	MaxPageLimit     = 1000 // where it is above
)

// Page selects a stretch of a list by sequence number. The zero value is the
// newest [DefaultPageLimit] records.
type Page struct {
	After  int64 // records with a Seq above this; zero or below: from the oldest
	Before int64 // records with a Seq below this; zero or below: up to the newest
	Limit  int   // at most this many; bounded as [DefaultPageLimit] and [MaxPageLimit] say
	// Offset passes over that many of the records that would come first; zero or
	// below: none. It takes longer the higher it is: to read on, prefer After and
	// Before.
	Offset int64
	// OldestFirst takes records from the old end of the stretch, and returns
	// them in that order. By default they come from the new end, newest first.
	OldestFirst bool
}

// Size returns the limit in force.
func (p Page) Size() int {
	switch {
	case p.Limit <= 0:
		return DefaultPageLimit
	case p.Limit > MaxPageLimit:
		return MaxPageLimit
	}
	return p.Limit
}

// Includes reports whether a record of that sequence number lies in the
// stretch.
func (p Page) Includes(seq int64) bool {
	return (p.After <= 0 || seq > p.After) && (p.Before <= 0 || seq < p.Before)
}
