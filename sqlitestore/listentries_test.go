package sqlitestore

import (
	"context"
	"testing"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// A lock, or a connection that is lost, may cut a page off at any of its rows. It is read
// again then, by the same reader.
func TestAPageOfEntriesThatIsReadAgainHasLostNone(t *testing.T) {
	ctx := context.Background()
	s, f := faulty(t)
	const all = 5
	mustApply(t, s, newList("list", domainEntries("d", all)...))
	d := database{s}
	failed := 0
	for n := 1; ; n++ {
		read := d.Entries()
		page := func() (got []store.Entry, err error) {
			err = d.View(ctx, "read a page", func(q sqlbackend.Querier) error {
				var list sqlbackend.ListRow
				if err := q.Row(ctx, list.Dest(), sqlbackend.SelectLists); err != nil {
					return err
				}
				got, err = read(ctx, q, &list)
				return err
			})
			return got, err
		}
		f.Arm(n, nil)
		_, err := page()
		if !f.Disarm() {
			break
		}
		if err == nil {
			continue // it was of what comes after the page
		}
		failed++
		if got, err := page(); err != nil || len(got) != all {
			t.Errorf("after statement or row %d failed, the page has %d entries, %v; want %d", n, len(got), err, all)
		}
	}
	if failed < all {
		t.Errorf("%d failures were seen, want one at each row at least", failed)
	}
}
