package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/ban"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// parseExpiry reads when a ban ends: a time in RFC 3339, how long from now, or
// "never", which is the zero time.
func parseExpiry(s string, now time.Time) (time.Time, error) {
	if s == "never" {
		return time.Time{}, nil
	}
	if t, ok := parseMoment(s); ok {
		return t, nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return time.Time{}, whenError("expires", s, "")
	}
	return now.Add(d), nil
}

// parsePast reads a time in RFC 3339, or how long ago it was.
func parsePast(field, s string, now time.Time) (time.Time, error) {
	if t, ok := parseMoment(s); ok {
		return t, nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return time.Time{}, whenError(field, s, " ago")
	}
	return now.Add(-d), nil
}

// parseMoment reads a time in RFC 3339, or a day, which begins at midnight UTC.
func parseMoment(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func whenError(field, s, suffix string) error {
	return ban.NewValueError(field, s, ban.CodeSyntax,
		"give a duration"+suffix+" such as 36h, 7d or 2w, up to 200 years, or a time such as 2030-01-31 (midnight UTC) or 2030-01-31T12:00:00Z")
}

// parseLadder reads the steps of a ladder, of which one is "never" for a ban without
// end, and its window.
func parseLadder(steps []string, window string) (l ban.Ladder, err error) {
	for _, s := range steps {
		var step time.Duration
		if s != "never" {
			if step, err = parseDuration(s); err != nil {
				return l, ban.NewValueError("ladder", s, ban.CodeSyntax, "give durations such as 36h, 7d or 2w, and never as the last, with commas between")
			}
		}
		l.Steps = append(l.Steps, step)
	}
	if window != "" {
		if l.Window, err = parseDuration(window); err != nil {
			return l, ban.NewValueError("ladder-window", window, ban.CodeSyntax, "give a duration such as 36h, 7d or 2w")
		}
	}
	return l, nil
}

// maxDuration keeps sums far from what a time.Duration can hold, which is some 292
// years.
const maxDuration = 200 * 365 * day

var errDuration = errors.New("no duration above 0, and up to 200 years")

// parseDuration reads a duration as time.ParseDuration does, with whole weeks and
// days before the rest: "2w", "7d", "1d12h". A day is 24 hours. Nothing, and less,
// is an error.
func parseDuration(s string) (time.Duration, error) {
	var total time.Duration
	rest := s
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", week}, {"d", day}} {
		digits, after, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || time.Duration(n) > maxDuration/unit.length {
			return 0, errDuration
		}
		total += time.Duration(n) * unit.length
		rest = after
	}
	if rest != "" {
		if strings.ContainsAny(rest[:1], "+-") { // as ParseDuration allows
			return 0, errDuration
		}
		d, err := time.ParseDuration(rest)
		if err != nil || d > maxDuration {
			return 0, errDuration
		}
		total += d
	}
	if total <= 0 || total > maxDuration {
		return 0, errDuration
	}
	return total, nil
}
