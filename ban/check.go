package ban

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxReason is the length of reasons, actors and the like, in characters.
const MaxReason = 255

// checkBan checks what depends neither on the time nor on guards.
func checkBan(b *Ban) error {
	if b.Effect > Allow {
		return NewValueError("effect", b.Effect.String(), CodeUnknown, "use Deny, Review or Allow")
	}
	if !b.Scope.Valid() {
		return NewValueError("scope", fmt.Sprintf("%#x", uint8(b.Scope)), CodeUnknown, "use ban.ScopeOf with the actions of this package")
	}
	if err := CheckText("reason", b.Reason); err != nil {
		return err
	}
	return CheckText("public_reason", b.PublicReason)
}

// CheckText checks a text that people wrote for a field: that it has at most
// [MaxReason] characters, is UTF-8, and has no control characters but line feeds
// and tabs. A carriage return is refused: turn the "\r\n" of web forms into "\n"
// before. The error is a [*ValueError].
func CheckText(field, s string) error {
	if len(s) > MaxReason*utf8.UTFMax || utf8.RuneCountInString(s) > MaxReason {
		return NewValueError(field, s, CodeTooLong, fmt.Sprintf("use at most %d characters", MaxReason))
	}
	if !utf8.ValidString(s) {
		return NewValueError(field, s, CodeInvalidUTF8, "send the text as UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return NewValueError(field, s, CodeControl, "leave out control characters")
		}
	}
	return nil
}

// maxYear is the last year that RFC 3339, and so JSON, can write.
const maxYear = 9999

// expiry checks when a ban is to end, and returns it as stores keep times.
func expiry(t, now time.Time) (time.Time, error) {
	if t.IsZero() {
		return time.Time{}, nil
	}
	t = storedTime(t)
	if !t.After(now) {
		return t, NewValueError("expires_at", t.Format(time.RFC3339), CodeInPast, "give a time in the future, or none for a ban without end")
	}
	if t.Year() > maxYear {
		return t, NewValueError("expires_at", t.Format(time.RFC3339), CodeRange,
			fmt.Sprintf("give a time up to the year %d, or none for a ban without end", maxYear))
	}
	return t, nil
}

// storedTime returns a time as stores keep it.
func storedTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
