package console

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// templates are the pages by the names of their files without the ending. Each has the
// frame and all shared pieces with it.
var templates = parseTemplates()

func parseTemplates() map[string]*template.Template {
	frame := template.Must(template.New("frame").Funcs(functions).ParseFS(templateFiles, "templates/shared/*.html"))
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err) // they are in the program
	}
	all := map[string]*template.Template{}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		page := template.Must(template.Must(frame.Clone()).ParseFS(templateFiles, path.Join("templates", f.Name())))
		all[strings.TrimSuffix(f.Name(), ".html")] = page
	}
	return all
}

// functions are those of all templates. Whoever shows a name or text of somebody else
// does it by show, or by plain where there can be no markup.
var functions = template.FuncMap{
	"show":   visible,
	"plain":  visibleText,
	"when":   when,
	"day":    day,
	"number": func(n any) string { return number(toInt64(n)) },
	"plural": func(n any, one, many string) string { return plural(toInt64(n), one, many) },
	"in":     func(v *view, it any) inView { return inView{v, it} },
	"field":  newField,

	"hashing":    newHashing,
	"labelfield": newLabelField,

	"choiceid": newChoiceOf,
	"choice":   newChoice,
	"upper":    upperFirst,
	"effect":   effectWord,
	"kind":     kindWord,
	"sort":     valueKind,
	"scope":    scopeWords,
	"action":   actionWord,
	"via":      viaWords,
	"did":      didWords,
	"reason":   changeReason,
	"interval": interval,
	"plot":     newPlot,
	"asset":    assetPath,
	"contains": func(all []string, s string) bool { return indexOf(all, s) >= 0 },
}

func indexOf(all []string, s string) int {
	for i, a := range all {
		if a == s {
			return i
		}
	}
	return -1
}

func toInt64(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// view is what a template sees.
type view struct {
	Site   string // what the pages are called
	Home   string // where the name leads to without access
	Title  string // of the page: its h1
	Base   string // from here to the prefix: links are relative to it
	Self   string // this page, from Base, for links within it
	Nav    []navItem
	Actor  string // empty: nobody is let in
	Role   string
	CanAct bool // is a moderator
	CSRF   string
	SignIn bool   // there is a form to sign in, and a button to sign out
	Notice string // what was done; see notices
	Page   any    // of the page
}

type navItem struct {
	Path, Name string
	Current    bool
}

// inView is a piece of a page with the view, which shared templates need for links
// and tokens.
type inView struct {
	View *view
	It   any
}

// newView returns what all pages of a request have in common.
func (c *console) newView(r *request, title string) *view {
	v := &view{
		Site: c.opts.Name, Home: c.opts.Home, Title: title, Base: base(r.Request),
		Self:   strings.TrimPrefix(r.URL.EscapedPath(), "/"),
		SignIn: c.opts.SignIn != nil,
		Notice: notices[r.param("done")],
	}
	if r.Method == http.MethodGet && r.URL.RawQuery != "" {
		v.Self += "?" + r.URL.RawQuery
	}
	if r.who.Actor == "" {
		return v
	}
	v.Actor, v.Role, v.CanAct, v.CSRF = r.who.Actor, r.who.Role.String(), r.mayChange(), r.who.CSRFToken
	for i := range c.pages {
		p := &c.pages[i]
		v.Nav = append(v.Nav, navItem{Path: p.path, Name: p.name, Current: r.page != nil && r.page.path == p.path})
	}
	return v
}

// render sends a page.
func (c *console) render(r *request, a answer) {
	t := templates[a.template]
	name := "frame"
	if a.part {
		name = "part"
	}
	v := c.newView(r, a.title)
	v.Page = a.data
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, v); err != nil {
		c.log(r, http.StatusInternalServerError, err)
		http.Error(r.writer, ourFault.Title, http.StatusInternalServerError)
		return
	}
	r.writer.Header().Set("Content-Type", "text/html; charset=utf-8")
	if a.status != 0 {
		r.writer.WriteHeader(a.status)
	}
	_, _ = r.writer.Write(b.Bytes()) // a client that has gone
}

// notices are what the page after a change says was done, by the parameter "done" of
// its address. A text in an address could be somebody else's.
var notices = map[string]string{
	"banned":            "The ban is in force.",
	"excepted":          "The exception is in force.",
	"updated":           "The ban was changed.",
	"revoked":           "Revoked. It decides nothing any more.",
	"reinstated":        "Reinstated. It is in force again.",
	"hashed":            "Only its hash is kept from now on, also in the log.",
	"promoted":          "No longer a shadow: it decides from now on.",
	"partly":            "Done, but for those that have changed meanwhile. Look at what is there now.",
	"blocked":           "The block is in force.",
	"block-changed":     "The block was changed.",
	"unblocked":         "The block was lifted.",
	"signed-out":        "You are signed out.",
	"list-synced":       "The list is in force.",
	"subscribed":        "It comes by itself from now on. Fetch it now, or wait until it is due.",
	"fetched-applied":   "It was fetched, and is in force.",
	"fetched-unchanged": "It was fetched, and is as before.",
	"list-undone":       "The version before is in force again.",
	"unsubscribed":      "It is fetched no more, and stays as it is.",
	"list-dropped":      "The list was dropped.",
	"suspended":         "The account is suspended.",
	"restored":          "The account is reinstated.",
	"restored-only":     "The account is reinstated. The bans that were made with the suspension are still in force.",
	"approved":          "Approved.",
	"rejected-banned":   "Rejected. What you chose to ban is banned; the newest are first among the bans.",
	"rejected":          "Rejected.",
	"decided-some":      "The first thousand are decided about. Do it once more for those that are left.",
	"session-ended":     "The session was ended.",
	"account-deleted":   "The account was deleted. The log keeps what it was.",
	"account-forgotten": "The account was deleted. Nothing says who it was; hashed bans keep the person out.",
}
