package value

import "strings"

// stars is a text with a star at its start, its end, or both.
type stars struct {
	before, after bool   // where any text may stand
	fixed         string // the rest, unescaped
}

// wild reports whether there is a star at all.
func (p stars) wild() bool { return p.before || p.after }

// Stars reports where in a text any other may stand beside the literal of a pattern.
func (p stars) Stars() (before, after bool) { return p.before, p.after }

// splitStars reads a value in which * is a wildcard at the start and the end,
// \* a literal star, \\ a literal backslash and \= a literal equals sign at the
// start.
func splitStars(s string) (stars, fault) {
	var p stars
	s, p.before = strings.CutPrefix(s, "*")
	if strings.HasSuffix(s, "*") && !escaped(s, len(s)-1) {
		s, p.after = s[:len(s)-1], true
	}
	if strings.ContainsAny(s, `*\`) {
		var f fault
		if s, f = unescape(s); !f.ok() {
			return stars{}, f
		}
	}
	p.fixed = s
	if p.wild() && strings.Trim(s, " ") == "" {
		return stars{}, fault{CodeWildcard, "a wildcard needs at least one character beside the star"}
	}
	return p, fault{}
}

// escaped reports whether the byte at i has an odd number of backslashes before
// it.
func escaped(s string, i int) bool {
	n := 0
	for i--; i >= 0 && s[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

func unescape(s string) (string, fault) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			return "", fault{CodeWildcard, `a star is a wildcard at the start or end only; write \* for a literal star`}
		case '\\':
			i++
			if i == len(s) || s[i] != '*' && s[i] != '\\' && (s[i] != '=' || i > 1) {
				return "", fault{CodeWildcard, `write \\ for a literal backslash, and \= for an equals sign only at the start`}
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), fault{}
}

// Literal returns an address or a name as the value of a rule that is read as it:
// a star, a backslash and an equals sign in it mean nothing else.
func Literal(text string) string {
	text = escaper.Replace(text)
	if strings.HasPrefix(text, "=") {
		text = `\` + text
	}
	return text
}

var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`)

// String returns the text that splitStars reads as p.
func (p stars) String() string {
	s := escaper.Replace(p.fixed)
	if p.before {
		s = "*" + s
	}
	if p.after {
		s += "*"
	}
	return s
}

// find reports whether s matches, where fixed stands for that of p.
func (p stars) find(s, fixed string) bool {
	switch {
	case p.before && p.after:
		return strings.Contains(s, fixed)
	case p.before:
		return strings.HasSuffix(s, fixed)
	case p.after:
		return strings.HasPrefix(s, fixed)
	}
	return s == fixed
}

// PlainText returns the address or name that the canonical text of an e-mail or
// name value without wildcards spells: the text without its escapes.
func PlainText(value string) string {
	if !strings.Contains(value, `\`) {
		return value
	}
	p, _ := splitStars(value)
	return p.fixed
}
