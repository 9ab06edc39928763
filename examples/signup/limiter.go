package main

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

const (
	defaultBurst = 10
	defaultEvery = time.Minute

	// maxClients bounds how many clients a limiter keeps in mind. Who has enough
	// addresses to push others out of it could as well sign up from them all.
	maxClients = 1 << 15
)

// limiter bounds how often each client may sign up.
type limiter struct {
	every time.Duration
	burst int
	now   func() time.Time

	mu      sync.Mutex
	clients *simplelru.LRU[netip.Prefix, *rate.Limiter]
}

func newLimiter(burst int, every time.Duration, now func() time.Time) (*limiter, error) {
	clients, err := simplelru.NewLRU[netip.Prefix, *rate.Limiter](maxClients, nil)
	if err != nil {
		return nil, err
	}
	return &limiter{every: every, burst: burst, now: now, clients: clients}, nil
}

// take counts a sign-up of the client. If it has none left nothing is counted, and
// take returns how long to wait for one.
func (l *limiter) take(client netip.Addr) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := networkOf(client)
	limit, ok := l.clients.Get(key)
	if !ok {
		limit = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.clients.Add(key, limit)
	}
	now := l.now()
	reserved := limit.ReserveN(now, 1)
	if wait = reserved.DelayFrom(now); wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// networkOf returns what one subscriber has: an IPv4 address, or a /64 of IPv6.
// Clients without an address are all one, the zero Prefix.
func networkOf(client netip.Addr) netip.Prefix {
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	p, err := client.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
