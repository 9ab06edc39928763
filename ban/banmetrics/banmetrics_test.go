package banmetrics_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banmetrics"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// figures is a Checker that has some.
type figures struct{ stats ban.Stats }

func (f *figures) Stats() ban.Stats { return f.stats }

// someFigures has a different one for everything.
func someFigures() *figures {
	s := ban.Stats{
		Invalid: 1, Failed: 2, CacheHits: 3, CacheMisses: 1, CacheEntries: 5, MirrorRules: 6, MirrorBytes: 7, MirrorLoads: 8,
		MirrorBehind: true, LastContact: time.Now().Add(-90 * time.Second), MXLookups: 9, MXUnknown: 10, DroppedHits: 11,
	}
	s.Decided[ban.Denied][ban.KindIP] = 12
	s.Decided[ban.NeedsReview][0] = 13
	return &figures{s}
}

func text(t *testing.T, c *banmetrics.Collector) string {
	t.Helper()
	var b bytes.Buffer
	if err := banmetrics.WriteText(&b, c.Collect(t.Context())); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryFigureIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time stands still
		st := memstore.New()
		admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []ban.CreateOptions{
			{Kind: ban.KindDomain, Value: "spam.example"},
			{Kind: ban.KindDomain, Value: "soon.example", ExpiresAt: time.Now().Add(time.Hour)},
		} {
			if _, err := admin.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		c, err := banmetrics.New(someFigures(), banmetrics.Options{Store: st})
		if err != nil {
			t.Fatal(err)
		}
		got := text(t, c)
		for _, line := range []string{
			`ostraka_checks_total{kind="ip",verdict="denied"} 12`, `ostraka_checks_total{kind="none",verdict="review"} 13`,
			"ostraka_checks_invalid_total 1", "ostraka_checks_failed_total 2",
			`ostraka_cache_lookups_total{result="hit"} 3`, `ostraka_cache_lookups_total{result="miss"} 1`,
			"ostraka_cache_hit_ratio 0.75", "ostraka_cache_entries 5", "ostraka_mirror_rules 6", "ostraka_mirror_bytes 7",
			"ostraka_mirror_loads_total 8", "ostraka_mirror_behind 1", "ostraka_freshness_lag_seconds 90",
			"ostraka_mx_lookups_total 9", "ostraka_mx_unknown_total 10", "ostraka_hits_dropped_total 11",
			`ostraka_rules{origin="ban"} 2`, `ostraka_rules{origin="block"} 0`, `ostraka_rules{origin="list"} 0`,
			"# TYPE ostraka_rules gauge", "# TYPE ostraka_checks_total counter", "# HELP ostraka_cache_entries Values in the cache.",
		} {
			if !strings.Contains("\n"+got, "\n"+line+"\n") {
				t.Errorf("no %s in\n%s", line, got)
			}
		}
		time.Sleep(2 * time.Hour)
		if got := text(t, c); !strings.Contains(got, `ostraka_rules{origin="ban"} 1`) {
			t.Errorf("a ban that has expired is counted:\n%s", got)
		}
	})
}

// measured is a store that has figures.
type measured struct{ store.Store }

func (measured) Figures() []store.Figure {
	return []store.Figure{{Name: "deadlocks", Help: "Deadlocks.", Value: 7}, {Name: "listening", Help: "Listens.", Gauge: true, Value: 1}}
}

func TestTheFiguresOfTheStoreAreThere(t *testing.T) {
	c, err := banmetrics.New(someFigures(), banmetrics.Options{Store: measured{memstore.New()}})
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, c)
	for _, line := range []string{
		"# HELP ostraka_store_deadlocks_total Deadlocks.", "# TYPE ostraka_store_deadlocks_total counter", "ostraka_store_deadlocks_total 7",
		"# TYPE ostraka_store_listening gauge", "ostraka_store_listening 1",
	} {
		if !strings.Contains("\n"+got, "\n"+line+"\n") {
			t.Errorf("no %s in\n%s", line, got)
		}
	}
}

