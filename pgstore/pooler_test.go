//go:build unix

package pgstore_test

import (
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestBehindAPoolerTheLogIsReadInTime has a store listen through a pooler, where the
// next transaction has another session: it hears nothing, and a Checker knows of changes
// by its PollInterval.
func TestBehindAPoolerTheLogIsReadInTime(t *testing.T) {
	pooler, direct := pgtest.SharedPooler(t).DSN(), pgtest.Shared(t).DSN()
	for _, c := range []struct {
		rule    string
		options pgstore.Options
		told    bool
	}{
		{"it listens past the pooler", pgstore.Options{ListenDSN: direct}, true},
		{"it listens through the pooler", pgstore.Options{ListenDSN: pooler}, false},
		{"it does not listen", pgstore.Options{}, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			schema := pgtest.Schema()
			writing := openAt(t, schema, pgstore.Options{})
			defer writing.Close()
			c.options.Schema, c.options.TransactionPooling = schema, true
			s, err := pgstore.Open(t.Context(), pooler, c.options)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			interval := 500 * time.Millisecond
			if c.told {
				interval = time.Minute // longer than the test
				until(t, "it listens", func() bool { return s.Stats().Listening })
			}
			checker, err := ban.NewChecker(s, ban.CheckerOptions{PollInterval: interval})
			if err != nil {
				t.Fatal(err)
			}
			defer checker.Close()
			verdict := func() ban.Verdict {
				d, err := checker.Check(t.Context(), ban.Subject{Email: "x@a.example"})
				if err != nil {
					t.Fatal(err)
				}
				return d.Verdict
			}
			if v := verdict(); v != ban.Allowed {
				t.Fatalf("%v before there is a ban", v)
			}
			if _, err := writing.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); err != nil {
				t.Fatal(err)
			}
			until(t, "the ban is known", func() bool { return verdict() == ban.Denied })
			if now := s.Stats(); !c.told && (now.Notifications > 0 || now.Listening) {
				t.Errorf("%d notifications came, and it listens: %v", now.Notifications, now.Listening)
			}
		})
	}
}
