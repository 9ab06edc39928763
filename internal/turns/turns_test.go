package turns_test

import (
	"context"
	"errors"
	"testing"

	"example.com/ostraka/internal/turns"
)

var errLost = errors.New("lost")

func lost(err error) bool { return errors.Is(err, errLost) }

func TestRetry(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct {
		rule  string
		fails int // tries that are lost
		then  error
		tries int
		want  error
	}{
		{"what succeeds is done once", 0, nil, 1, nil},
		{"what loses is done again", 3, nil, 4, nil},
		{"another error ends it", 1, other, 2, other},
		{"who always loses gives up", 1000, nil, 21, errLost},
	} {
		t.Run(c.rule, func(t *testing.T) {
			tries := 0
			err := turns.New().Retry(context.Background(), lost, func() error {
				if tries++; tries <= c.fails {
					return errLost
				}
				return c.then
			})
			if !errors.Is(err, c.want) || tries != c.tries {
				t.Errorf("%d tries, error %v; want %d, %v", tries, err, c.tries, c.want)
			}
		})
	}
}

func TestNobodyWaitsForATurnWithoutEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	all := turns.New()
	tries := 0
	err := all.Retry(ctx, lost, func() error {
		if tries++; tries == 1 {
			return errLost
		}
		inner := all.Retry(ctx, lost, func() error { // the turn is taken
			cancel()
			return errLost
		})
		if !errors.Is(inner, context.Canceled) {
			t.Errorf("who waits for its turn gets %v", inner)
		}
		return nil
	})
	if err != nil || tries != 2 {
		t.Errorf("%d tries, error %v", tries, err)
	}
}
