package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/ostraka/ban"
)

// The measures of a plot, in pixels.
const (
	plotHeight = 24
	plotBar    = 5
	plotGap    = 2
)

// plot is a small bar chart of days, the oldest first, shown by the shared template
// "plot". Its label says what it shows in words.
type plot struct {
	Width, Height int
	Bars          []bar
	Label         string
	Total         int64
}

type bar struct {
	X, Y, Width, Height int
	Title               string
	Today               bool
}

// newPlot returns the plot of days as ban.Admin.Hits gives them, today first.
func newPlot(days []ban.DayHits) plot {
	p := plot{Height: plotHeight, Width: max(len(days)*(plotBar+plotGap)-plotGap, 1)}
	var most int64
	var peak time.Time
	for _, d := range days {
		p.Total += d.Uses
		if d.Uses > most {
			most, peak = d.Uses, d.Day
		}
	}
	for i, d := range slices.Backward(days) {
		height := 1 // a day without hits is a day too
		if d.Uses > 0 {
			height = 2 + int(d.Uses*(plotHeight-2)/most)
		}
		p.Bars = append(p.Bars, bar{
			X: (len(days) - 1 - i) * (plotBar + plotGap), Y: plotHeight - height, Width: plotBar, Height: height,
			Title: fmt.Sprintf("%s: %s", d.Day.Format(time.DateOnly), plural(d.Uses, "hit", "hits")), Today: i == 0,
		})
	}
	p.Label = plotLabel(days, p.Total, most, peak)
	return p
}

func plotLabel(days []ban.DayHits, total, most int64, peak time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s", plural(total, "hit", "hits"), plural(len(days), "day", "days"))
	if total > 0 {
		fmt.Fprintf(&b, ", most on %s: %s; today %s", peak.Format(time.DateOnly), number(most), number(days[0].Uses))
	}
	return b.String()
}
