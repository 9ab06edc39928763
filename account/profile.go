package account

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

// The bounds of what an account holds. Names, texts of links and the like have
// at most [ban.MaxReason] characters.
const (
	MaxHandle = 64       // characters of a handle
	MaxBio    = 10_000   // characters
	MaxMeta   = 16 << 10 // bytes of JSON
	MaxLinks  = 32
	MaxRoles  = 32
	MaxEmails = 32
	maxURL    = 2048
	maxYear   = 9999 // the last one that RFC 3339, and so JSON, can write
)

// setHandle gives the account a handle.
func setHandle(a *Account, handle string) error {
	handle = strings.TrimSpace(handle)
	name, err := ban.ParseUsername(handle)
	if err != nil {
		return renamed(err, "handle")
	}
	if strings.Contains(name.String(), "@") {
		return ban.NewValueError("handle", handle, ban.CodeCharacter, "leave out the @, by which addresses are told from handles")
	}
	if _, err := uuid.Parse(name.String()); err == nil {
		return ban.NewValueError("handle", handle, ban.CodeSyntax, "choose one that does not look like an id")
	}
	if utf8.RuneCountInString(handle) > MaxHandle { // composed it may be shorter
		return ban.NewValueError("handle", handle, ban.CodeTooLong, fmt.Sprintf("use at most %d characters", MaxHandle))
	}
	a.Handle, a.HandleFold, a.HandleKeys = handle, name.String(), name.Skeletons()
	return nil
}

// renamed makes an error about a value one about the field that it came from.
func renamed(err error, field string) error {
	if bad, ok := err.(*ban.ValueError); ok {
		return ban.NewValueError(field, bad.Value, bad.Code, bad.Hint)
	}
	return err
}

// newEmail returns an address as an account keeps it.
func newEmail(tables *value.Tables, address string, verified bool, now time.Time) (Email, error) {
	parsed, err := tables.ParseAddress(address)
	if err != nil {
		return Email{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Email{}, fmt.Errorf("make an id: %w", err)
	}
	e := Email{ID: id, Address: parsed.String(), Mailbox: parsed.Mailbox(), CreatedAt: now}
	if verified {
		e.VerifiedAt = now
	}
	return e, nil
}

// checkProfile checks all that a person may write about themselves.
func checkProfile(a *Account) error {
	if err := ban.CheckText("name", a.Name); err != nil {
		return err
	}
	if err := ban.CheckText("verified", a.Verified); err != nil {
		return err
	}
	if err := checkBio(a.Bio); err != nil {
		return err
	}
	if err := checkLinks(a.Links); err != nil {
		return err
	}
	if err := checkRoles(a); err != nil {
		return err
	}
	return checkMeta(a)
}

func checkBio(s string) error {
	switch {
	case !utf8.ValidString(s):
		return ban.NewValueError("bio", s, ban.CodeInvalidUTF8, "send the text as UTF-8")
	case utf8.RuneCountInString(s) > MaxBio:
		return ban.NewValueError("bio", s, ban.CodeTooLong, fmt.Sprintf("use at most %d characters", MaxBio))
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }):
		return ban.NewValueError("bio", s, ban.CodeControl, "leave out control characters")
	}
	return nil
}

// notInURL are characters that no URL has (RFC 3986) and that may end an attribute
// in HTML, or be read as a slash.
const notInURL = "\"<>`\\ "

// checkLinks wants absolute http and https URLs: others could run a script where
// a page shows them.
func checkLinks(links []Link) error {
	if err := checkCount("links", len(links), MaxLinks); err != nil {
		return err
	}
	for _, l := range links {
		if err := ban.CheckText("links", l.Text); err != nil {
			return err
		}
		u, err := url.Parse(l.URL)
		if err != nil || len(l.URL) > maxURL || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
			!utf8.ValidString(l.URL) || strings.ContainsAny(l.URL, notInURL) {
			return ban.NewValueError("links", l.URL, ban.CodeSyntax, fmt.Sprintf("use an http or https URL of at most %d bytes", maxURL))
		}
	}
	return nil
}

// checkRoles checks the roles, and makes them what stores keep of them.
func checkRoles(a *Account) error {
	if err := checkCount("roles", len(a.Roles), MaxRoles); err != nil {
		return err
	}
	a.Roles = slices.Clone(a.Roles)
	for i := range a.Roles {
		r := &a.Roles[i]
		for _, text := range append([]string{r.ID, r.Name, r.Colour}, r.Permissions...) {
			if err := ban.CheckText("roles", text); err != nil {
				return err
			}
		}
		if err := checkCount("roles", len(r.Permissions), ban.MaxReason); err != nil {
			return err
		}
		r.Permissions = append([]string(nil), r.Permissions...) // nil for none
		for _, t := range []*time.Time{&r.CreatedAt, &r.UpdatedAt} {
			if *t = storedTime(*t); !hasYear(*t) {
				return ban.NewValueError("roles", t.String(), ban.CodeRange, fmt.Sprintf("give times of the years 0 to %d", maxYear))
			}
		}
	}
	return nil
}

// checkMeta wants a JSON object, and makes it compact. An empty one is none.
func checkMeta(a *Account) error {
	if len(a.Meta) == 0 {
		a.Meta = nil
		return nil
	}
	if len(a.Meta) > MaxMeta {
		return ban.NewValueError("meta", string(a.Meta), ban.CodeTooLong, fmt.Sprintf("use at most %d bytes", MaxMeta))
	}
	var compact bytes.Buffer
	var object map[string]json.RawMessage
	if json.Unmarshal(a.Meta, &object) != nil || object == nil || !utf8.Valid(a.Meta) || json.Compact(&compact, a.Meta) != nil {
		return ban.NewValueError("meta", string(a.Meta), ban.CodeSyntax, "give a JSON object")
	}
	a.Meta = compact.Bytes()
	if len(object) == 0 {
		a.Meta = nil
	}
	return nil
}

func checkCount(field string, n, most int) error {
	if n > most {
		return ban.NewValueError(field, strconv.Itoa(n), ban.CodeRange, fmt.Sprintf("give at most %d", most))
	}
	return nil
}

// hasYear reports whether JSON can write the time.
func hasYear(t time.Time) bool { return t.Year() >= 0 && t.Year() <= maxYear }

// storedTime returns a time as stores keep it.
func storedTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
