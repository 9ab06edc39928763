package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"example.com/ostraka/ban"
)

// verdictInvalid is the verdict on a sign-up that cannot be read. The others are
// those of the library.
const verdictInvalid = "invalid"

// answer is what is printed about a sign-up. Its JSON form is one line of the
// output with -json.
type answer struct {
	Verdict string `json:"verdict"`           // allowed, review, denied or invalid
	Kind    string `json:"kind,omitempty"`    // of the ban that decided, or of the value that is invalid
	Input   string `json:"input,omitempty"`   // what it decided on; without a ban the first value of the sign-up
	Matched string `json:"matched,omitempty"` // the value of the ban
	Via     string `json:"via,omitempty"`     // how the ban matched
	Reason  string `json:"reason,omitempty"`  // why there is the ban
	Error   string `json:"error,omitempty"`   // what is invalid

	shadows []ban.Match
}

func newAnswer(s *ban.Subject, d *ban.Decision) answer {
	a := answer{Verdict: d.Verdict.String(), shadows: d.Shadows}
	if m := &d.Match; m.IsZero() {
		a.Input = cmp.Or(s.Email, s.Domain, s.IP, s.Name)
	} else {
		a.Kind, a.Input, a.Matched = m.Kind.String(), m.Input, m.Matched
		a.Via, a.Reason = m.Via.String(), m.Reason
	}
	return a
}

func invalidAnswer(err *ban.ValueError) answer {
	a := answer{Verdict: verdictInvalid, Input: err.Value, Error: err.Error()}
	if err.Value != "" { // else it is not about one of the fields
		a.Kind = err.Field
	}
	return a
}

// String returns the answer for people to read, on one line.
func (a answer) String() string {
	var b strings.Builder
	// The columns are of a fixed width, since answers are printed as they come.
	fmt.Fprintf(&b, "%-8s %-28s ", a.Verdict, visible(a.Input))
	switch {
	case a.Error != "":
		b.WriteString(visible(a.Error))
	case a.Matched == "":
		b.WriteString("no ban matches")
	default:
		b.WriteString(describe(a.Kind, a.Matched, a.Via, a.Reason))
	}
	for _, m := range a.shadows {
		fmt.Fprintf(&b, "; in shadow: %s %s", m.Effect, describe(m.Kind.String(), m.Matched, m.Via.String(), m.Reason))
	}
	return b.String()
}

// describe says which ban matched, how, and why it is there.
func describe(kind, matched, via, reason string) string {
	s := fmt.Sprintf("%s %s via %s", kind, matched, via)
	if reason != "" {
		s += " — " + visible(reason)
	}
	return s
}

// printer prints answers, each in one write, since somebody may wait for it.
type printer struct {
	w    io.Writer
	json bool
}

func (p *printer) print(a answer) error {
	if !p.json {
		_, err := fmt.Fprintln(p.w, a)
		return err
	}
	enc := json.NewEncoder(p.w)
	enc.SetEscapeHTML(false)
	return enc.Encode(a)
}

// visible returns s, quoted if it has characters that could move the cursor or
// break the line.
func visible(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToGraphic(s)
	}
	return s
}

// clip returns the beginning of a line, to name it by.
func clip(s string) string {
	const limit = 64
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
