package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banmetrics"
	"example.com/ostraka/memstore"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/store"
)

func TestMetrics(t *testing.T) {
	for _, flags := range [][]string{nil, {"-mirror"}} {
		t.Run(fmt.Sprint(flags), func(t *testing.T) {
			db, alice := database(t)
			st := open(t, db)
			addBan(t, st, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
			addBan(t, st, ban.CreateOptions{Kind: ban.KindName, Value: "shop", Effect: ban.Review})
			p := start(t, db, flags...)
			token := login{token: alice.token}
			for _, destination := range []string{"a@spam.example", "b@spam.example", "c@example.net"} {
				p.send("POST", "/api/aliases", `{"address":"shop@alias.example","destination":"`+destination+`","ip":"198.51.100.7"}`, token).
					want(t, 403, "")
			}
			p.send("POST", "/api/check", `{"email":"a@spam.example"}`, token).want(t, 200, "denied") // is no check
			text := p.send("GET", "/metrics", "", token).body
			want := []string{
				`ostraka_checks_total{kind="domain",verdict="denied"} 2`,
				`ostraka_checks_total{kind="name",verdict="review"} 1`,
				`ostraka_checks_total{kind="none",verdict="allowed"} 3`, // the client's address, by the guard
				`ostraka_checks_failed_total 0`,
				`ostraka_rules{origin="ban"} 2`, `ostraka_rules{origin="block"} 0`, `ostraka_rules{origin="list"} 0`,
				`ostraka_store_operation_seconds_bucket{operation="lookup",le="+Inf"} `,
			}
			if flags == nil {
				want = append(want, `ostraka_mirror_rules 0`, `ostraka_cache_lookups_total{result="hit"} `)
			} else {
				want = append(want, `ostraka_mirror_rules 2`)
			}
			for _, line := range want {
				if !strings.Contains(text, "\n"+line) {
					t.Errorf("no %s in\n%s", line, regexp.MustCompile(`(?m)^ostraka_[^s].*$`).FindAllString(text, -1))
				}
			}
			if ratio := regexp.MustCompile(`(?m)^ostraka_cache_hit_ratio (0|1|0\.\d+)$`); !ratio.MatchString(text) {
				t.Error("the cache hit ratio is no share")
			}
			lag := regexp.MustCompile(`(?m)^ostraka_freshness_lag_seconds [12]?\d\.\d+(e-\d+)?$`)
			if !lag.MatchString(text) {
				t.Error("the freshness lag is not of some seconds")
			}
			if strings.Contains(text, "spam.example") || strings.Contains(text, "198.51.100.7") {
				t.Error("the metrics name somebody")
			}
		})
	}
}

// TestEveryOperationIsTimed calls each method of a store with zero values, whatever
// comes of it.
func TestEveryOperationIsTimed(t *testing.T) {
	st := memstore.New()
	seconds := newStoreSeconds()
	timed := reflect.ValueOf(&timedStore{Store: st, seconds: seconds})
	contract := reflect.TypeFor[store.Store]()
	ctx := reflect.TypeFor[context.Context]()
	n := 0
	for i := range contract.NumMethod() {
		m := contract.Method(i)
		if m.Type.NumIn() == 0 || m.Type.In(0) != ctx || m.Type.Out(0).Kind() == reflect.Func {
			continue // Close, Subscribe, iterators
		}
		n++
		in := []reflect.Value{reflect.ValueOf(t.Context())}
		for i := 1; i < m.Type.NumIn(); i++ {
			in = append(in, reflect.Zero(m.Type.In(i)))
		}
		before := testutil.CollectAndCount(seconds)
		timed.MethodByName(m.Name).Call(in)
		if testutil.CollectAndCount(seconds) != before+1 {
			t.Errorf("%s is not timed, or by the name of another", m.Name)
		}
	}
	if n < 40 {
		t.Errorf("the contract has %d operations", n)
	}
}

// TestMetricsAreNamedByTheRules holds names and help texts to those of Prometheus.
func TestMetricsAreNamedByTheRules(t *testing.T) {
	checker, _ := newChecker(t)
	registry, err := newRegistry(&parts{checker: checker, store: memstore.New(), storeSeconds: newStoreSeconds(), log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestTheTextIsReadAsTheCollectorMeansIt has Prometheus' own parser read the text that
// banmetrics writes, and compares with what a registry gathers.
func TestTheTextIsReadAsTheCollectorMeansIt(t *testing.T) {
	checker, _ := newChecker(t)
	for _, address := range []string{"a@spam.example", "b@good.example"} {
		if _, err := checker.Check(t.Context(), ban.Subject{Email: address}); err != nil {
			t.Fatal(err)
		}
	}
	metrics, err := banmetrics.New(checker, banmetrics.Options{Store: memstore.New()})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var names []string
	all := metrics.Collect(t.Context())
	if err := banmetrics.WriteText(&text, all); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.Name != "ostraka_freshness_lag_seconds" { // time goes on
			names = append(names, f.Name)
		}
	}
	if err := testutil.CollectAndCompare(collector{metrics}, strings.NewReader(text.String()), names...); err != nil {
		t.Error(err)
	}
}

// TestTheReadmeHasAllMetrics that are served, and none that are not.
func TestTheReadmeHasAllMetrics(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "## Metrics")
	if !ok {
		t.Fatal("no such section")
	}
	documented := map[string]bool{}
	for _, name := range regexp.MustCompile("ostraka_[a-z_]+").FindAllString(table, -1) {
		documented[name] = true
	}
	checker, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	metrics, err := banmetrics.New(checker, banmetrics.Options{Store: new(pgstore.Store)}) // whose figures are there too
	if err != nil {
		t.Fatal(err)
	}
	descriptions := make(chan *prometheus.Desc, 100)
	for _, c := range []prometheus.Collector{newStoreSeconds(), collector{metrics}} {
		c.Describe(descriptions)
	}
	close(descriptions)
	served := map[string]bool{}
	for d := range descriptions {
		served[regexp.MustCompile("ostraka_[a-z_]+").FindString(d.String())] = true
	}
	for name := range served {
		if !documented[name] {
			t.Errorf("%s is served, and not in the table", name)
		}
	}
	for name := range documented {
		if !served[name] {
			t.Errorf("%s is in the table, and not served", name)
		}
	}
}
