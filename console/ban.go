package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

// banPage has the form by which bans are made and changed, and says before it is sent
// what the ban would do.
func banPage() page {
	return page{
		path: "ban", name: "New ban",
		has: func(p *Parts) bool { return p.Bans != nil },
		routes: []route{
			get("/ban", showBanForm),
			{method: http.MethodPost, pattern: "/ban/preview", handle: previewBan}, // changes nothing
			change("/ban", saveBan),
		},
	}
}

// The steps of the form. A ban that a guard advises against, or whose value is banned
// already, takes a second one.
const (
	stepSave  = "save"
	stepForce = "force"
)

// banData is what the page shows.
type banData struct {
	Form    banForm
	Faults  faults
	CanHash bool        // the host has keys for hashed bans
	Preview *banPreview // nil: no value yet
	// Confirm is why the ban was not made at once, and what the second step does.
	Confirm *confirmation
}

// confirmation is a second step.
type confirmation struct {
	Guard    string   // why that is dangerous; empty: it is not
	Existing *ban.Ban // that would be changed; nil: none
	Button   string
	Of       string // what is confirmed; see banForm.identity
}

func newBanData(r *request, values url.Values) *banData {
	return &banData{Form: readBanForm(values), Faults: faults{}, CanHash: r.console.parts.Bans.Hashes()}
}

func showBanForm(r *request) (answer, error) {
	d := newBanData(r, r.params())
	if d.Form.Steps == "" {
		d.Form.Steps = usualSteps
	}
	if text := r.param("id"); text != "" {
		id, err := uuid.Parse(text)
		if err != nil {
			return answer{}, ban.ErrNotFound
		}
		b, err := r.console.parts.Bans.Get(r.Context(), id)
		if err != nil {
			return answer{}, err
		}
		d.Form = formOf(&b, r.now())
	}
	if d.Form.Value != "" {
		if err := d.preview(r); err != nil {
			return answer{}, err
		}
	}
	return answer{template: "ban", title: d.Form.title(), data: d}, nil
}

// previewBan answers with the form and what it would do, or with the latter alone to
// the script.
func previewBan(r *request) (answer, error) {
	d := newBanData(r, r.form)
	part := r.Header.Get("X-Part") != ""
	if d.Form.Value != "" || !part {
		if err := d.preview(r); err != nil {
			return answer{}, err
		}
	}
	a := answer{template: "ban", title: d.Form.title(), data: d, part: part}
	if len(d.Faults) > 0 {
		a.status = http.StatusUnprocessableEntity
	}
	return a, nil
}

// preview finds out what the ban would do. An error is trouble: what is wrong with the
// form is in the faults.
func (d *banData) preview(r *request) error {
	o := d.Form.options(r.now(), d.Faults)
	if len(d.Faults) > 0 {
		return nil
	}
	p, err := r.console.parts.Bans.Preview(r.Context(), o)
	if d.Faults.add(err, banFields) {
		return nil
	}
	if err == nil {
		d.Preview = r.console.readPreview(r.who.Actor, &p, &o)
		if p.Existing != nil && d.Form.changes(p.Existing) {
			d.Preview.Existing = ""
		}
	}
	return err
}

// saveBan makes the ban, or changes the one of the same value.
func saveBan(r *request) (answer, error) {
	d := newBanData(r, r.form)
	o := d.Form.options(r.now(), d.Faults)
	if len(d.Faults) == 0 {
		b, done, err := d.write(r, o)
		switch {
		case err == nil:
			return answer{to: "bans/" + b.ID.String() + "?done=" + done}, nil
		case !d.explain(err):
			return answer{}, err
		}
	}
	status := http.StatusUnprocessableEntity
	if d.Confirm != nil {
		status = http.StatusConflict
		if err := d.preview(r); err != nil {
			return answer{}, err
		}
	}
	return answer{status: status, template: "ban", title: d.Form.title(), data: d}, nil
}

// write makes the ban; in the second step whatever is in its way.
func (d *banData) write(r *request, o ban.CreateOptions) (b ban.Ban, done string, err error) {
	bans := r.console.parts.Bans
	if r.text("step") != stepForce || r.text("confirmed") != d.Form.identity() {
		b, err = bans.Create(r.Context(), o)
		exists, there := errors.AsType[*ban.ExistsError](err)
		if !there || !d.Form.changes(&exists.Existing) {
			return b, doneOf(&b), err
		}
	} else {
		o.Force = true
	}
	b, created, err := bans.Put(r.Context(), o)
	if created {
		return b, doneOf(&b), err
	}
	return b, "updated", err
}

// doneOf names the notice of a ban that was made.
func doneOf(b *ban.Ban) string {
	if b.Effect == ban.Allow {
		return "excepted"
	}
	return "banned"
}

// explain notes why a ban was not made, and reports whether a person can do something
// about it.
func (d *banData) explain(err error) bool {
	if d.Faults.add(err, banFields) {
		return true
	}
	if guard, ok := errors.AsType[*ban.GuardError](err); ok {
		d.Confirm = &confirmation{Guard: guardWords(guard), Button: "Do it anyway", Of: d.Form.identity()}
		return true
	}
	if exists, ok := errors.AsType[*ban.ExistsError](err); ok {
		d.Confirm = &confirmation{Existing: &exists.Existing, Button: "Change it to this", Of: d.Form.identity()}
		return true
	}
	return false
}

// guardWords says what is dangerous about a ban.
func guardWords(g *ban.GuardError) string {
	return fmt.Sprintf("%s: %s.", visibleText(g.Value), g.Hint)
}
