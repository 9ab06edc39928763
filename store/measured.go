package store

// Measured is a role that a backend may have: it has figures of its own, for whoever
// watches a site.
type Measured interface {
	// Figures returns those of now, always the same ones in the same order. It is quick,
	// asks no server, and may be called at any time, after Close too. The slice is the
	// caller's.
	Figures() []Figure
}

// Figure is one of them.
type Figure struct {
	Name  string  // in lower-case letters and underscores, such as deadlocks; of its backend alone
	Help  string  // one sentence
	Gauge bool    // it goes up and down; or else it only grows, from 0 when the store was opened
	Value float64 // 0 or 1 for what is or is not
}
