package banmetrics

import (
	"time"

	"example.com/ostraka/ban"
)

// nameRules is the family that the store is asked for.
const nameRules = "ostraka_rules"

// families are all that there are.
var families = []Family{
	{Name: "ostraka_checks_total", Type: Counter, Labels: []string{"kind", "verdict"},
		Help: `Checks, by verdict and by the kind of the rule that decided; kind "none": no rule did.`},
	{Name: "ostraka_checks_invalid_total", Type: Counter, Help: "Checks of what does not parse, all denied."},
	{Name: "ostraka_checks_failed_total", Type: Counter, Help: "Checks that the store did not answer."},
	{Name: "ostraka_cache_lookups_total", Type: Counter, Labels: []string{"result"}, Help: "Values that were looked for in the cache, by result."},
	{Name: "ostraka_cache_hit_ratio", Type: Gauge, Help: "Share of the values that were found in the cache, since the start."},
	{Name: "ostraka_cache_entries", Type: Gauge, Help: "Values in the cache."},
	{Name: "ostraka_mirror_rules", Type: Gauge, Help: "Rules in memory; 0 without a mirror."},
	{Name: "ostraka_mirror_bytes", Type: Gauge, Help: "Memory that these take, estimated."},
	{Name: "ostraka_mirror_loads_total", Type: Counter, Help: "How often all rules were read into memory."},
	{Name: "ostraka_mirror_behind", Type: Gauge, Help: "1 while the mirror lacks changes that are known of, and checks ask the store."},
	{Name: "ostraka_freshness_lag_seconds", Type: Gauge, Help: "Time since the change log was last read to its end: how old an answer can be."},
	{Name: "ostraka_mx_lookups_total", Type: Counter, Help: "Domains whose mail hosts the DNS was asked for."},
	{Name: "ostraka_mx_unknown_total", Type: Counter, Help: "Checks that were answered without the mail hosts, or without some."},
	{Name: "ostraka_checks_trait_total", Type: Counter, Labels: []string{"trait", "verdict"}, Help: "Checks that a trait of the e-mail address decided, by trait and verdict."},
	{Name: "ostraka_hits_dropped_total", Type: Counter, Help: "Hits that were not counted, because the store took none for too long."},
	{Name: nameRules, Type: Gauge, Labels: []string{"origin"}, Help: "Rules in the store, by origin: active bans, blocks, entries of lists."},
}

// samplesOf has the samples of each family but nameRules.
var samplesOf = map[string]func(*ban.Stats) []Sample{
	"ostraka_checks_total":         checks,
	"ostraka_checks_invalid_total": func(s *ban.Stats) []Sample { return one(s.Invalid) },
	"ostraka_checks_failed_total":  func(s *ban.Stats) []Sample { return one(s.Failed) },
	"ostraka_cache_lookups_total": func(s *ban.Stats) []Sample {
		return []Sample{{[]string{"hit"}, float64(s.CacheHits)}, {[]string{"miss"}, float64(s.CacheMisses)}}
	},
	"ostraka_cache_hit_ratio": func(s *ban.Stats) []Sample {
		return one(float64(s.CacheHits) / float64(max(1, s.CacheHits+s.CacheMisses)))
	},
	"ostraka_cache_entries":      func(s *ban.Stats) []Sample { return one(s.CacheEntries) },
	"ostraka_mirror_rules":       func(s *ban.Stats) []Sample { return one(s.MirrorRules) },
	"ostraka_mirror_bytes":       func(s *ban.Stats) []Sample { return one(s.MirrorBytes) },
	"ostraka_mirror_loads_total": func(s *ban.Stats) []Sample { return one(s.MirrorLoads) },
	"ostraka_mirror_behind": func(s *ban.Stats) []Sample {
		if s.MirrorBehind {
			return one(1)
		}
		return one(0)
	},
	// LastContact is by the real clock, whatever that of the options is.
	"ostraka_freshness_lag_seconds": func(s *ban.Stats) []Sample { return one(time.Since(s.LastContact).Seconds()) },
	"ostraka_mx_lookups_total":      func(s *ban.Stats) []Sample { return one(s.MXLookups) },
	"ostraka_mx_unknown_total":      func(s *ban.Stats) []Sample { return one(s.MXUnknown) },
	"ostraka_checks_trait_total":    traits,
	"ostraka_hits_dropped_total":    func(s *ban.Stats) []Sample { return one(s.DroppedHits) },
}

func one[N int | int64 | float64](n N) []Sample { return []Sample{{Value: float64(n)}} }

func checks(s *ban.Stats) []Sample {
	var samples []Sample
	for verdict, byKind := range s.Decided {
		for kind, n := range byKind {
			name := "none"
			if kind != 0 {
				name = ban.Kind(kind).String()
			}
			samples = append(samples, Sample{[]string{name, ban.Verdict(verdict).String()}, float64(n)})
		}
	}
	return samples
}

func traits(s *ban.Stats) []Sample {
	var samples []Sample
	for _, t := range []ban.Trait{ban.TraitTagged, ban.TraitFree, ban.TraitRole} {
		for _, v := range []ban.Verdict{ban.Denied, ban.NeedsReview} {
			samples = append(samples, Sample{[]string{t.String(), v.String()}, float64(s.Traits[t][v])})
		}
	}
	return samples
}
