package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// row is a line of the table: a figure, what it is compared with, and whether
// the bar holds.
type row struct {
	What     string  `json:"what"`
	Figure   float64 `json:"figure"`
	Unit     string  `json:"unit"`
	Baseline float64 `json:"baseline"`
	Ratio    float64 `json:"ratio"`
	Bar      string  `json:"bar"`
	Holds    bool    `json:"holds"`
}

// bar is what a ratio may be at most, or has to be at least. Without a limit
// there is none: the row is there to be compared with another.
type bar struct {
	least bool
	plus  bool // the limit is how much more than the baseline the figure may be
	limit float64
	of    string // what the baseline is
}

func atMost(limit float64, of string) bar    { return bar{limit: limit, of: of} }
func atMostPlus(more float64, of string) bar { return bar{plus: true, limit: more, of: of} }
func atLeast(limit float64, of string) bar   { return bar{least: true, limit: limit, of: of} }

// holds reports whether the figure may be what it is.
func (b bar) holds(figure, baseline float64) bool {
	switch {
	case b.limit == 0:
		return true
	case b.plus:
		return figure <= baseline+b.limit
	case b.least:
		return figure/baseline >= b.limit
	}
	return figure/baseline <= b.limit
}

func (b bar) String() string {
	if b.limit == 0 {
		return "none; × " + b.of
	}
	if b.plus {
		return fmt.Sprintf("≤ %s + %g", b.of, b.limit)
	}
	sign := "≤"
	if b.least {
		sign = "≥"
	}
	return fmt.Sprintf("%s %g × %s", sign, b.limit, b.of)
}

// compare makes a row of a figure and its baseline. If lower is not better, the
// ratio is the other way round in its meaning, not in its form.
func compare(what string, figure, baseline float64, unit string, b bar) row {
	ratio := figure / baseline
	return row{
		What: what, Figure: round(figure), Unit: unit, Baseline: round(baseline), Ratio: math.Round(ratio*100) / 100,
		Bar: b.String(), Holds: b.holds(figure, baseline),
	}
}

// round leaves three digits, or the whole number.
func round(v float64) float64 {
	switch {
	case v >= 100:
		return math.Round(v)
	case v >= 10:
		return math.Round(v*10) / 10
	}
	return math.Round(v*100) / 100
}

func printJSON(w io.Writer, rows []row) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Rows []row `json:"rows"`
	}{rows})
}

func printTable(w io.Writer, rows []row) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "what\tfigure\tbaseline\tunit\tratio\tbar\tholds")
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%g\t%s\t%t\n", r.What, number(r.Figure), number(r.Baseline), r.Unit, r.Ratio, r.Bar, r.Holds)
	}
	return tw.Flush()
}

// printMarkdown prints the table as docs/speed.md has it.
func printMarkdown(w io.Writer, rows []row) error {
	var b strings.Builder
	b.WriteString("| what | figure | baseline | unit | ratio | bar | holds |\n|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		baseline, ratio, holds := "", "", "no"
		if r.Baseline != 0 {
			baseline, ratio = number(r.Baseline), number(r.Ratio)
		}
		if r.Holds {
			holds = "yes"
		}
		if strings.HasPrefix(r.Bar, "none") {
			holds = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", strings.ReplaceAll(r.What, "*", "\\*"), number(r.Figure), baseline, r.Unit, ratio, r.Bar, holds)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// number writes a figure without an exponent.
func number(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%g", v)
}
