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
	Ask     string      // where a check of the value is explained; empty: there is no such page, or a pattern cannot be asked about
	// Of a change that was not made:
	Faults  faults
	Given   string // as the reason
	Confirm *confirmation
	Problem string
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
	if r.console.hasPage("ask") {
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
	d.Faults, d.Given = faults{}, r.text("reason")
	status := http.StatusUnprocessableEntity
	if !d.Faults.add(err, reasonFields) {
		p, ok := r.console.problemOf(err)
		if !ok {
			return answer{}, err
		}
		status, d.Problem, d.Confirm = http.StatusConflict, p.Text, p.confirm
	}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	return d.answer(status), nil
}
