package web

import (
	"fmt"
	"html"
	"net/http"
	"strconv"
)

// Page is an answer for people: a title and a sentence, without anything of the
// request in it, and without scripts or styles.
type Page struct {
	Status      int
	Header      http.Header
	Title, Text string // plain text
}

// pageForm is a page; %[1]s is its title, %[2]s its text.
const pageForm = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%[1]s</title>
<h1>%[1]s</h1>
<p>%[2]s</p>
`

// Write sends the page, which nobody may keep.
func (p Page) Write(w http.ResponseWriter, to *http.Request) {
	body := fmt.Sprintf(pageForm, html.EscapeString(p.Title), html.EscapeString(p.Text))
	h := w.Header()
	for name, values := range p.Header {
		h[name] = values
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	if to.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // whoever does not take it has gone
	}
}
