package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Day returns the UTC midnight at which the day of t began. Hits are counted by
// such days.
func Day(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Hit says how often a rule matched on a day, since the last time it was said.
type Hit struct {
	RuleID uuid.UUID
	Key    Key       // what the rule is found by
	Day    time.Time // as [Day] gives it
	Uses   int64     // how often it matched
	Last   time.Time // when it last did
	// Clients is a sketch of the client addresses seen, as package
	// store/sketch makes it. Empty: none was known.
	Clients []byte
}

// HitTotal is what a rule caught over its whole life.
type HitTotal struct {
	Uses int64
	Last time.Time // zero: never
}

// DayHits is what a rule caught on one day.
type DayHits struct {
	Day     time.Time // as [Day] gives it
	Uses    int64     // how often it matched
	Clients int64     // how many distinct client addresses were among them, estimated as package store/sketch says
}

// RuleHits is what a rule caught on some days.
type RuleHits struct {
	RuleID uuid.UUID
	Key    Key // what the rule is found by, or was
	Uses   int64
}

// LastDays returns what a rule caught on each of the last days up to now, the
// newest first, days without hits included.
func LastDays(ctx context.Context, h Hits, rule uuid.UUID, now time.Time, days int) ([]DayHits, error) {
	today := Day(now)
	history, err := h.HitHistory(ctx, rule, today.AddDate(0, 0, 1-days), today)
	if err != nil {
		return nil, err
	}
	out := make([]DayHits, days)
	for i := range out {
		out[i].Day = today.AddDate(0, 0, -i)
		for _, d := range history {
			if d.Day.Equal(out[i].Day) {
				out[i] = d
			}
		}
	}
	return out, nil
}
