package accounthttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/memstore"
)

// An admin signs in, makes a ban, and suspends somebody.
func Example() {
	st := memstore.New()
	defer st.Close()
	admin, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := account.NewAuth(st, account.AuthOptions{})
	if err != nil {
		log.Fatal(err)
	}
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := ban.WithActor(context.Background(), "setup")
	for _, o := range []account.CreateOptions{
		{Handle: "alice", Email: "alice@example.org", Password: "correct horse", Admin: true},
		{Handle: "bob", Email: "bob@example.org"},
	} {
		if _, err := admin.Create(ctx, o); err != nil {
			log.Fatal(err)
		}
	}

	who, err := accounthttp.NewAuthorizer(auth, accounthttp.AuthorizerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	signIn, err := accounthttp.NewSignIn(who, accounthttp.SignInOptions{Storyden: true})
	if err != nil {
		log.Fatal(err)
	}
	suspensions, err := accounthttp.NewSuspensions(admin, accounthttp.Options{Authorize: who.StorydenSession})
	if err != nil {
		log.Fatal(err)
	}
	banAPI, err := banhttp.New(bans, banhttp.Options{Authorize: who.SessionCookie})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", http.StripPrefix("/api", signIn))
	mux.Handle("/api/admin/", http.StripPrefix("/api/admin", banAPI))
	mux.Handle("/storyden/api/", http.StripPrefix("/storyden/api", suspensions))

	b := &browser{site: mux}
	b.send("POST", "/api/admin/bans", `{"ban_type":"name","ban_value":"eve"}`)
	answer := b.send("POST", "/api/auth/sign-in", `{"login":"alice","password":"correct horse"}`)
	b.send("POST", "/api/admin/bans", `{"ban_type":"name","ban_value":"eve"}`)
	b.csrfToken = answer["csrf_token"].(string)
	b.send("POST", "/api/admin/bans", `{"ban_type":"name","ban_value":"eve"}`)
	bob := b.send("POST", "/storyden/api/admin/bans/bob", "")
	fmt.Println("bob is suspended:", bob["suspended"] != nil)
	// Output:
	// POST /api/admin/bans: 401 Unauthorized
	// POST /api/auth/sign-in: 200 OK
	// POST /api/admin/bans: 403 Forbidden
	// POST /api/admin/bans: 200 OK
	// POST /storyden/api/admin/bans/bob: 200 OK
	// bob is suspended: true
}

// browser keeps cookies, as browsers do.
type browser struct {
	site      http.Handler
	cookies   []*http.Cookie
	csrfToken string
}

// send sends a request, and prints what came of it.
func (b *browser) send(method, path, body string) (answer map[string]any) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-CSRF-Token", b.csrfToken)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	b.cookies = append(b.cookies, w.Result().Cookies()...)
	fmt.Printf("%s %s: %s\n", method, path, w.Result().Status)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		log.Fatal(err)
	}
	return answer
}
