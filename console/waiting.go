package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

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
			change("/waiting/approve", approveWaiting),
			change("/waiting/reject", rejectWaiting),
		},
	}
}

// waitingData is what the page shows.
type waitingData struct {
	Domain, Network string // of the filter
	Rows            []waitingRow
	Total           int64
	Pager           pager
	Faults          faults
	// Of decisions that were not made, or not all:
	Back     string
	Form     waitingForm
	Problems []problem
	Done     int
}

// waitingForm is the form of decisions.
type waitingForm struct {
	Reason             string
	BanEmails, BanName bool
}

// waitingRow is an account that waits.
type waitingRow struct {
	account.Account
	Held   string // by what, in words
	Link   string // to the rule; empty: none
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

// read reads the page of the queue that the parameters describe, oldest first.
func (d *waitingData) read(r *request, params url.Values) (err error) {
	people := r.console.parts.Accounts
	d.Domain, d.Network, d.Back = params.Get("domain"), params.Get("network"), params.Encode()
	f := account.PendingFilter{Domain: d.Domain, Network: d.Network}
	after := pageOf(params).after
	rows, err := people.Pending(r.Context(), f, account.Page{After: after, Limit: pageSize + 1})
	if d.Faults.add(err, nil) {
		return nil
	}
	if err == nil {
		d.Total, err = people.CountPending(r.Context(), f)
	}
	if err != nil {
		return err
	}
	filters := url.Values{}
	for name, value := range map[string]string{"domain": d.Domain, "network": d.Network} {
		if value != "" {
			filters.Set(name, value)
		}
	}
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

func (c *console) waitingRow(a *account.Account) waitingRow {
	row := waitingRow{Account: *a, Held: "a person"}
	if h := &a.Hold; h.Origin != "" {
		row.Held = fmt.Sprintf("%s, %s %s", originWords(h.Origin), kindWord(h.Kind), h.Matched)
		row.Link = c.recordLink(h.Origin, h.Rule)
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

func approveWaiting(r *request) (answer, error) {
	return decide(r, "approved", func(s account.Selection) (account.Decided, error) {
		return r.console.parts.Accounts.ApproveMany(r.Context(), s, account.ApproveOptions{Reason: r.text("reason")})
	})
}

func rejectWaiting(r *request) (answer, error) {
	return decide(r, "rejected", func(s account.Selection) (account.Decided, error) {
		return r.console.parts.Accounts.RejectMany(r.Context(), s, account.RejectOptions{
			Reason: r.text("reason"), BanEmails: r.text("ban_emails") != "", BanName: r.text("ban_name") != "",
		})
	})
}

// decide decides about the accounts that were chosen. Those about which somebody else
// was quicker are named on the page that follows.
func decide(r *request, done string, make func(account.Selection) (account.Decided, error)) (answer, error) {
	ids, err := r.ids("id")
	if err != nil || len(ids) > pageSize {
		return answer{}, errUnreadable
	}
	back, err := url.ParseQuery(r.form.Get("back"))
	if err != nil {
		return answer{}, errUnreadable
	}
	back.Del("done")
	if len(ids) == 0 {
		back.Set("done", "nothing")
		return answer{to: "waiting?" + back.Encode()}, nil
	}
	d := &waitingData{Faults: faults{}, Form: waitingForm{r.text("reason"), r.text("ban_emails") != "", r.text("ban_name") != ""}}
	decided, err := make(account.Selection{IDs: ids, Limit: pageSize})
	if err != nil && !d.Faults.add(err, nil) {
		return answer{}, err
	}
	d.Done = len(decided.Accounts)
	for _, failed := range decided.Failed {
		d.Problems = append(d.Problems, problem{Value: failed.ID.String(), Text: whyNotDecided(failed.Err)})
	}
	if len(d.Problems) == 0 && len(d.Faults) == 0 {
		if done == "rejected" && (d.Form.BanEmails || d.Form.BanName) {
			done = "rejected-banned"
		}
		back.Set("done", done)
		return answer{to: "waiting?" + back.Encode()}, nil
	}
	status := http.StatusConflict
	if len(d.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if err := d.read(r, back); err != nil {
		return answer{}, err
	}
	for i := range d.Rows {
		d.Rows[i].Chosen = indexOf(r.form["id"], d.Rows[i].ID.String()) >= 0
	}
	return d.answer(status), nil
}

// whyNotDecided says why there is nothing to decide any more.
func whyNotDecided(err error) string {
	if waits, ok := errors.AsType[*account.PendingError](err); ok && waits.Action != "" {
		return fmt.Sprintf("%s by %s: somebody was quicker.", upperFirst(changeWords(waits.Action)), waits.By)
	}
	if errors.Is(err, ban.ErrNotFound) {
		return "It is not there any more."
	}
	if errors.Is(err, ban.ErrConflict) {
		return "It does not wait any more."
	}
	return "It could not be decided about. Try again."
}
