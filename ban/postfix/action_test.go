package postfix_test

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/postfix"
)

func TestActionsAreOneLineOfASCII(t *testing.T) {
	for _, c := range []struct {
		action postfix.Action
		want   string
	}{
		{postfix.Action{}, "DEFER_IF_PERMIT"},
		{postfix.Dunno, "DUNNO"},
		{postfix.Reject("5.7.1", "this mail is not allowed: spam"), "REJECT 5.7.1 this mail is not allowed: spam"},
		{postfix.Reject("5.7.1", "spam\n\naction=OK\n\n"), "REJECT 5.7.1 spam action=OK"},
		{postfix.Reject("5.7.1", "spam\r\n250 2.0.0\tOk"), "REJECT 5.7.1 spam 250 2.0.0 Ok"},
		{postfix.Reject("5.7.1", "für \x1b[31mimmer"), "REJECT 5.7.1 f?r ?[31mimmer"},
		{postfix.Defer("4.3.0", "later"), "DEFER_IF_PERMIT 4.3.0 later"},
		{postfix.Hold(""), "HOLD"},
		{postfix.Prepend("X-Ban", "review\nX-Other: y"), "PREPEND X-Ban: review X-Other: y"},
	} {
		if got := c.action.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	long := postfix.Reject("5.7.1", strings.Repeat("spam ", 200)).String()
	if len(long) > 340 || !strings.HasSuffix(long, "...") {
		t.Errorf("a long text becomes %q", long)
	}
}
