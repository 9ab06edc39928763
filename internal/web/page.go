package web

import (
	"fmt"
	"html"
	"mime"
	"net/http"
	"strconv"
	"strings"
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

// maxAccepted is how many media ranges of a request are looked at.
const maxAccepted = 32

// PrefersHTML reports whether a request asks for HTML rather than JSON, as those of
// browsers do: by the weights in Accept (RFC 9110, section 12.5.1). Who takes both
// alike, or says nothing, gets JSON.
func PrefersHTML(r *http.Request) bool {
	ranges := strings.SplitN(strings.Join(r.Header.Values("Accept"), ","), ",", maxAccepted+1)
	ranges = ranges[:min(len(ranges), maxAccepted)]
	return weight(ranges, "text", "html") > weight(ranges, "application", "json")
}

// weight returns the weight of a media type: that of the range that names it most
// closely, 0 if none does.
func weight(ranges []string, kind, sub string) (q float64) {
	closest := 0
	for _, r := range ranges {
		media, params, err := mime.ParseMediaType(r)
		if err != nil {
			continue
		}
		near := 0
		switch media {
		case "*/*":
			near = 1
		case kind + "/*":
			near = 2
		case kind + "/" + sub:
			near = 3
		}
		if near <= closest {
			continue
		}
		closest, q = near, 1
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(0 <= q && q <= 1) {
				q = 0
			}
		}
	}
	return q
}
