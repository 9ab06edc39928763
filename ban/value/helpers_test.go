package value_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

// wantValueError checks that the error is a ValueError about the field, with
// the code, and that its text is fit to be shown.
func wantValueError(t *testing.T, err error, field, code string) {
	t.Helper()
	v, ok := errors.AsType[*value.ValueError](err)
	if !ok {
		t.Fatalf("the error is %T (%v), want a *ValueError about %s", err, err, field)
	}
	if v.Field != field || v.Code != code || v.Hint == "" {
		t.Errorf("the error has field %q, code %q and hint %q, want field %q, code %q and a hint", v.Field, v.Code, v.Hint, field, code)
	}
	if len(v.Value) > 4*65 {
		t.Errorf("the error keeps %d bytes of the value", len(v.Value))
	}
	unfit := func(r rune) bool { return r < ' ' || r == '\u202e' || r == '\u200b' }
	if text := err.Error(); len(text) > 1200 || strings.ContainsFunc(text, unfit) {
		t.Errorf("the error is not safe to show: %q", text)
	}
}
