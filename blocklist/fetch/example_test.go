package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/memstore"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "throwaway.example\ntemp-mail.example")
	}))
	defer server.Close()

	st := memstore.New()
	defer st.Close()
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := ban.WithActor(context.Background(), "alice")
	_, _, err = lists.Subscribe(ctx, blocklist.SubscribeOptions{
		List: "disposable", URL: server.URL, Interval: 6 * time.Hour,
		AllowPrivate: true, // the server of this example is on the loopback interface
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// A program that keeps running has the Fetcher do this by itself.
	fetcher, err := fetch.New(st, lists, fetch.Options{Poll: -1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fetcher.Close()
	results, err := fetcher.FetchDue(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r)
	}
	// Output: list "disposable": applied: 2 added, 0 changed, 0 removed, 0 unchanged, 0 rejected
}
