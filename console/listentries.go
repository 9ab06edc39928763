package console

import (
	"bytes"
	"cmp"
	"net/url"
	"slices"
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

// listEntries shows the entries of a list, page by page, by their values. Stores yield
// them in an order of their own, which need not be the same for the next page.
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
	var found []blocklist.Entry
	read := 0
	for e, err := range r.console.parts.Blocks.Entries(r.Context(), d.Name) {
		if err != nil {
			return err
		}
		if read++; read > maxEntriesRead {
			d.Read = maxEntriesRead
			break
		}
		if strings.Contains(e.Value, d.Contains) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b blocklist.Entry) int {
		return cmp.Or(strings.Compare(a.Value, b.Value), cmp.Compare(a.Key.Kind, b.Key.Kind), bytes.Compare(a.ID[:], b.ID[:]))
	})
	if d.From >= len(found) {
		d.From = 0
	}
	to := min(d.From+pageSize, len(found))
	d.Rows = found[d.From:to]
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
	if to < len(found) {
		d.Pager.Older = link(d.From + pageSize)
	}
	return nil
}
