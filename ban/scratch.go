package ban

import (
	"sync"

	"example.com/ostraka/internal/mirror"
	"example.com/ostraka/store"
)

// scratch is what a check of a mirror works in. It is used again for others, so
// that a check allocates nothing.
type scratch struct {
	mirror.Query
	match  []*store.Rule // room for the rules that match
	stripe uint32        // of the counters
}

var scratches = sync.Pool{New: func() any { return &scratch{stripe: nextStripe.Add(1)} }}

func takeScratch() *scratch { return scratches.Get().(*scratch) }

// release lets others have the scratch. It keeps no rule alive, nor what the
// caller gave.
func (sc *scratch) release() {
	clear(sc.match) // rules of mail hosts too, which the query does not hold
	sc.match = sc.match[:0]
	sc.Reset()
	scratches.Put(sc)
}
