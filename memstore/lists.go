package memstore

import (
	"context"

	"example.com/ostraka/store"
)

// ListBans implements [store.Bans].
func (s *Store) ListBans(ctx context.Context, filter store.BanFilter, page store.Page) (bans []store.Ban, err error) {
	err = s.read(ctx, func() error {
		stretch := s.stretch(page)
		for i := range stretch {
			if !page.OldestFirst {
				i = len(stretch) - 1 - i
			}
			if b := &stretch[i].ban; filter.Match(b) {
				bans = append(bans, *b)
				if len(bans) == page.Size() {
					break
				}
			}
		}
		return nil
	})
	return bans, err
}

// stretch returns the records that the page includes, oldest first.
func (s *Store) stretch(page store.Page) []*record {
	lo, hi := 0, len(s.order)
	if page.After > 0 {
		i, found := s.position(page.After)
		if lo = i; found {
			lo++
		}
	}
	if page.Before > 0 {
		hi, _ = s.position(page.Before)
	}
	return s.order[min(lo, hi):hi]
}

// CountBans implements [store.Bans].
func (s *Store) CountBans(ctx context.Context, filter store.BanFilter) (n int64, err error) {
	err = s.read(ctx, func() error {
		for _, r := range s.order {
			if filter.Match(&r.ban) {
				n++
			}
		}
		return nil
	})
	return n, err
}
