package ban

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/mirror"
	"example.com/ostraka/store"
)

// MaxReason is the length of reasons, actors and the like, in characters.
const MaxReason = 255

// checkBan checks what depends neither on the time nor on guards, and makes the
// reasons what they are kept as.
func checkBan(b *Ban) error {
	if b.Effect > Allow {
		return NewValueError("effect", b.Effect.String(), CodeUnknown, "use Deny, Review or Allow")
	}
	if !b.Scope.Valid() {
		return NewValueError("scope", fmt.Sprintf("%#x", uint8(b.Scope)), CodeUnknown, "use ban.ScopeOf with the actions of this package")
	}
	return CleanReasons(&b.Reason, &b.PublicReason)
}

// CheckText checks a text that people wrote for a field: that it has at most
// [MaxReason] characters, is UTF-8, and has no control characters but line feeds
// and tabs. The error is a [*ValueError].
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

// lineEnds turns the ends of lines into line feeds.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// CleanText returns a text of several lines that people wrote for a field as it is
// kept: its lines end with a line feed, where browsers send CR LF (HTML, "newline
// normalization" of forms). Else it is checked as by [CheckText]; an end of a line
// counts as one character.
func CleanText(field, s string) (string, error) {
	if len(s) <= 2*MaxReason*utf8.UTFMax { // what is longer stays too long
		s = lineEnds.Replace(s)
	}
	return s, CheckText(field, s)
}

// CleanReasons makes a reason for moderators and one for the person refused what
// they are kept as. Both are cleaned by [CleanText]. The public one is also
// refused, with [CodeInvisible], if it has characters that are not seen or that
// turn the direction of what is around them: strangers read it within texts of the
// host. Joiners and variation selectors, which scripts and emoji need, may stand in
// it. The error is a [*ValueError].
func CleanReasons(reason, public *string) (err error) {
	if *reason, err = CleanText("reason", *reason); err != nil {
		return err
	}
	if *public, err = CleanText("public_reason", *public); err != nil {
		return err
	}
	for _, r := range *public {
		if value.Invisible(r) && r != '\u200c' && r != '\u200d' && !unicode.Is(unicode.Variation_Selector, r) {
			return NewValueError("public_reason", *public, CodeInvisible, "leave out zero-width, bidirectional and other invisible characters")
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

// Subject is who asks to be let in. Fields may be empty, but not all of them.
type Subject struct {
	Email  string // an e-mail address
	Domain string // a domain name, for example of a website or an alias
	IP     string // the address of the client
	Name   string // a user name, or the local part of an alias

	// Action is what they are about to do: by default [SignUp]. A rule whose
	// scope leaves it out is not considered.
	Action Action
}

// texts returns the fields as the caller gave them.
func (s *Subject) texts() match.Texts { return match.Texts{s.Email, s.Domain, s.IP, s.Name} }

// field returns the field of that kind as the caller gave it.
func (s *Subject) field(k Kind) string {
	switch k {
	case KindEmail:
		return s.Email
	case KindDomain:
		return s.Domain
	case KindIP:
		return s.IP
	default:
		return s.Name
	}
}

// validate reports what is wrong with the Subject as a whole.
func (s *Subject) validate() error {
	if s.Email == "" && s.Domain == "" && s.IP == "" && s.Name == "" {
		return &ValueError{Field: "subject", Code: CodeEmpty, Hint: "give at least one of email, domain, ip and name"}
	}
	if int(s.Action) >= len(store.Actions()) {
		return &ValueError{Field: "action", Value: s.Action.String(), Code: CodeUnknown, Hint: "use one of the actions of this package"}
	}
	return nil
}

// scratch is what a check of a mirror works in. It is used again for others, so
// that a check allocates nothing.
type scratch struct {
	mirror.Query
	match []*store.Rule // room for the rules that match
	place uint32        // where it counts
}

var scratches = sync.Pool{New: func() any { return &scratch{place: nextPlace.Add(1)} }}

func takeScratch() *scratch { return scratches.Get().(*scratch) }

// release lets others have the scratch. It keeps no rule alive, nor what the
// caller gave.
func (sc *scratch) release() {
	clear(sc.match) // rules of mail hosts too, which the query does not hold
	sc.match = sc.match[:0]
	sc.Reset()
	scratches.Put(sc)
}
