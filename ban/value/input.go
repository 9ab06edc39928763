package value

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/ostraka/internal/confusables"
)

// maxInput bounds what a parser looks at, in bytes. Every canonical form is far
// shorter; the slack is for spaces around it and for spellings that fold to
// something shorter.
const maxInput = 4096

// clean returns s without the white space around it, or what is wrong with it
// whatever field it is for. It does no work on an s that is too long.
func clean(s string) (string, fault) {
	if len(s) > maxInput {
		return "", fault{CodeTooLong, "shorten it to what the field needs"}
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return "", fault{CodeEmpty, "give a value"}
	}
	if isPrintableASCII(s) {
		return s, fault{}
	}
	if !utf8.ValidString(s) {
		return "", fault{CodeInvalidUTF8, "encode it in UTF-8"}
	}
	for _, r := range s {
		switch {
		case unicode.IsControl(r):
			return "", fault{CodeControl, "remove line breaks, tabs and other control characters"}
		case isJoiner(r):
			// Some scripts need them; whether they may stand where they do is
			// for the rules of the field.
		case Invisible(r):
			return "", invisible
		}
	}
	return s, fault{}
}

var invisible = fault{CodeInvisible, "remove zero-width, bidirectional and other invisible characters"}

// Invisible reports whether a character is not seen where it stands: one with the
// property Default_Ignorable_Code_Point (UAX #44), such as zero-width characters,
// joiners among them, bidirectional controls, variation selectors, fillers and tags;
// and the marks of interlinear annotations.
func Invisible(r rune) bool { return confusables.Invisible(r) || 0xFFF9 <= r && r <= 0xFFFB }

// isJoiner reports whether r is the zero width joiner or non-joiner. Domain
// names and user names may have them where RFC 5892, appendix A, lets them
// (after a virama, between Arabic letters), since they change what is seen.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

func hasJoiner(s string) bool { return strings.ContainsFunc(s, isJoiner) }

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
