package ban_test

import (
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// TestAPatternIgnoresWhatItsProviderIgnores: all spellings of a mailbox match
// or none does, also the one that is the mailbox itself.
func TestAPatternIgnoresWhatItsProviderIgnores(t *testing.T) {
	d := newDesk(t, memstore.New(), ban.AdminOptions{})
	d.create(ban.CreateOptions{Kind: ban.KindEmail, Value: "j.do*@gmail.com"})
	checker, err := ban.NewChecker(d.st, ban.CheckerOptions{Now: d.clock})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	for _, email := range []string{"j.doe@gmail.com", "jdoe@gmail.com", "jd.oe@gmail.com", "j.d.o.e+x@googlemail.com"} {
		if got, err := checker.Check(d.ctx, ban.Subject{Email: email}); err != nil || got.Verdict != ban.Denied {
			t.Errorf("%s: %v, %v", email, got.Verdict, err)
		}
	}
}
