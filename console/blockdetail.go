package console

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// blockDetail is what the page of one block shows.
type blockDetail struct {
	blocklist.Block
	Days   []ban.DayHits
	Plot   plot
	Log    []ban.Change
	Form   blockForm
	Faults faults
	Guard  string // why a change was not made yet; empty: it was not tried, or has other faults
}

func showBlock(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	d := &blockDetail{}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	d.Form = blockForm{Effect: d.Effect.String(), Reason: d.Reason, PublicReason: d.PublicReason}
	return d.answer(0), nil
}

func (d *blockDetail) answer(status int) answer {
	return answer{status: status, template: "blockone", title: "Block of " + d.Domain, data: d}
}

// read reads the block of an id, with all that its page shows.
func (d *blockDetail) read(r *request, id uuid.UUID) (err error) {
	blocks := r.console.parts.Blocks
	if d.Block, err = blocks.Get(r.Context(), id); err != nil {
		return err
	}
	if d.Days, err = blocks.Hits(r.Context(), id, ban.HitDays); err != nil {
		return err
	}
	d.Plot = newPlot(d.Days)
	d.Log, err = blocks.Log(r.Context(), id, blocklist.Page{Limit: logOfRecord})
	return err
}

// changeBlock answers the form on the page of a block.
func changeBlock(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	d := &blockDetail{Faults: faults{}, Form: blockForm{Effect: r.text("effect"), Reason: r.text("reason"), PublicReason: r.text("public_reason")}}
	var effect ban.Effect
	if effect.UnmarshalText([]byte(d.Form.Effect)) != nil {
		d.Faults["effect"] = "Choose one of these."
	}
	status := http.StatusUnprocessableEntity
	if len(d.Faults) == 0 {
		_, err := r.console.parts.Blocks.Update(r.Context(), id, blocklist.Patch{
			Effect: &effect, Reason: &d.Form.Reason, PublicReason: &d.Form.PublicReason,
			Force: r.text("step") == stepForce && r.text("confirmed") == d.Form.Effect,
		})
		if err == nil {
			return answer{to: "blocks/" + id.String() + "?done=block-changed"}, nil
		}
		if guard, ok := errors.AsType[*ban.GuardError](err); ok {
			status, d.Guard = http.StatusConflict, guardWords(guard)
		} else if !d.Faults.add(err, nil) {
			return answer{}, err
		}
	}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	return d.answer(status), nil
}
