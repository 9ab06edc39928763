package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/ban"
)

// banForm is what the form of a ban has, as it was filled in.
type banForm struct {
	Kind, Value, Effect   string
	Actions               []string // of the scope; none: all
	Shadow, Wide, Aliases bool
	Expires, Until, Steps string
	Reason, PublicReason  string
	Hashed                bool
	Label                 string
	ID                    string // of the ban that is changed; empty: a new one is made
}

// The choices of when a ban ends. One that begins with expiresAsIs has the time that
// the ban had before it was changed.
const (
	expiresNever = "never"
	expiresDay   = "day"
	expiresWeek  = "week"
	expiresMonth = "month"
	expiresUntil = "until"
	expiresSteps = "steps"
	expiresAsIs  = "at:"
)

const kindByForm = "" // find out from the value

// ipv6Network is how many bits of an IPv6 address the network of one customer has.
const ipv6Network = 64

// readBanForm reads the fields of the form, or the parameters of a link to it.
func readBanForm(values url.Values) banForm {
	text := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(values.Get(name), "\r\n", "\n"))
	}
	return banForm{
		Kind: text("kind"), Value: text("value"), Effect: text("effect"), Actions: values["scope"],
		Shadow: text("shadow") != "", Wide: text("wide") != "", Aliases: text("aliases") != "",
		Expires: text("expires"), Until: text("until"), Steps: text("steps"),
		Reason: text("reason"), PublicReason: text("public_reason"),
		Hashed: text("hashed") != "", Label: text("label"), ID: text("id"),
	}
}

// formOf returns the form of a ban that is there: to change it, or, where it has ended,
// to ban the same anew.
func formOf(b *ban.Ban, now time.Time) banForm {
	f := banForm{
		Kind: b.Kind.String(), Value: b.Value, Effect: b.Effect.String(), Shadow: b.Shadow,
		Expires: expiresNever, Steps: usualSteps, Reason: b.Reason, PublicReason: b.PublicReason,
		Hashed: b.Hashed(), Label: b.Label,
	}
	if b.Scope != 0 {
		f.Actions = strings.Split(b.Scope.String(), ",")
	}
	if !b.Active(now) {
		return f
	}
	f.ID = b.ID.String()
	if !b.ExpiresAt.IsZero() {
		f.Expires = expiresAsIs + b.ExpiresAt.Format(time.RFC3339Nano)
	}
	return f
}

// identity is what a second step confirms: if it is another one by then, the first is
// taken anew.
func (f *banForm) identity() string {
	return fmt.Sprintf("%s %s %t %t %s", f.Kind, f.Effect, f.Wide, f.Hashed, f.Value)
}

// options returns the ban that the form describes. What is wrong is noted in the
// faults.
func (f *banForm) options(now time.Time, wrong faults) ban.CreateOptions {
	o := ban.CreateOptions{
		Value: f.Value, Shadow: f.Shadow, DisableMatchingAliases: f.Aliases, Reason: f.Reason, PublicReason: f.PublicReason,
		Hashed: f.Hashed, Label: f.Label,
	}
	if f.Value == "" {
		wrong["value"] = "Give what to ban."
	}
	if f.Kind != kindByForm && o.Kind.UnmarshalText([]byte(f.Kind)) != nil {
		wrong["kind"] = "Choose one of these."
	}
	if f.Kind == kindByForm && f.Value != "" {
		v, err := ban.ParseAny(f.Value)
		wrong.add(err, banFields)
		o.Kind = v.Kind()
	}
	if f.Effect != "" && o.Effect.UnmarshalText([]byte(f.Effect)) != nil {
		wrong["effect"] = "Choose one of these."
	}
	if len(f.Actions) > 0 && o.Scope.UnmarshalText([]byte(strings.Join(f.Actions, ","))) != nil {
		wrong["scope"] = "Choose some of these, or none."
	}
	if f.Wide {
		o.IPv6Prefix = ipv6Network
	}
	if f.Expires == expiresSteps {
		o.Ladder.Steps = f.ladder(wrong)
	} else {
		o.ExpiresAt = f.expiry(now, wrong)
	}
	return o
}

