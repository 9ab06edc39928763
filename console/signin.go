package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"example.com/ostraka/internal/web"
)

const (
	pathSignIn  = "/sign-in"
	pathSignOut = "/sign-out"
)

// signInForm is the form for strangers.
type signInForm struct {
	Login  string
	Next   string // where to go on, below the prefix
	Fault  string
	Faults faults
	Lost   bool   // a form was sent, and is not done
	Kept   string // that form, packed; empty: there is none, or it is too long
}

// stranger answers a request of somebody who is not signed in.
func (c *console) stranger(r *request) {
	if c.opts.SignIn == nil {
		c.show(r, http.StatusUnauthorized, trouble{"You are not signed in", "Sign in to this site, and come back."})
		return
	}
	f := signInForm{Lost: r.Method != http.MethodGet && r.Method != http.MethodHead}
	if !f.Lost && r.page != nil {
		f.Next = strings.TrimPrefix(r.URL.RequestURI(), "/")
	}
	if kept := r.keep(); kept != nil {
		f.Kept = kept.Packed
	}
	c.showForm(r, http.StatusUnauthorized, f)
}

func (c *console) showForm(r *request, status int, f signInForm) {
	web.LimitWriting(r.writer, r.Request, 2*c.opts.Timeout)
	c.render(r, answer{status: status, template: "signin", title: "Sign in", data: f})
}

// showSignIn answers GET /sign-in. Whoever is signed in goes on.
func (c *console) showSignIn(w http.ResponseWriter, r *http.Request) {
	in := &request{Request: r, console: c, writer: w}
	switch err := c.identify(in); {
	case err == nil:
		c.goOn(w, r, "")
	case c.opts.SignIn == nil:
		c.fail(in, err)
	default:
		c.showForm(in, http.StatusOK, signInForm{})
	}
}

// signIn answers POST /sign-in: it asks the host's handler.
func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	in := &request{Request: r, console: c, writer: w}
	if c.opts.SignIn == nil {
		c.fail(in, web.ErrNoRoute)
		return
	}
	if err := in.readForm(maxForm + maxKept); err != nil && err != errCSRF { // nobody has a token yet; the origin was looked at
		c.fail(in, err)
		return
	}
	f := signInForm{Login: in.text("login"), Next: safeNext(in.text("next")), Faults: faults{}}
	form := c.readKept(in.form.Get("kept"))
	if form != nil {
		f.Kept, f.Lost = form.Packed, true
	}
	password := in.form.Get("password")
	if f.Login == "" {
		f.Faults["login"] = "Give your name or e-mail address."
	}
	if password == "" {
		f.Faults["password"] = "Give your password."
	}
	if len(f.Faults) > 0 {
		c.showForm(in, http.StatusUnprocessableEntity, f)
		return
	}
	body, err := json.Marshal(map[string]string{"login": f.Login, "password": password})
	if err != nil {
		c.fail(in, err)
		return
	}
	answer := c.askHost(r, "/auth/sign-in", body, "")
	copyCookies(w, answer)
	if answer.status == http.StatusOK {
		if form == nil || !c.resume(in, answer, form) {
			c.goOn(w, r, f.Next)
		}
		return
	}
	f.Fault = answer.refusal()
	if wait := answer.header.Get("Retry-After"); wait != "" {
		w.Header().Set("Retry-After", wait)
	}
	if answer.status >= http.StatusInternalServerError {
		c.log(in, answer.status, fmt.Errorf("signing in: %s", answer.body.String()))
	}
	c.showForm(in, answer.status, f)
}

// signOut answers POST /sign-out.
func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	in := &request{Request: r, console: c, writer: w}
	err := c.identify(in)
	if err == nil {
		err = in.readForm(0)
	}
	if err == nil && c.opts.SignIn == nil {
		err = web.ErrNoRoute
	}
	if err != nil {
		c.fail(in, err)
		return
	}
	answer := c.askHost(r, "/auth/sign-out", []byte("{}"), in.who.CSRFToken)
	copyCookies(w, answer)
	if answer.status != http.StatusOK {
		c.fail(in, fmt.Errorf("signing out: status %d: %s", answer.status, answer.body.String()))
		return
	}
	c.goOn(w, r, strings.TrimPrefix(pathSignIn, "/")+"?done=signed-out")
}

// askHost sends a request to the host's handler of sessions, with the headers and the
// address of the one that is served.
func (c *console) askHost(r *http.Request, path string, body []byte, csrf string) *kept {
	asked := r.Clone(r.Context())
	asked.URL = &url.URL{Path: path}
	asked.RequestURI = path
	asked.Header.Set("Content-Type", "application/json")
	asked.Header.Set("Accept", "application/json")
	asked.Header.Set("X-CSRF-Token", csrf)
	asked.Body = &readCloser{*bytes.NewReader(body)}
	asked.ContentLength = int64(len(body))
	answer := newKept()
	c.opts.SignIn.ServeHTTP(answer, asked)
	return answer
}

type readCloser struct{ bytes.Reader }

func (*readCloser) Close() error { return nil }

// kept is an answer of another handler that is not sent.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newKept() *kept { return &kept{header: http.Header{}, status: http.StatusOK} }

func (a *kept) Header() http.Header         { return a.header }
func (a *kept) WriteHeader(status int)      { a.status = status }
func (a *kept) Write(b []byte) (int, error) { return a.body.Write(b) }

func copyCookies(w http.ResponseWriter, a *kept) {
	for _, cookie := range a.header.Values("Set-Cookie") {
		w.Header().Add("Set-Cookie", cookie)
	}
}

// refusal says why somebody may not sign in: nothing but what the host tells them.
func (a *kept) refusal() string {
	var told struct {
		Reason string `json:"reason"`
		Ban    *struct {
			Reason string `json:"reason"`
		} `json:"ban"`
	}
	_ = json.Unmarshal(a.body.Bytes(), &told) // what is no JSON tells nothing
	switch {
	case a.status == http.StatusUnauthorized:
		return "The name or the password is wrong."
	case a.status == http.StatusTooManyRequests:
		wait, err := time.ParseDuration(a.header.Get("Retry-After") + "s")
		if err != nil {
			wait = time.Minute
		}
		t := tooMany(wait)
		return t.Title + ". " + t.Text
	case told.Reason == "account_suspended":
		return "This account is suspended."
	case told.Ban != nil && told.Ban.Reason != "":
		return "You may not sign in: " + told.Ban.Reason
	case a.status == http.StatusForbidden:
		return "You may not sign in."
	case a.status == http.StatusBadRequest:
		return "This cannot be a name and a password."
	}
	return "Signing in does not work at the moment. Try again in a while."
}

// safeNext returns where to go on after signing in, if that is a page of ours.
func safeNext(next string) string {
	u, err := url.Parse("/" + next)
	if err != nil || u.Host != "" || u.Scheme != "" || path.Clean(u.Path) != u.Path || strings.ContainsAny(next, "\\\n\r\t") {
		return ""
	}
	return strings.TrimPrefix(u.RequestURI(), "/")
}
