package moderation

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/console"
	"example.com/ostraka/memstore"
)

// TestWhoMay: strangers and members see nothing, auditors change nothing, and no other
// site makes a change in the name of a moderator.
func TestWhoMay(t *testing.T) {
	st := memstore.New()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	must(err)
	people, err := account.NewAdmin(st, account.AdminOptions{Actor: "test", Passwords: account.PasswordOptions{Memory: 64, Time: 1}})
	must(err)
	auth, err := account.NewAuth(st, account.AuthOptions{Passwords: account.PasswordOptions{Memory: 64, Time: 1}})
	must(err)
	mux := http.NewServeMux()
	must(Mount(mux, console.Parts{Bans: bans}, auth))

	tokens := map[string]string{}
	cookies := map[string]string{}
	for handle, o := range map[string]account.CreateOptions{"admin": {Admin: true}, "auditor": {Roles: []account.Role{{ID: "1", Name: "auditor"}}}, "member": {}} {
		o.Handle, o.Email, o.Password = handle, handle+"@example.org", "correct horse"
		_, err := people.Create(t.Context(), o)
		must(err)
		s, err := auth.Login(t.Context(), handle, "correct horse")
		must(err)
		cookies[handle], tokens[handle] = "__Host-access="+s.Secret, auth.CSRFToken(s)
	}
	send := func(who, method, path, site string, form url.Values) int {
		r := httptest.NewRequest(method, "/console/"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookies[who])
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code
	}
	form := func(who string) url.Values {
		return url.Values{"csrf": {tokens[who]}, "kind": {"name"}, "value": {"eve"}}
	}
	for _, c := range []struct {
		who, method, path, site string
		form                    url.Values
		want                    int
	}{
		{"", "GET", "bans", "none", nil, 401},
		{"member", "GET", "bans", "none", nil, 403},
		{"auditor", "GET", "bans", "none", nil, 200},
		{"auditor", "POST", "ban", "same-origin", form("auditor"), 403},
		{"member", "POST", "ban", "same-origin", form("member"), 403},
		{"admin", "POST", "ban", "same-origin", form("auditor"), 403},
		{"admin", "POST", "ban", "cross-site", form("admin"), 403},
		{"admin", "POST", "ban", "same-site", form("admin"), 403},
		{"admin", "POST", "ban", "same-origin", form("admin"), 303},
	} {
		if got := send(c.who, c.method, c.path, c.site, c.form); got != c.want {
			t.Errorf("%s %s as %q from %s: %d, want %d", c.method, c.path, c.who, c.site, got, c.want)
		}
	}
	if n, err := bans.Count(t.Context(), ban.Filter{}); err != nil || n != 1 {
		t.Errorf("%d bans, %v", n, err)
	}
}
