package ban_test

import (
	"errors"
	"fmt"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// TestPeekAnswersAsCheckAndCountsNothing: of rules that match, of none, of what does
// not parse, and after Close.
func TestPeekAnswersAsCheckAndCountsNothing(t *testing.T) {
	for _, mirror := range []bool{false, true} {
		t.Run(fmt.Sprintf("mirror %t", mirror), func(t *testing.T) {
			st := memstore.New()
			b := create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
			c := newChecker(t, st, ban.CheckerOptions{Mirror: mirror, Traits: ban.TraitOptions{Role: ban.PolicyReview}})
			subjects := []ban.Subject{{Email: "eve@spam.example"}, {Email: "ann@example.org"}, {Email: "info@example.org"}, {Email: "nonsense"}, {}}
			before := c.Stats()
			var peeked []string
			for _, s := range subjects {
				d, err := c.Peek(t.Context(), s)
				peeked = append(peeked, fmt.Sprintf("%+v %v", d, err))
			}
			after := c.Stats()
			before.LastContact = after.LastContact
			before.CacheEntries = after.CacheEntries // what was looked up may be kept
			if before != after {
				t.Errorf("the figures were %+v and are %+v", before, after)
			}
			for i, s := range subjects {
				d, err := c.Check(t.Context(), s)
				if got := fmt.Sprintf("%+v %v", d, err); got != peeked[i] {
					t.Errorf("Peek says %s, Check %s", peeked[i], got)
				}
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if found, err := st.Ban(t.Context(), b.ID); err != nil || found.Hits != 1 {
				t.Errorf("%d hits, error %v; want that of the Check", found.Hits, err)
			}
			if d, err := c.Peek(t.Context(), subjects[0]); !errors.Is(err, ban.ErrClosed) || d.Verdict != ban.Denied {
				t.Errorf("after Close: %s, %v", d.Verdict, err)
			}
		})
	}
}

func TestPeekInAnOutageSaysWhatCheckSays(t *testing.T) {
	st := &failing{Store: memstore.New()}
	c := newChecker(t, st, ban.CheckerOptions{OnError: ban.FailOpen})
	st.cut()
	d, err := c.Peek(t.Context(), ban.Subject{Name: "eve"})
	if !errors.Is(err, errCutOff) || d.Verdict != ban.Allowed {
		t.Errorf("%s, error %v; want what OnError says", d.Verdict, err)
	}
	if n := c.Stats().Failed; n != 0 {
		t.Errorf("%d failed checks are counted", n)
	}
	st.mend()
}
