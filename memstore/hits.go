package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// dayCount is what a ban caught on one day.
type dayCount struct {
	day    time.Time
	uses   int64
	sketch []byte // of the clients; never changed in place
}

func (r *record) day(day time.Time) (int, bool) {
	return slices.BinarySearchFunc(r.days, day, func(d dayCount, day time.Time) int {
		return d.day.Compare(day)
	})
}

// AddHits implements [store.Hits].
func (s *Store) AddHits(ctx context.Context, hits []store.Hit) error {
	return s.write(ctx, func() (*store.Change, error) {
		sketches, err := s.mergeSketches(hits)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			r := s.bans[h.RuleID]
			if r == nil {
				continue
			}
			r.ban.Hits += h.Uses
			if h.Last.After(r.ban.LastHitAt) {
				r.ban.LastHitAt = h.Last
			}
			day := store.Day(h.Day)
			i, found := r.day(day)
			if !found {
				r.days = slices.Insert(r.days, i, dayCount{day: day})
			}
			r.days[i].uses += h.Uses
			r.days[i].sketch = sketches[ruleDay{h.RuleID, day}]
		}
		return nil, nil
	})
}

type ruleDay struct {
	rule uuid.UUID
	day  time.Time // as [store.Day] gives it, so that equal days are ==
}

// mergeSketches returns the sketches as they are to become. It is all that can
// fail of adding hits, so it comes first.
func (s *Store) mergeSketches(hits []store.Hit) (map[ruleDay][]byte, error) {
	merged := make(map[ruleDay][]byte, len(hits))
	for _, h := range hits {
		r := s.bans[h.RuleID]
		if r == nil {
			continue
		}
		key := ruleDay{h.RuleID, store.Day(h.Day)}
		base, again := merged[key]
		if !again {
			if i, found := r.day(key.day); found {
				base = r.days[i].sketch
			}
		}
		if len(h.Clients) > 0 {
			var err error
			if base, err = sketch.Merge(base, h.Clients); err != nil {
				return nil, fmt.Errorf("clients of rule %s: %w", h.RuleID, err)
			}
		}
		merged[key] = base
	}
	return merged, nil
}

// HitHistory implements [store.Hits].
func (s *Store) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) (history []store.DayHits, err error) {
	err = s.read(ctx, func() error {
		r := s.bans[rule]
		if r == nil {
			return nil
		}
		i, _ := r.day(store.Day(from))
		for _, d := range r.days[i:] {
			if d.day.After(to) {
				break
			}
			clients, err := sketch.Count(d.sketch)
			if err != nil {
				return err
			}
			history = append(history, store.DayHits{Day: d.day, Uses: d.uses, Clients: clients})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return history, nil
}

// PruneHits implements [store.Hits].
func (s *Store) PruneHits(ctx context.Context, before time.Time) (pruned int64, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		for _, r := range s.order {
			i, _ := r.day(store.Day(before))
			r.days = slices.Delete(r.days, 0, i)
			pruned += int64(i)
		}
		return nil, nil
	})
	return pruned, err
}