func TestWhatIsCollectedIsDescribed(t *testing.T) {
	for rule, o := range map[string]banmetrics.Options{
		"with a store": {Store: memstore.New()}, "with a store that has figures": {Store: measured{memstore.New()}}, "without": {},
	} {
		c, err := banmetrics.New(someFigures(), o)
		if err != nil {
			t.Fatal(err)
		}
		described, collected := c.Describe(), c.Collect(t.Context())
		if len(described) != len(collected) {
			t.Fatalf("%s: %d families, %d of them described", rule, len(collected), len(described))
		}
		for i, f := range collected {
			d := described[i]
			if d.Name != f.Name || d.Type != f.Type || len(d.Samples) > 0 || len(f.Samples) == 0 {
				t.Errorf("%s: %+v is described as %+v", rule, f, d)
			}
			for _, s := range f.Samples {
				if len(s.Labels) != len(d.Labels) {
					t.Errorf("%s: %s has labels %q for %q", rule, f.Name, s.Labels, d.Labels)
				}
			}
		}
	}
}

// broken is a store that does not count blocks, and bans only until the context
// ends.
type broken struct{ store.Store }

func (broken) CountBlocks(context.Context, store.BlockFilter) (int64, error) {
	return 0, errors.New("disk I/O error")
}

func (broken) CountBans(ctx context.Context, _ store.BanFilter) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestWhatCannotBeCountedIsLeftOutAndLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c, err := banmetrics.New(someFigures(), banmetrics.Options{Store: broken{memstore.New()}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got := text(t, c)
		if strings.Contains(got, "origin=") && (strings.Contains(got, `"ban"`) || strings.Contains(got, `"block"`)) || !strings.Contains(got, "ostraka_cache_entries") {
			t.Errorf("the text is\n%s", got)
		}
		if time.Since(began) != banmetrics.DefaultTimeout {
			t.Errorf("it took %v", time.Since(began))
		}
		if !strings.Contains(log.String(), "disk I/O error") || strings.Contains(got, "disk") {
			t.Errorf("the log is %s", &log)
		}
	})
}

func TestTextIsEscaped(t *testing.T) {
	var b strings.Builder
	err := banmetrics.WriteText(&b, []banmetrics.Family{
		{Name: "a", Help: "one\\two\nthree \"four\"", Type: banmetrics.Gauge, Labels: []string{"x", "y"},
			Samples: []banmetrics.Sample{{[]string{"1\n2", `\"`}, math.Inf(1)}, {[]string{"", "é"}, -1.5e300}}},
		{Name: "none", Help: "has no samples"},
	})
	want := "# HELP a one\\\\two\\nthree \"four\"\n# TYPE a gauge\na{x=\"1\\n2\",y=\"\\\\\\\"\"} +Inf\na{x=\"\",y=\"é\"} -1.5e+300\n"
	if err != nil || b.String() != want {
		t.Errorf("%q, %v; want %q", b.String(), err, want)
	}
}

func TestOnlyGETIsAnswered(t *testing.T) {
	c, err := banmetrics.New(someFigures(), banmetrics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405} {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequest(method, "/metrics", nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", method, w.Code, want)
		}
		if want == 200 && w.Header().Get("Content-Type") != banmetrics.ContentType {
			t.Errorf("%s: Content-Type %q", method, w.Header().Get("Content-Type"))
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	for field, make := range map[string]func() error{
		"checker": func() error { _, err := banmetrics.New(nil, banmetrics.Options{}); return err },
		"Timeout": func() error { _, err := banmetrics.New(someFigures(), banmetrics.Options{Timeout: -1}); return err },
	} {
		if bad, ok := errors.AsType[*ban.ValueError](make()); !ok || bad.Field != field || bad.Hint == "" {
			t.Errorf("%s: %v", field, make())
		}
	}
}
