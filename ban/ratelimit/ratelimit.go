// Package ratelimit bounds how often each client may do something: fail to sign in,
// sign up, ask for a mail. A login form in front of everybody wants it before
// anything of a request is parsed.
//
//	limiter, err := ratelimit.New[netip.Prefix](ratelimit.Rate{Burst: 10, Every: time.Minute}, ratelimit.Options{})
//	…
//	if wait := limiter.Take(ratelimit.Client(addr)); wait > 0 {
//		w.Header().Set("Retry-After", ratelimit.RetryAfter(wait))
//		http.Error(w, "Too many tries.", http.StatusTooManyRequests)
//		return
//	}
//
// It is in memory, for one process: what is bounded is the work of this process. Its
// own memory is bounded too, whatever strangers do.
package ratelimit

import (
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"example.com/ostraka/ban/value"
)

// Rate is how often something may be done: Burst times at once, and then once in
// every Every. The zero value stands for a default, where there is one.
type Rate struct {
	Burst int           // 1 to 1,000,000
	Every time.Duration // above 0, at most a day
}

// OrDefault returns the rate, or the default if it is zero. One that is out of range
// gives a [*value.ValueError] about the field, which is the name of an option.
func (r Rate) OrDefault(field string, def Rate) (Rate, error) {
	if r == (Rate{}) {
		return def, nil
	}
	if r.Burst < 1 || r.Burst > 1_000_000 || r.Every <= 0 || r.Every > 24*time.Hour {
		return Rate{}, value.NewValueError(field, fmt.Sprintf("%d, %v", r.Burst, r.Every), value.CodeRange,
			"give a Burst of 1 to 1,000,000 and an Every of at most a day, or neither for the default if there is one")
	}
	return r, nil
}

// Options configures a [Limiter]. The zero value is the default.
type Options struct {
	// MaxKeys bounds the keys that are kept in mind, at some 200 bytes each. Above
	// it the one that was used longest ago is forgotten, and has its whole burst
	// again: who has enough addresses to push others out could as well use them all.
	// Default 32,768.
	MaxKeys int

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// DefaultMaxKeys is the default of [Options.MaxKeys].
const DefaultMaxKeys = 1 << 15

// Limiter bounds what is done by key. It is a generic cell rate algorithm (ITU-T
// I.371): all it keeps of a key is when it will have its whole burst again. It is
// safe for concurrent use, has no goroutine, and needs no end.
type Limiter[K comparable] struct {
	rate Rate
	now  func() time.Time

	mu    sync.Mutex
	whole *simplelru.LRU[K, time.Time]
}

// New returns a Limiter. What is out of range gives a [*value.ValueError].
func New[K comparable](rate Rate, o Options) (*Limiter[K], error) {
	if rate == (Rate{}) {
		return nil, value.NewValueError("rate", "", value.CodeEmpty, "give a Burst and an Every")
	}
	rate, err := rate.OrDefault("rate", rate)
	if err != nil {
		return nil, err
	}
	if o.MaxKeys < 0 {
		return nil, value.NewValueError("MaxKeys", fmt.Sprint(o.MaxKeys), value.CodeRange, "give a number of keys, or 0 for the default")
	}
	if o.MaxKeys == 0 {
		o.MaxKeys = DefaultMaxKeys
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	whole, err := simplelru.NewLRU[K, time.Time](o.MaxKeys, nil)
	if err != nil {
		return nil, fmt.Errorf("a limiter of %d keys: %w", o.MaxKeys, err)
	}
	return &Limiter[K]{rate: rate, now: o.Now, whole: whole}, nil
}

// Take counts one use by the key. If there is none left it counts nothing, and
// returns how long to wait for one, which is above 0.
func (l *Limiter[K]) Take(key K) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	limit := now.Add(time.Duration(l.rate.Burst) * l.rate.Every)
	whole, ok := l.whole.Get(key)
	if !ok || whole.Before(now) {
		whole = now
	}
	if whole.After(limit) { // the clock was set back: from now on it counts by that
		whole = limit
		l.whole.Add(key, whole)
	}
	whole = whole.Add(l.rate.Every)
	if wait = whole.Sub(limit); wait > 0 {
		return wait
	}
	l.whole.Add(key, whole)
	return 0
}

// GiveBack takes back one use that [Limiter.Take] has counted, for limits on what
// fails: take one first, so that many tries at once are as many, and give back that
// of a try that succeeds.
func (l *Limiter[K]) GiveBack(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if whole, ok := l.whole.Peek(key); ok {
		l.whole.Add(key, whole.Add(-l.rate.Every))
	}
}

// Len returns how many keys are kept in mind.
func (l *Limiter[K]) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.whole.Len()
}

// forget removes keys that have their whole burst, as far as they are the ones
// that were not used for longest.
func (l *Limiter[K]) forget(now time.Time) {
	for {
		_, whole, ok := l.whole.GetOldest()
		if !ok || whole.After(now) {
			return
		}
		l.whole.RemoveOldest()
	}
}

// Client returns the key of a client: its IPv4 address, or of IPv6 the /64, which one
// subscriber has whole. An IPv4 address in IPv6 form is that address. Clients without
// an address are all one, the zero Prefix.
func Client(addr netip.Addr) netip.Prefix { return prefix(addr, 32, 64) }

// Network returns the key of the network that a client is in: the /24 of its IPv4
// address, or of IPv6 the /48, which one site has (RFC 6177).
func Network(addr netip.Addr) netip.Prefix { return prefix(addr, 24, 48) }

func prefix(addr netip.Addr, v4, v6 int) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := v4
	if addr.Is6() {
		bits = v6
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // it is none
	}
	return p
}

// RetryAfter returns a time to wait as the header Retry-After has it: in whole
// seconds, rounded up (RFC 9110, section 10.2.3).
func RetryAfter(wait time.Duration) string {
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}
