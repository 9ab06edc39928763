package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

// banChange is a change of one ban, of many perhaps.
type banChange struct {
	done string // see notices
	make func(r *request, id uuid.UUID) error
}

var (
	revokeBan = banChange{"revoked", func(r *request, id uuid.UUID) error {
		_, err := r.console.parts.Bans.Revoke(r.Context(), id, r.text("reason"))
		return err
	}}
	reinstateBan = banChange{"reinstated", func(r *request, id uuid.UUID) error {
		_, err := r.console.parts.Bans.Reinstate(r.Context(), id)
		return err
	}}
	hashBan = banChange{"hashed", func(r *request, id uuid.UUID) error {
		_, err := r.console.parts.Bans.Hash(r.Context(), id, r.text("label"))
		return err
	}}
	promoteBan = banChange{"promoted", func(r *request, id uuid.UUID) error {
		decides := false
		force := r.text("step") == stepForce && r.text("confirmed") == id.String()
		_, err := r.console.parts.Bans.Update(r.Context(), id, ban.Patch{Shadow: &decides, Force: force})
		return err
	}}
)

// reasonFields are the names that fields of errors have in the forms of changes.
var reasonFields = map[string]string{"revoked_reason": "reason"}

// changeBans answers the forms by which bans are changed: that of the page of a ban,
// which has "one", and that of the list, by which many are.
func changeBans(c banChange) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		ids, err := r.ids("id")
		if err != nil {
			return answer{}, err
		}
		if len(ids) > pageSize {
			return answer{}, fmt.Errorf("%w: %d bans", errUnreadable, len(ids))
		}
		if len(ids) == 1 && r.text("one") != "" {
			if err := c.make(r, ids[0]); err != nil {
				return new(banDetail).refused(r, ids[0], err)
			}
			return answer{to: "bans/" + ids[0].String() + "?done=" + c.done}, nil
		}
		return c.makeMany(r, ids)
	}
}

// nothingChosen is what is wrong with a form for many if none is chosen.
const nothingChosen = "Nothing was chosen, so nothing was done. Tick those that are meant."

// makeMany changes bans one after the other. Those that cannot be changed are named
// on the page that follows.
func (c *banChange) makeMany(r *request, ids []uuid.UUID) (answer, error) {
	back, err := url.ParseQuery(r.form.Get("back"))
	if err != nil {
		return answer{}, errUnreadable
	}
	back.Del("done")
	d := &bansData{Faults: faults{}, Reason: r.text("reason")}
	status := http.StatusConflict
	if len(ids) == 0 {
		status, d.Faults["id"] = http.StatusUnprocessableEntity, nothingChosen
	}
	for _, id := range ids {
		err := c.make(r, id)
		if err == nil {
			d.Done++
			continue
		}
		if d.Faults.add(err, reasonFields) { // about what all have in common
			status = http.StatusUnprocessableEntity
			break
		}
		p, ok := r.console.problemOf(err)
		if !ok {
			return answer{}, partly(d.Done, err)
		}
		p.Link = "bans/" + id.String()
		if b, err := r.console.parts.Bans.Get(r.Context(), id); err == nil {
			p.Value = b.Value
		}
		d.Problems = append(d.Problems, p.problem)
	}
	if len(d.Problems) == 0 && len(d.Faults) == 0 {
		back.Set("done", c.done)
		return answer{to: "bans?" + back.Encode()}, nil
	}
	if err := d.read(r, back); err != nil {
		return answer{}, err
	}
	d.choose(r.form["id"])
	return answer{status: status, template: "bans", title: "Bans", data: d}, nil
}

// refusal is why a record was not changed, and what may be done about it.
type refusal struct {
	problem
	confirm *confirmation // nil: no second step
}

// problemOf says why a record was not changed, if that is not trouble.
func (c *console) problemOf(err error) (refusal, bool) {
	var p refusal
	if guard, ok := errors.AsType[*ban.GuardError](err); ok {
		p.Text = "It may hit many who are not meant. " + guardWords(guard)
		p.confirm = &confirmation{Guard: guardWords(guard), Button: "Do it anyway"}
		return p, true
	}
	if exists, ok := errors.AsType[*ban.ExistsError](err); ok {
		p.Text = "Another ban of the same value is in force."
		p.confirm = &confirmation{Existing: &exists.Existing}
		return p, true
	}
	switch {
	case errors.Is(err, ban.ErrNotFound):
		p.Text = "It is not there any more."
	case errors.Is(err, ban.ErrConflict):
		p.Text = "Somebody else changed it at the same time."
	default:
		return p, false
	}
	return p, true
}
