package console

import (
	"net/url"
	"strconv"
)

// pager are the links to the pages before and after one, by the sequence numbers of
// its records. The shared template "pager" shows it.
type pager struct {
	Newer, NewerName string
	Older, OlderName string
}

// pageSize is the most rows of a page.
const pageSize = 50

// newPager returns the links of a page whose rows have the sequence numbers from first
// to last, newest first. The address is that of the page with its filters; older and
// newer say whether there may be more.
func newPager(path string, filters url.Values, first, last int64, newer, older bool) pager {
	link := func(name string, seq int64) string {
		q := url.Values{}
		for k, v := range filters {
			q[k] = v
		}
		q.Set(name, strconv.FormatInt(seq, 10))
		return path + "?" + q.Encode()
	}
	p := pager{NewerName: "Newer", OlderName: "Older"}
	if newer {
		p.Newer = link("after", first)
	}
	if older {
		p.Older = link("before", last)
	}
	return p
}
