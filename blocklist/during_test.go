package blocklist_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// While a list is replaced by another, checks go on; what both have is denied
// all the time, and what only one has changes once, together.
func TestChecksDuringASyncSeeTheOldListOrTheNew(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		text := func(from, to int) string {
			var b strings.Builder
			for i := from; i < to; i++ {
				fmt.Fprintf(&b, "d%d.example\n", i)
			}
			return b.String()
		}
		const half = 10_000 // of a list; the new one has the second half of the old
		sync(t, a, "l", text(0, 2*half), blocklist.SyncOptions{})

		var done atomic.Bool
		result := make(chan string)
		go func() { result <- watch(t, st, &done, half) }()
		_, err := trySync(a, "l", text(half, 3*half), blocklist.SyncOptions{Force: true})
		done.Store(true)
		if err != nil {
			t.Error(err)
		}
		t.Log(<-result)
	})
}

// watch asks a Checker about values of the old list, of the new and of both,
// until done and once more. Each subject is new to the cache, so that each
// answer is read from the store in the midst of the sync.
func watch(t *testing.T, st store.Store, done *atomic.Bool, half int) string {
	c, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Error(err)
		return ""
	}
	defer c.Close()
	ask := func(n, i int) ban.Verdict {
		s := ban.Subject{Domain: fmt.Sprintf("n%d.d%d.example", n, i)}
		d, err := c.Check(context.Background(), s)
		if err != nil {
			t.Errorf("Check during the sync: %v", err)
		}
		return d.Verdict
	}
	flipped := false
	n := 0
	for last := false; ; n++ {
		// In this order: what goes is asked about before what comes. Both new
		// answers after an old one would be two views of the list; the new
		// answer about what comes and later the old about what goes would be
		// half of each.
		comes := ask(n, 2*half+n%half)
		both := ask(n, half+n%half)
		goes := ask(n, n%half)
		if both != ban.Denied {
			t.Errorf("round %d: what both lists have is %v", n, both)
		}
		if comes == ban.Denied && goes == ban.Denied {
			t.Errorf("round %d: the new entries were in force and the old ones still were", n)
		}
		if flipped && comes != ban.Denied {
			t.Errorf("round %d: the new list was in force, and no longer is", n)
		}
		flipped = flipped || comes == ban.Denied
		if last {
			break
		}
		last = done.Load()
	}
	if !flipped {
		t.Error("the new list is not in force")
	}
	return fmt.Sprintf("%d rounds of checks during the sync", n)
}
