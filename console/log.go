package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

// logPage shows who changed what: everything, or what one person did, or what became of
// one record, between any two days, newest first.
func logPage() page {
	return page{
		path: "log", name: "Log",
		has:    func(p *Parts) bool { return p.Bans != nil },
		routes: []route{get("/log", showLog)},
	}
}

// logData is what the page shows.
type logData struct {
	Actor, What, From, Day, Record string // what the form has
	Faults                         faults
	Periods                        []period
	Entries                        []logEntry
	Older, First                   string // where the entries before are, and the newest
	Looked                         int    // entries that were looked at, where some were passed over
}

// logEntry is a change as people read it.
type logEntry struct {
	ban.Change
	Name    string // of the record
	Link    string // where it is shown; empty: nowhere
	Fields  []fieldChange
	Counted []string
}

// period is a time up to now that is often asked for.
type period struct{ Name, Link string }

// fieldChange is a part of a record that is another than before.
type fieldChange struct{ Field, Before, After string }

// maxLooked bounds the entries that one page looks at, so that a name that did nothing
// for long costs no reading of the whole log. The link to the older ones goes on.
const maxLooked = 2000

func showLog(r *request) (answer, error) {
	d := &logData{
		Actor: r.param("actor"), What: r.param("what"), From: r.param("from"), Day: r.param("day"), Record: r.param("record"), Faults: faults{},
	}
	for _, p := range []struct {
		name string
		days int
	}{{"Today", 0}, {"The last 7 days", 6}, {"The last 30 days", 29}} {
		first := r.now().AddDate(0, 0, -p.days).Format(time.DateOnly)
		d.Periods = append(d.Periods, period{p.name, "log?" + url.Values{"from": {first}}.Encode()})
	}
	s, until := d.parse(r)
	if len(d.Faults) > 0 {
		return d.answer(http.StatusUnprocessableEntity), nil
	}
	var err error
	if s.before = r.seq("before"); s.before == 0 && !until.IsZero() {
		s.before, err = firstAfter(r.Context(), r.console.parts.Bans, until)
	}
	if err == nil {
		err = d.read(r, s)
	}
	if err != nil {
		return answer{}, err
	}
	return d.answer(0), nil
}

func (d *logData) answer(status int) answer {
	return answer{status: status, template: "log", title: "Log", data: d}
}

// logStretch is which part of the log is read.
type logStretch struct {
	record uuid.UUID // whose changes; zero: all
	before int64     // that number; 0: from the newest
	since  time.Time // not those before; zero: as far as the log reaches
}

// parse reads what is asked for. The second time is the end of the last day, zero if
// none is given. What cannot be read is in the faults.
func (d *logData) parse(r *request) (s logStretch, until time.Time) {
	var err error
	if d.Record != "" {
		if s.record, err = uuid.Parse(d.Record); err != nil {
			d.Faults["record"] = "Give the id of a record, as its page has it."
		}
	}
	day := func(name, text string) (t time.Time) {
		if text == "" {
			return t
		}
		if t, err = time.Parse(time.DateOnly, text); err != nil {
			d.Faults[name] = "Give a day such as 2026-11-27."
		}
		return t
	}
	s.since = day("from", d.From)
	if until = day("day", d.Day); !until.IsZero() {
		until = until.AddDate(0, 0, 1)
	}
	if !until.IsZero() && !s.since.Before(until) {
		d.Faults["from"] = "Give a day that is not after the last one."
	}
	return s, until
}

// firstAfter returns the number of the first change that was made at a time or later,
// and 0 if there is none: the log is in the order of time, but for clocks that went
// wrong.
func firstAfter(ctx context.Context, bans *ban.Admin, at time.Time) (int64, error) {
	newest, err := bans.Log(ctx, uuid.Nil, ban.Page{Limit: 1})
	if err != nil || len(newest) == 0 || newest[0].At.Before(at) {
		return 0, err
	}
	low, high := int64(0), newest[0].Seq // changes up to low are before, high is not
	for low+1 < high {
		middle := low + (high-low)/2
		one, err := bans.Log(ctx, uuid.Nil, ban.Page{Before: middle + 1, Limit: 1})
		switch {
		case err != nil:
			return 0, err
		case len(one) > 0 && !one[0].At.Before(at):
			high = min(one[0].Seq, middle)
		default:
			low = middle
		}
	}
	return high, nil
}

// read reads entries backwards, until the page is full.
func (d *logData) read(r *request, s logStretch) error {
	looked, before := 0, s.before
	for looked < maxLooked && len(d.Entries) < pageSize {
		page := ban.Page{Before: before, Limit: pageSize + 1}
		changes, err := r.console.parts.Bans.Log(r.Context(), s.record, page)
		if err != nil {
			return err
		}
		older := slices.IndexFunc(changes, func(c ban.Change) bool { return c.At.Before(s.since) })
		if older >= 0 { // the log is in the order of time
			changes = changes[:older]
		}
		more := len(changes) > pageSize
		for _, c := range changes[:min(len(changes), pageSize)] {
			looked++
			before = c.Seq
			if d.wants(&c) {
				d.Entries = append(d.Entries, r.console.logEntry(c))
			}
			if len(d.Entries) == pageSize {
				break
			}
		}
		if !more && (len(changes) == 0 || before == lastOf(changes)) {
			before = 0
			break
		}
	}
	if d.Actor != "" || d.What != "" {
		d.Looked = looked
	}
	if before > 0 {
		d.Older = "log?" + d.values(before).Encode()
	}
	if r.seq("before") > 0 {
		d.First = "log?" + d.values(0).Encode()
	}
	return nil
}

