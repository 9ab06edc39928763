package value

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// userpart is UsernameCaseMapped without its Bidi Rule. The profile that package
// precis has under that name applies the rule to every string that is not
// ASCII, and so refuses "1é"; RFC 8265, section 3.3.2, wants it for strings with
// right-to-left characters only.
var userpart = precis.NewIdentifier(precis.FoldWidth, precis.LowerCase())

// nickname is the Nickname profile without its rules for spaces, which foldName
// has. The profile that package precis has under that name folds case, where RFC
// 8266, section 2.3, makes letters small.
var nickname = precis.NewFreeform(precis.LowerCase(), precis.Norm(norm.NFKC))

// foldUsername folds a name as RFC 8265 has it.
func foldUsername(s string, whole bool) (string, fault) {
	return foldName(s, whole, func(part string) (string, fault) {
		folded, ok := settle(userpart, part)
		if !ok {
			return "", usernameFault(part)
		}
		if whole && bidirule.DirectionString(folded) == bidi.RightToLeft && !bidirule.ValidString(folded) {
			return "", fault{CodeCharacter, "do not mix left-to-right and right-to-left letters in one word (RFC 5893)"}
		}
		return folded, fault{}
	})
}

// foldNickname folds a name as RFC 8265 has it, or else as RFC 8266: of a name
// that both allow, both make the same.
func foldNickname(s string, whole bool) (string, fault) {
	s = asciiSpaces(s)
	for range 4 { // a fold may make spaces
		folded, f := foldName(s, whole, func(part string) (string, fault) {
			if folded, ok := settle(userpart, part); ok {
				return folded, fault{}
			}
			if folded, ok := settle(nickname, part); ok {
				return folded, fault{}
			}
			return "", nicknameFault(part)
		})
		if !f.ok() || folded == s {
			return folded, f
		}
		s = asciiSpaces(folded)
	}
	return "", fault{CodeCharacter, "write the name with fewer combined characters"}
}

// asciiSpaces returns s with every space as the ASCII one.
func asciiSpaces(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, s)
}

// foldName folds the parts of a name, whole or a piece of one, and joins them
// with single spaces. A space at the start or end of a piece stays.
func foldName(s string, whole bool, foldPart func(string) (string, fault)) (string, fault) {
	var b strings.Builder
	for i, part := range strings.Split(s, " ") {
		if part == "" {
			continue
		}
		if i > 0 && (b.Len() > 0 || !whole) {
			b.WriteByte(' ')
		}
		folded, f := foldPart(part)
		if !f.ok() {
			return "", f
		}
		b.WriteString(folded)
	}
	if strings.HasSuffix(s, " ") && !whole {
		b.WriteByte(' ')
	}
	if utf8.RuneCountInString(b.String()) > maxName {
		return "", fault{CodeTooLong, "a name has at most 64 characters"}
	}
	return b.String(), fault{}
}

// settle folds a part of a name until it stays as it is: RFC 8264, section 7,
// warns that once may not be enough.
func settle(profile *precis.Profile, part string) (string, bool) {
	for range 4 {
		folded, err := profile.String(part)
		if err != nil {
			return "", false
		}
		if folded == part {
			return folded, true
		}
		part = folded
	}
	return "", false
}

// usernameFault says what keeps a part of a name from being folded as RFC 8265
// has it.
func usernameFault(part string) fault {
	for _, r := range part {
		if _, ok := settle(userpart, string(r)); ok || isJoiner(r) || contexts[r] != "" {
			continue
		}
		if _, ok := settle(nickname, string(r)); !ok {
			return nicknameFault(part)
		}
		if plain := norm.NFKC.String(string(r)); plain != string(r) {
			return fault{CodeCharacter, fmt.Sprintf("write %q instead of %q: user names have no characters that stand for others (RFC 8265)", plain, r)}
		}
		return fault{CodeCharacter, fmt.Sprintf("leave out %q: user names have letters, digits and ASCII punctuation (RFC 8265)", r)}
	}
	return nicknameFault(part)
}

// nicknameFault says what keeps a part of a name from being folded as RFC 8266
// has it.
func nicknameFault(part string) fault {
	for _, r := range part {
		if _, ok := settle(nickname, string(r)); ok || isJoiner(r) || contexts[r] != "" {
			continue
		}
		return fault{CodeCharacter, fmt.Sprintf("leave out %U, %s", r, describe(r))}
	}
	if hasJoiner(part) {
		return invisible
	}
	for _, r := range part {
		if where := contexts[r]; where != "" {
			return fault{CodeCharacter, fmt.Sprintf("%U may stand only %s (RFC 5892, appendix A)", r, where)}
		}
	}
	return fault{CodeCharacter, "write the name with fewer combined characters"}
}

// describe says what is the matter with a character that no name may have.
func describe(r rune) string {
	switch {
	case unicode.Is(unicode.Co, r):
		return "which is for private use: it looks otherwise to everybody"
	case unicode.In(r, unicode.Zl, unicode.Zp):
		return "which breaks the line"
	case 0x1100 <= r && r <= 0x11FF, 0xA960 <= r && r <= 0xA97F, 0xD7B0 <= r && r <= 0xD7FF:
		return "a part of a Hangul syllable: write the syllable (RFC 8264)"
	case !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S):
		return "which is no character of Unicode " + precis.UnicodeVersion
	}
	return "which names may not have (RFC 8264)"
}

// contexts says where characters may stand that may not stand everywhere, by
// RFC 5892, appendix A. Of joiners see [isJoiner].
var contexts = func() map[rune]string {
	m := map[rune]string{
		0x00B7: "between two small l",
		0x0375: "before a Greek letter",
		0x05F3: "behind a Hebrew letter",
		0x05F4: "behind a Hebrew letter",
		0x30FB: "beside Hiragana, Katakana or Han",
	}
	for i := range rune(10) {
		m[0x0660+i] = "without Extended Arabic-Indic digits beside it"
		m[0x06F0+i] = "without Arabic-Indic digits beside it"
	}
	return m
}()
