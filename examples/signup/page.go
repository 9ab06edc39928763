package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"example.com/ostraka/account"
)

//go:embed page.css
var css string

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// The paths of the pages that follow on the form.
const (
	pathWelcome = "/welcome"
	pathPending = "/pending"
)

// page is what a person sees.
type page struct {
	Title   string // of the window
	Heading string
	Text    string // below the heading

	Alert  string  // what kept a sign-up from happening; empty: nothing
	Faults []fault // what is wrong with which field
	Form   *form   // as it was filled in; nil: no form
	Back   bool    // link to the form
	Tries  []try   // what to try
}

const siteName = "Ostraka sample site"

func newPage(heading, text string) page {
	return page{Title: heading + " – " + siteName, Heading: heading, Text: text}
}

// newRefusal returns a page that has no form, and says why.
func newRefusal(heading, why string) page {
	p := newPage(heading, "")
	p.Alert, p.Back = why, true
	return p
}

// newOutcome returns a page that has no form, and says what comes next.
func newOutcome(heading, text string) page {
	p := newPage(heading, text)
	p.Back = true
	return p
}

// The pages that say one thing.
var (
	welcomePage = newOutcome("Thank you for signing up",
		"We have written to the address that you gave. The message says how to go on.")
	pendingPage = newOutcome("A person will look at your sign-up",
		"Before you can come in, one of our moderators has to approve it. You need not do anything: we write to the address that you gave.")
	foreignPage = newRefusal("This form did not come from here",
		"Your browser says that the form was sent by another site. Please go to the sign-up page and fill it in there.")
	unreadablePage = newRefusal("This form cannot be read",
		"Please go to the sign-up page and fill it in there.")
)

// deniedPage is for a client who sees no form.
func deniedPage(why error) page {
	p := newRefusal("You cannot sign up here", upper(why.Error()))
	p.Back = false
	return p
}

// formPage has the form, filled in but for the password.
func (h *host) formPage(f form) page {
	p := newPage("Sign up", "")
	f.Password = ""
	p.Form = &f
	if h.try {
		p.Tries = tries
	}
	return p
}

// FaultOf returns what is wrong with a field, for the template.
func (p page) FaultOf(field string) string {
	for _, f := range p.Faults {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}

// CSS is the style sheet, for the template. It is in the page, so that one that is
// refused to a banned client is whole.
func (page) CSS() template.CSS { return template.CSS(css) }

// MinPassword is the least length of a password, for the template.
func (page) MinPassword() int { return account.MinPassword }

func (p page) write(w http.ResponseWriter, status int) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that has gone
}

// contentSecurityPolicy lets a page use its own style sheet, known by its hash,
// and send its form here, and nothing else: no scripts, images or frames.
var contentSecurityPolicy = func() string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// withHeaders gives every answer the headers that keep browsers from what no page
// here wants.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		// With no-referrer a browser sends "Origin: null" with the form (Fetch
		// Standard, "append a request Origin header"), which is no proof that it is
		// ours where Sec-Fetch-Site is missing, as over plain HTTP.
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store") // the form is filled in
		next.ServeHTTP(w, r)
	})
}
