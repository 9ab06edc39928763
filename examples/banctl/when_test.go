package main

import (
	"math/big"
	"regexp"
	"testing"
	"time"
)

func TestDurationsHaveWeeksAndDays(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"36h": 36 * time.Hour, "7d": 7 * day, "2w": 14 * day, "1w2d": 9 * day, "1d12h": 36 * time.Hour,
		"90m": 90 * time.Minute, "1.5h": 90 * time.Minute, "1w1d1h1m1s": week + day + time.Hour + time.Minute + time.Second,
		"73000d": 200 * 365 * day,
	} {
		if got, err := parseDuration(s); got != want || err != nil {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "0", "0d", "0h", "7", "d", "-7d", "+7d", "7d-1h", "7d+1h", "-1h", "1.5d", "7 d", "1d1w", "1h1d", "7D", "soon",
		"73001d", "99999999999999999999d", "4294967295w", "9223372036s1w", "2000000h", "٧d", "7d\n",
	} {
		if got, err := parseDuration(s); err == nil {
			t.Errorf("%q is %v, want an error", s, got)
		}
	}
}

var (
	wholeDuration = regexp.MustCompile(`^(?:([0-9]+)w)?(?:([0-9]+)d)?((?:[0-9]+(?:\.[0-9]*)?(?:h|m|s|ms|us|µs|μs|ns)|\.[0-9]+(?:h|m|s|ms|us|µs|μs|ns))*|0)$`)
	durationPart  = regexp.MustCompile(`([0-9.]+)(h|ms|m|s|us|µs|μs|ns)`)
	unitLengths   = map[string]int64{
		"h": int64(time.Hour), "m": int64(time.Minute), "s": int64(time.Second), "ms": 1e6, "us": 1e3, "µs": 1e3, "μs": 1e3, "ns": 1,
	}
)

// slowDuration sums up a duration exactly, in nanoseconds, and says how many parts
// it has; nil if it is none.
func slowDuration(s string) (sum *big.Rat, parts int64) {
	m := wholeDuration.FindStringSubmatch(s)
	if m == nil {
		return nil, 0
	}
	sum = new(big.Rat)
	add := func(digits string, length int64) {
		if n, ok := new(big.Rat).SetString("0" + digits); ok {
			sum.Add(sum, n.Mul(n, new(big.Rat).SetInt64(length)))
		}
		parts++
	}
	add(m[1], int64(week))
	add(m[2], int64(day))
	for _, p := range durationPart.FindAllStringSubmatch(m[3], -1) {
		add(p[1], unitLengths[p[2]])
	}
	return sum, parts
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"36h", "7d", "1w2d3h4m5.6s", "1d0", "0.5ms", "1.h", "99999w", "200d.5h", "73000d1ns"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseDuration(s)
		sum, parts := slowDuration(s)
		limit := new(big.Rat).SetInt64(int64(maxDuration))
		if err != nil {
			// The part below a nanosecond is cut off.
			if sum != nil && sum.Cmp(new(big.Rat).SetInt64(parts)) >= 0 && sum.Cmp(limit) <= 0 {
				t.Errorf("%q is %s ns, but: %v", s, sum.FloatString(3), err)
			}
			return
		}
		if sum == nil {
			t.Fatalf("%q is no duration, but was read as %v", s, got)
		}
		off := new(big.Rat).Sub(sum, new(big.Rat).SetInt64(int64(got)))
		if off.Sign() < 0 || off.Cmp(new(big.Rat).SetInt64(parts)) >= 0 || got <= 0 || got > maxDuration {
			t.Errorf("%q is %s ns, but was read as %d", s, sum.FloatString(3), got)
		}
	})
}
