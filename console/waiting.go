package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// waitingPage is the queue of accounts that wait for a person to decide.
func waitingPage() page {
	return page{
		path: "waiting", name: "Waiting",
		has: func(p *Parts) bool { return p.Accounts != nil },
		routes: []route{
			get("/waiting", listWaiting),
			change("/waiting/approve", decide(approval)),
			change("/waiting/reject", decide(rejection)),
		},
	}
}

// waitingData is what the page shows.
type waitingData struct {
	Filter  waitingFilter
	Held    []option // the rules that may be chosen
	Rows    []waitingRow
	Total   int64
	Newest  int64 // the number of the newest account that waits: what comes later was not seen
	Pager   pager
	Faults  faults
	Confirm *waitingConfirm
	// Of decisions that were not made, or not all:
	Back     string
	Form     waitingForm
	CanHash  bool // the host has a key for hashed bans
	Problems []problem
	Done     int
}

// waitingFilter is what the form above the queue has.
type waitingFilter struct{ Rule, Domain, Network string }

// waitingForm is the form of decisions.
type waitingForm struct {
	Reason             string
	BanEmails, BanName bool
	Hashed             bool
	Label              string
}

// waitingConfirm is the second step of a decision about all that the filter selects.
type waitingConfirm struct {
	Action, Button string
	Danger         bool
	Count          int64
}

// waitingRow is an account that waits.
type waitingRow struct {
	account.Account
	Held   string // by what, in words
	Link   string // to the rule; empty: none
	Others string // to all that the same rule holds; empty: none
	Ask    string // to what a check says now; empty: there is no such page
	Chosen bool
}

func listWaiting(r *request) (answer, error) {
	d := &waitingData{Faults: faults{}}
	if err := d.read(r, r.params()); err != nil {
		return answer{}, err
	}
	return d.answer(0), nil
}

func (d *waitingData) answer(status int) answer {
	if status == 0 && len(d.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return answer{status: status, template: "waiting", title: "Waiting for a decision", data: d}
}

func readWaitingFilter(params url.Values) waitingFilter {
	text := func(name string) string { return strings.TrimSpace(params.Get(name)) }
	return waitingFilter{text("rule"), text("domain"), text("network")}
}

// values returns the filter as parameters.
func (f *waitingFilter) values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"rule": f.Rule, "domain": f.Domain, "network": f.Network} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// pending returns the filter, and notes what of it cannot be read.
func (f *waitingFilter) pending(wrong faults) account.PendingFilter {
	out := account.PendingFilter{Domain: f.Domain, Network: f.Network}
	if f.Rule != "" {
		var err error
		if out.Rule, err = uuid.Parse(f.Rule); err != nil {
			wrong["rule"] = "Choose one of these."
		}
	}
	return out
}

// read reads the page of the queue that the parameters describe, oldest first.
func (d *waitingData) read(r *request, params url.Values) (err error) {
	people := r.console.parts.Accounts
	d.CanHash = people.Hashes()
	d.Filter, d.Back = readWaitingFilter(params), params.Encode()
	f := d.Filter.pending(d.Faults)
	after := pageOf(params).after
	rows, err := people.Pending(r.Context(), f, account.Page{After: after, Limit: pageSize + 1})
	defer d.readHeld()
	if d.Faults.add(err, nil) || d.Faults["rule"] != "" {
		return nil
	}
	if err == nil {
		d.Total, err = people.CountPending(r.Context(), f)
	}
	if err == nil {
		err = d.readNewest(r)
	}
	if err != nil {
		return err
	}
	filters := d.Filter.values()
	d.Pager = pager{NewerName: "To the oldest", OlderName: "Those after"}
	if after > 0 {
		d.Pager.Newer = "waiting?" + filters.Encode()
	}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		filters.Set("after", strconv.FormatInt(rows[pageSize-1].Seq, 10))
		d.Pager.Older = "waiting?" + filters.Encode()
	}
	for i := range rows {
		d.Rows = append(d.Rows, r.console.waitingRow(&rows[i]))
	}
	return nil
}

// readNewest finds the newest account that waits.
func (d *waitingData) readNewest(r *request) error {
	waits := true
	newest, err := r.console.parts.Accounts.List(r.Context(), account.Filter{Pending: &waits}, account.Page{Limit: 1})
	if len(newest) > 0 {
		d.Newest = newest[0].Seq
	}
	return err
}

// readHeld offers the rules that hold the accounts of the page, and the one that is
// chosen.
func (d *waitingData) readHeld() {
	d.Held = []option{{"", "Any", d.Filter.Rule == ""}}
	seen := map[string]bool{"": true}
	for i := range d.Rows {
		if id := d.Rows[i].Hold.Rule.String(); d.Rows[i].Link != "" && !seen[id] {
			seen[id] = true
			d.Held = append(d.Held, option{id, visibleText(d.Rows[i].Held), id == d.Filter.Rule})
		}
	}
	if !seen[d.Filter.Rule] {
		d.Held = append(d.Held, option{d.Filter.Rule, "The rule " + visibleText(d.Filter.Rule), true})
	}
}

