package grace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/examples/internal/grace"
)

func TestTheContextOutlivesTheOtherOneByMostOfThatTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		end, cancel := grace.Context(ctx, 10*time.Second)
		defer cancel()
		time.Sleep(time.Hour)
		stop()
		began := time.Now()
		<-end.Done()
		if d := time.Since(began); d != 9500*time.Millisecond {
			t.Errorf("it ended after %v", d)
		}
	})
}

func TestCancelEndsItAtOnce(t *testing.T) {
	for name, told := range map[string]bool{"before the other one ends": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // waits for all goroutines
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				end, cancel := grace.Context(ctx, time.Hour)
				if told {
					stop()
					synctest.Wait()
				}
				began := time.Now()
				cancel()
				<-end.Done()
				if d := time.Since(began); d != 0 {
					t.Errorf("it ended after %v", d)
				}
			})
		})
	}
}

func TestTheLastHitsHaveTimeLeft(t *testing.T) {
	for within, requests := range map[time.Duration]time.Duration{
		4 * time.Second: 3 * time.Second, 8 * time.Second: 6 * time.Second, 20 * time.Second: 18 * time.Second,
	} {
		if got := grace.ForRequests(within); got != requests {
			t.Errorf("of %v requests have %v, want %v", within, got, requests)
		}
	}
}
