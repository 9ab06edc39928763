package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/store"
)

// newFetcher returns what fetches the lists that are subscribed, and logs what became
// of them.
func newFetcher(p *parts) (*fetch.Fetcher, error) {
	lists, err := blocklist.NewAdmin(p.store, blocklist.AdminOptions{})
	if err != nil {
		return nil, err
	}
	return fetch.New(p.store, lists, fetch.Options{UserAgent: "ostraka-adminserver", Report: func(r fetch.Result) {
		level := slog.LevelInfo
		if r.Err != nil {
			level = slog.LevelWarn
		}
		p.log.Log(context.Background(), level, "fetch", "list", r.List, "outcome", string(r.Outcome), "err", r.Err, "due", r.DueAt,
			"added", r.Sync.Added, "changed", r.Sync.Changed, "removed", r.Sync.Removed)
	}})
}

// subscriptionMetrics are those of lists that are fetched, asked of the store: whichever
// server fetches them.
type subscriptionMetrics struct{ store store.Subscriptions }

var (
	failuresDesc = prometheus.NewDesc("ostraka_subscription_failures", "Tries in a row to fetch the list that failed or were stopped.", []string{"list"}, nil)
	checkedDesc  = prometheus.NewDesc("ostraka_subscription_checked_timestamp_seconds",
		"When the content of the list was last known to be that of its URL; 0: never.", []string{"list"}, nil)
)

// metricsTimeout bounds what one scrape asks of the store.
const metricsTimeout = 5 * time.Second

// Describe implements [prometheus.Collector].
func (m subscriptionMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- failuresDesc
	to <- checkedDesc
}

// Collect implements [prometheus.Collector]. While the store does not answer there are
// none.
func (m subscriptionMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTimeout)
	defer cancel()
	all, err := m.store.Subscriptions(ctx)
	if err != nil {
		return
	}
	for _, s := range all {
		checked := 0.0
		if at := s.State.CheckedAt; !at.IsZero() {
			checked = float64(at.UnixMilli()) / 1000
		}
		to <- prometheus.MustNewConstMetric(failuresDesc, prometheus.GaugeValue, float64(s.State.Failures), s.List)
		to <- prometheus.MustNewConstMetric(checkedDesc, prometheus.GaugeValue, checked, s.List)
	}
}
