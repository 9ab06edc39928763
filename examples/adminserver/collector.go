package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/ostraka/ban/banmetrics"
)

// collector gives the metrics of ostraka to a registry of client_golang. A host that
// has one copies this file.
type collector struct{ metrics *banmetrics.Collector }

func descOf(f banmetrics.Family) *prometheus.Desc {
	return prometheus.NewDesc(f.Name, f.Help, f.Labels, nil)
}

// Describe implements [prometheus.Collector].
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.metrics.Describe() {
		out <- descOf(f)
	}
}

// Collect implements [prometheus.Collector].
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, f := range c.metrics.Collect(context.Background()) { // it has a timeout of its own
		kind := prometheus.GaugeValue
		if f.Type == banmetrics.Counter {
			kind = prometheus.CounterValue
		}
		for _, s := range f.Samples {
			out <- prometheus.MustNewConstMetric(descOf(f), kind, s.Value, s.Labels...)
		}
	}
}