func (c *console) waitingRow(a *account.Account) waitingRow {
	row := waitingRow{Account: *a, Held: "a person"}
	if h := &a.Hold; h.Origin != "" {
		row.Held = fmt.Sprintf("%s, %s %s", originWords(h.Origin, ban.Review), valueKind(h.Kind, h.Matched), h.Matched)
		row.Link = c.recordLink(h.Origin, h.Rule)
		row.Others = "waiting?" + url.Values{"rule": {h.Rule.String()}}.Encode()
	}
	if c.hasPage("ask") {
		q := url.Values{"name": {a.Handle}}
		if len(a.Emails) > 0 {
			q.Set("email", a.Emails[0].Address)
		}
		row.Ask = "ask?" + q.Encode()
	}
	return row
}

// decision is one of the two.
type decision struct {
	done, action, button string
	danger               bool
	make                 func(*request, account.Selection) (account.Decided, error)
}

var (
	approval = decision{"approved", "approve", "Approve them all", false, func(r *request, s account.Selection) (account.Decided, error) {
		return r.console.parts.Accounts.ApproveMany(r.Context(), s, account.ApproveOptions{Reason: r.text("reason")})
	}}
	rejection = decision{"rejected", "reject", "Reject them all", true, func(r *request, s account.Selection) (account.Decided, error) {
		return r.console.parts.Accounts.RejectMany(r.Context(), s, account.RejectOptions{
			Reason: r.text("reason"), BanEmails: r.text("ban_emails") != "", BanName: r.text("ban_name") != "",
			Hashed: r.text("hashed") != "", Label: r.text("label"),
		})
	}}
)

// decide decides about the accounts that were chosen, or in a second step about all
// that the filter selects. Those about which somebody else was quicker are named on
// the page that follows.
func decide(c decision) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		ids, err := r.ids("id")
		if err != nil || len(ids) > pageSize {
			return answer{}, errUnreadable
		}
		back, err := url.ParseQuery(r.form.Get("back"))
		if err != nil {
			return answer{}, errUnreadable
		}
		back.Del("done")
		d := &waitingData{Faults: faults{}, Form: waitingForm{
			r.text("reason"), r.text("ban_emails") != "", r.text("ban_name") != "", r.text("hashed") != "", r.text("label"),
		}}
		s := account.Selection{IDs: ids, Limit: pageSize}
		switch {
		case r.text("all") != "":
			if s, err = allOf(r, back); err != nil {
				return answer{}, err
			}
			if r.text("step") != stepForce {
				return d.again(r, back, &c)
			}
		case len(ids) == 0:
			d.Faults["id"] = nothingChosen
			return d.again(r, back, nil)
		}
		return d.decide(r, &c, s, back)
	}
}

// allOf selects all that the filter of a page selects, as far as they were there when
// it was made.
func allOf(r *request, back url.Values) (account.Selection, error) {
	f, wrong := readWaitingFilter(back), faults{}
	s := account.Selection{Filter: f.pending(wrong), Limit: account.MaxDecisions}
	s.All = s.Filter == account.PendingFilter{}
	var err error
	if s.UpTo, err = strconv.ParseInt(r.text("newest"), 10, 64); err != nil || s.UpTo <= 0 || len(wrong) > 0 {
		return s, errUnreadable
	}
	return s, nil
}

// again answers with the page as it was sent; of a decision about all, with its second
// step.
func (d *waitingData) again(r *request, back url.Values, c *decision) (answer, error) {
	if err := d.read(r, back); err != nil {
		return answer{}, err
	}
	for i := range d.Rows {
		d.Rows[i].Chosen = indexOf(r.form["id"], d.Rows[i].ID.String()) >= 0
	}
	status := http.StatusConflict
	if len(d.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if c != nil && len(d.Faults) == 0 {
		status, d.Confirm = http.StatusOK, &waitingConfirm{c.action, c.button, c.danger, d.Total}
	}
	return d.answer(status), nil
}

// decide makes the decision.
func (d *waitingData) decide(r *request, c *decision, s account.Selection, back url.Values) (answer, error) {
	decided, err := c.make(r, s)
	r.console.hookFailed(r, decided.HookErr)
	if err != nil && !d.Faults.add(err, nil) {
		return answer{}, partly(len(decided.Accounts), err)
	}
	d.Done = len(decided.Accounts)
	for _, failed := range decided.Failed {
		p := problem{Value: failed.ID.String(), Text: whyNotDecided(failed.Err)}
		if a, err := r.console.parts.Accounts.Get(r.Context(), failed.ID); err == nil { // else it is gone
			p.Value = a.Handle
		}
		d.Problems = append(d.Problems, p)
	}
	if len(d.Problems) > 0 || len(d.Faults) > 0 {
		return d.again(r, back, nil)
	}
	done := c.done
	switch {
	case decided.Next > 0:
		done = "decided-some"
	case c.danger && (d.Form.BanEmails || d.Form.BanName):
		done = "rejected-banned"
	}
	back.Set("done", done)
	back.Del("after")
	return answer{to: "waiting?" + back.Encode()}, nil
}

// whyNotDecided says why there is nothing to decide any more.
func whyNotDecided(err error) string {
	if waits, ok := errors.AsType[*account.PendingError](err); ok && waits.Action != "" {
		return fmt.Sprintf("%s by %s: somebody was quicker.", upperFirst(changeWords(string(waits.Action))), waits.By)
	}
	if errors.Is(err, ban.ErrNotFound) {
		return "It is not there any more."
	}
	if errors.Is(err, ban.ErrConflict) {
		return "It does not wait any more."
	}
	if bad, ok := errors.AsType[*ban.ValueError](err); ok {
		return valueFault(bad)
	}
	return "It could not be decided about. Try again."
}
