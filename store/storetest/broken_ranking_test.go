package storetest

import (
	"context"
	"slices"
	"time"

	"example.com/ostraka/store"
)

const (
	ranked = "RankBans returns what the filter selects, in order, page by page"
	topped = "TopHits returns the rules that caught most on these days"
)

var rankFlaws = []flaw{
	{"ranks the oldest of equals first", func(o *override) {
		o.rankBans = func(ctx context.Context, f store.BanFilter, by store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
			bans, err := o.Store.RankBans(ctx, f, by, after, limit)
			slices.SortStableFunc(bans, func(a, b store.Ban) int {
				return int(by.RankOf(&a).Value>>1 - by.RankOf(&b).Value>>1)
			})
			slices.Reverse(bans)
			return bans, err
		}
	}, []string{ranked}},
	{"ranks without the filter", func(o *override) {
		o.rankBans = func(ctx context.Context, _ store.BanFilter, by store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
			return o.Store.RankBans(ctx, store.BanFilter{}, by, after, limit)
		}
	}, []string{ranked}},
	{"ranks the last of a page again", func(o *override) {
		o.rankBans = func(ctx context.Context, f store.BanFilter, by store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
			if after.Seq > 0 {
				after.Seq++
			}
			return o.Store.RankBans(ctx, f, by, after, limit)
		}
	}, []string{ranked}},
	{"ranks by hits whatever the order", func(o *override) {
		o.rankBans = func(ctx context.Context, f store.BanFilter, _ store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
			return o.Store.RankBans(ctx, f, store.ByHits, after, limit)
		}
	}, []string{ranked}},
	{"leaves the last day out of the sum of hits", func(o *override) {
		o.topHits = func(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
			return o.Store.TopHits(ctx, from, to.Add(-day), limit)
		}
	}, []string{topped}},
	{"forgets the keys of what caught most", func(o *override) {
		o.topHits = func(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
			top, err := o.Store.TopHits(ctx, from, to, limit)
			for i := range top {
				top[i].Key = store.Key{}
			}
			return top, err
		}
	}, []string{topped}},
	{"takes the first rules for those that caught most", func(o *override) {
		o.topHits = func(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
			top, err := o.Store.TopHits(ctx, from, to, 0)
			slices.Reverse(top)
			return top[:min(len(top), store.Page{Limit: limit}.Size())], err
		}
	}, []string{topped}},
}
