package ban

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Order is an order of bans other than by age; see [store.BanOrder].
type Order = store.BanOrder

// The orders.
const (
	ByHits    = store.ByHits
	ByLastHit = store.ByLastHit
	ByExpiry  = store.ByExpiry
)

// Rank is the place of a ban in an [Order]. The zero Rank is before all.
type Rank = store.BanRank

// ListBy returns the bans that the filter selects in an order, those after a place in
// it, at most limit of them, bounded as for [Page]. The place of the last one leads to
// the next page: it is next, and zero if there was none to return. An order that is
// none gives a [*ValueError].
func (a *Admin) ListBy(ctx context.Context, f Filter, by Order, after Rank, limit int) (bans []Ban, next Rank, err error) {
	if !by.Valid() {
		return nil, Rank{}, NewValueError("order", fmt.Sprint(uint8(by)), CodeUnknown, "use ByHits, ByLastHit or ByExpiry")
	}
	f = a.complete(f)
	for _, f := range append(a.hasher.filters(f), f) {
		some, err := a.store.RankBans(ctx, f, by, after, limit)
		if err != nil {
			return nil, Rank{}, fmt.Errorf("rank bans: %w", err)
		}
		bans = append(bans, some...)
	}
	slices.SortFunc(bans, func(x, y Ban) int {
		if by.RankOf(&x).Before(by.RankOf(&y)) {
			return -1
		}
		return 1
	})
	bans = bans[:min(len(bans), Page{Limit: limit}.Size())]
	if len(bans) > 0 {
		next = by.RankOf(&bans[len(bans)-1])
	}
	for i := range bans {
		bans[i] = a.inThePast(bans[i])
	}
	return bans, next, nil
}

// TopRule is a rule that caught much.
type TopRule struct {
	Rule store.Rule
	// Ended: the rule is no longer looked at, since its ban was revoked, or its list
	// has it no more. Of the latter Rule has the ID, Key and Value only.
	Ended bool
	Uses  int64 // how often it matched
}

// Top returns the rules that caught most on the last days, up to [HitDays], today (UTC)
// among them: bans, blocks and entries of lists, most hits first, at most limit of
// them, bounded as for [Page]. Hits reach the store within
// [CheckerOptions.FlushInterval].
func (a *Admin) Top(ctx context.Context, days, limit int) ([]TopRule, error) {
	if err := checkDays(days); err != nil {
		return nil, err
	}
	today := store.Day(a.now())
	top, err := a.store.TopHits(ctx, today.AddDate(0, 0, 1-days), today, limit)
	if err != nil {
		return nil, fmt.Errorf("rules that caught most: %w", err)
	}
	rules, err := a.rulesOf(ctx, top)
	if err != nil {
		return nil, fmt.Errorf("rules that caught most: %w", err)
	}
	out := make([]TopRule, len(top))
	for i, h := range top {
		rule, there := rules[h.RuleID]
		if !there {
			if rule, err = a.endedRule(ctx, h); err != nil {
				return nil, fmt.Errorf("rules that caught most: %w", err)
			}
		}
		out[i] = TopRule{Rule: rule, Ended: !there, Uses: h.Uses}
	}
	return out, nil
}

// maxLookup is how many keys are asked for at once.
const maxLookup = 200

// rulesOf returns the rules that caught something and are still looked at, by ID.
func (a *Admin) rulesOf(ctx context.Context, top []store.RuleHits) (map[uuid.UUID]store.Rule, error) {
	rules := make(map[uuid.UUID]store.Rule, len(top))
	for len(top) > 0 {
		n := min(len(top), maxLookup)
		keys := make([]store.Key, n)
		for i := range keys {
			keys[i] = top[i].Key
		}
		top = top[n:]
		found, err := a.store.Lookup(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			rules[r.ID] = r
		}
	}
	return rules, nil
}

// endedRule returns what is known of a rule that is no longer looked at.
func (a *Admin) endedRule(ctx context.Context, h store.RuleHits) (store.Rule, error) {
	b, err := a.store.Ban(ctx, h.RuleID)
	if errors.Is(err, ErrNotFound) {
		return store.Rule{ID: h.RuleID, Key: h.Key, Value: h.Key.Text}, nil
	}
	return b.Rule(), err
}

func checkDays(days int) error {
	if days < 1 || days > HitDays {
		return NewValueError("days", fmt.Sprint(days), CodeRange, fmt.Sprintf("give 1 to %d: hits are kept for so many days", HitDays))
	}
	return nil
}
