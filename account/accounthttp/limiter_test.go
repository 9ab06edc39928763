package accounthttp_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/ostraka/account/accounthttp"
)

// TestLimiterAgainstALog compares a limiter with the slow way: a bucket that is
// refilled by one every so often.
func TestLimiterAgainstALog(t *testing.T) {
	rate := accounthttp.Rate{Burst: 4, Every: 10 * time.Second}
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := noon
		l := accounthttp.NewLimiter(rate, func() time.Time { return now })
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
					accounthttp.GiveBack(l, key)
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
			if got := accounthttp.Take(l, key); got.Round(time.Millisecond) != want {
				t.Fatalf("seed %d, step %d: wait %v, want %v", seed, i, got, want)
			}
		}
	}
}

func TestLimiterIsBounded(t *testing.T) {
	now := noon
	l := accounthttp.NewLimiter(accounthttp.Rate{Burst: 2, Every: time.Minute}, func() time.Time { return now })
	for i := range accounthttp.MaxTracked + 1000 {
		accounthttp.Take(l, fmt.Sprint(i))
	}
	if n := accounthttp.Len(l); n != accounthttp.MaxTracked {
		t.Errorf("%d keys, want %d", n, accounthttp.MaxTracked)
	}
	now = now.Add(2 * time.Minute)
	accounthttp.Take(l, "one more")
	if n := accounthttp.Len(l); n != 1 {
		t.Errorf("%d keys when all others have their tries back, want 1", n)
	}
}

func TestAClockThatIsSetBackLocksNobodyOutForLong(t *testing.T) {
	now := noon
	l := accounthttp.NewLimiter(accounthttp.Rate{Burst: 2, Every: time.Minute}, func() time.Time { return now })
	accounthttp.Take(l, "a")
	now = now.Add(-time.Hour)
	if wait := accounthttp.Take(l, "a"); wait > time.Minute {
		t.Errorf("wait %v", wait)
	}
}

func BenchmarkTake(b *testing.B) {
	now := noon
	l := accounthttp.NewLimiter(accounthttp.Rate{Burst: 20, Every: 3 * time.Second}, func() time.Time { return now })
	keys := make([]string, 1<<16) // twice what it keeps
	for i := range keys {
		keys[i] = fmt.Sprint("user-", i, "@example.org")
	}
	for i := 0; b.Loop(); i++ {
		accounthttp.Take(l, keys[i%len(keys)])
	}
}
