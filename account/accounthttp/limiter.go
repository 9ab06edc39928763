package accounthttp

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// Rate bounds how often something may fail: Burst times at once, and then once in
// every Every. The zero value stands for a default.
type Rate struct {
	Burst int
	Every time.Duration
}

// orDefault returns the rate, or the default if it is zero.
func (r Rate) orDefault(field string, def Rate) (Rate, error) {
	if r == (Rate{}) {
		return def, nil
	}
	if r.Burst < 1 || r.Every <= 0 || r.Every > 24*time.Hour || r.Burst > 1_000_000 {
		return Rate{}, ban.NewValueError(field, "", ban.CodeRange, "give a Burst of 1 to 1,000,000 and an Every of at most a day, or neither for the default")
	}
	return r, nil
}

// maxTracked bounds how many clients, or logins, a limiter keeps in mind. Who has
// enough addresses to push others out of it could as well try from them all.
const maxTracked = 1 << 15

// limiter counts failures by key. It is a generic cell rate algorithm (ITU-T
// I.371): all it keeps of a key is when it will have its whole burst again.
type limiter[K comparable] struct {
	rate Rate
	now  func() time.Time

	mu    sync.Mutex
	whole *simplelru.LRU[K, time.Time]
}

func newLimiter[K comparable](rate Rate, now func() time.Time) *limiter[K] {
	return &limiter[K]{rate: rate, now: now, whole: newLRU[K]()}
}

// newLRU returns a table of times for maxTracked keys.
func newLRU[K comparable]() *simplelru.LRU[K, time.Time] {
	lru, err := simplelru.NewLRU[K, time.Time](maxTracked, nil)
	if err != nil {
		panic(err) // the size is a constant above 0
	}
	return lru
}

// take counts one failure. If there are none left it counts nothing, and returns
// how long to wait for one.
func (l *limiter[K]) take(key K) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	limit := now.Add(time.Duration(l.rate.Burst) * l.rate.Every)
	whole, ok := l.whole.Get(key)
	if !ok || whole.Before(now) {
		whole = now
	}
	if whole.After(limit) { // the clock was set back
		whole = limit
	}
	whole = whole.Add(l.rate.Every)
	if wait = whole.Sub(limit); wait > 0 {
		return wait
	}
	l.whole.Add(key, whole)
	return 0
}

// giveBack takes back what take has counted.
func (l *limiter[K]) giveBack(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if whole, ok := l.whole.Peek(key); ok {
		l.whole.Add(key, whole.Add(-l.rate.Every))
	}
}

// forget removes keys that have their whole burst, as far as they are the ones
// that were not used for longest.
func (l *limiter[K]) forget(now time.Time) {
	for {
		_, whole, ok := l.whole.GetOldest()
		if !ok || whole.After(now) {
			return
		}
		l.whole.RemoveOldest()
	}
}

// clientOf returns the client of a request as limiters know it: its address, of
// IPv6 the /64, which one subscriber has whole. Clients whose address cannot be
// told are all one: the zero Prefix.
func clientOf(proxies web.Proxies, r *http.Request) netip.Prefix {
	addr, err := proxies.Client(r)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
