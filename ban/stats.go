package ban

import "sync/atomic"

// Stats are figures of a Checker since it was made, for metrics.
type Stats struct {
	Allowed, NeedsReview, Denied int64 // checks by verdict
	Invalid                      int64 // checks of a Subject that did not parse
	Failed                       int64 // checks that the store did not answer

	CacheHits    int64 // fields of Subjects answered from the cache
	CacheMisses  int64 // fields of Subjects that were looked up
	CacheEntries int   // fields now in the cache

	DroppedHits int64 // hits not counted because the store took none for too long
}

type counters struct {
	verdicts               [len(verdictNames)]atomic.Int64
	invalid, failed        atomic.Int64
	cacheHits, cacheMisses atomic.Int64
}

func (n *counters) count(v Verdict) { n.verdicts[v].Add(1) }

// Stats returns the figures of now. They are not one consistent view.
func (c *Checker) Stats() Stats {
	return Stats{
		Allowed:      c.stats.verdicts[Allowed].Load(),
		NeedsReview:  c.stats.verdicts[NeedsReview].Load(),
		Denied:       c.stats.verdicts[Denied].Load(),
		Invalid:      c.stats.invalid.Load(),
		Failed:       c.stats.failed.Load(),
		CacheHits:    c.stats.cacheHits.Load(),
		CacheMisses:  c.stats.cacheMisses.Load(),
		CacheEntries: c.cache.Len(),
		DroppedHits:  c.hits.dropped.Load(),
	}
}
