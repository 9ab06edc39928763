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

// Notify implements [store.Notifier], by the store if that does. Else nobody is told,
// and who follows the log reads it from time to time.
func (s *timedStore) Notify(fn func()) (cancel func()) {
	if n, ok := s.Store.(store.Notifier); ok {
		return n.Notify(fn)
	}
	return func() {}
}

// Figures implements [store.Measured], by the store if that does.
func (s *timedStore) Figures() []store.Figure {
	if m, ok := s.Store.(store.Measured); ok {
		return m.Figures()
	}
	return nil
}

// time begins to time an operation. The function it returns is called at its end.
func (s *timedStore) time(operation string) (end func()) {
	began := time.Now()
	return func() { s.seconds.WithLabelValues(operation).Observe(time.Since(began).Seconds()) }
}
