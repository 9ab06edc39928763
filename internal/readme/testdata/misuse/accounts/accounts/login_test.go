package accounts

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

const password = "correct horse"

// newSite returns the routes over a store with the account of ann.
func newSite(t *testing.T, bans ...ban.CreateOptions) (h http.Handler, st *memstore.Store) {
	t.Helper()
	st = memstore.New()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	admin, err := account.NewAdmin(st, account.AdminOptions{Actor: "test"})
	must(err)
	_, err = admin.Create(t.Context(), account.CreateOptions{Handle: "ann", Email: "ann@example.org", Password: password})
	must(err)
	moderator, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	must(err)
	for _, b := range bans {
		_, err := moderator.Create(t.Context(), b)
		must(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{StaleFor: -1})
	must(err)
	t.Cleanup(func() { checker.Close() })
	auth, err := account.NewAuth(st, account.AuthOptions{Checker: checker})
	must(err)
	site := &Site{Auth: auth, Checker: checker}
	h, err = site.Routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	must(err)
	return h, st
}

func form(login, password string) string {
	return url.Values{"login": {login}, "password": {password}}.Encode()
}

// logIn posts a body of a type.
func logIn(h http.Handler, contentType string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/login", body)
	r.RemoteAddr = "203.0.113.7:4711"
	r.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const formType = "application/x-www-form-urlencoded"

// endless is a body without an end, which counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.read += len(p)
	if e.read > 1<<20 {
		return 0, io.EOF
	}
	return len(p), nil
}

func TestLongBodiesAreNotRead(t *testing.T) {
	h, _ := newSite(t)
	for name, test := range map[string]struct {
		contentType, before string
		want                int
	}{
		"form":           {formType, "login=ann&password=", http.StatusBadRequest},
		"multipart":      {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n", http.StatusUnsupportedMediaType},
		"no type":        {"", "login=", http.StatusUnsupportedMediaType},
		"type of no use": {"text/plain;;", "login=", http.StatusUnsupportedMediaType},
	} {
		rest := &endless{}
		w := logIn(h, test.contentType, io.MultiReader(strings.NewReader(test.before), rest))
		if w.Code != test.want || rest.read > 4*maxForm {
			t.Errorf("%s: %d, want %d; %d bytes read: %s", name, w.Code, test.want, rest.read, w.Body)
		}
	}
}

func TestAMultipartFormLogsNobodyIn(t *testing.T) {
	h, _ := newSite(t)
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	m.WriteField("login", "ann")
	m.WriteField("password", password)
	m.Close()
	if w := logIn(h, m.FormDataContentType(), &body); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("%d, want 415", w.Code)
	}
}

func TestLogIn(t *testing.T) {
	h, _ := newSite(t)
	for name, test := range map[string]struct {
		body    string
		headers []string
		want    int
	}{
		"right":               {form("ann", password), nil, 200},
		"wrong":               {form("ann", "battery staple"), nil, 401},
		"nobody":              {form("nobody", password), nil, 401},
		"empty":               {"", nil, 401},
		"no text":             {form("\x00\xff", "\x00\xff"), nil, 401},
		"not a form":          {"login=%zz", nil, 400},
		"from another site":   {form("ann", password), []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"from another origin": {form("ann", password), []string{"Origin", "https://evil.example"}, 403},
	} {
		w := logIn(h, formType, strings.NewReader(test.body), test.headers...)
		cookies := w.Result().Cookies()
		if w.Code != test.want || (len(cookies) == 1) != (test.want == 200) {
			t.Errorf("%s: %d, %d cookies, want %d: %s", name, w.Code, len(cookies), test.want, w.Body)
		}
		for _, c := range cookies {
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
				t.Errorf("%s: the cookie is %s", name, c)
			}
		}
	}
}

func TestABanIsAboutTheActionOfLoggingIn(t *testing.T) {
	for action, want := range map[ban.Action]int{ban.SignIn: 403, ban.SignUp: 200, ban.Content: 200} {
		h, _ := newSite(t, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.7", Scope: ban.ScopeOf(action)})
		if w := logIn(h, formType, strings.NewReader(form("ann", password))); w.Code != want {
			t.Errorf("banned for %v: %d, want %d", action, w.Code, want)
		}
	}
}

func TestABanOfTheAddressKeepsTheAccountOut(t *testing.T) {
	h, _ := newSite(t, ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@example.org", Scope: ban.ScopeOf(ban.SignIn), Reason: "ticket 4711", PublicReason: "write to us"})
	for password, want := range map[string]int{password: 403, "battery staple": 401} { // who does not know the password learns nothing
		w := logIn(h, formType, strings.NewReader(form("ann", password)))
		if w.Code != want || strings.Contains(w.Body.String(), "4711") || strings.Contains(w.Body.String(), "write to us") != (want == 403) {
			t.Errorf("%d %s, want %d", w.Code, w.Body, want)
		}
	}
}

func TestTooManyTriesWait(t *testing.T) {
	h, _ := newSite(t)
	for range 30 { // what succeeds is not counted
		if w := logIn(h, formType, strings.NewReader(form("ann", password))); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	refused := 0
	for range 25 { // whatever is wrong with them
		if w := logIn(h, "multipart/form-data; boundary=x", &endless{}); w.Code == http.StatusTooManyRequests {
			refused++
			if w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if refused < 4 || refused > 6 {
		t.Errorf("of 25 tries %d were refused, want 5", refused)
	}
}

func TestInAnOutageNobodyIsToldToLogInAgain(t *testing.T) {
	h, st := newSite(t)
	w := logIn(h, formType, strings.NewReader(form("ann", password)))
	r := httptest.NewRequest("GET", "/members/", nil)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	for _, outage := range []bool{false, true} {
		want := 200
		if outage {
			want = 503
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || strings.Contains(w.Body.String(), "closed") {
			t.Errorf("outage %t: %d %s, want %d", outage, w.Code, w.Body, want)
		}
	}
	if w := logIn(h, formType, strings.NewReader(form("ann", password))); w.Code != 503 || strings.Contains(w.Body.String(), "closed") {
		t.Errorf("logging in: %d %s, want 503", w.Code, w.Body)
	}
}

func TestAForgedCookieIsNoSession(t *testing.T) {
	h, _ := newSite(t)
	for _, value := range []string{"", "x", strings.Repeat("a", 43)} {
		r := httptest.NewRequest("GET", "/members/", nil)
		r.AddCookie(&http.Cookie{Name: "__Host-session", Value: value})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d, want 401", value, w.Code)
		}
	}
}
