package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"example.com/ostraka/ban/ratelimit"
)

// Two sign-ups at once for each client, then one a minute.
func Example() {
	limiter, err := ratelimit.New[netip.Prefix](ratelimit.Rate{Burst: 2, Every: time.Minute}, ratelimit.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	signUp := func(w http.ResponseWriter, r *http.Request) {
		peer, _ := netip.ParseAddrPort(r.RemoteAddr) // behind proxies: banhttp.ClientFrom
		if wait := limiter.Take(ratelimit.Client(peer.Addr())); wait > 0 {
			w.Header().Set("Retry-After", ratelimit.RetryAfter(wait))
			http.Error(w, "Too many sign-ups.", http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
	for range 3 {
		w := httptest.NewRecorder()
		signUp(w, httptest.NewRequest("POST", "/", nil))
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Retry-After"))
	}
	// Output:
	// 204 ""
	// 204 ""
	// 429 "60"
}
