package steady_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/internal/steady"
)

// Readings that come soon after one another are believed without a look at the real
// time; a jump among them is not.
func TestAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		c := steady.New(time.Now, time.Hour)
		for _, s := range []struct {
			what       string
			read, want time.Duration
		}{
			{"soon", 10 * time.Millisecond, 10 * time.Millisecond},
			{"a little back", 5 * time.Millisecond, 5 * time.Millisecond},
			{"a jump", 24 * time.Hour, 0},
			{"soon after the jump", 24*time.Hour + time.Millisecond, 0},
			{"what it was before", 20 * time.Millisecond, 20 * time.Millisecond},
			{"back before its beginning", -time.Hour, -time.Hour},
		} {
			if got := c.At(began.Add(s.read)).Sub(began); got != s.want {
				t.Errorf("%s: %v is told for %v, want %v", s.what, got, s.read, s.want)
			}
		}
	})
}
