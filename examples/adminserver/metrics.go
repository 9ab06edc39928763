package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/ostraka/ban/banmetrics"
	"example.com/ostraka/pgstore"
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
	if p.server != nil {
		registry.MustRegister(serverMetrics(p.server)...)
	}
	return registry, nil
}

// serverMetrics are those of a store on a PostgreSQL server.
func serverMetrics(st *pgstore.Store) []prometheus.Collector {
	counter := func(name, help string, of func(pgstore.Stats) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "ostraka_postgres_" + name, Help: help},
			func() float64 { return float64(of(st.Stats())) })
	}
	return []prometheus.Collector{
		counter("deadlocks_total", "Transactions that the server ended for a deadlock. They are tried again.",
			func(s pgstore.Stats) int64 { return s.Deadlocks }),
		counter("serialization_failures_total", "Transactions that the server ended for a serialization failure. They are tried again.",
			func(s pgstore.Stats) int64 { return s.SerializationFailures }),
		counter("lock_timeouts_total", "Writes that waited for a lock for too long, and were not made.",
			func(s pgstore.Stats) int64 { return s.LockTimeouts }),
		counter("notifications_total", "Notifications of changes that came in.",
			func(s pgstore.Stats) int64 { return s.Notifications }),
		counter("listener_connects_total", "Times that listening for changes began: once, and after each loss of the connection.",
			func(s pgstore.Stats) int64 { return s.ListenerConnects }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ostraka_postgres_listening", Help: "Whether changes of other processes are heard of at once: 1 if so. Else they are within the poll interval.",
		}, func() float64 {
			if st.Stats().Listening {
				return 1
			}
			return 0
		}),
	}
}

// metricsHandler serves the metrics in the text format of Prometheus.
func metricsHandler(registry *prometheus.Registry, log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}