// expiry returns when the ban ends.
func (f *banForm) expiry(now time.Time, wrong faults) time.Time {
	switch f.Expires {
	case "", expiresNever:
		return time.Time{}
	case expiresDay:
		return now.AddDate(0, 0, 1)
	case expiresWeek:
		return now.AddDate(0, 0, 7)
	case expiresMonth:
		return now.AddDate(0, 1, 0)
	case expiresUntil:
		day, err := time.Parse(time.DateOnly, f.Until)
		if err != nil {
			wrong["until"] = "Give a date, as in 2027-01-31."
			return time.Time{}
		}
		return day.AddDate(0, 0, 1) // to its end
	}
	text, asIs := strings.CutPrefix(f.Expires, expiresAsIs)
	t, err := time.Parse(time.RFC3339Nano, text)
	if !asIs || err != nil {
		wrong["expires"] = "Choose one of these."
	}
	return t
}

// usualSteps are those that the form has before somebody fills in others.
const usualSteps = "1h, 1d, 1w, never"

var stepUnits = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// ladder returns how long the first ban of the value lasts, the second, and so on.
func (f *banForm) ladder(wrong faults) (steps []time.Duration) {
	for word := range strings.FieldsFuncSeq(f.Steps, func(r rune) bool { return r == ',' || r == ' ' }) {
		if word == "never" {
			steps = append(steps, 0)
			continue
		}
		unit := stepUnits[word[len(word)-1:]]
		n, err := strconv.ParseUint(word[:len(word)-1], 10, 16)
		if err != nil || n == 0 || unit == 0 {
			wrong["steps"] = fmt.Sprintf("%s is none. Give times such as 30m, 1h, 1d or 2w, with commas between, and never only as the last.", visibleText(cutText(word, 20)))
			return nil
		}
		steps = append(steps, time.Duration(n)*unit)
	}
	if len(steps) == 0 {
		wrong["steps"] = "Give how long the first ban lasts, the second, and so on, as in " + usualSteps + "."
	}
	return steps
}

// cutText returns the beginning of a text.
func cutText(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// banFields are the names that fields of a *ban.ValueError have in the form.
var banFields = map[string]string{
	"email": "value", "domain": "value", "ip": "value", "name": "value", "ipv6_prefix": "value",
	"expires_at": "expires", "ladder": "steps", "disable_matching_aliases": "aliases",
}

// changes reports whether the form is there to change that ban: then its author knows
// that the value is banned.
func (f *banForm) changes(b *ban.Ban) bool { return f.ID == b.ID.String() }

// title is that of the page with the form.
func (f *banForm) title() string {
	switch {
	case f.ID != "" && f.excepts():
		return "Change an exception"
	case f.ID != "":
		return "Change a ban"
	case f.excepts():
		return "New exception"
	}
	return "New ban"
}

// What names the field of the value: what lets somebody in bans nothing.
func (f *banForm) What() string {
	if f.excepts() {
		return "Whom to let in"
	}
	return "What to ban"
}

func (f *banForm) excepts() bool { return f.Effect == ban.Allow.String() }

// The choices, for the template.

func (f *banForm) Kinds() []option {
	return choose(f.Kind, kindByForm, "As it looks",
		ban.KindEmail.String(), "E-mail address", ban.KindDomain.String(), "Domain", ban.KindIP.String(), "IP address or network", ban.KindName.String(), "User name")
}

func (f *banForm) Effects() []option {
	return choose(f.Effect, ban.Deny.String(), "Keep out", ban.Review.String(), "Hold for review: a person decides", ban.Allow.String(), "Let in: an exception to other rules")
}

func (f *banForm) Expiries() []option {
	pairs := []string{expiresNever, "Never", expiresDay, "In a day", expiresWeek, "In a week", expiresMonth, "In a month", expiresUntil, "At the end of a date", expiresSteps, "Later each time it is banned again"}
	if text, asIs := strings.CutPrefix(f.Expires, expiresAsIs); asIs {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			pairs = append(pairs, f.Expires, "As it is: "+t.UTC().Format("2006-01-02 15:04")+" UTC")
		}
	}
	return choose(f.Expires, pairs...)
}

func (f *banForm) Scopes() []option {
	var all []option
	for _, a := range actions {
		all = append(all, option{a.String(), upperFirst(actionWord(a)), slices.Contains(f.Actions, a.String())})
	}
	return all
}
