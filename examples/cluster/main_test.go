//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/pgstore/pgtest"
)

// inFolder has the program write into a folder of the test, and checks that it leaves
// nothing there.
func inFolder(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) { // the user postgres goes through
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		for _, e := range left {
			if !strings.HasPrefix(e.Name(), "go-build") { // of a build that was cut off
				t.Errorf("left behind: %s", e.Name())
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func needServer(t *testing.T) {
	t.Helper()
	s, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNoServer) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
}

func TestItPrintsFreshnessAndThroughputAndLeavesNothing(t *testing.T) {
	needServer(t)
	for _, mirror := range []string{"-mirror=false", "-mirror=true"} {
		inFolder(t)
		var out, log strings.Builder
		if code := run(t.Context(), []string{"-for", "2s", "-nodes", "2", "-writes", "10", mirror}, &out, &log); code != 0 {
			t.Fatalf("%d: %s%s", code, out.String(), log.String())
		}
		for _, piece := range []string{"2 admin servers", "freshness:  p50 ", "p99.9", "max", "checked requests/s", "bans/s"} {
			if !strings.Contains(out.String(), piece) {
				t.Errorf("%q is missing in %s", piece, out.String())
			}
		}
	}
}

func TestWhenItIsInterruptedItStopsEverything(t *testing.T) {
	needServer(t)
	inFolder(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(4*time.Second, cancel)
	var out, log strings.Builder
	if code := run(ctx, []string{"-for", "10m"}, &out, &log); code != 1 || !strings.Contains(log.String(), "interrupted") {
		t.Errorf("%d: %s%s", code, out.String(), log.String())
	}
}

func TestWhatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		piece string
	}{
		"no nodes":        {[]string{"-nodes", "0"}, "-nodes"},
		"too many":        {[]string{"-nodes", "21"}, "-nodes"},
		"no writes":       {[]string{"-writes", "0"}, "-writes"},
		"no number":       {[]string{"-writes", "NaN"}, "-writes"},
		"no time":         {[]string{"-for", "1ms"}, "-for"},
		"an argument":     {[]string{"now"}, "unexpected argument"},
		"an unknown flag": {[]string{"-node", "3"}, "-h shows"},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			if code := run(t.Context(), c.args, &log, &log); code != 2 || !strings.Contains(log.String(), c.piece) {
				t.Errorf("%d: %s", code, log.String())
			}
		})
	}
}

func TestQuantiles(t *testing.T) {
	var times []time.Duration
	for i := range 1000 {
		times = append(times, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0: 1, .5: 500, .999: 999, 1: 1000} {
		if got := quantile(times, q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	if got := quantile(times[:1], .999); got != 1 {
		t.Errorf("of one: %v", got)
	}
}
