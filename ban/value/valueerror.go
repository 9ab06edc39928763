package value

import (
	"fmt"
	"strings"
)

// The codes of a [ValueError]. They are part of the API: a host may translate
// them, or branch on them; it never has to read an error's text.
const (
	CodeEmpty       = "empty"                     // nothing but white space
	CodeTooLong     = "too_long"                  // longer than the field allows
	CodeInvalidUTF8 = "invalid_utf8"              // not UTF-8
	CodeControl     = "control_character"         // NUL, a line break or another control character
	CodeInvisible   = "invisible_character"       // a zero-width, bidirectional or other character that is not seen
	CodeCharacter   = "bad_character"             // a character, or combination, that may not stand where it does
	CodeSyntax      = "bad_syntax"                // not of the form that the field has
	CodeRange       = "out_of_range"              // a number outside its range
	CodeWildcard    = "bad_wildcard"              // a star or backslash that may not stand where it does
	CodeKind        = "wrong_kind"                // a value of another kind
	CodeDuplicate   = "duplicate"                 // what stands earlier in the same list, perhaps in another spelling
	CodeConflict    = "conflict"                  // what contradicts something else that is given
	CodeException   = "exception"                 // an exception from a source that may not make any
	CodeUnknown     = "unknown"                   // none of the values that the field may have
	CodeInPast      = "in_past"                   // a time that has passed
	CodeEmptyPatch  = "empty_patch"               // a [Patch] that changes nothing
	CodeNotForIP    = "not_supported_for_ip_bans" // what has no meaning for a ban of an IP address
	CodeNoEffect    = "no_effect"                 // an order that a ban as described cannot carry out

	CodeNotSupported = "not_supported" // what stands for many values, or belongs to another program: a range, a regular expression
	CodeAmbiguous    = "ambiguous"     // what may be a value of several kinds and does not say which
)

var codeTexts = map[string]string{
	CodeEmpty:       "is empty",
	CodeTooLong:     "is too long",
	CodeInvalidUTF8: "is not valid UTF-8",
	CodeControl:     "has a control character",
	CodeInvisible:   "has an invisible character",
	CodeCharacter:   "has a character that is not allowed there",
	CodeSyntax:      "is not well-formed",
	CodeRange:       "is out of range",
	CodeWildcard:    "has a wildcard that is not allowed there",
	CodeKind:        "is of another kind",
	CodeDuplicate:   "repeats an earlier value",
	CodeConflict:    "contradicts what else is given",
	CodeException:   "is an exception, which this list may not make",
	CodeUnknown:     "is unknown",
	CodeInPast:      "has passed",
	CodeEmptyPatch:  "is empty",
	CodeNotForIP:    "is not for bans of IP addresses",
	CodeNoEffect:    "has no effect here",

	CodeNotSupported: "is not supported",
	CodeAmbiguous:    "does not say what it is",
}

// ValueError reports a value that is not what its field wants. Its text is safe
// to show to whoever typed the value: it repeats no more than a short, quoted
// stretch of it, and tells nothing else.
type ValueError struct {
	Field string // "email", "domain", "ip", "name"; "kind" from [Parse]
	Value string // the value, cut to its first 64 characters; empty also for what is not to be repeated, as a password
	Code  string // one of the Code constants
	Hint  string // what would be right, as a phrase
}

// Problem says what is wrong as a phrase, without the value and the hint: "is out of
// range".
func (e *ValueError) Problem() string {
	if what, ok := codeTexts[e.Code]; ok {
		return what
	}
	return "is not valid"
}

// NewValueError returns a ValueError that keeps no more than a short stretch of
// the value.
func NewValueError(field, value, code, hint string) *ValueError {
	return &ValueError{Field: field, Value: clip(value), Code: code, Hint: hint}
}

// Error returns, for example:
//
//	ip "1.2.3.4/33" is out of range: the prefix of an IPv4 address is 0 to 32 bits long
//
// Without a value, since there is none or it is a secret such as a password, it says
// nothing of one.
func (e *ValueError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s %s: %s", e.Field, e.Problem(), e.Hint)
	}
	return fmt.Sprintf("%s %q %s: %s", e.Field, clip(e.Value), e.Problem(), e.Hint)
}

// fault is what is wrong with a value, before it is known which field the value
// came from. The zero fault is none.
type fault struct {
	code, hint string
}

func (f fault) ok() bool { return f.code == "" }

// in makes the fault an error about a value of the field; nil if it is none.
func (f fault) in(field, value string) error {
	if f.ok() {
		return nil
	}
	return NewValueError(field, value, f.code, f.hint)
}

// clip returns the first 64 characters of s. It shares no memory with a longer
// s, which an error that is kept would otherwise keep with it.
func clip(s string) string {
	const limit = 64
	n := 0
	for i := range s {
		if n == limit {
			return strings.Clone(s[:i]) + "…"
		}
		n++
	}
	return s
}
