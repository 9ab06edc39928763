package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// maxLimit is one below what stores give at a time, so that it can be seen
// whether there is more.
const maxLimit = store.MaxPageLimit - 1

// pageFlags say which stretch of a long list is shown.
type pageFlags struct {
	limit  int
	before int64
}

func (f *pageFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.limit, "limit", store.DefaultPageLimit, "show `N` at most")
	cmd.Flags().Int64Var(&f.before, "before", 0, "only those numbered below `N`")
}

// page returns the page, and one record more.
func (f *pageFlags) page() (ban.Page, error) {
	if f.limit < 1 || f.limit > maxLimit {
		return ban.Page{}, ban.NewValueError("limit", strconv.Itoa(f.limit), ban.CodeRange, fmt.Sprintf("use 1 to %d", maxLimit))
	}
	if f.before < 0 {
		return ban.Page{}, ban.NewValueError("before", strconv.FormatInt(f.before, 10), ban.CodeRange, "use a number that was shown")
	}
	return ban.Page{Before: f.before, Limit: f.limit + 1}, nil
}

// cut returns the records of the page without the one too many, and what --before
// takes to show the next page; 0 if there is none.
func cut[T any](records []T, p ban.Page, seq func(T) int64) ([]T, int64) {
	if len(records) < p.Limit {
		return records, 0
	}
	records = records[:p.Limit-1]
	return records, seq(records[len(records)-1])
}

// pageNote is the line below a page.
func pageNote(shown int, total, before int64, one, many string) string {
	note := count(total, one, many)
	if int64(shown) < total {
		note = fmt.Sprintf("%d of %s", shown, note)
	}
	if before > 0 {
		note += fmt.Sprintf(", older ones with --before %d", before)
	}
	return note
}

func number(seq int64) string { return "#" + digits(seq) }

func digits(n int64) string { return strconv.FormatInt(n, 10) }
