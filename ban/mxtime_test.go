package ban_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// timedChecker is mxChecker within synctest: the caller closes it.
func timedChecker(t *testing.T, opts ban.MXOptions) *ban.Checker {
	t.Helper()
	st := memstore.New()
	addRule(t, st, "deny domain spam.example")
	c, err := ban.NewChecker(st, ban.CheckerOptions{MX: opts, PollInterval: -1, FlushInterval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASlowDNSDelaysACheckNoLongerThanTheTimeout(t *testing.T) {
	for name, z := range map[string]*zone{
		"slow":              {delay: time.Hour},
		"slow and deaf":     {delay: time.Hour, deaf: true},
		"late for the host": {delay: 1500 * time.Millisecond, mx: map[string]string{"one.example": "mx.plain.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := timedChecker(t, ban.MXOptions{Resolver: z})
				defer c.Close()
				began := time.Now()
				d := checkEmail(t, c, "ann@one.example")
				if took := time.Since(began); took != ban.DefaultMXTimeout || d.Verdict != ban.Allowed || d.MX != ban.MXUnknown {
					t.Errorf("after %v the verdict is %s with the MX %s", took, d.Verdict, d.MX)
				}
				if stats := c.Stats(); stats.MXLookups != 1 || stats.MXUnknown != 1 {
					t.Errorf("the statistics are %+v", stats)
				}
			})
		})
	}
}

func TestWhatIsKnownInTimeIsMatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{delay: 1500 * time.Millisecond, mx: map[string]string{"one.example": "mx.spam.example"}}
		c := timedChecker(t, ban.MXOptions{Resolver: z})
		defer c.Close()
		if d := checkEmail(t, c, "ann@one.example"); d.Verdict != ban.Denied || d.MX != ban.MXUnknown {
			t.Errorf("the verdict is %s with the MX %s", d.Verdict, d.MX)
		}
	})
}

func TestAnswersAreKeptForTheirTime(t *testing.T) {
	for name, c := range map[string]struct {
		domain string
		keep   time.Duration
		each   int // questions of a look-up
	}{
		"hosts":     {"one.example", ban.DefaultMXTTL, 2},
		"no record": {"void.example", ban.DefaultMXTTL, 2},
		"null MX":   {"null.example", ban.DefaultMXTTL, 1},
		"a failure": {"broken.example", 30 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := exampleZone()
				checker := timedChecker(t, ban.MXOptions{Resolver: z})
				defer checker.Close()
				for i, step := range []time.Duration{0, c.keep - 1, 1, c.keep - 1, 1} {
					time.Sleep(step)
					checkEmail(t, checker, fmt.Sprintf("user%d@%s", i, c.domain))
					if want := c.each * (1 + i/2); z.questions() != want {
						t.Errorf("at check %d there are %d questions, want %d", i, z.questions(), want)
					}
				}
			})
		})
	}
}

func TestAnswersAreKeptByTheClockOfTheHost(t *testing.T) {
	z := exampleZone()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{Now: func() time.Time { return now }, MX: ban.MXOptions{Resolver: z, TTL: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, want := range []int{2, 2, 4} {
		checkEmail(t, c, "ann@one.example")
		if got := z.questions(); got != want {
			t.Errorf("at check %d there are %d questions, want %d", i, got, want)
		}
		now = now.Add(30 * time.Second)
	}
}

func TestADomainIsLookedUpOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := exampleZone()
		z.delay = 100 * time.Millisecond
		c := timedChecker(t, ban.MXOptions{Resolver: z})
		defer c.Close()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // some join late
				if d := checkEmail(t, c, fmt.Sprintf("user%d@one.example", i)); d.Verdict != ban.Denied {
					t.Errorf("the verdict for user %d is %s", i, d.Verdict)
				}
			})
		}
		wg.Wait()
		if z.questions() != 2 || c.Stats().MXLookups != 1 {
			t.Errorf("%d questions were asked: %v", z.questions(), z.asked)
		}
	})
}

func TestQuestionsUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{delay: 300 * time.Millisecond}
		c := timedChecker(t, ban.MXOptions{Resolver: z, MaxConcurrent: 4})
		defer c.Close()
		began := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		states := map[ban.MXState]int{}
		const domains = 16 // for two questions each there is not time enough
		for i := range domains {
			wg.Go(func() {
				d := checkEmail(t, c, fmt.Sprintf("ann@domain%d.example", i))
				mu.Lock()
				defer mu.Unlock()
				states[d.MX]++
			})
		}
		wg.Wait()
		took := time.Since(began)
		if most := z.hurry(); most != 4 || took != ban.DefaultMXTimeout {
			t.Errorf("%d questions were under way at a time, and the checks took %v", most, took)
		}
		if states[ban.MXUnknown] == 0 || states[ban.MXNone] == 0 {
			t.Errorf("the states are %v, want some of both", states)
		}

		// Who got no place is not to blame: the next check asks at once.
		for i := range domains {
			if d := checkEmail(t, c, fmt.Sprintf("ann@domain%d.example", i)); d.MX == ban.MXUnknown {
				states[ban.MXUnknown]--
			}
		}
		if states[ban.MXUnknown] <= 0 {
			t.Error("domains are unknown for want of a place, although nobody asks any more")
		}
	})
}

func TestACallerWhoGoesIsDeniedAndTheLookUpGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := exampleZone()
		z.delay = time.Second
		c := timedChecker(t, ban.MXOptions{Resolver: z, Timeout: 10 * time.Second})
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if d, err := c.Check(ctx, ban.Subject{Email: "ann@one.example"}); d.Verdict != ban.Denied || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the verdict is %s, %v", d.Verdict, err)
		}
		if d := checkEmail(t, c, "bob@one.example"); d.MX != ban.MXFound || z.questions() != 2 {
			t.Errorf("the next check has the MX %s after %d questions", d.MX, z.questions())
		}
	})
}

func TestCloseEndsTheLookUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := timedChecker(t, ban.MXOptions{Resolver: &zone{delay: time.Hour}, Timeout: time.Hour})
		began := time.Now()
		answered := make(chan ban.Decision)
		go func() {
			d, _ := c.Check(t.Context(), ban.Subject{Email: "ann@one.example"})
			answered <- d
		}()
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if d := <-answered; d.MX != ban.MXUnknown || time.Since(began) != 0 {
			t.Errorf("the check under way has the MX %s after %v", d.MX, time.Since(began))
		}
	})
}

// TestASlowDNSOfOneClientKeepsNobodyElseWaiting has one network ask for as many slow
// domains as there are places, and more.
func TestASlowDNSOfOneClientKeepsNobodyElseWaiting(t *testing.T) {
	for name, clients := range map[string]func(i int) string{
		"an IPv4 network": func(i int) string { return fmt.Sprintf("198.51.100.%d", i) },
		"an IPv6 network": func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := exampleZone()
				z.slow = ".slow.example"
				c := timedChecker(t, ban.MXOptions{Resolver: z})
				defer c.Close()
				var wg sync.WaitGroup
				for i := range 200 {
					wg.Go(func() {
						s := ban.Subject{Email: fmt.Sprintf("eve@d%d.slow.example", i), IP: clients(i)}
						if d, err := c.Check(t.Context(), s); err != nil || d.MX != ban.MXUnknown {
							t.Errorf("a slow domain is %s, %v", d.MX, err)
						}
					})
				}
				synctest.Wait()
				began := time.Now()
				d, err := c.Check(t.Context(), ban.Subject{Email: "ann@one.example", IP: "192.0.2.1"})
				if err != nil || d.Verdict != ban.Denied || d.MX != ban.MXFound || time.Since(began) != 0 {
					t.Errorf("another client is told %s with the MX %s after %v, %v", d.Verdict, d.MX, time.Since(began), err)
				}
				wg.Wait()
				if took := time.Since(began); took != ban.DefaultMXTimeout {
					t.Errorf("the slow checks took %v", took)
				}
			})
		})
	}
}
