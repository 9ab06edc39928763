package account

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"example.com/ostraka/store"
)

// TestPagesAreReadAhead: all come in order, the one behind the last that was asked for is
// read at most, and the reader ends with the loop, whoever ends it.
func TestPagesAreReadAhead(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		full    int // pages
		err     error
		leave   int // after so many pages; 0: not at all
		want    []int
		wantErr error
	}{
		"all":                {full: 3, want: []int{0, 1, 2, 3}},
		"none are full":      {want: []int{0}},
		"left at the first":  {full: 9, leave: 1, want: []int{0}},
		"left in the middle": {full: 9, leave: 4, want: []int{0, 1, 2, 3}},
		"an error":           {full: 2, err: broken, want: []int{0, 1}, wantErr: broken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				read := 0
				pages := readAhead(t.Context(), func(context.Context) ([]int, error) {
					read++
					switch {
					case read <= tt.full:
						return slices.Repeat([]int{read - 1}, store.MaxPageLimit), nil
					case tt.err != nil:
						return nil, tt.err
					}
					return []int{read - 1}, nil
				})
				var got []int
				var failed error
				for page, err := range pages {
					if failed = err; err != nil {
						break
					}
					got = append(got, page[0])
					if synctest.Wait(); read > len(got)+1 {
						t.Errorf("%d pages are read while number %d is looked at", read, len(got))
					}
					if len(got) == tt.leave {
						break
					}
				}
				if !slices.Equal(got, tt.want) || !errors.Is(failed, tt.wantErr) {
					t.Errorf("pages %v, error %v; want %v, %v", got, failed, tt.want, tt.wantErr)
				}
			})
		})
	}
}

func TestReadingAheadIsCutOffWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pages := 0
	for _, err := range readAhead(ctx, func(ctx context.Context) ([]int, error) {
		return make([]int, store.MaxPageLimit), ctx.Err()
	}) {
		if pages++; err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			return
		}
		cancel()
	}
	t.Errorf("it ends after %d pages without an error", pages)
}
