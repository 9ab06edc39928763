package ban

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stats are figures of a Checker since it was made, for metrics.
type Stats struct {
	Allowed, NeedsReview, Denied int64 // checks by verdict
	Invalid                      int64 // checks of a Subject that did not parse
	Failed                       int64 // checks that the store did not answer

	// Decided are the checks by verdict and by the kind of the rule that decided,
	// as in Decided[Denied][KindIP]; kind 0 stands for no rule.
	Decided [Allowed + 1][KindName + 1]int64

	// Traits are the checks that a trait of the address decided, by trait and
	// verdict, as in Traits[TraitFree][Denied].
	Traits [TraitRole + 1][Allowed + 1]int64

	CacheHits    int64 // fields of Subjects answered from the cache
	CacheMisses  int64 // fields of Subjects that were looked up
	CacheEntries int   // fields now in the cache

	// Of a Checker with [CheckerOptions.Mirror]:
	MirrorRules  int   // rules in memory
	MirrorBytes  int64 // that they take, estimated; reasons, which rules share, aside
	MirrorLoads  int64 // how often all rules were read
	MirrorBehind bool  // it lacks changes that are known of: checks ask the store meanwhile

	// LastContact is when the change log of the store was last read to its end,
	// by the real clock. With polling turned off it is when the Checker was made.
	LastContact time.Time
	MXLookups   int64 // domains whose mail hosts the DNS was asked for
	MXUnknown   int64 // checks answered without the mail hosts, or without some

	DroppedHits int64 // hits not counted because the store took none for too long
}

type counters struct {
	stripes         [16]stripe // summed up; checks that run at once use different ones
	invalid, failed atomic.Int64
	cacheMisses     atomic.Int64
	mxUnknown       atomic.Int64
	traits          [TraitRole + 1][Allowed + 1]atomic.Int64
}

// stripe is three cache lines long: no line has counters of two of them, so that
// processors do not wait for each other to count.
type stripe struct {
	verdicts  [len(verdictNames)][KindName + 1]atomic.Int64
	cacheHits atomic.Int64
	_         [192 - 8*len(verdictNames)*int(KindName+1) - 8]byte
}

// nextPlace numbers those who count, so that they spread.
var nextPlace atomic.Uint32

// places are numbers of those who count and are done: whoever takes one has, as a rule,
// one that was used on the same processor last.
var places = sync.Pool{New: func() any {
	place := nextPlace.Add(1)
	return &place
}}

func takePlace() *uint32 { return places.Get().(*uint32) }

// of returns the counters of one who has that number.
func (n *counters) of(number uint32) *stripe { return &n.stripes[number%uint32(len(n.stripes))] }

// count counts a check, in that stripe.
func (n *counters) count(s *stripe, d *Decision) {
	s.count(d)
	if t := d.Match.Trait; t != 0 {
		n.traits[t][d.Verdict].Add(1)
	}
}

func (s *stripe) count(d *Decision) { s.verdicts[d.Verdict][d.Match.Kind].Add(1) }

// sum adds up what the stripes have counted.
func (n *counters) sum(s *Stats) {
	for i := range n.stripes {
		for verdict := range s.Decided {
			for kind := range s.Decided[verdict] {
				s.Decided[verdict][kind] += n.stripes[i].verdicts[verdict][kind].Load()
			}
		}
		s.CacheHits += n.stripes[i].cacheHits.Load()
	}
	s.Allowed, s.NeedsReview, s.Denied = total(s.Decided[Allowed]), total(s.Decided[NeedsReview]), total(s.Decided[Denied])
}

func total(byKind [KindName + 1]int64) (n int64) {
	for _, checks := range byKind {
		n += checks
	}
	return n
}

// Stats returns the figures of now. They are not one consistent view.
func (c *Checker) Stats() Stats {
	s := Stats{
		Invalid:      c.stats.invalid.Load(),
		Failed:       c.stats.failed.Load(),
		CacheMisses:  c.stats.cacheMisses.Load(),
		CacheEntries: c.cache.Len(),
		LastContact:  c.feed.LastContact(),
		MXLookups:    c.mx.Lookups(),
		MXUnknown:    c.stats.mxUnknown.Load(),
		DroppedHits:  c.hits.Dropped(),
	}
	c.stats.sum(&s)
	for t := range s.Traits {
		for v := range s.Traits[t] {
			s.Traits[t][v] = c.stats.traits[t][v].Load()
		}
	}
	if c.mirror != nil {
		m := c.mirror.Stats()
		s.MirrorRules, s.MirrorBytes, s.MirrorLoads, s.MirrorBehind = m.Rules, m.Bytes, m.Loads, c.mirror.Behind()
	}
	return s
}
