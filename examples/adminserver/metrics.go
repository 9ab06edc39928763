package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// storeBuckets are from a look-up in memory to the longest wait for the write lock.
var storeBuckets = []float64{.0001, .0003, .001, .003, .01, .03, .1, .3, 1, 3, 10, 30}

func newStoreSeconds() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ostraka_store_operation_seconds", Help: "How long operations of the store took.", Buckets: storeBuckets,
	}, []string{"operation"})
}

// newRegistry returns what has all metrics.
func newRegistry(checker *ban.Checker, st store.Store, storeSeconds prometheus.Collector, log *slog.Logger) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		storeSeconds, checkerCollector{checker}, ruleCollector{st, log},
	)
	return registry
}

// metricsHandler serves the metrics in the text format of Prometheus.
func metricsHandler(registry *prometheus.Registry, log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ostraka_"+name, help, labels, nil)
}

var (
	checksTotal     = describe("checks_total", `Checks, by verdict and by the kind of the rule that decided; kind "none": no rule did.`, "verdict", "kind")
	checksInvalid   = describe("checks_invalid_total", "Checks of what does not parse, all denied.")
	checksFailed    = describe("checks_failed_total", "Checks that the store did not answer.")
	cacheLookups    = describe("cache_lookups_total", "Values that were looked for in the cache, by result.", "result")
	cacheHitRatio   = describe("cache_hit_ratio", "Share of the values that were found in the cache, since the start.")
	cacheEntries    = describe("cache_entries", "Values in the cache.")
	mirrorRules     = describe("mirror_rules", "Rules in memory; 0 without -mirror.")
	mirrorBytes     = describe("mirror_bytes", "Memory that these take, estimated.")
	freshnessLag    = describe("freshness_lag_seconds", "Time since the change log was last read to its end: how old an answer can be.")
	hitsDropped     = describe("hits_dropped_total", "Hits that were not counted, because the store took none for too long.")
	rules           = describe("rules", "Rules in the store, by origin: active bans, blocks, entries of lists.", "origin")
	checkerFamilies = []*prometheus.Desc{
		checksTotal, checksInvalid, checksFailed, cacheLookups, cacheHitRatio, cacheEntries,
		mirrorRules, mirrorBytes, freshnessLag, hitsDropped,
	}
)

// checkerCollector has the figures that a Checker keeps.
type checkerCollector struct{ checker *ban.Checker }

func (c checkerCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range checkerFamilies {
		out <- d
	}
}

func (c checkerCollector) Collect(out chan<- prometheus.Metric) {
	s := c.checker.Stats()
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	for verdict, byKind := range s.Decided {
		for kind, n := range byKind {
			counter(checksTotal, n, ban.Verdict(verdict).String(), kindLabel(ban.Kind(kind)))
		}
	}
	counter(checksInvalid, s.Invalid)
	counter(checksFailed, s.Failed)
	counter(cacheLookups, s.CacheHits, "hit")
	counter(cacheLookups, s.CacheMisses, "miss")
	gauge(cacheHitRatio, float64(s.CacheHits)/float64(max(1, s.CacheHits+s.CacheMisses)))
	gauge(cacheEntries, float64(s.CacheEntries))
	gauge(mirrorRules, float64(s.MirrorRules))
	gauge(mirrorBytes, float64(s.MirrorBytes))
	gauge(freshnessLag, time.Since(s.LastContact).Seconds())
	counter(hitsDropped, s.DroppedHits)
}

func kindLabel(k ban.Kind) string {
	if k == 0 {
		return "none"
	}
	return k.String()
}

// ruleCollector counts the rules of a store when it is asked. Counts that cannot be
// had are left out: /healthz tells of trouble.
type ruleCollector struct {
	store store.Store
	log   *slog.Logger
}

func (c ruleCollector) Describe(out chan<- *prometheus.Desc) { out <- rules }

func (c ruleCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for origin, count := range map[string]func(context.Context, store.Store) (int64, error){
		"ban": countBans, "block": countBlocks, "list": countEntries,
	} {
		n, err := count(ctx, c.store)
		if err != nil {
			c.log.Warn("the rules were not counted", "origin", origin, "err", err)
			continue
		}
		out <- prometheus.MustNewConstMetric(rules, prometheus.GaugeValue, float64(n), origin)
	}
}

func countBans(ctx context.Context, st store.Store) (int64, error) {
	active := true
	return st.CountBans(ctx, store.BanFilter{Active: &active, At: time.Now()})
}

func countBlocks(ctx context.Context, st store.Store) (int64, error) { return st.CountBlocks(ctx) }

func countEntries(ctx context.Context, st store.Store) (n int64, err error) {
	lists, err := st.Lists(ctx)
	for _, l := range lists {
		n += l.Entries
	}
	return n, err
}
