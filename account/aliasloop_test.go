package account_test

import (
	"fmt"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

func TestAliasesDoNotForwardInACircle(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		create := func(from, to string) error {
			_, err := h.aliases.Create(as("root"), account.AliasOptions{Address: from, Destination: to})
			return err
		}
		for _, c := range []struct {
			rule, from, to string
			refused        bool
		}{
			{"to itself", "a@x.example", "A@x.example", true},
			{"to a mailbox", "a@x.example", "b@x.example", false},
			{"to an alias that leads elsewhere", "c@x.example", "a@x.example", false},
			{"to an alias that leads back", "b@x.example", "a@x.example", true},
			{"by way of two", "b@x.example", "c@x.example", true},
			{"to a mailbox, where it would", "b@x.example", "b@y.example", false},
			{"and from there", "b@y.example", "c@x.example", true},
		} {
			err := create(c.from, c.to)
			if c.refused {
				wantValueError(t, err, "destination", ban.CodeConflict)
			} else if err != nil {
				t.Errorf("%s: %v", c.rule, err)
			}
		}
	})
}

func TestMailIsForwardedSoOftenAtMost(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	for i := range 12 {
		to := "mailbox@y.example"
		if i > 0 {
			to = fmt.Sprintf("u%d@x.example", i-1)
		}
		_, err := h.aliases.Create(as("root"), account.AliasOptions{Address: fmt.Sprintf("u%d@x.example", i), Destination: to})
		if refused := i >= 8; refused {
			wantValueError(t, err, "destination", ban.CodeConflict)
			return
		}
		if err != nil {
			t.Fatal(i, err)
		}
	}
}
