package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"example.com/ostraka/ban"
)

// bansPage lists the bans, shows each, and changes one or many.
func bansPage() page {
	return page{
		path: "bans", name: "Bans",
		has: func(p *Parts) bool { return p.Bans != nil },
		routes: []route{
			get("/bans", listBans),
			get("/bans/{id}", showBan),
			change("/bans/revoke", changeBans(revokeBan)),
			change("/bans/reinstate", changeBans(reinstateBan)),
			change("/bans/promote", changeBans(promoteBan)),
			change("/bans/hash", changeBans(hashBan)),
		},
	}
}

// bansData is what the list shows.
type bansData struct {
	Filter banFilter
	Rows   []banRow
	Total  int64
	Pager  pager
	// Of a change that was not made, or not of all:
	Back     string // the address of the list, to come back to
	Faults   faults
	Reason   string
	Problems []problem
	Done     int
}

// banRow is a ban in the list.
type banRow struct {
	ban.Ban
	State  string // in a word
	Plot   plot
	Chosen bool
}

// problem is why one of many was not changed.
type problem struct {
	Link, Value, Text string
}

// banFilter is what the form above the list has.
type banFilter struct {
	Contains, Kind, State, Effect, Action, Sort string
}

// The states to filter by.
const (
	stateActive = "active"
	stateShadow = "shadow"
	stateEnded  = "ended"
	stateAll    = "all"
)

func readBanFilter(values url.Values) banFilter {
	f := banFilter{
		Contains: strings.TrimSpace(values.Get("q")), Kind: values.Get("kind"), State: values.Get("state"), Effect: values.Get("effect"), Action: values.Get("action"),
		Sort: values.Get("sort"),
	}
	if f.State == "" {
		f.State = stateActive
	}
	return f
}

// filter returns what selects the bans. A choice that is none selects nothing out.
func (f *banFilter) filter() ban.Filter {
	out := ban.Filter{Contains: f.Contains}
	_ = out.Kind.UnmarshalText([]byte(f.Kind))
	var effect ban.Effect
	if f.Effect != "" && effect.UnmarshalText([]byte(f.Effect)) == nil {
		out.Effect = &effect
	}
	var action ban.Action
	if f.Action != "" && action.UnmarshalText([]byte(f.Action)) == nil {
		out.Scope = ban.ScopeOf(action)
	}
	yes, no := true, false
	switch f.State {
	case stateActive:
		out.Active = &yes
	case stateShadow:
		out.Active, out.Shadow = &yes, &yes
	case stateEnded:
		out.Active = &no
	}
	return out
}

func (f *banFilter) values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Contains, "kind": f.Kind, "state": f.State, "effect": f.Effect, "action": f.Action, "sort": f.Sort} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (f *banFilter) Kinds() []option {
	return choose(f.Kind, "", "Any", ban.KindEmail.String(), "E-mail", ban.KindDomain.String(), "Domain", ban.KindIP.String(), "IP address", ban.KindName.String(), "Name")
}

func (f *banFilter) States() []option {
	return choose(f.State, stateActive, "In force", stateShadow, "Shadows", stateEnded, "Ended", stateAll, "All")
}

func (f *banFilter) Effects() []option {
	return choose(f.Effect, "", "Any", ban.Deny.String(), "Keep out", ban.Review.String(), "Hold for review", ban.Allow.String(), "Let in")
}

// banOrders are the orders other than newest first, by the parameter "sort".
var banOrders = map[string]ban.Order{"hits": ban.ByHits, "last": ban.ByLastHit, "end": ban.ByExpiry}

func (f *banFilter) Sorts() []option {
	return choose(f.Sort, "", "The newest", "hits", "Those with most hits", "last", "Those hit last", "end", "Those that end soonest")
}

func (f *banFilter) Actions() []option {
	all := []option{{"", "Anything", f.Action == ""}}
	for _, a := range actions {
		all = append(all, option{a.String(), upperFirst(actionWord(a)), f.Action == a.String()})
	}
	return all
}

func listBans(r *request) (answer, error) {
	d := &bansData{}
	if err := d.read(r, r.params()); err != nil {
		return answer{}, err
	}
	return answer{template: "bans", title: "Bans", data: d}, nil
}

// read reads the page of the list that the parameters describe.
func (d *bansData) read(r *request, params url.Values) error {
	bans := r.console.parts.Bans
	d.Filter, d.Back = readBanFilter(params), params.Encode()
	f := d.Filter.filter()
	var err error
	if d.Total, err = bans.Count(r.Context(), f); err != nil {
		return err
	}
	rows, err := d.rows(r, f, params)
	if err != nil {
		return err
	}
	for _, b := range rows {
		hits, err := bans.Hits(r.Context(), b.ID, ban.HitDays)
		if err != nil {
			return err
		}
		d.Rows = append(d.Rows, banRow{Ban: b, State: banState(&b, r), Plot: newPlot(hits)})
	}
	return nil
}

// rows returns the bans of the page, and makes the links to its neighbours.
func (d *bansData) rows(r *request, f ban.Filter, params url.Values) (rows []ban.Ban, err error) {
	bans := r.console.parts.Bans
	order, ranked := banOrders[d.Filter.Sort]
	if !ranked {
		p := pageOf(params)
		if rows, err = bans.List(r.Context(), f, p.page()); err != nil {
			return nil, err
		}
		rows, d.Pager = paged(p, "bans", d.Filter.values(), rows, func(b *ban.Ban) int64 { return b.Seq })
		return rows, nil
	}
	at := rankOf(params.Get("at"))
	rows, next, err := bans.ListBy(r.Context(), f, order, at, pageSize)
	if err != nil {
		return nil, err
	}
	d.Pager = pager{NewerName: "To the first page", OlderName: "More"}
	if at != (ban.Rank{}) {
		d.Pager.Newer = "bans?" + d.Filter.values().Encode()
	}
	if len(rows) == pageSize {
		q := d.Filter.values()
		q.Set("at", fmt.Sprintf("%d,%d", next.Value, next.Seq))
		d.Pager.Older = "bans?" + q.Encode()
	}
	return rows, nil
}

// rankOf reads the parameter "at"; what is none is before all.
func rankOf(text string) (r ban.Rank) {
	if n, err := fmt.Sscanf(text, "%d,%d", &r.Value, &r.Seq); err != nil || n != 2 {
		return ban.Rank{}
	}
	return r
}

// banState says in a word whether a ban is in force.
func banState(b *ban.Ban, r *request) string {
	switch {
	case !b.RevokedAt.IsZero():
		return "revoked"
	case !b.Active(r.now()):
		return "expired"
	case b.Shadow:
		return "shadow"
	}
	return "in force"
}

// choose marks rows as chosen, so that a form that was not done comes back as it was.
func (d *bansData) choose(ids []string) {
	for i := range d.Rows {
		d.Rows[i].Chosen = slices.Contains(ids, d.Rows[i].ID.String())
	}
}
