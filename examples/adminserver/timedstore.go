package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/ostraka/store"
)

// timedStore is a store whose operations are timed, but for those that return
// iterators: these take as long as their loops.
type timedStore struct {
	store.Store
	seconds *prometheus.HistogramVec // by operation
}

// time begins to time an operation. The function it returns is called at its end.
func (s *timedStore) time(operation string) (end func()) {
	began := time.Now()
	return func() { s.seconds.WithLabelValues(operation).Observe(time.Since(began).Seconds()) }
}
