package console_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/console"
	"example.com/ostraka/memstore"
)

// The pages in a program that knows its people by itself: here one whose proxy names
// them. A program with the accounts of package account takes console.Admins instead.
func Example() {
	st := memstore.New()
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	blocks, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	pages, err := console.New(console.Parts{Checker: checker, Bans: bans, Blocks: blocks}, console.Options{
		Authorize: func(r *http.Request) (console.Person, error) {
			name := r.Header.Get("X-Moderator") // set by the proxy, which takes it from nobody else
			if name == "" {
				return console.Person{}, console.ErrUnauthenticated
			}
			return console.Person{Actor: name}, nil // read-only
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/console/", http.StripPrefix("/console", pages))

	for _, name := range []string{"", "mona"} {
		r := httptest.NewRequest("GET", "/console/ask?name=eve", nil)
		r.Header.Set("X-Moderator", name)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.Contains(w.Body.String(), "No rule matches."))
	}
	// Output:
	// 401 false
	// 200 true
}
