package blocklisthttp_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/memstore"
)

// Mastodon's API, for those who have a token.
func Example() {
	st := memstore.New()
	defer st.Close()
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	api, err := blocklisthttp.New(admin, blocklisthttp.Options{Authorize: authorize})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/admin/", http.StripPrefix("/api/v1/admin", api))

	for _, token := range []string{"", "reads", "writes"} {
		r := httptest.NewRequest("POST", "/api/v1/admin/email_domain_blocks", strings.NewReader("domain=spam.example"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		answer, _, _ := strings.Cut(w.Body.String(), `,"created_at"`)
		fmt.Println(w.Code, answer)
	}
	// Output:
	// 403 {"error":"This action is not allowed"}
	// 403 {"error":"This action is outside the authorized scopes"}
	// 200 {"id":"1","domain":"spam.example"
}

// authorize knows two tokens, by their scopes. A host looks them up.
func authorize(r *http.Request, need blocklisthttp.Need) (actor string, err error) {
	tokens := map[string][]string{"reads": {"admin:read"}, "writes": {"admin:write:email_domain_blocks"}}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	granted, known := tokens[token]
	if !ok || !known {
		return "", blocklisthttp.ErrUnauthenticated
	}
	if !slices.ContainsFunc(need.Scopes(), func(s string) bool { return slices.Contains(granted, s) }) {
		return "", blocklisthttp.ErrWrongScope
	}
	return "alice", nil
}
