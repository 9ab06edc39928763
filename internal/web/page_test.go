package web_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"example.com/ostraka/internal/web"
)

func TestWhoPrefersHTML(t *testing.T) {
	for name, c := range map[string]struct {
		accept []string
		html   bool
	}{
		"Firefox":                         {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, true},
		"Chromium":                        {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"}, true},
		"no header":                       {nil, false},
		"anything":                        {[]string{"*/*"}, false},
		"JSON":                            {[]string{"application/json"}, false},
		"JSON, or else text":              {[]string{"application/json, text/plain, */*"}, false},
		"HTML, JSON rather":               {[]string{"text/html;q=0.4, application/json;q=0.5"}, false},
		"JSON, HTML rather":               {[]string{"application/json;q=0.5, text/html;q=0.6"}, true},
		"both alike":                      {[]string{"text/html, application/json"}, false},
		"any text":                        {[]string{"text/*"}, true},
		"any text but HTML":               {[]string{"text/html;q=0, text/*"}, false},
		"HTML is named after anything":    {[]string{"*/*;q=0.9, text/html"}, true},
		"in capital letters":              {[]string{"TEXT/HTML;Q=1"}, true},
		"in several lines":                {[]string{"application/json;q=0.1", "text/html"}, true},
		"with a level":                    {[]string{"text/html;level=1"}, true},
		"a weight that is none":           {[]string{"text/html;q=x"}, false},
		"a weight above 1":                {[]string{"text/html;q=7, */*"}, false},
		"what is no range is passed over": {[]string{";;, text/html"}, true},
		"behind far too many":             {[]string{strings.Repeat("a/b,", 1000) + "text/html"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Accept"] = c.accept
			if got := web.PrefersHTML(r); got != c.html {
				t.Errorf("%v, want %v", got, c.html)
			}
		})
	}
}

func FuzzPrefersHTML(f *testing.F) {
	for _, s := range []string{"text/html", "*/*;q=0.8,text/*;q=0", "application/json;q=1e-3", "a/b;q=\"0.5\"", ",,;=", "text/html;q=NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if html := web.PrefersHTML(r); html && !strings.Contains(strings.ToLower(accept), "text/") {
			t.Errorf("%q does not ask for HTML", accept)
		}
	})
}

func TestAPageHasNoMarkupOfOthers(t *testing.T) {
	var lengths []string
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		web.Page{Status: 503, Header: http.Header{"Retry-After": {"1"}}, Title: "<b>", Text: `"&'`}.Write(w, httptest.NewRequest(method, "/", nil))
		body := w.Body.String()
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
		if want := method == "GET"; (body != "") != want || strings.Contains(body, "<b>") || want && !strings.Contains(body, "&lt;b&gt;") {
			t.Errorf("%s: %s", method, body)
		}
		lengths = append(lengths, w.Header().Get("Content-Length"))
		if method == "GET" && lengths[0] != strconv.Itoa(len(body)) {
			t.Errorf("the length is said to be %s, and is %d", lengths[0], len(body))
		}
	}
	if lengths[0] != lengths[1] { // RFC 9110, section 9.3.2
		t.Errorf("the lengths by GET and HEAD are %q", lengths)
	}
}

func TestAnAnswerWithOneMoreHeaderLeavesTheFirst(t *testing.T) {
	shared := web.Reply{Body: 1}.With("Allow", "GET")
	one := shared.With("Retry-After", "1")
	if shared.Header.Get("Retry-After") != "" || one.Header.Get("Retry-After") != "1" || one.Header.Get("Allow") != "GET" {
		t.Errorf("%v and %v", shared.Header, one.Header)
	}
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		if err := one.Write(w, httptest.NewRequest(method, "/", nil)); err != nil {
			t.Fatal(err)
		}
		if w.Header().Get("Content-Length") != "1" || w.Header().Get("Retry-After") != "1" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", method, w.Header())
		}
	}
}
