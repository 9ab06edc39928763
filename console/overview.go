package console

import (
	"fmt"
	"sync"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// overviewPage is the first page: how it goes, and what asks for a look.
func overviewPage() page {
	return page{
		name:   "Overview",
		has:    func(p *Parts) bool { return p.Bans != nil },
		routes: []route{get("/{$}", showOverview)},
	}
}

const (
	topRules     = 10
	expiringRows = 10
	// recentDays are the UTC days that have the last 24 hours in them: hits are
	// counted by days.
	recentDays = 2
	soon       = 7 * 24 * time.Hour
)

// overview is what the page shows.
type overview struct {
	CanAsk  bool
	Checks  []share // by verdict, since the program began; nil: no Checker
	Failed  int64   // checks that the store did not answer
	Contact time.Time
	Recent  []topRow
	All     []topRow
	Origins []share
	Lists   []blocklist.List
	Ends    []ban.Ban
	MoreEnd bool  // than those
	Waiting int64 // accounts that wait for a decision
}

// share is a part of a whole, with a bar.
type share struct {
	Name  string
	Link  string // empty: none
	Count int64
	Width int // of the bar, of barWidth
}

const barWidth = 100

// topRow is a rule that caught much.
type topRow struct {
	ban.TopRule
	Link, From string
	Width      int
}

func showOverview(r *request) (answer, error) {
	d := &overview{CanAsk: r.console.hasPage("ask")}
	// Side by side: each asks the store for something else, and fills in other fields.
	reads := []func(*request) error{d.readChecks, d.readRecent, d.readAll, d.readOrigins, d.readEnds, d.readWaiting}
	failed := make([]error, len(reads))
	var all sync.WaitGroup
	for i, read := range reads {
		all.Go(func() { failed[i] = read(r) })
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return answer{}, err
		}
	}
	return answer{template: "overview", title: "Overview", data: d}, nil
}

func (d *overview) readChecks(r *request) error {
	if r.console.parts.Checker == nil {
		return nil
	}
	s := r.console.parts.Checker.Stats()
	d.Checks = shares([]share{
		{Name: "Let in", Count: s.Allowed}, {Name: "Held for review", Count: s.NeedsReview}, {Name: "Kept out", Count: s.Denied},
		{Name: "Could not be read", Count: s.Invalid},
	})
	d.Failed, d.Contact = s.Failed, s.LastContact
	return nil
}

// shares sets the widths of bars, the longest being that of the largest count.
func shares(all []share) []share {
	most := int64(1)
	for _, s := range all {
		most = max(most, s.Count)
	}
	for i := range all {
		all[i].Width = barOf(all[i].Count, most)
	}
	return all
}

// barOf returns the width of a bar: what is not nothing is seen.
func barOf(n, most int64) int {
	if n == 0 || most == 0 {
		return 0
	}
	return max(int(float64(n)/float64(most)*barWidth), 1)
}

func (d *overview) readRecent(r *request) (err error) {
	d.Recent, err = r.console.top(r, recentDays)
	return err
}

func (d *overview) readAll(r *request) (err error) {
	d.All, err = r.console.top(r, ban.HitDays)
	return err
}

func (c *console) top(r *request, days int) ([]topRow, error) {
	top, err := c.parts.Bans.Top(r.Context(), days, topRules)
	if err != nil {
		return nil, err
	}
	rows := make([]topRow, len(top))
	for i, t := range top {
		rows[i] = topRow{t, c.recordLink(t.Rule.Origin, t.Rule.ID), originWords(t.Rule.Origin, t.Rule.Effect), barOf(t.Uses, top[0].Uses)}
	}
	return rows, nil
}

func (d *overview) readOrigins(r *request) error {
	parts := &r.console.parts
	yes, no := true, false
	for _, f := range []struct {
		name, link string
		filter     ban.Filter
	}{
		{"Bans in force", "bans", ban.Filter{Active: &yes, Shadow: &no}},
		{"Bans as shadows", "bans?state=shadow", ban.Filter{Active: &yes, Shadow: &yes}},
	} {
		n, err := parts.Bans.Count(r.Context(), f.filter)
		if err != nil {
			return err
		}
		d.Origins = append(d.Origins, share{Name: f.name, Link: f.link, Count: n})
	}
	if parts.Blocks == nil {
		d.Origins = shares(d.Origins)
		return nil
	}
	n, err := parts.Blocks.Count(r.Context(), blocklist.Filter{})
	if err != nil {
		return err
	}
	d.Origins = append(d.Origins, share{Name: "Blocks of e-mail domains", Link: "blocks", Count: n})
	if d.Lists, err = parts.Blocks.Lists(r.Context()); err != nil {
		return err
	}
	entries := int64(0)
	for _, l := range d.Lists {
		entries += l.Entries
	}
	link := ""
	if r.console.hasPage("lists") {
		link = "lists"
	}
	d.Origins = append(d.Origins, share{Name: fmt.Sprintf("Entries of %s", plural(len(d.Lists), "list", "lists")), Link: link, Count: entries})
	d.Origins = shares(d.Origins)
	return nil
}

func (d *overview) readWaiting(r *request) (err error) {
	if r.console.parts.Accounts == nil || !r.console.hasPage("waiting") {
		return nil
	}
	d.Waiting, err = r.console.parts.Accounts.CountPending(r.Context(), account.PendingFilter{})
	return err
}

func (d *overview) readEnds(r *request) error {
	yes := true
	f := ban.Filter{Active: &yes, ExpiresBy: r.now().Add(soon)}
	ends, _, err := r.console.parts.Bans.ListBy(r.Context(), f, ban.ByExpiry, ban.Rank{}, expiringRows+1)
	d.Ends, d.MoreEnd = ends[:min(len(ends), expiringRows)], len(ends) > expiringRows
	return err
}
