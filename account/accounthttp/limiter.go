package accounthttp

import (
	"net/http"
	"net/netip"
	"time"

	"example.com/ostraka/ban/ratelimit"
	"example.com/ostraka/internal/web"
)

// Rate bounds how often something may fail; see [ratelimit.Rate].
type Rate = ratelimit.Rate

// newLimiter returns a limiter at a rate that was checked.
func newLimiter[K comparable](rate Rate, now func() time.Time) *ratelimit.Limiter[K] {
	l, err := ratelimit.New[K](rate, ratelimit.Options{Now: now})
	if err != nil {
		panic(err) // a default that is none
	}
	return l
}

// clientOf returns the client of a request as limiters know it. Clients whose
// address cannot be told are all one.
func clientOf(proxies web.Proxies, r *http.Request) netip.Prefix {
	addr, _ := proxies.Client(r) // none, if it cannot be told
	return ratelimit.Client(addr)
}
