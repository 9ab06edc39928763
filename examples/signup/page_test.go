package main

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"example.com/ostraka/ban"
)

func get(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

// elements returns the elements of a page, in order.
func elements(t *testing.T, w *httptest.ResponseRecorder) []*html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

// attr returns an attribute of an element, "" if it has none.
func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// names returns the sorted names of elements and of their attributes.
func names(all []*html.Node) []string {
	var names []string
	for _, n := range all {
		names = append(names, n.Data)
		for _, a := range n.Attr {
			names = append(names, n.Data+" "+a.Key)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestWhatPeopleTypeIsNeverMarkup(t *testing.T) {
	hostile := []string{
		`"><script>alert(1)</script>`, `' onfocus=alert(1) x='`, `</input></form><img src=x onerror=alert(1)>`,
		`&quot;&gt;<b>`, "`{{.Password}}`", `</style><script>`, "\x00<i>", `javascript:alert(1)`,
	}
	s := newSite(t, options{}, nil)
	harmless := names(elements(t, s.do(post(form{"", "", ""}))))
	for _, text := range hostile {
		w := s.do(post(form{text, text, "short"}))
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: status %d", text, w.Code)
		}
		all := elements(t, w)
		if got := names(all); !slices.Equal(got, harmless) {
			t.Errorf("%q changes what the page consists of: %v, want %v", text, got, harmless)
		}
		for _, n := range all {
			want := strings.ReplaceAll(text, "\x00", "\uFFFD")
			if name := attr(n, "name"); (name == fieldHandle || name == fieldEmail) && attr(n, "value") != want {
				t.Errorf("%s is filled in with %q, want %q", name, attr(n, "value"), want)
			}
		}
	}
}

func TestAPublicReasonIsNeverMarkup(t *testing.T) {
	const reason = `<script>alert("x")</script><img src=x onerror=y>`
	s := newSite(t, options{}, nil)
	harmless := names(elements(t, s.signUp("eve", "eve@spam.example")))
	s.ban(t, ban.CreateOptions{Kind: ban.KindDomain, Value: "hostile.example", PublicReason: reason})
	all := elements(t, s.signUp("eve", "eve@hostile.example"))
	if got := names(all); !slices.Equal(got, harmless) {
		t.Errorf("the page consists of %v, want %v", got, harmless)
	}
	shown := slices.ContainsFunc(all, func(n *html.Node) bool { return attr(n, "id") == "alert" && strings.Contains(text(n), reason) })
	if !shown {
		t.Error("the reason is not shown")
	}
}

// TestFaults checks that each fault is said at its field and at the top, in a way
// that screen readers find.
func TestFaults(t *testing.T) {
	s := newSite(t, options{}, nil)
	long := strings.Repeat("x", 129)
	for _, c := range []struct {
		rule   string
		form   form
		fields []string
		text   string
	}{
		{"nothing filled in", form{}, []string{fieldHandle, fieldEmail, fieldPassword}, "Enter your e-mail address."},
		{"no user name", form{" ", "ann@good.example", password}, []string{fieldHandle}, "Choose a user name."},
		{"a user name that is an address", form{"ann@x", "ann@good.example", password}, []string{fieldHandle}, "Leave out the @"},
		{"a user name that is too long", form{long, "ann@good.example", password}, []string{fieldHandle}, "at most 64 characters"},
		{"no @", form{"ann", "ann", password}, []string{fieldEmail}, "An address has an @"},
		{"two addresses", form{"ann", "a@x.example,b@x.example", password}, []string{fieldEmail}, "one bare address"},
		{"a short password", form{"ann", "ann@good.example", "1234567"}, []string{fieldPassword}, "8 to 128 characters"},
		{"a long password", form{"ann", "ann@good.example", long}, []string{fieldPassword}, "8 to 128 characters"},
		{"a password that is not UTF-8", form{"ann", "ann@good.example", "\xff2345678"}, []string{fieldPassword}, "UTF-8"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := s.do(post(c.form))
			wantPage(t, w, http.StatusUnprocessableEntity, c.text, "<title>Error: ")
			byID := make(map[string]*html.Node)
			var linked []string
			for _, n := range elements(t, w) {
				if id := attr(n, "id"); id != "" {
					byID[id] = n
				}
				if href, ok := strings.CutPrefix(attr(n, "href"), "#"); ok {
					linked = append(linked, href)
				}
			}
			if !slices.Equal(linked, c.fields) {
				t.Errorf("the summary links to %v, want %v", linked, c.fields)
			}
			for _, field := range []string{fieldHandle, fieldEmail, fieldPassword} {
				input := byID[field]
				if got, want := attr(input, "aria-invalid") == "true", slices.Contains(c.fields, field); got != want {
					t.Errorf("%s invalid: %t, want %t", field, got, want)
				}
				for id := range strings.FieldsSeq(attr(input, "aria-describedby")) {
					if byID[id] == nil || text(byID[id]) == "" {
						t.Errorf("%s is described by %s, which says nothing", field, id)
					}
				}
			}
			if attr(byID["alert"], "role") != "alert" {
				t.Error("nothing is announced")
			}
			if attr(byID[fieldPassword], "value") != "" {
				t.Error("the password is sent back")
			}
		})
	}
	if n := s.count(t); n != 0 {
		t.Errorf("%d accounts", n)
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	s := newSite(t, options{}, nil)
	banned := get("/")
	banned.RemoteAddr = "203.0.113.9:1"
	foreign := post(form{"ann", "ann@good.example", password})
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	for name, r := range map[string]*http.Request{
		"the form": get("/"), "welcome": get(pathWelcome), "pending": get(pathPending), "not found": get("/x"),
		"allowed": post(form{"ann", "ann@good.example", password}), "denied": post(form{"eve", "eve@spam.example", password}),
		"faults": post(form{}), "a banned client": banned, "a foreign form": foreign,
	} {
		w := s.do(r)
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Content-Security-Policy": contentSecurityPolicy,
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestTheContentSecurityPolicyAllowsTheStyleSheetAlone(t *testing.T) {
	s := newSite(t, options{try: true}, nil)
	w := s.do(get("/"))
	policy := w.Header().Get("Content-Security-Policy")
	for _, directive := range []string{"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !slices.Contains(strings.Split(policy, "; "), directive) {
			t.Errorf("no %s in %q", directive, policy)
		}
	}
	styles := 0
	for _, n := range elements(t, w) {
		if n.Data == "style" {
			styles++
			sum := sha256.Sum256([]byte(text(n)))
			if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
				t.Errorf("the policy %q is not for the style sheet, want %s", policy, want)
			}
		}
		if n.Data == "script" || attr(n, "style") != "" || attr(n, "src") != "" {
			t.Errorf("<%s> would be blocked", n.Data)
		}
	}
	if styles != 1 {
		t.Errorf("%d style sheets", styles)
	}
}

func TestWhatToTryIsShownWithTheSamplesOnly(t *testing.T) {
	for _, try := range []bool{false, true} {
		body := newSite(t, options{try: try}, nil).do(get("/")).Body.String()
		for _, c := range tries {
			if strings.Contains(body, c.Email) != try {
				t.Errorf("%s shown: %t, want %t", c.Email, !try, try)
			}
		}
	}
}

// TestTextCanBeRead checks the contrast that WCAG 2.2 asks for, in both color
// schemes: 4.5 for text (1.4.3), 3 for the borders of inputs (1.4.11).
func TestTextCanBeRead(t *testing.T) {
	variable := regexp.MustCompile(`--([a-z-]+): #([0-9a-f]+);`)
	schemes := strings.SplitN(css, "prefers-color-scheme: dark", 2)
	for i, name := range []string{"light", "dark"} {
		colors := make(map[string]float64)
		block, _, _ := strings.Cut(schemes[i], "body {")
		for _, m := range variable.FindAllStringSubmatch(block, -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		for _, c := range []struct {
			text, back string
			least      float64
		}{
			{"text", "back", 4.5}, {"text", "card", 4.5}, {"quiet", "card", 4.5}, {"accent", "card", 4.5}, {"bad", "card", 4.5},
			{"text", "bad-back", 4.5}, {"bad", "bad-back", 4.5}, {"on-accent", "accent", 4.5}, {"line", "card", 3},
		} {
			text, okText := colors[c.text]
			back, okBack := colors[c.back]
			ratio := (max(text, back) + 0.05) / (min(text, back) + 0.05)
			if !okText || !okBack || ratio < c.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, c.text, c.back, ratio, c.least)
			}
		}
	}
}

// luminance returns the relative luminance of a color in sRGB, as WCAG defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
