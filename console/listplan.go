package console

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// listForm is the form that a file comes in with.
type listForm struct {
	List, Format, Kind, Effect, Reason, PublicReason string

	FileName string
	Packed   string // the file again, so that what was planned is what is applied
	// Seen is the content of the list that the plan is for, as seenList writes it, so
	// that it is not applied to another; empty: nobody has looked.
	Seen string
}

// seenList says which content of a list it is.
func seenList(l *blocklist.List) string { return fmt.Sprintf("%s/%d", l.ID, l.Version) }

// base returns the list as it was seen, nil if nobody has looked or it cannot be read.
func (f *listForm) base() *blocklist.List {
	text, version, _ := strings.Cut(f.Seen, "/")
	id, err := uuid.Parse(text)
	n, wrong := strconv.ParseInt(version, 10, 64)
	if err != nil || wrong != nil {
		return nil
	}
	return &blocklist.List{ID: id, Version: n}
}

func newListForm(list string) listForm {
	return listForm{List: list, Format: blocklist.FormatAuto.String(), Effect: ban.Deny.String()}
}

func (f listForm) Formats() []option {
	all := []option{{blocklist.FormatAuto.String(), "As it looks", f.Format == blocklist.FormatAuto.String()}}
	for _, format := range exportFormats {
		all = append(all, option{format.String(), format.String(), f.Format == format.String()})
	}
	return all
}

func (f listForm) Kinds() []option {
	return choose(f.Kind, "", "As each line tells", ban.KindDomain.String(), "Domains", ban.KindIP.String(), "IP addresses", ban.KindEmail.String(), "E-mail addresses", ban.KindName.String(), "Names")
}

func (f listForm) Effects() []option {
	return choose(f.Effect, ban.Deny.String(), "Keep out", ban.Review.String(), "Hold for review")
}

// listPlan is what a file would do.
type listPlan struct {
	Form    listForm
	Result  blocklist.Result
	Changes []listChange // some of them
	Stopped string       // why it would be stopped; empty: it would not
	Since   string       // why it was not applied: the list is another; empty: it is not
	Faults  faults
}

// readListForm reads the form, with the file or what it was packed into.
func readListForm(r *request) (listForm, []byte, faults) {
	f := listForm{
		List: r.text("list"), Format: r.text("format"), Kind: r.text("kind"), Effect: r.text("effect"),
		Reason: r.text("reason"), PublicReason: r.text("public_reason"), FileName: r.text("file_name"), Packed: r.form.Get("packed"),
		Seen: r.text("seen"),
	}
	bad := faults{}
	file, uploaded := r.files["file"]
	switch {
	case uploaded:
		f.FileName = cutName(file.name)
		f.Packed = pack(file.data)
		return f, file.data, bad
	case f.Packed != "":
		data, err := unpack(f.Packed)
		if err != nil {
			bad["file"] = "The file did not come back whole. Choose it again."
		}
		return f, data, bad
	}
	bad["file"] = "Choose a file."
	return f, nil, bad
}

// cutName bounds the name of a file, which becomes the source of the list.
func cutName(name string) string {
	name = strings.ToValidUTF8(name, "�")
	if runes := []rune(name); len(runes) > ban.MaxReason {
		name = string(runes[len(runes)-ban.MaxReason:])
	}
	return name
}

func pack(data []byte) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// unpack reads what pack wrote. No more than an upload may have comes out.
func unpack(packed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(unpacked, maxUpload+1))
	if err == nil && len(data) > maxUpload {
		err = errors.New("longer than an upload")
	}
	return data, err
}

// options returns how the file is read, and how the list is kept.
func (f *listForm) options(bad faults) (blocklist.ParseOptions, blocklist.SyncOptions) {
	var parse blocklist.ParseOptions
	var err error
	if parse.Format, err = blocklist.ParseFormat(f.Format); err != nil {
		bad["format"] = "Choose one of these."
	}
	if f.Kind != "" && parse.Kind.UnmarshalText([]byte(f.Kind)) != nil {
		bad["kind"] = "Choose one of these."
	}
	if parse.Effect.UnmarshalText([]byte(f.Effect)) != nil {
		bad["effect"] = "Choose one of these."
	}
	return parse, blocklist.SyncOptions{Source: f.FileName, Reason: f.Reason, PublicReason: f.PublicReason}
}

// listFields are the fields of the form that errors are about, where it has other names.
var listFields = map[string]string{"source": "file"}

// planList says what a file would do, and applies nothing.
func planList(r *request) (answer, error) {
	f, data, bad := readListForm(r)
	return planned(r, f, data, bad, 0)
}

func planned(r *request, f listForm, data []byte, bad faults, status int) (answer, error) {
	p := &listPlan{Form: f, Faults: bad}
	return p.answer(r, data, status)
}

