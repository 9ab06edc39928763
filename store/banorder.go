package store

import (
	"math"
)

// BanOrder is an order of bans for people, beside that of their Seq.
type BanOrder uint8

// The orders. Bans that are equal in one come newest first, by Seq.
const (
	ByHits    BanOrder = iota // most hits first
	ByLastHit                 // last hit latest first; those without come last
	ByExpiry                  // soonest to expire first, those that have long expired before it; those without end come last
)

// BanRank is the place of a ban in an order: a cursor for pages. The zero BanRank is
// before all.
type BanRank struct {
	Value int64
	Seq   int64
}

// RankOf returns the place of a ban in the order: ascending by Value, then descending
// by Seq. A backend computes Value in its own language: of ByHits it is the hits, of
// ByLastHit the microseconds since 1970, both negated, of ByExpiry the microseconds,
// and for a ban without such a time [math.MaxInt64].
func (o BanOrder) RankOf(b *Ban) BanRank {
	r := BanRank{Seq: b.Seq}
	switch o {
	case ByLastHit:
		if r.Value = -b.LastHitAt.UnixMicro(); b.LastHitAt.IsZero() {
			r.Value = math.MaxInt64
		}
	case ByExpiry:
		if r.Value = b.ExpiresAt.UnixMicro(); b.ExpiresAt.IsZero() {
			r.Value = math.MaxInt64
		}
	default:
		r.Value = -b.Hits
	}
	return r
}

// Valid reports whether the order is one of this version.
func (o BanOrder) Valid() bool { return o <= ByExpiry }

// Before reports whether the place comes before another one.
func (r BanRank) Before(other BanRank) bool {
	return r.Value < other.Value || r.Value == other.Value && r.Seq > other.Seq
}
