package console

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// listsPage shows all lists, and each with what it holds; a file is planned before it
// is applied.
func listsPage() page {
	return page{
		path: "lists", name: "Lists",
		has: func(p *Parts) bool { return p.Blocks != nil },
		routes: []route{
			get("/lists", showLists),
			get("/lists/{name}", showList),
			get("/lists/{name}/entries", listEntries),
			get("/lists/{name}/export", exportList),
			change("/lists/subscribe", subscribeList),
			withFile(change("/lists/plan", planList)),
			withFile(change("/lists/apply", applyList)),
			withFile(change("/lists/rejects", rejectsOfList)),
			withFile(change("/lists/changes", changesOfList)),
			change("/lists/{name}/undo", undoList),
			change("/lists/{name}/drop", dropList),
			change("/lists/{name}/unsubscribe", unsubscribeList),
			change("/lists/{name}/fetch", fetchList),
		},
	}
}

// maxUpload bounds the file of a list, and the form that has it again, packed.
const maxUpload = 16 << 20

// withFile lets a form have files.
func withFile(r route) route {
	r.maxBody = maxUpload
	return r
}

// listsData is what the page of all lists shows.
type listsData struct {
	Lists  []listRow
	Form   listForm
	Faults faults
	// Subscribe is the form of what comes by itself; nil: nobody fetches.
	Subscribe *subscribeForm
}

// listRow is a list with the days since it was synced.
type listRow struct {
	blocklist.List
	Trouble string // why it was not fetched; empty: it was, or is not subscribed
}

func showLists(r *request) (answer, error) {
	d := &listsData{Form: newListForm(r.param("list"))}
	return d.answer(r, 0)
}

func (d *listsData) answer(r *request, status int) (answer, error) {
	lists, err := r.console.parts.Blocks.Lists(r.Context())
	if err != nil {
		return answer{}, err
	}
	for _, l := range lists {
		d.Lists = append(d.Lists, newListRow(l))
	}
	if r.console.parts.Fetcher != nil && d.Subscribe == nil {
		d.Subscribe = newSubscribeForm("")
	}
	return answer{status: status, template: "lists", title: "Lists", data: d}, nil
}

func newListRow(l blocklist.List) listRow {
	row := listRow{List: l}
	if l.Subscription != nil {
		row.Trouble = l.Subscription.State.Problem
	}
	return row
}

// listDetail is what the page of one list shows.
type listDetail struct {
	listRow
	Form    listForm
	Faults  faults // of the form: none, here
	Log     []ban.Change
	Formats []string
	Confirm string // what is confirmed before it is done: drop, or fetch
	// Fetches: somebody fetches, so that the list may be fetched now.
	Fetches   bool
	Subscribe *subscribeForm // nil: nobody fetches
	Problem   string         // why it was not fetched
	Unsaid    string         // why it cannot be saved in the format that was asked for
}

// exportFormats are those that a list can be saved in.
var exportFormats = []blocklist.Format{
	blocklist.FormatCSV, blocklist.FormatPlain, blocklist.FormatHosts, blocklist.FormatAdblock, blocklist.FormatNetset, blocklist.FormatJSON,
}

func showList(r *request) (answer, error) { return listAnswer(r, "", "") }

// listAnswer answers with the page of a list: with the second step of something, or with
// why it was not fetched.
func listAnswer(r *request, confirm, problem string) (answer, error) {
	blocks := r.console.parts.Blocks
	l, err := listNamed(r)
	if err != nil {
		return answer{}, err
	}
	d := &listDetail{listRow: newListRow(l), Form: newListForm(l.Name), Confirm: confirm, Problem: problem}
	d.Form.Reason, d.Form.PublicReason = l.Reason, l.PublicReason
	if d.Fetches = r.console.parts.Fetcher != nil; d.Fetches {
		d.Subscribe = subscribeFormOf(&l)
	}
	if d.Log, err = blocks.Log(r.Context(), l.ID, ban.Page{Limit: logOfRecord}); err != nil {
		return answer{}, err
	}
	for _, f := range exportFormats {
		d.Formats = append(d.Formats, f.String())
	}
	return answer{template: "listone", title: "List " + l.Name, data: d}, nil
}

// listNamed returns the list that the path names, also one that was never fetched.
func listNamed(r *request) (blocklist.List, error) {
	lists, err := r.console.parts.Blocks.Lists(r.Context())
	if err != nil {
		return blocklist.List{}, err
	}
	for _, l := range lists {
		if l.Name == r.PathValue("name") {
			return l, nil
		}
	}
	return blocklist.List{}, ban.ErrNotFound
}

func exportList(r *request) (answer, error) {
	format, err := blocklist.ParseFormat(r.param("format"))
	if err != nil || format == blocklist.FormatAuto {
		format = blocklist.FormatCSV
	}
	l, err := r.console.parts.Blocks.GetList(r.Context(), r.PathValue("name"))
	if err != nil {
		return answer{}, err
	}
	// All of it before anything is sent: that a format has no way to say an entry shows
	// at that entry, and a file that is cut off would tell nobody why.
	var text bytes.Buffer
	err = r.console.parts.Blocks.Export(r.Context(), l.Name, &text, format)
	if wrong, ok := errors.AsType[*blocklist.WriteError](err); ok {
		a, err := listAnswer(r, "", "")
		if err == nil {
			d := a.data.(*listDetail)
			d.Unsaid = upperFirst(wrong.Error()) + "."
			a.status = http.StatusConflict
		}
		return a, err
	}
	if err != nil {
		return answer{}, err
	}
	return answer{
		file: func(w http.ResponseWriter) error {
			_, err := text.WriteTo(w)
			return err
		},
		fileName: l.Name + "." + fileEnding(format), fileType: "text/plain; charset=utf-8",
	}, nil
}

// fileEnding returns the ending of the name of a file in a format.
func fileEnding(f blocklist.Format) string {
	switch f {
	case blocklist.FormatCSV, blocklist.FormatJSON, blocklist.FormatNetset:
		return f.String()
	}
	return "txt"
}

func undoList(r *request) (answer, error) {
	name := r.PathValue("name")
	version, err := strconv.ParseInt(r.text("version"), 10, 64)
	if err != nil || version <= 0 {
		return answer{}, errUnreadable
	}
	_, err = r.console.parts.Blocks.UndoVersion(r.Context(), name, version)
	if errors.Is(err, blocklist.ErrNothingToUndo) { // somebody else was quicker
		err = ban.ErrConflict
	}
	if err != nil {
		return answer{}, err
	}
	return answer{to: "lists/" + url.PathEscape(name) + "?done=list-undone"}, nil
}

// dropList removes a list, which takes a second step.
func dropList(r *request) (answer, error) {
	if r.text("step") != stepForce {
		return listAnswer(r, "drop", "")
	}
	_, err := r.console.parts.Blocks.Drop(r.Context(), r.PathValue("name"))
	if err != nil {
		return answer{}, err
	}
	return answer{to: "lists?done=list-dropped"}, nil
}

func unsubscribeList(r *request) (answer, error) {
	name := r.PathValue("name")
	if _, err := r.console.parts.Blocks.Unsubscribe(r.Context(), name); err != nil {
		return answer{}, err
	}
	if _, err := listNamed(r); err != nil { // it was never fetched
		return answer{to: "lists?done=unsubscribed"}, nil
	}
	return answer{to: "lists/" + url.PathEscape(name) + "?done=unsubscribed"}, nil
}
