package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// tally is what a rule caught. The zero value is nothing.
type tally struct {
	total store.HitTotal
	days  []dayCount // by day, ascending
}

// dayCount is what a rule caught on one day.
type dayCount struct {
	day    time.Time
	uses   int64
	sketch []byte // of the clients; never changed in place
}

func (t *tally) day(day time.Time) (int, bool) {
	return slices.BinarySearchFunc(t.days, day, func(d dayCount, day time.Time) int {
		return d.day.Compare(day)
	})
}

// add counts a hit; clients is the sketch of its day as it is to become.
func (t *tally) add(h store.Hit, clients []byte) {
	t.total.Uses += h.Uses
	if h.Last.After(t.total.Last) {
		t.total.Last = h.Last
	}
	day := store.Day(h.Day)
	i, found := t.day(day)
	if !found {
		t.days = slices.Insert(t.days, i, dayCount{day: day})
	}
	t.days[i].uses += h.Uses
	t.days[i].sketch = clients
}

// prune forgets the days before that one and says how many there were.
func (t *tally) prune(day time.Time) int64 {
	i, _ := t.day(day)
	t.days = slices.Delete(t.days, 0, i)
	return int64(i)
}

// TopHits implements [store.Hits].
func (s *Store) TopHits(ctx context.Context, from, to time.Time, limit int) (top []store.RuleHits, err error) {
	from, to = store.Day(from), store.Day(to)
	add := func(rule uuid.UUID, key store.Key, t *tally) {
		uses := int64(0)
		for _, d := range t.days {
			if !d.day.Before(from) && !d.day.After(to) {
				uses += d.uses
			}
		}
		if uses > 0 {
			top = append(top, store.RuleHits{RuleID: rule, Key: key, Uses: uses})
		}
	}
	err = s.read(ctx, func() error {
		for id, r := range s.bans {
			add(id, r.ban.Key(), &r.tally)
		}
		for id, r := range s.blocks.byID {
			add(id, r.block.Key(), &r.tally)
		}
		for _, l := range s.lists.ordered {
			for id, t := range l.hits {
				add(id, t.key, &t.tally)
			}
		}
		return nil
	})
	slices.SortFunc(top, func(a, b store.RuleHits) int {
		return cmp.Or(cmp.Compare(b.Uses, a.Uses), bytes.Compare(a.RuleID[:], b.RuleID[:]))
	})
	return top[:min(len(top), store.Page{Limit: limit}.Size())], err
}

// AddHits implements [store.Hits].
func (s *Store) AddHits(ctx context.Context, hits []store.Hit) error {
	return s.write(ctx, func() (*store.Change, error) {
		tallies := make([]*tally, len(hits))
		for i, h := range hits {
			tallies[i] = s.tallyInForce(h)
		}
		sketches, err := mergeSketches(hits, tallies)
		if err != nil {
			return nil, err
		}
		for i, h := range hits {
			t := tallies[i]
			if t == nil {
				continue
			}
			t.add(h, sketches[tallyDay{t, store.Day(h.Day)}])
			if r := s.bans[h.RuleID]; r != nil {
				r.ban.Hits, r.ban.LastHitAt = t.total.Uses, t.total.Last
			} else if r := s.blocks.byID[h.RuleID]; r != nil {
				r.block.Hits, r.block.LastHitAt = t.total.Uses, t.total.Last
			}
		}
		return nil, nil
	})
}

// tallyInForce returns the tally that the hit is to be added to, nil if it is
// to be dropped.
func (s *Store) tallyInForce(h store.Hit) *tally {
	if r := s.bans[h.RuleID]; r != nil {
		return &r.tally
	}
	if r := s.blocks.byID[h.RuleID]; r != nil {
		return &r.tally
	}
	for _, l := range s.lists.ordered {
		if l.current.has(h.RuleID, h.Key) {
			return l.tallyOf(h.RuleID, h.Key)
		}
	}
	return nil
}

// tally returns what the rule of that ID caught, nil if it caught nothing.
func (s *Store) tally(rule uuid.UUID) *tally {
	if r := s.bans[rule]; r != nil {
		return &r.tally
	}
	if r := s.blocks.byID[rule]; r != nil {
		return &r.tally
	}
	for _, l := range s.lists.ordered {
		if t := l.hits[rule]; t != nil {
			return &t.tally
		}
	}
	return nil
}

type tallyDay struct {
	tally *tally
	day   time.Time // as [store.Day] gives it, so that equal days are ==
}

// mergeSketches returns the sketches as they are to become. It is all that can
// fail of adding hits, so it comes first.
func mergeSketches(hits []store.Hit, tallies []*tally) (map[tallyDay][]byte, error) {
	merged := make(map[tallyDay][]byte, len(hits))
	for i, h := range hits {
		t := tallies[i]
		if t == nil {
			continue
		}
		key := tallyDay{t, store.Day(h.Day)}
		base, again := merged[key]
		if !again {
			if i, found := t.day(key.day); found {
				base = t.days[i].sketch
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

// HitTotal implements [store.Hits].
func (s *Store) HitTotal(ctx context.Context, rule uuid.UUID) (total store.HitTotal, err error) {
	err = s.read(ctx, func() error {
		if t := s.tally(rule); t != nil {
			total = t.total
		}
		return nil
	})
	return total, err
}

// HitHistory implements [store.Hits].
func (s *Store) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) (history []store.DayHits, err error) {
	err = s.read(ctx, func() error {
		t := s.tally(rule)
		if t == nil {
			return nil
		}
		i, _ := t.day(store.Day(from))
		for _, d := range t.days[i:] {
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
	day := store.Day(before)
	err = s.write(ctx, func() (*store.Change, error) {
		for _, r := range s.order {
			pruned += r.tally.prune(day)
		}
		for _, r := range s.blocks.order {
			pruned += r.tally.prune(day)
		}
		for _, l := range s.lists.ordered {
			for _, t := range l.hits {
				pruned += t.prune(day)
			}
		}
		return nil, nil
	})
	return pruned, err
}
