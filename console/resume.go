package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/ostraka/internal/web"
)

// keptForm is a form that was sent by somebody whose session had ended, or with the token
// of another session. It comes back once they are signed in, to be sent by a press of a
// button: nothing is done before.
type keptForm struct {
	Path   string // below the prefix
	Fields []keptField
	Packed string // both, for the form to sign in
}

type keptField struct{ Name, Value string }

// maxKept bounds what of a form is kept in the page of somebody who is not signed in.
const maxKept = 24 << 10

// keep reads the form that a request brings, if it is one of our pages and short enough;
// nil if it is not.
func (r *request) keep() *keptForm {
	if r.page == nil || r.Method != http.MethodPost || r.Header.Get("X-Part") != "" {
		return nil
	}
	if r.form == nil { // who is not known was not read yet
		if err := r.readForm(0); err != nil && !errors.Is(err, errCSRF) {
			return nil
		}
	}
	if len(r.files) > 0 {
		return nil
	}
	return newKeptForm(strings.TrimPrefix(r.URL.EscapedPath(), "/"), r.form)
}

func newKeptForm(path string, form url.Values) *keptForm {
	k := &keptForm{Path: path}
	values := url.Values{}
	for name, all := range form {
		if name == fieldCSRF {
			continue
		}
		values[name] = all
		for _, value := range all {
			k.Fields = append(k.Fields, keptField{name, value})
		}
	}
	slices.SortStableFunc(k.Fields, func(a, b keptField) int { return strings.Compare(a.Name, b.Name) })
	if k.Packed = pack([]byte(path + "\n" + values.Encode())); len(k.Packed) > maxKept {
		return nil
	}
	return k
}

// readKept reads what a form to sign in has kept of another; nil if it has nothing that
// can be read. The path is one of a route that takes forms.
func (c *console) readKept(packed string) *keptForm {
	data, err := unpack(packed)
	if packed == "" || err != nil || len(packed) > maxKept {
		return nil
	}
	path, fields, ok := strings.Cut(string(data), "\n")
	form, err := parseValues(fields)
	if !ok || err != nil {
		return nil
	}
	to, err := http.NewRequest(http.MethodPost, "/"+path, nil)
	if err != nil || strings.HasPrefix(path, "/") || to.URL.Host != "" {
		return nil
	}
	if _, pattern := c.mux.Handler(to); pattern == "" || pattern == "POST "+pathSignIn || pattern == "POST "+pathSignOut {
		return nil
	}
	return newKeptForm(path, form)
}

// resume answers, to somebody who has just signed in, with the form that they had sent
// before. It reports false if it cannot say who they are.
func (c *console) resume(r *request, signedIn *kept, form *keptForm) bool {
	again := r.Clone(r.Context())
	again.Header.Del("Cookie")
	for _, cookie := range cookiesAfter(r.Request, signedIn.header) {
		again.AddCookie(cookie)
	}
	who := &request{Request: again, console: c, writer: r.writer}
	if c.identify(who) != nil {
		return false
	}
	r.who = who.who
	c.showKept(r, http.StatusOK, "Your form is still here", form)
	return true
}

func (c *console) showKept(r *request, status int, title string, form *keptForm) {
	web.LimitWriting(r.writer, r.Request, 2*c.opts.Timeout)
	c.render(r, answer{status: status, template: "kept", title: title, data: form})
}

// cookiesAfter returns the cookies that a browser sends after an answer.
func cookiesAfter(r *http.Request, answer http.Header) (all []*http.Cookie) {
	set := (&http.Response{Header: answer}).Cookies()
	for _, old := range r.Cookies() {
		if !slices.ContainsFunc(set, func(c *http.Cookie) bool { return c.Name == old.Name }) {
			all = append(all, old)
		}
	}
	for _, c := range set {
		if c.MaxAge >= 0 {
			all = append(all, c)
		}
	}
	return all
}

// Shown returns the fields of a kept form that people can read.
func (k *keptForm) Shown() (all []keptField) {
	for _, f := range k.Fields {
		if f.Name == "steps" && !slices.Contains(k.Fields, keptField{"expires", expiresSteps}) {
			continue // it says nothing
		}
		if f.Value == "" || slices.Contains(unshown, f.Name) || len(f.Value) > 300 && !strings.ContainsAny(f.Value, " \n") {
			continue
		}
		all = append(all, keptField{strings.ReplaceAll(f.Name, "_", " "), f.Value})
	}
	return all
}

// unshown are fields that only the pages understand.
var unshown = []string{"back", "packed", "step", "confirmed", "one", "newest"}
