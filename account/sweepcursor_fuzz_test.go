package account_test

import (
	"errors"
	"regexp"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

var cursorForm = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$`)

// FuzzParseSweepCursor wants that what is read as a cursor is two numbers with a dot
// between them, and is written as it was read, and that what is none gives a typed error.
func FuzzParseSweepCursor(f *testing.F) {
	for _, s := range []string{"0.0", "1042.7", "007.0", "+1.0", "-1.0", "-0.0", "1", ".", "1.2.3", "9223372036854775807.1", "9223372036854775808.1", " 1.1", "١.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := account.ParseSweepCursor(s)
		if err != nil {
			if e, ok := errors.AsType[*ban.ValueError](err); !ok || e.Field != "cursor" || c != (account.SweepCursor{}) {
				t.Errorf("%q gives %+v, %v; want no cursor and a *ban.ValueError about it", s, c, err)
			}
			return
		}
		if !cursorForm.MatchString(s) || c.Account < 0 || c.Alias < 0 {
			t.Errorf("%q is read as %+v", s, c)
		}
		if c.String() != s {
			t.Errorf("%q is written as %q", s, c)
		}
	})
}
