package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

// banDetail is what the page of one ban shows.
type banDetail struct {
	ban.Ban
	State string
	Days  []ban.DayHits
	Plot  plot
	Log   []ban.Change
	// Clients is an estimate of distinct addresses among the hits of the days, at
	// least: those of the day that had most.
	Clients int64
	Would   *banPreview // of a shadow: what it would do
	Excepts bool        // it lets in
	CanHash bool        // its value can be replaced by its hash
	Ask     string      // where a check of the value is explained; empty: there is no such page, or a pattern cannot be asked about
	// Of a change that was not made:
	Faults faults
	Given  string // as the reason
	// GivenLabel is what was given as the label.
	GivenLabel string
	Confirm    *confirmation
	Problem    string
}

const logOfRecord = 20 // entries that its page shows

func showBan(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	d := &banDetail{}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	return d.answer(0), nil
}

func (d *banDetail) answer(status int) answer {
	return answer{status: status, template: "banone", title: upperFirst(valueKind(d.Kind, d.Value)) + " " + d.Value, data: d}
}

// read reads the ban of an id, with all that its page shows.
func (d *banDetail) read(r *request, id uuid.UUID) (err error) {
	bans := r.console.parts.Bans
	if d.Ban, err = bans.Get(r.Context(), id); err != nil {
		return err
	}
	if d.Days, err = bans.Hits(r.Context(), id, ban.HitDays); err != nil {
		return err
	}
	if d.Log, err = bans.Log(r.Context(), id, ban.Page{Limit: logOfRecord}); err != nil {
		return err
	}
	d.State, d.Plot, d.Excepts = banState(&d.Ban, r), newPlot(d.Days), d.Effect == ban.Allow
	d.CanHash = bans.Hashes() && hashable(&d.Ban)
	if r.console.hasPage("ask") && !d.Hashed() {
		d.Ask = askAbout(&d.Ban)
	}
	for _, day := range d.Days {
		d.Clients = max(d.Clients, day.Clients)
	}
	if d.State != "shadow" {
		return nil
	}
	o := ban.CreateOptions{Kind: d.Kind, Value: d.Value, Effect: d.Effect, Scope: d.Scope}
	p, err := bans.Preview(r.Context(), o)
	if err != nil {
		return err
	}
	d.Would = r.console.readPreview(r.who.Actor, &p, &o)
	return nil
}

// hashable reports whether the value of a ban can be replaced by its hash: it is that of
// a mailbox, or of a name that is kept out with all that look like it.
func hashable(b *ban.Ban) bool {
	switch {
	case b.Hashed() || strings.Contains(b.Value, "*"):
		return false
	case b.Kind == ban.KindName:
		return b.Effect != ban.Allow && !strings.HasPrefix(b.Value, "=")
	}
	return b.Kind == ban.KindEmail
}

// askAbout returns the question whether the value of a ban may come in. A pattern or a
// network is the value of nobody.
func askAbout(b *ban.Ban) string {
	if strings.ContainsAny(b.Value, "*/=\\") {
		return ""
	}
	return "ask?" + url.Values{b.Kind.String(): {b.Value}}.Encode()
}

// refused answers with the page of the ban and why a change to it was not made.
func (d *banDetail) refused(r *request, id uuid.UUID, err error) (answer, error) {
	d.Faults, d.Given, d.GivenLabel = faults{}, r.text("reason"), r.text("label")
	status := http.StatusUnprocessableEntity
	if !d.Faults.add(err, reasonFields) {
		p, ok := r.console.problemOf(err)
		if !ok {
			return answer{}, err
		}
		status, d.Problem, d.Confirm = http.StatusConflict, p.Text, p.confirm
	}
	if _, hashing := r.form["label"]; hashing {
		for field, fault := range d.Faults { // which the form has not: it is about the ban itself
			if field != "label" {
				d.Problem = upperFirst(field) + ": " + fault
				delete(d.Faults, field)
			}
		}
	}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	return d.answer(status), nil
}