// wants reports whether a change is one of those that are asked for.
func (d *logData) wants(c *ban.Change) bool {
	return (d.Actor == "" || strings.EqualFold(c.Actor, d.Actor)) && (d.What == "" || string(c.Action) == d.What)
}

// Whats are what the changes can be chosen by: those that moderators look for.
func (d *logData) Whats() []option {
	pairs := []string{"", "Anything"}
	for _, a := range []string{
		"ban.create", "ban.create_many", "ban.update", "ban.revoke", "ban.reinstate", "ban.hash", "ban.delete", "ban.purge",
		"block.create", "block.update", "block.delete",
		"list.sync", "list.undo", "list.drop", "subscription.put", "subscription.delete",
		"account.create", "account.update", "account.suspend", "account.reinstate", "account.delete",
		"account.hold", "account.approve", "account.reject", "account.expire",
	} {
		pairs = append(pairs, a, upperFirst(changeWords(a)))
	}
	return choose(d.What, pairs...)
}

// changeReason returns why a change was made, for moderators; empty: nobody said. It is
// in the log, or in the record that the change left behind.
func changeReason(c ban.Change) string {
	if c.Reason != "" {
		return c.Reason
	}
	field := "reason"
	switch c.Action {
	case "ban.revoke":
		field = "revoked_reason"
	case "account.suspend":
		field = "suspended_reason"
	case "ban.create", "block.create":
	default:
		return ""
	}
	reason, _ := asObject(c.After)[field].(string)
	return reason
}

// lastOf returns the number of the last of some changes, 0 of none.
func lastOf(changes []ban.Change) int64 {
	if len(changes) == 0 {
		return 0
	}
	return changes[len(changes)-1].Seq
}

func (d *logData) values(before int64) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"actor": d.Actor, "what": d.What, "from": d.From, "day": d.Day, "record": d.Record} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	return q
}

// logEntry makes a change readable.
func (c *console) logEntry(change ban.Change) logEntry {
	e := logEntry{Change: change}
	before, after := asObject(change.Before), asObject(change.After)
	e.Fields = fieldChanges(before, after)
	of := after
	if of == nil {
		of = before
	}
	e.Name = recordName(of)
	if after != nil {
		e.Link = c.logLink(string(change.Action), change.Target, after)
	}
	for verb, n := range change.Counts {
		e.Counted = append(e.Counted, fmt.Sprintf("%s: %s", strings.ReplaceAll(verb, "_", " "), number(n)))
	}
	slices.Sort(e.Counted)
	return e
}

// logLink returns where the record of a change is shown.
func (c *console) logLink(action string, target uuid.UUID, record map[string]any) string {
	kind, _, _ := strings.Cut(action, ".")
	name, _ := record["name"].(string)
	if list, ok := record["list"].(string); kind == "subscription" && ok {
		kind, name = "list", list
	}
	page, last := kind+"s", target.String()
	if kind == "list" {
		last = url.PathEscape(name)
	}
	if !slices.Contains([]string{"ban", "block", "list", "account"}, kind) || !c.hasPage(page) || last == "" {
		return ""
	}
	return page + "/" + last
}

// asObject reads a record as the log has it; nil if there is none.
func asObject(text json.RawMessage) map[string]any {
	var object map[string]any
	if len(text) == 0 || json.Unmarshal(text, &object) != nil {
		return nil
	}
	return object
}

// recordName returns what a record is called.
func recordName(record map[string]any) string {
	for _, field := range []string{"value", "domain", "handle", "name", "list", "address"} {
		if name, ok := record[field].(string); ok && name != "" {
			if local, ok := record["local"].(string); ok && field == "domain" {
				return local + "@" + name
			}
			return name
		}
	}
	return ""
}

// unread are the fields that say nothing to people.
var unread = []string{"id", "seq", "version", "key_text", "updated_at", "hits", "last_hit_at", "kind", "secret_hash", "hash"}

// fieldChanges returns what differs between two states of a record, by the name of the
// field. Of one that was made or removed it is all of it.
func fieldChanges(before, after map[string]any) []fieldChange {
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	var all []fieldChange
	for name := range names {
		was, is := fieldText(before[name]), fieldText(after[name])
		if was != is && !slices.Contains(unread, name) {
			all = append(all, fieldChange{strings.ReplaceAll(name, "_", " "), was, is})
		}
	}
	slices.SortFunc(all, func(a, b fieldChange) int { return strings.Compare(a.Field, b.Field) })
	return all
}

// fieldText shows the value of a field, which may be a structure.
func fieldText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
