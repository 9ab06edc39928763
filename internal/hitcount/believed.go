package hitcount

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// AheadOfLog is how old the newest entry of the log may be for a clock to be believed
// at once.
const AheadOfLog = 7 * 24 * time.Hour

// Log is what tells when something was last changed. Every [store.Store] is one.
type Log interface {
	ListChanges(ctx context.Context, target uuid.UUID, p store.Page) ([]store.Change, error)
}

// Believed reports whether history may be pruned by a clock, for a program that has
// run since began: what is pruned does not come back. A clock that jumps while the
// program runs is seen by package steady. One that was wrong already when it
// started is told by the log: a newest entry from before oldest says that either
// nobody has changed anything for long, or that the clock is ahead. Then it is believed
// once the program has run for [PruningSettles]. A log without entries says nothing.
func Believed(ctx context.Context, log Log, began, oldest time.Time) (bool, error) {
	if time.Since(began) >= PruningSettles {
		return true, nil
	}
	newest, err := log.ListChanges(ctx, uuid.Nil, store.Page{Limit: 1})
	if err != nil {
		return false, fmt.Errorf("compare the clock with the log: %w", err)
	}
	return len(newest) == 0 || !newest[0].At.Before(oldest), nil
}
