package console

import (
	"net/url"
	"strconv"
	"strings"

	"example.com/ostraka/blocklist"
)

// maxEntriesRead bounds the entries that one page of a list reads: whoever wants those
// behind it looks for them by their text, or saves the list as a file.
const maxEntriesRead = 20_000

// entriesData is what the page shows.
type entriesData struct {
	blocklist.List
	Contains string
	Rows     []blocklist.Entry
	From     int // of the first row, among those that have the text
	Read     int // entries that were read, where that was not all: 0
	Pager    pager
}

// listEntries shows the entries of a list, page by page, in the order in which the store
// has them.
func listEntries(r *request) (answer, error) {
	l, err := r.console.parts.Blocks.GetList(r.Context(), r.PathValue("name"))
	if err != nil {
		return answer{}, err
	}
	d := &entriesData{List: l, Contains: strings.ToLower(r.param("q")), From: int(min(r.seq("from"), maxEntriesRead))}
	if err := d.read(r); err != nil {
		return answer{}, err
	}
	return answer{template: "listentries", title: "Entries of " + l.Name, data: d}, nil
}

func (d *entriesData) read(r *request) error {
	found, read, more := 0, 0, false
	for e, err := range r.console.parts.Blocks.Entries(r.Context(), d.Name) {
		if err != nil {
			return err
		}
		if read++; read > maxEntriesRead {
			d.Read = maxEntriesRead
			break
		}
		if !strings.Contains(e.Value, d.Contains) {
			continue
		}
		if found++; found <= d.From {
			continue
		}
		if more = len(d.Rows) == pageSize; more {
			break
		}
		d.Rows = append(d.Rows, e)
	}
	link := func(from int) string {
		q := url.Values{"from": {strconv.Itoa(from)}}
		if d.Contains != "" {
			q.Set("q", d.Contains)
		}
		return "lists/" + url.PathEscape(d.Name) + "/entries?" + q.Encode()
	}
	d.Pager = pager{NewerName: "Those before", OlderName: "Those after"}
	if d.From > 0 {
		d.Pager.Newer = link(max(d.From-pageSize, 0))
	}
	if more {
		d.Pager.Older = link(d.From + pageSize)
	}
	return nil
}
