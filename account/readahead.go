package account

import (
	"context"
	"iter"
	"sync"

	"example.com/ostraka/store"
)

// readAhead yields the pages that read returns, up to one that has less than
// [store.MaxPageLimit] in it or an error, and reads each while the one before is looked
// at. read is called by one goroutine at a time, which ends with the loop.
func readAhead[T any](ctx context.Context, read func(context.Context) ([]T, error)) iter.Seq2[[]T, error] {
	type result struct {
		page []T
		err  error
	}
	return func(yield func([]T, error) bool) {
		reading, cancel := context.WithCancel(ctx)
		pages, left := make(chan result), make(chan struct{})
		var reader sync.WaitGroup
		defer reader.Wait()
		defer close(left)
		defer cancel()
		reader.Go(func() {
			defer close(pages)
			for {
				page, err := read(reading)
				select {
				case pages <- result{page, err}:
				case <-left:
					return
				}
				if err != nil || len(page) < store.MaxPageLimit {
					return
				}
			}
		})
		for r := range pages {
			if !yield(r.page, r.err) {
				return
			}
		}
	}
}
