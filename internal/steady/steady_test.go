package steady_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/internal/steady"
)

func TestClock(t *testing.T) {
	type step struct {
		sleep, jump time.Duration
		want        time.Duration // ahead of the time that really passed
	}
	for name, steps := range map[string][]step{
		"a clock that goes right":          {{time.Hour, 0, 0}, {48 * time.Hour, 0, 0}},
		"a jump forward is not followed":   {{time.Minute, 24 * time.Hour, 0}, {59 * time.Minute, 0, 0}},
		"until it has lasted":              {{time.Minute, 24 * time.Hour, 0}, {time.Hour, 0, 24 * time.Hour}},
		"forward and back":                 {{time.Minute, time.Hour, 0}, {time.Minute, -time.Hour, 0}, {2 * time.Hour, 0, 0}},
		"a jump back is followed at once":  {{time.Minute, -time.Hour, -time.Hour}, {time.Minute, time.Hour, -time.Hour}},
		"another jump begins to last anew": {{time.Minute, time.Hour, 0}, {50 * time.Minute, time.Hour, 0}, {50 * time.Minute, 0, 0}, {time.Hour, 0, 2 * time.Hour}},
		"steps below a second are no jump": {{time.Minute, time.Second, time.Second}, {time.Minute, time.Second, 2 * time.Second}},
		"a jump that is over is forgotten": {{time.Minute, time.Hour, 0}, {time.Minute, -time.Hour, 0}, {time.Hour, time.Hour, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var off time.Duration
				c := steady.New(func() time.Time { return time.Now().Add(off) }, time.Hour)
				for i, s := range steps {
					time.Sleep(s.sleep)
					off += s.jump
					if got := time.Until(c.Now()); got != s.want {
						t.Errorf("step %d: ahead by %v, want %v", i, got, s.want)
					}
				}
			})
		})
	}
}
