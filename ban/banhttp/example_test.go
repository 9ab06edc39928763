package banhttp_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/memstore"
)

// A site whose moderators ban over HTTP, and where banned addresses do not sign up.
func Example() {
	st := memstore.New()
	defer st.Close()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()

	api, err := banhttp.New(admin, banhttp.Options{Authorize: authorize})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := banhttp.Guard(checker, banhttp.GuardOptions{
		Action:         ban.SignUp,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/admin/", http.StripPrefix("/api/admin", api))
	mux.Handle("/signup", guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _ := banhttp.ClientFrom(r.Context())
		fmt.Fprintln(w, "hello,", client)
	})))

	send(mux, "POST", "/api/admin/bans", `{"ban_type":"ip","ban_value":"203.0.113.0/24","reason":"ticket 17"}`)
	send(mux, "GET", "/signup", "")
	// Output:
	// POST /api/admin/bans: 200, Ban created.
	// GET /signup: 403, banned
}

// authorize stands for a session: here everybody who has a password may do all.
func authorize(r *http.Request, need banhttp.Need) (actor string, err error) {
	user, password, ok := r.BasicAuth()
	if !ok || user != "alice" || password != "correct horse" {
		return "", banhttp.ErrUnauthenticated
	}
	return user, nil
}

// send sends a request of alice's through a proxy, and prints what came of it.
func send(h http.Handler, method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:4711"
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("alice", "correct horse")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer, _ := io.ReadAll(w.Body)
	for _, text := range []string{"Ban created.", "banned"} {
		if strings.Contains(string(answer), `"`+text+`"`) {
			fmt.Printf("%s %s: %d, %s\n", method, path, w.Code, text)
			return
		}
	}
	fmt.Printf("%s %s: %d, %s", method, path, w.Code, answer)
}
