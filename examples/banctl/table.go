package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columnGap is how many spaces are between columns.
const columnGap = 2

// Widths below which a column is not made narrower while others can be: the last
// one, where texts are, gives way first.
const (
	leastText   = 12
	leastColumn = 4
)

// table is rows under each other. The first cell of a row names it.
type table struct {
	rows [][]string
	head bool // the first row has the names of the columns
}

// render returns the lines of a table, within so many columns of a terminal; 0: as
// many as it takes. What does not fit is cut, a "…" says where; columns that are
// empty but for their name are left out first. The first column is never cut for
// another.
func (t *table) render(within int) []string {
	if within > 0 && t.head {
		if t.span() > within {
			t.dropEmpty()
		}
		t.narrow(within)
	}
	widths := t.widths()
	lines := make([]string, len(t.rows))
	for i, row := range t.rows {
		var b strings.Builder
		for j, cell := range row {
			b.WriteString(cell)
			if j < len(row)-1 && widths[j] > 0 {
				b.WriteString(strings.Repeat(" ", widths[j]+columnGap-cells(cell)))
			}
		}
		lines[i] = strings.TrimRight(b.String(), " ")
		if within > 0 && t.head {
			lines[i] = clip(lines[i], within)
		}
	}
	return lines
}

// widths returns how wide the columns are. The last cell of a row, which nothing
// follows, makes none wider.
func (t *table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for len(widths) < len(row) {
			widths = append(widths, 0)
		}
		for j, cell := range row[:len(row)-1] {
			widths[j] = max(widths[j], cells(cell))
		}
	}
	return widths
}

// span returns how wide the table is.
func (t *table) span() int {
	widths, last := t.widths(), 0
	for _, row := range t.rows {
		last = max(last, cells(row[len(row)-1]))
	}
	sum := last
	for _, w := range widths {
		if w > 0 {
			sum += w + columnGap
		}
	}
	return sum
}

// dropEmpty leaves out the columns that are empty in all rows but the first.
func (t *table) dropEmpty() {
	for j := len(t.rows[0]) - 1; j > 0; j-- {
		empty := true
		for _, row := range t.rows[1:] {
			empty = empty && row[j] == ""
		}
		for i, row := range t.rows {
			if empty {
				t.rows[i] = append(row[:j:j], row[j+1:]...)
			}
		}
	}
}

// narrow cuts cells until the table fits, as far as the least widths allow: first
// those of the last column, then those of the widest.
func (t *table) narrow(within int) {
	last := len(t.rows[0]) - 1
	widths := make([]int, last+1)
	over := last*columnGap - within
	for j := range widths {
		for _, row := range t.rows {
			widths[j] = max(widths[j], cells(row[j]))
		}
		over += widths[j]
	}
	if over > 0 && last > 0 {
		less := min(over, max(widths[last]-leastText, 0))
		widths[last] -= less
		over -= less
	}
	for ; over > 0; over-- {
		widest, most := 0, leastColumn
		for j, w := range widths[1:] {
			if w > most {
				widest, most = j+1, w
			}
		}
		if widest == 0 {
			break
		}
		widths[widest]--
	}
	for _, row := range t.rows {
		for j := 1; j <= last; j++ {
			row[j] = clip(row[j], widths[j])
		}
	}
}

// clip returns the beginning of a text that is too wide.
func clip(s string, limit int) string {
	if cells(s) <= limit {
		return s
	}
	room := limit - 1 // for the "…"
	for i, r := range s {
		if room -= runeCells(r); room < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// cells returns how many columns of a terminal a text takes.
func cells(s string) (n int) {
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

// runeCells returns how many columns a character takes: two if it is wide (UAX #11),
// none if it stands above or below another.
func runeCells(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
