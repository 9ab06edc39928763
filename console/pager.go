package console

import (
	"net/url"
	"slices"
	"strconv"

	"example.com/ostraka/ban"
)

// pageSize is the most rows of a page.
const pageSize = 50

// stretch is where in a list a page is: its rows are older than one sequence number, or
// newer than another one.
type stretch struct {
	before, after int64
}

// pageOf reads the parameters "before" and "after". What is no number is none.
func pageOf(params url.Values) stretch {
	number := func(name string) int64 {
		n, err := strconv.ParseInt(params.Get(name), 10, 64)
		if err != nil {
			return 0
		}
		return max(n, 0)
	}
	s := stretch{before: number("before"), after: number("after")}
	if s.before > 0 {
		s.after = 0
	}
	return s
}

// page selects the rows of the page and one more, which tells whether there are any
// beyond.
func (s stretch) page() ban.Page {
	return ban.Page{Before: s.before, After: s.after, Limit: pageSize + 1, OldestFirst: s.after > 0}
}

// pager are the links to the pages before and after one. The shared template "pager"
// shows it.
type pager struct {
	Newer, NewerName string
	Older, OlderName string
}

// paged returns the rows of a page, newest first, of those that stretch.page selected,
// and the links to its neighbours, at the path with its filters.
func paged[T any](s stretch, path string, filters url.Values, rows []T, seq func(*T) int64) ([]T, pager) {
	more := len(rows) > pageSize
	rows = rows[:min(len(rows), pageSize)]
	if s.after > 0 {
		slices.Reverse(rows)
	}
	p := pager{NewerName: "Newer", OlderName: "Older"}
	if len(rows) == 0 {
		return rows, p
	}
	link := func(name string, n int64) string {
		q := url.Values{name: {strconv.FormatInt(n, 10)}}
		for k, v := range filters {
			q[k] = v
		}
		return path + "?" + q.Encode()
	}
	if s.before > 0 || s.after > 0 && more {
		p.Newer = link("after", seq(&rows[0]))
	}
	if s.after > 0 || more {
		p.Older = link("before", seq(&rows[len(rows)-1]))
	}
	return rows, p
}
