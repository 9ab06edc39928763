package storetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

var hitFlaws = []flaw{
	{"overwrites the sketch", func(o *override) {
		latest := map[uuid.UUID][]byte{}
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				latest[h.RuleID] = h.Clients
			}
			return o.Store.AddHits(ctx, hits)
		}
		o.hitHistory = func(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
			days, err := o.Store.HitHistory(ctx, rule, from, to)
			for i := range days {
				days[i].Clients, _ = sketch.Count(latest[rule])
			}
			return days, err
		}
	}, []string{"Client sketches are merged"}},

	{"loses hits that are added at once", func(o *override) {
		var busy sync.Mutex
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			if !busy.TryLock() {
				return nil
			}
			defer busy.Unlock()
			time.Sleep(time.Millisecond)
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"Concurrent hits all count"}},

	{"counts days of another time zone", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			hits = slices.Clone(hits)
			for i, h := range hits {
				hits[i].Day = store.Day(h.Last.Add(-5 * time.Hour))
			}
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"Hits add up, per day and in total"}},

	{"writes hits later", func(o *override) {
		var buffer []store.Hit
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			err := o.Store.AddHits(ctx, buffer)
			buffer = slices.Clone(hits)
			return err
		}
	}, []string{"Hits add up, per day and in total", "Counting a hit changes no rule"}},

	{"keeps one hit of each rule in a call", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			byRule := map[uuid.UUID]store.Hit{}
			for _, h := range hits {
				byRule[h.RuleID] = h
			}
			return o.Store.AddHits(ctx, slices.Collect(maps.Values(byRule)))
		}
	}, []string{"Hits of one rule in one call add up"}},

	{"takes the hit added last for the last hit", func(o *override) {
		last := map[uuid.UUID]time.Time{}
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				last[h.RuleID] = h.Last
			}
			return o.Store.AddHits(ctx, hits)
		}
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			b.LastHitAt = last[id]
			return b, err
		}
	}, []string{"The latest hit stays the last"}},

	{"drops a sketch that it cannot read", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			hits = slices.Clone(hits)
			for i, h := range hits {
				if _, err := sketch.Count(h.Clients); err != nil {
					hits[i].Clients = nil
				}
			}
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"A sketch that cannot be read is an error"}},

	{"adds hits one by one", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				if err := o.Store.AddHits(ctx, []store.Hit{h}); err != nil {
					return err
				}
			}
			return o.Store.AddHits(ctx, nil)
		}
	}, []string{"A sketch that cannot be read is an error"}},

	{"fails for the hit of a rule that is gone", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				if _, err := o.Store.Ban(ctx, h.RuleID); err != nil {
					return err
				}
			}
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"A hit of a rule that is gone is dropped"}},

	{"raises the Version with every hit", func(o *override) {
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			b.Version += b.Hits
			return b, err
		}
	}, []string{"Counting a hit changes no rule"}},

	{"leaves out the last day of a history", func(o *override) {
		o.hitHistory = func(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
			return o.Store.HitHistory(ctx, rule, from, to.Add(-day))
		}
	}, []string{"HitHistory returns the days asked for, oldest first"}},

	{"prunes the day it was given", func(o *override) {
		o.pruneHits = func(ctx context.Context, before time.Time) (int64, error) {
			return o.Store.PruneHits(ctx, before.Add(day))
		}
	}, []string{"PruneHits forgets the days before"}},

	{"drops the hits of revoked rules", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			return o.Store.AddHits(ctx, slices.DeleteFunc(slices.Clone(hits), func(h store.Hit) bool {
				b, _ := o.Store.Ban(ctx, h.RuleID)
				return !b.Active(noon)
			}))
		}
	}, []string{"Hits of expired and revoked rules count"}},

	{"fails for the history of a rule without hits", func(o *override) {
		o.hitHistory = func(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
			days, err := o.Store.HitHistory(ctx, rule, from, to)
			if err == nil && len(days) == 0 {
				err = store.ErrNotFound
			}
			return days, err
		}
	}, []string{"HitHistory of a rule without hits is empty"}},
}
