package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A run with few rules gives every row, though its figures mean little.
func TestEveryRowIsThere(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "growth.svg")
	var out bytes.Buffer
	args := []string{"-rules", "200,1000", "-rounds", "5", "-slice", "1ms", "-json", "-svg", svg}
	if err := run(context.Background(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var table struct{ Rows []row }
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&table); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{
		"Sync of a list", "mirror Check of a stranger", "mirror Check, allocations", "four queries", "memory of the mirror", "LRU Check, warm",
		"LRU Check, warm, allocations", "LRU Check, cold", "loading the mirror", "mirror Check, 1000 rules after 200", "two goroutines on", "two goroutines with plain maps",
		"mirror Check of a stranger, of raw texts", "name Check, 10000 patterns", "address Check, 10000 patterns", "IP Check, IPv4", "IP Check, IPv6",
		"Check of names with accents", "Check of addresses at IDNs", "Explain", "mirror Check of who is denied", "what two goroutines gain", "LRU Check, warm, email alone",
		"what banhttp.Guard adds to", "what banhttp.Guard adds, alloc", "requests of Postfix", "Sync that changes 2000", "heap meanwhile",
		"Sync that changes nothing", "Sync that changes one", "Create beside one", "Create beside eight", "p99.9 of Check over",
		"p99.9 of Check beside", "p99.9 of Check, nobody", "p99.9 of plain maps beside",
	} {
		found := false
		for _, r := range table.Rows {
			found = found || strings.HasPrefix(r.What, what) && r.Unit != "" && r.Bar != "" && (r.Figure > 0 || r.Unit == "allocs")
		}
		if !found {
			t.Errorf("no row %q with its figure in %+v", what, table.Rows)
		}
	}
	drawn, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	dec2 := xml.NewDecoder(bytes.NewReader(drawn))
	for {
		if _, err := dec2.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
	for _, text := range []string{">200<", ">1,000<", "mirror Check"} {
		if !bytes.Contains(drawn, []byte(text)) {
			t.Errorf("the picture lacks %q", text)
		}
	}
}

func TestBars(t *testing.T) {
	tests := []struct {
		name             string
		figure, baseline float64
		bar              bar
		holds            bool
	}{
		{"as much as may be", 15, 10, atMost(1.5, "x"), true},
		{"more than may be", 15.1, 10, atMost(1.5, "x"), false},
		{"as much as must be", 5, 10, atLeast(0.5, "x"), true},
		{"less than must be", 4.9, 10, atLeast(0.5, "x"), false},
		{"there is no bar", 100, 1, bar{of: "x"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := compare("it", tt.figure, tt.baseline, "ns", tt.bar); r.Holds != tt.holds {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The page has the rows that the program prints, in their order.
func TestThePageHasTheRows(t *testing.T) {
	var out bytes.Buffer
	rows := []row{compare("Check of *a*", 3, 2, "ns", atMost(1.5, "x")), compare("tail", 100, 1, "ns", bar{of: "x"}), {What: "allocations", Unit: "allocs", Bar: "0", Holds: false}}
	if err := printMarkdown(&out, rows); err != nil {
		t.Fatal(err)
	}
	head := "| what | figure | baseline | unit | ratio | bar | holds |\n|---|---|---|---|---|---|---|\n"
	want := head + "| Check of \\*a\\* | 3 | 2 | ns | 1.5 | ≤ 1.5 × x | yes |\n| tail | 100 | 1 | ns | 100 | none; × x |  |\n| allocations | 0 |  | allocs |  | 0 | no |\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
	page, err := os.ReadFile("../../docs/speed.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte("<!-- begin: bench -->\n"+head)) || !bytes.Contains(page, []byte("<!-- end: bench -->")) {
		t.Error("the page has no marks with such a table between")
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-rules", "x"}, {"-rules", "1"}, {"-rounds", "4"}, {"-slice", "1ns"}, {"-soak", "-1s"}, {"-svg", "no/such/folder/x.svg"}, {"-svg", "."}, {"-only", "load,nothing"}, {"-json", "-markdown"}, {"more"}} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestShortSoak(t *testing.T) {
	var out bytes.Buffer
	if err := soak(context.Background(), t.TempDir(), 2*time.Second, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "no answer differed") {
		t.Errorf("it ends with %q", out.String())
	}
}
