package ratelimit_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"example.com/ostraka/ban/ratelimit"
	"example.com/ostraka/ban/value"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func newLimiter(t testing.TB, rate ratelimit.Rate, now func() time.Time) *ratelimit.Limiter[string] {
	t.Helper()
	l, err := ratelimit.New[string](rate, ratelimit.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLimiterAgainstALog compares a limiter with the slow way: a bucket that is
// refilled by one every so often.
func TestLimiterAgainstALog(t *testing.T) {
	rate := ratelimit.Rate{Burst: 4, Every: 10 * time.Second}
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := noon
		l := newLimiter(t, rate, func() time.Time { return now })
		type bucket struct {
			left    float64 // tries, in fractions of one
			counted time.Time
		}
		buckets := map[string]*bucket{}
		for i := range 300 {
			now = now.Add(time.Duration(random.IntN(5)) * time.Second)
			key := fmt.Sprint(random.IntN(3))
			b := buckets[key]
			if b == nil {
				b = &bucket{left: 4, counted: now}
				buckets[key] = b
			}
			b.left = min(4, b.left+now.Sub(b.counted).Seconds()/10)
			b.counted = now
			if random.IntN(5) == 0 {
				// Only what was taken is given back.
				if b.left <= 3 {
					l.GiveBack(key)
					b.left++
				}
				continue
			}
			var want time.Duration
			if b.left < 1-1e-9 {
				want = time.Duration((1 - b.left) * 10 * float64(time.Second)).Round(time.Millisecond)
			} else {
				b.left--
			}
			if got := l.Take(key); got.Round(time.Millisecond) != want {
				t.Fatalf("seed %d, step %d: wait %v, want %v", seed, i, got, want)
			}
		}
	}
}

func TestLimiterIsBounded(t *testing.T) {
	now := noon
	l := newLimiter(t, ratelimit.Rate{Burst: 2, Every: time.Minute}, func() time.Time { return now })
	for i := range ratelimit.DefaultMaxKeys + 1000 {
		l.Take(fmt.Sprint(i))
	}
	if n := l.Len(); n != ratelimit.DefaultMaxKeys {
		t.Errorf("%d keys, want %d", n, ratelimit.DefaultMaxKeys)
	}
	now = now.Add(2 * time.Minute)
	l.Take("one more")
	if n := l.Len(); n != 1 {
		t.Errorf("%d keys when all others have their tries back, want 1", n)
	}
}

func TestAClockThatIsSetBackLocksNobodyOutForLong(t *testing.T) {
	for name, back := range map[string]time.Duration{"an hour": time.Hour, "ten years": 10 * 365 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			now := noon
			l := newLimiter(t, ratelimit.Rate{Burst: 2, Every: time.Minute}, func() time.Time { return now })
			l.Take("a")
			now = now.Add(-back)
			wait := l.Take("a")
			if wait > time.Minute {
				t.Errorf("wait %v", wait)
			}
			for range 3 { // whoever waits for as long as they are told may go on
				now = now.Add(wait)
				if wait = l.Take("a"); wait == 0 {
					return
				}
			}
			t.Errorf("still to wait %v", wait)
		})
	}
}

func BenchmarkTake(b *testing.B) {
	now := noon
	l := newLimiter(b, ratelimit.Rate{Burst: 20, Every: 3 * time.Second}, func() time.Time { return now })
	keys := make([]string, 1<<16) // twice what it keeps
	for i := range keys {
		keys[i] = fmt.Sprint("user-", i, "@example.org")
	}
	for i := 0; b.Loop(); i++ {
		l.Take(keys[i%len(keys)])
	}
}

func TestWhoIsOneClient(t *testing.T) {
	for _, c := range []struct{ addr, client, network string }{
		{"192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"},
		{"::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"},
		{"2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"},
		{"fe80::1%eth0", "fe80::/64", "fe80::/48"},
	} {
		addr := netip.MustParseAddr(c.addr)
		if got := ratelimit.Client(addr).String(); got != c.client {
			t.Errorf("the client at %s is %s, want %s", c.addr, got, c.client)
		}
		if got := ratelimit.Network(addr).String(); got != c.network {
			t.Errorf("the network of %s is %s, want %s", c.addr, got, c.network)
		}
	}
	if got := ratelimit.Client(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("a client without an address is %v", got)
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	for wait, want := range map[time.Duration]string{time.Nanosecond: "1", time.Second: "1", time.Second + 1: "2", time.Hour: "3600"} {
		if got := ratelimit.RetryAfter(wait); got != want {
			t.Errorf("%v is %s, want %s", wait, got, want)
		}
	}
}

func TestWhatIsOutOfRange(t *testing.T) {
	for rule, c := range map[string]struct {
		rate    ratelimit.Rate
		maxKeys int
		field   string
	}{
		"no rate":        {ratelimit.Rate{}, 0, "rate"},
		"no burst":       {ratelimit.Rate{Every: time.Second}, 0, "rate"},
		"a huge burst":   {ratelimit.Rate{Burst: 1_000_001, Every: time.Second}, 0, "rate"},
		"no interval":    {ratelimit.Rate{Burst: 1}, 0, "rate"},
		"a long one":     {ratelimit.Rate{Burst: 1, Every: 25 * time.Hour}, 0, "rate"},
		"a negative one": {ratelimit.Rate{Burst: 1, Every: -1}, 0, "rate"},
		"no room":        {ratelimit.Rate{Burst: 1, Every: 1}, -1, "MaxKeys"},
	} {
		_, err := ratelimit.New[int](c.rate, ratelimit.Options{MaxKeys: c.maxKeys})
		if bad, ok := errors.AsType[*value.ValueError](err); !ok || bad.Field != c.field || bad.Hint == "" {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
