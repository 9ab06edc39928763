package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/ostraka/ban/banmetrics"
)

// storeBuckets are from a look-up in memory to the longest wait for the write lock.
var storeBuckets = []float64{.0001, .0003, .001, .003, .01, .03, .1, .3, 1, 3, 10, 30}

func newStoreSeconds() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ostraka_store_operation_seconds", Help: "How long operations of the store took.", Buckets: storeBuckets,
	}, []string{"operation"})
}

// newRegistry returns what has all metrics.
func newRegistry(p *parts) (*prometheus.Registry, error) {
	metrics, err := banmetrics.New(p.checker, banmetrics.Options{Store: p.store, Log: p.log})
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		p.storeSeconds, collector{metrics}, subscriptionMetrics{p.store},
	)
	return registry, nil
}

// metricsHandler serves the metrics in the text format of Prometheus.
func metricsHandler(registry *prometheus.Registry, log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}