// answer is the page that says what the file would do to the list as it now is.
func (p *listPlan) answer(r *request, data []byte, status int) (answer, error) {
	f, bad := p.Form, p.Faults
	parse, sync := f.options(bad)
	if len(bad) == 0 {
		var err error
		sync.MaxListed = listedInPlan
		p.Result, err = r.console.parts.Blocks.Plan(r.Context(), f.List, blocklist.Parse(bytes.NewReader(data), parse), sync)
		if stop, ok := errors.AsType[*blocklist.StopError](err); ok {
			p.Stopped, err = stop.Error(), nil
		}
		if wrong, ok := errors.AsType[*blocklist.FormatError](err); ok {
			bad["file"], err = upperFirst(wrong.Error())+".", nil
		}
		if err != nil && !bad.add(err, listFields) {
			return answer{}, err
		}
	}
	if len(bad) > 0 {
		f.Packed = "" // the file has to be chosen again: a browser keeps none
		return (&listsData{Form: f, Faults: bad}).answer(r, http.StatusUnprocessableEntity)
	}
	p.Changes = changesOf(&p.Result.Listed)
	p.Form.Seen = seenList(&p.Result.List)
	return answer{status: status, template: "listplan", title: "What the file would do", data: p}, nil
}

// applyList makes the list hold what the file says that was planned.
func applyList(r *request) (answer, error) {
	f, data, bad := readListForm(r)
	parse, sync := f.options(bad)
	if len(bad) > 0 {
		return planned(r, f, data, bad, 0)
	}
	sync.Force, sync.Base = r.text("step") == stepForce, f.base()
	_, err := r.console.parts.Blocks.Sync(r.Context(), f.List, blocklist.Parse(bytes.NewReader(data), parse), sync)
	if _, ok := errors.AsType[*blocklist.StopError](err); ok {
		return planned(r, f, data, bad, http.StatusConflict)
	}
	if changed, ok := errors.AsType[*blocklist.ChangedError](err); ok {
		p := &listPlan{Form: f, Faults: bad, Since: upperFirst(changed.Error())}
		return p.answer(r, data, http.StatusConflict)
	}
	_, wrongValue := errors.AsType[*ban.ValueError](err)
	_, wrongFormat := errors.AsType[*blocklist.FormatError](err)
	switch {
	case wrongValue, wrongFormat:
		return planned(r, f, data, bad, 0) // says what is wrong
	case err != nil:
		return answer{}, err
	}
	return answer{to: "lists/" + url.PathEscape(f.List) + "?done=list-synced"}, nil
}

const (
	listedInPlan  = 20      // entries that a plan shows of each sort
	maxSavedLines = 100_000 // of each sort that are saved as a file
)

// changesOfList answers with the entries that a file would add, change and remove, as a
// file.
func changesOfList(r *request) (answer, error) {
	return planFile(r, "changes.csv", []string{"change", "kind", "value", "effect", "line"}, func(result *blocklist.Result) (rows [][]string) {
		for _, c := range changesOf(&result.Listed) {
			rows = append(rows, []string{c.What, c.Key.Kind.String(), safeCell(c.Value), c.Effect.String(), strconv.Itoa(c.Line)})
		}
		return rows
	})
}

// rejectsOfList answers with the rejected lines of a file, as a file.
func rejectsOfList(r *request) (answer, error) {
	return planFile(r, "rejects.csv", []string{"line", "value", "reason"}, func(result *blocklist.Result) (rows [][]string) {
		for _, reject := range result.Rejects {
			rows = append(rows, []string{strconv.Itoa(reject.Line), safeCell(reject.Value), safeCell(reject.Err.Error())})
		}
		return rows
	})
}

// planFile answers with a part of what a file would do, as a file of that name.
func planFile(r *request, name string, head []string, rows func(*blocklist.Result) [][]string) (answer, error) {
	f, data, bad := readListForm(r)
	parse, sync := f.options(bad)
	if len(bad) > 0 {
		return planned(r, f, data, bad, 0)
	}
	sync.MaxRejects, sync.MaxListed = maxSavedLines, maxSavedLines
	result, err := r.console.parts.Blocks.Plan(r.Context(), f.List, blocklist.Parse(bytes.NewReader(data), parse), sync)
	if _, stopped := errors.AsType[*blocklist.StopError](err); err != nil && !stopped {
		return planned(r, f, data, bad, 0)
	}
	return answer{
		file: func(w http.ResponseWriter) error {
			out := csv.NewWriter(w)
			_ = out.Write(head)
			_ = out.WriteAll(rows(&result)) // Error says
			return out.Error()
		},
		fileName: name, fileType: "text/csv; charset=utf-8",
	}, nil
}

// listChange is an entry that a file would add, change or remove.
type listChange struct {
	What string // added, changed or removed
	blocklist.Entry
}

// changesOf returns what is removed first: it is what nobody expects.
func changesOf(l *blocklist.Listed) (all []listChange) {
	for _, part := range []struct {
		what    string
		entries []blocklist.Entry
	}{{"removed", l.Removed}, {"changed", l.Changed}, {"added", l.Added}} {
		for _, e := range part.entries {
			all = append(all, listChange{part.what, e})
		}
	}
	return all
}

// safeCell keeps a spreadsheet from taking a text for a formula.
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
