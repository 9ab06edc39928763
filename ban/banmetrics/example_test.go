package banmetrics_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banmetrics"
	"example.com/ostraka/memstore"
)

func Example() {
	st := memstore.New()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer checker.Close()
	metrics, err := banmetrics.New(checker, banmetrics.Options{Store: st})
	if err != nil {
		fmt.Println(err)
		return
	}

	if _, err := checker.Check(context.Background(), ban.Subject{Email: "ann@good.example"}); err != nil {
		fmt.Println(err)
	}
	w := httptest.NewRecorder()
	metrics.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil)) // as Prometheus does
	for s := bufio.NewScanner(w.Body); s.Scan(); {
		if strings.Contains(s.Text(), "allowed") || strings.HasPrefix(s.Text(), "ostraka_rules") {
			fmt.Println(s.Text())
		}
	}
	// Output:
	// ostraka_checks_total{kind="none",verdict="allowed"} 1
	// ostraka_checks_total{kind="email",verdict="allowed"} 0
	// ostraka_checks_total{kind="domain",verdict="allowed"} 0
	// ostraka_checks_total{kind="ip",verdict="allowed"} 0
	// ostraka_checks_total{kind="name",verdict="allowed"} 0
	// ostraka_rules{origin="ban"} 0
	// ostraka_rules{origin="block"} 0
	// ostraka_rules{origin="list"} 0
}
