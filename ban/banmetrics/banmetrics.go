// Package banmetrics has the figures of a [ban.Checker] and of the rules in its store
// as metrics, in the text format of Prometheus or for any metrics library.
//
//	metrics, err := banmetrics.New(checker, banmetrics.Options{Store: st})
//	if err != nil {
//		return err
//	}
//	mux.Handle("GET /metrics", metrics) // behind what keeps strangers out
//
// It depends on no metrics library. A host that has a registry of one registers an
// adapter of its own over [Collector.Describe] and [Collector.Collect]; that for
// client_golang takes some thirty lines: examples/adminserver/collector.go.
//
// No metric names an account, an address or a value of a rule. The names are those of
// Prometheus' conventions (https://prometheus.io/docs/practices/naming/) and keep
// their meaning from one version to the next.
package banmetrics

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// Checker has figures. [*ban.Checker] does.
type Checker interface{ Stats() ban.Stats }

// Store counts rules. Every [store.Store] does.
type Store interface {
	CountBans(ctx context.Context, f store.BanFilter) (int64, error)
	CountBlocks(ctx context.Context, f store.BlockFilter) (int64, error)
	Lists(ctx context.Context) ([]store.List, error)
}

// Options configures a [Collector]. The zero value is the default.
type Options struct {
	// Store is where the rules are counted, at every Collect, each kind by one query.
	// If it is [store.Measured] its own figures are shown too, as ostraka_store_deadlocks_total
	// and the like. Nil: neither.
	Store Store

	// Timeout bounds the counting. Default 5 seconds: Prometheus waits for 10.
	Timeout time.Duration

	// Log is told of counts that could not be had. Default: nobody.
	Log *slog.Logger

	// Now is the clock by which bans expire. Default [time.Now].
	Now func() time.Time
}

// DefaultTimeout is the default of [Options.Timeout].
const DefaultTimeout = 5 * time.Second

// Collector has the metrics of one Checker. It is safe for concurrent use.
type Collector struct {
	checker Checker
	opts    Options
}

// New returns a Collector. What is missing or out of range gives a
// [*ban.ValueError].
func New(checker Checker, o Options) (*Collector, error) {
	if checker == nil {
		return nil, ban.NewValueError("checker", "", ban.CodeEmpty, "give one that has figures")
	}
	if o.Timeout < 0 {
		return nil, ban.NewValueError("Timeout", o.Timeout.String(), ban.CodeRange, "give a duration, or 0 for the default")
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Collector{checker, o}, nil
}

// Type is the type of a metric. The zero value is [Counter].
type Type uint8

// The types.
const (
	Counter Type = iota // only grows, until the process ends
	Gauge               // goes up and down
)

// String returns "counter" or "gauge".
func (t Type) String() string {
	switch t {
	case Counter:
		return "counter"
	case Gauge:
		return "gauge"
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Family is a metric, with a sample for each combination of its labels.
type Family struct {
	Name    string // such as ostraka_checks_total
	Help    string // one sentence
	Type    Type
	Labels  []string // their names
	Samples []Sample
}

// Sample is a figure.
type Sample struct {
	Labels []string // a value for each name of the Family
	Value  float64
}

// Describe returns all families that [Collector.Collect] may give, in its order,
// without samples. The slices are the caller's.
func (c *Collector) Describe() []Family {
	var all []Family
	for _, f := range families {
		f.Labels = slices.Clone(f.Labels)
		if f.Name != nameRules || c.opts.Store != nil {
			all = append(all, f)
		}
	}
	for _, f := range c.figures() {
		f.Samples = nil
		all = append(all, f)
	}
	return all
}

// figures returns those that the store has of its own.
func (c *Collector) figures() (all []Family) {
	measured, ok := c.opts.Store.(store.Measured)
	if !ok {
		return nil
	}
	for _, f := range measured.Figures() {
		family := Family{Name: "ostraka_store_" + f.Name, Help: f.Help, Type: Gauge, Samples: one(f.Value)}
		if !f.Gauge {
			family.Name, family.Type = family.Name+"_total", Counter
		}
		all = append(all, family)
	}
	return all
}

// Collect returns the figures of now. Rules that could not be counted, because the
// store failed or the context ended, have no sample. The slices are the caller's.
func (c *Collector) Collect(ctx context.Context) []Family {
	s := c.checker.Stats()
	all := c.Describe()
	own := c.figures()
	for i := range all {
		if n := i - (len(all) - len(own)); n >= 0 {
			all[i] = own[n]
			continue
		}
		if all[i].Name == nameRules {
			all[i].Samples = c.countRules(ctx)
			continue
		}
		all[i].Samples = samplesOf[all[i].Name](&s)
	}
	return all
}

// countRules counts the rules of each origin.
func (c *Collector) countRules(ctx context.Context) []Sample {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	var samples []Sample
	for _, o := range []struct {
		origin string
		count  func(context.Context) (int64, error)
	}{
		{"ban", c.countBans}, {"block", c.countBlocks}, {"list", c.countEntries},
	} {
		n, err := o.count(ctx)
		if err != nil {
			c.opts.Log.WarnContext(ctx, "the rules were not counted", "origin", o.origin, "err", err)
			continue
		}
		samples = append(samples, Sample{[]string{o.origin}, float64(n)})
	}
	return samples
}

func (c *Collector) countBans(ctx context.Context) (int64, error) {
	active := true
	return c.opts.Store.CountBans(ctx, store.BanFilter{Active: &active, At: c.opts.Now()})
}

func (c *Collector) countBlocks(ctx context.Context) (int64, error) {
	return c.opts.Store.CountBlocks(ctx, store.BlockFilter{})
}

func (c *Collector) countEntries(ctx context.Context) (n int64, err error) {
	lists, err := c.opts.Store.Lists(ctx)
	for _, l := range lists {
		n += l.Entries
	}
	return n, err
}

// ServeHTTP answers a GET with all metrics, in the text format. Whoever may read it
// learns how many are refused, and why: it asks nobody who they are, so mount it
// behind something that does.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this is for GET", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Cache-Control", "no-store")
	_ = WriteText(w, c.Collect(r.Context())) // a client that is gone
}
