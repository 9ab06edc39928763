package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// blocksPage lists the blocks of e-mail domains, makes and lifts them.
func blocksPage() page {
	return page{
		path: "blocks", name: "Blocks",
		has: func(p *Parts) bool { return p.Blocks != nil },
		routes: []route{
			get("/blocks", listBlocks),
			get("/blocks/{id}", showBlock),
			change("/blocks", makeBlock),
			change("/blocks/lift", liftBlocks),
			change("/blocks/{id}", changeBlock),
		},
	}
}

// blocksData is what the list shows.
type blocksData struct {
	Contains string
	Rows     []blockRow
	Total    int64
	Pager    pager
	Form     blockForm
	Faults   faults
	Confirm  *confirmation
	Lifting  *liftForm // the second step of lifting
	Back     string
}

// blockRow is a block in the list.
type blockRow struct {
	blocklist.Block
	Plot plot
}

// blockForm is the form of a new block.
type blockForm struct {
	Domain, Effect, Reason, PublicReason string
}

func (f *blockForm) Effects() []option {
	return choose(f.Effect, ban.Deny.String(), "Keep out", ban.Review.String(), "Hold for review")
}

// identity is what a second step confirms.
func (f *blockForm) identity() string { return f.Effect + " " + f.Domain }

// liftForm is the second step of lifting blocks, which cannot be taken back.
type liftForm struct {
	Blocks []blocklist.Block
}

func listBlocks(r *request) (answer, error) {
	d := &blocksData{}
	if err := d.read(r, r.params()); err != nil {
		return answer{}, err
	}
	return d.answer(0), nil
}

func (d *blocksData) answer(status int) answer {
	return answer{status: status, template: "blocks", title: "Blocks of e-mail domains", data: d}
}

// read reads the page of the list that the parameters describe.
func (d *blocksData) read(r *request, params url.Values) (err error) {
	blocks := r.console.parts.Blocks
	d.Contains, d.Back = strings.TrimSpace(params.Get("q")), params.Encode()
	f := blocklist.Filter{Contains: d.Contains}
	if d.Total, err = blocks.Count(r.Context(), f); err != nil {
		return err
	}
	p := pageOf(params)
	rows, err := blocks.List(r.Context(), f, blocklist.BySeq, p.page())
	if err != nil {
		return err
	}
	filters := url.Values{}
	if d.Contains != "" {
		filters.Set("q", d.Contains)
	}
	rows, d.Pager = paged(p, "blocks", filters, rows, func(b *blocklist.Block) int64 { return b.Seq })
	for _, b := range rows {
		hits, err := blocks.Hits(r.Context(), b.ID, ban.HitDays)
		if err != nil {
			return err
		}
		d.Rows = append(d.Rows, blockRow{b, newPlot(hits)})
	}
	return nil
}

// makeBlock answers the form of a new block.
func makeBlock(r *request) (answer, error) {
	d := &blocksData{Faults: faults{}, Form: blockForm{
		Domain: r.text("domain"), Effect: r.text("effect"), Reason: r.text("reason"), PublicReason: r.text("public_reason"),
	}}
	o := blocklist.CreateOptions{Domain: d.Form.Domain, Reason: d.Form.Reason, PublicReason: d.Form.PublicReason}
	if d.Form.Effect != "" && o.Effect.UnmarshalText([]byte(d.Form.Effect)) != nil {
		d.Faults["effect"] = "Choose one of these."
	}
	o.Force = r.text("step") == stepForce && r.text("confirmed") == d.Form.identity()
	status := http.StatusUnprocessableEntity
	if len(d.Faults) == 0 {
		b, err := r.console.parts.Blocks.Create(r.Context(), o)
		if err == nil {
			return answer{to: "blocks/" + b.ID.String() + "?done=blocked"}, nil
		}
		guard, guarded := errors.AsType[*ban.GuardError](err)
		exists, there := errors.AsType[*blocklist.ExistsError](err)
		switch {
		case guarded:
			status = http.StatusConflict
			d.Confirm = &confirmation{Guard: guardWords(guard), Button: "Do it anyway", Of: d.Form.identity()}
		case there:
			status = http.StatusConflict
			d.Faults["domain"] = "There is a block of " + exists.Existing.Domain + " already."
		case !d.Faults.add(err, nil):
			return answer{}, err
		}
	}
	if err := d.read(r, url.Values{}); err != nil {
		return answer{}, err
	}
	return d.answer(status), nil
}

// liftBlocks answers the form by which blocks are lifted. Their record and history go,
// so it takes a second step.
func liftBlocks(r *request) (answer, error) {
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
		d := &blocksData{Faults: faults{"id": nothingChosen}}
		if err := d.read(r, back); err != nil {
			return answer{}, err
		}
		return d.answer(http.StatusUnprocessableEntity), nil
	}
	blocks := r.console.parts.Blocks
	if r.text("step") != stepForce {
		d := &blocksData{Lifting: &liftForm{}, Back: back.Encode()}
		for _, id := range ids {
			b, err := blocks.Get(r.Context(), id)
			if errors.Is(err, ban.ErrNotFound) {
				continue // somebody else was quicker
			}
			if err != nil {
				return answer{}, err
			}
			d.Lifting.Blocks = append(d.Lifting.Blocks, b)
		}
		return answer{template: "blocklift", title: "Lift blocks", data: d}, nil
	}
	lifted := 0
	for _, id := range ids {
		_, err := blocks.Delete(r.Context(), id)
		if err != nil && !errors.Is(err, ban.ErrNotFound) {
			return answer{}, partly(lifted, err)
		}
		if err == nil {
			lifted++
		}
	}
	back.Set("done", "unblocked")
	return answer{to: "blocks?" + back.Encode()}, nil
}
