package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/ostraka/console"
)

// withSessions has people sign in with any password, as the name that they give.
func (w *world) withSessions() {
	w.t.Helper()
	w.options.Authorize = func(r *http.Request) (console.Person, error) {
		c, err := r.Cookie("session")
		if err != nil {
			return console.Person{}, console.ErrUnauthenticated
		}
		return console.Person{Actor: c.Value, Role: console.Moderator, CSRFToken: "token-of-" + c.Value}, nil
	}
	w.options.SignIn = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "nora", Path: "/"})
	})
	w.remake()
}

// TestAFormOutlivesItsSession: what was filled in comes back after signing in, and is
// sent by whoever signed in, by a press of a button.
func TestAFormOutlivesItsSession(t *testing.T) {
	w := newWorld(t)
	w.withSessions()
	send := func(path, session string, fields url.Values) reply {
		r := w.formRequest("", path, fields)
		if session != "" {
			r.AddCookie(&http.Cookie{Name: "session", Value: session})
		}
		return w.do(r)
	}
	form := url.Values{"csrf": {"an old one"}, "value": {"spam.example"}, "reason": {`a "wave" <b>`}, "scope": {"sign_up", "mail"}, "step": {"save"}}
	asked := send("/ban", "", form).want(401, "You are not signed in any more", "the form you sent comes back")
	packed := fieldValue(asked.body, "kept")
	before := w.changes()
	wrong := send("/sign-in", "", url.Values{"login": {""}, "password": {""}, "kept": {packed}}).want(422)
	if fieldValue(wrong.body, "kept") != packed {
		t.Error("the form is lost by a wrong sign-in")
	}
	back := send("/sign-in", "", url.Values{"login": {"nora"}, "password": {"x"}, "kept": {packed}}).
		want(200, "Your form is still here", `action="ban"`, "token-of-nora", "a &#34;wave&#34; &lt;b&gt;", "!an old one", "!<b>")
	if w.changes() != before {
		t.Error("signing in sends the form")
	}
	if back.header.Get("Set-Cookie") == "" {
		t.Error("no session was begun")
	}
	form.Set("csrf", "token-of-nora")
	send("/ban", "nora", form).want(303)

	// The token of another session: the form comes back too, but not without any.
	form.Set("csrf", "token-of-mona")
	form.Set("value", "other.example")
	send("/ban", "nora", form).want(403, "older session", `value="other.example"`, "token-of-nora")
	form.Del("csrf")
	send("/ban", "nora", form).want(403, "!other.example")
}

// TestFormsThatAreNotKept: of other sites, too long, of no page of ours.
func TestFormsThatAreNotKept(t *testing.T) {
	w := newWorld(t)
	w.withSessions()
	foreign := w.formRequest("", "/ban", url.Values{"value": {"spam.example"}})
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	w.do(foreign).want(401, `!name="kept"`)
	w.do(w.formRequest("", "/ban", url.Values{"reason": {strings.Repeat("x", 40_000)}})).want(401, `!name="kept"`)
	for path, ok := range map[string]bool{
		"ban": true, "bans/revoke": true, "nonsense": false, "sign-out": false, "sign-in": false, "//evil.example/ban": false, "https://evil.example/ban": false, "": false,
	} {
		form := url.Values{"login": {"nora"}, "password": {"x"}, "kept": {packed(path + "\nvalue=x")}}
		a := w.do(w.formRequest("", "/sign-in", form))
		if kept := a.status == 200; kept != ok {
			t.Errorf("%q is kept: %v: %d", path, kept, a.status)
		}
	}
	for _, kept := range []string{"x", packed("ban"), packed("ban\n%zz"), packed("ban\nvalue=" + strings.Repeat("x", 17<<20))} {
		if a := w.do(w.formRequest("", "/sign-in", url.Values{"login": {"nora"}, "password": {"x"}, "kept": {kept}})); a.status != 303 {
			t.Errorf("%.20q: %d", kept, a.status)
		}
	}
}
