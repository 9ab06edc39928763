package console

import (
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// number writes a count with commas: 1,234,567.
func number[T int | int64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural writes a count with its noun: "1 ban", "2 bans".
func plural[T int | int64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// inWords writes how long something lasts, in its largest unit, rounded up.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d > unit.length {
			return plural(int64((d+unit.length-1)/unit.length), unit.name, unit.name+"s")
		}
	}
	return plural(max(seconds(d), 1), "second", "seconds")
}

// interval writes how long it is from one time to the next, exactly: "7 days", "90
// minutes".
func interval(d time.Duration) string {
	for _, unit := range []struct {
		length    time.Duration
		one, many string
	}{{24 * time.Hour, "day", "days"}, {time.Hour, "hour", "hours"}, {time.Minute, "minute", "minutes"}} {
		if d >= unit.length && d%unit.length == 0 {
			return plural(int64(d/unit.length), unit.one, unit.many)
		}
	}
	return d.String()
}

// contentDisposition names the file that a browser saves. Names may be a stranger's.
func contentDisposition(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || hidden(r) {
			return '_'
		}
		return r
	}, name)
	if text := mime.FormatMediaType("attachment", map[string]string{"filename": name}); text != "" {
		return text
	}
	return fmt.Sprintf("attachment; filename=%q", "download")
}
