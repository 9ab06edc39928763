package sqlbackend

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// RuleHits are the hits of one rule in a call of AddHits.
type RuleHits struct {
	Rule uuid.UUID
	Key  store.Key
	Uses int64
	Last time.Time
	Days map[int64]*DayHits // by [DayNumber]
}

// DayHits are those of one day.
type DayHits struct {
	Uses    int64
	Clients []byte // a sketch
}

// FoldHits adds up hits by rule and day, before any lock is taken, and
// refuses sketches that cannot be read. It returns them in the order of their rules.
func FoldHits(hits []store.Hit) ([]*RuleHits, error) {
	byRule := make(map[uuid.UUID]*RuleHits)
	var folded []*RuleHits
	for i := range hits {
		h := &hits[i]
		r := byRule[h.RuleID]
		if r == nil {
			r = &RuleHits{Rule: h.RuleID, Key: h.Key, Days: make(map[int64]*DayHits)}
			byRule[h.RuleID] = r
			folded = append(folded, r)
		}
		r.Uses += h.Uses
		if h.Last.After(r.Last) {
			r.Last = h.Last
		}
		n := DayNumber(h.Day)
		d := r.Days[n]
		if d == nil {
			d = new(DayHits)
			r.Days[n] = d
		}
		d.Uses += h.Uses
		var err error
		if d.Clients, err = sketch.Merge(d.Clients, h.Clients); err != nil {
			return nil, fmt.Errorf("hit %d: %w", i, err)
		}
	}
	slices.SortFunc(folded, func(a, b *RuleHits) int { return bytes.Compare(a.Rule[:], b.Rule[:]) })
	return folded, nil
}
