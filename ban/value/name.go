package value

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/bidi"

	"example.com/ostraka/internal/confusables"
)

// maxName is the longest user name, in characters of its canonical form.
const maxName = 64

// Username is the user name of a person, in canonical form: a star or backslash
// has no special meaning in it, which it has in the values of rules. It is a
// small comparable value. The zero Username is none.
type Username struct {
	text     string // canonical
	skeleton string // what it looks like

	// As written, if that reads as another name: with a capital I for the small l
	// that it looks like. Else empty.
	asText, asSkeleton string
}

// String returns the name.
func (u Username) String() string { return u.text }

// Skeleton returns what the name looks like: the skeleton of UTS #39, section 4,
// of its canonical form.
func (u Username) Skeleton() string { return u.skeleton }

// AsWritten returns the other name that this one reads as by the letters that it
// was written with, and whether there is one.
func (u Username) AsWritten() (Username, bool) {
	return Username{text: u.asText, skeleton: u.asSkeleton}, u.asText != ""
}

// Leet returns the name that this one is with its ASCII digits read as the
// letters they stand for in leetspeak ("4dm1n" is "admin"), and whether that is
// another one.
func (u Username) Leet() (Username, bool) {
	text := leetText(u.text)
	return Username{text: text, skeleton: skeletonOf(text)}, text != u.text
}

// Skeletons returns what the name looks like, as it is and as it was written.
// Two names look alike if they have a skeleton in common.
func (u Username) Skeletons() []string {
	if as, ok := u.AsWritten(); ok && as.skeleton != u.skeleton {
		return []string{u.skeleton, as.skeleton}
	}
	return []string{u.skeleton}
}

// ParseName reads the value of a name rule: a user name, or a pattern with a
// star at its start, its end or both ("admin*", "*admin", "*admin*"). \* is a
// literal star, \\ a literal backslash.
//
// The canonical form is that of RFC 8265, section 3.3, UsernameCaseMapped
// (width and case mapped, normalization form C, the characters of the PRECIS
// IdentifierClass), with its parts separated by one space each: more spaces in a
// row are read as one, since they look alike. It has at most 64 characters. The
// literal part of a pattern is folded in the same way, except that the Bidi Rule
// of RFC 5893, which is about whole names, does not apply to it.
//
// A rule also means the names that look like it: its key is the skeleton of
// UTS #39, section 4, of the canonical form. What is compared is thus the lower
// case: a host that shows names in capitals shows as alike some that are not
// (Cyrillic Т and Latin T, but т and t).
//
// The error is a [*ValueError].
func ParseName(s string) (Value, error) {
	v, f := nameValue(s)
	if !f.ok() {
		return Value{}, f.in("name", s)
	}
	return v, nil
}

func nameValue(s string) (Value, fault) {
	s, f := clean(s)
	if !f.ok() {
		return Value{}, f
	}
	if strings.Trim(s, "*") == "" {
		return Value{}, fault{CodeWildcard, `a star alone would mean everyone; write \* for a name that is a star`}
	}
	p, f := splitStars(s)
	if !f.ok() {
		return Value{}, f
	}
	if p.fixed, f = foldName(p.fixed, !p.wild()); !f.ok() {
		return Value{}, f
	}
	skeleton := skeletonOf(p.fixed)
	if skeleton == "" {
		return Value{}, invisible
	}
	v := Value{kind: KindName, text: p.String(), key: skeleton}
	if p.wild() {
		v.key = ""
	}
	return v, fault{}
}

// ParseUsername reads the user name of a person by the rules of [ParseName], but
// that stars and backslashes are characters like others. It does not allocate for
// a canonical ASCII name that is its own skeleton. The error is a [*ValueError].
func ParseUsername(s string) (Username, error) {
	n, f := subjectName(s)
	if !f.ok() {
		return Username{}, f.in("name", s)
	}
	if plain, ok := capitalIAsL(s); ok {
		if as, f := subjectName(plain); f.ok() {
			n.asText, n.asSkeleton = as.text, as.skeleton
		}
	}
	return n, nil
}

func subjectName(s string) (Username, fault) {
	if isPlainName(s) {
		return Username{text: s, skeleton: skeletonOf(s)}, fault{}
	}
	s, f := clean(s)
	if !f.ok() {
		return Username{}, f
	}
	text, f := canonicalName(s)
	if !f.ok() {
		return Username{}, f
	}
	n := Username{text: text, skeleton: skeletonOf(text)}
	if n.skeleton == "" {
		return Username{}, invisible
	}
	return n, fault{}
}

// canonicalName returns the canonical form of a cleaned name.
func canonicalName(s string) (string, fault) {
	if isPrintableASCII(s) {
		s = strings.ToLower(s)
	}
	if isPlainName(s) {
		return s, fault{}
	}
	return foldName(s, true)
}

// isPlainName reports whether s is canonical by inspection: ASCII, without
// capitals, controls and two spaces in a row.
func isPlainName(s string) bool { return nameBytes(s) != 0 }

// What the bytes of plain names are; of others it is 0.
const (
	nameNaked   = 1 << iota // its own skeleton
	nameDressed             // has another one
)

// nameBytes returns what the bytes of a plain name are, 0 if it is none.
func nameBytes(s string) (all byte) {
	if len(s) == 0 || len(s) > maxName || s[0] == ' ' || s[len(s)-1] == ' ' {
		return 0
	}
	for i := range len(s) {
		what := nameByte[s[i]]
		if what == 0 || s[i] == ' ' && s[i-1] == ' ' {
			return 0
		}
		all |= what
	}
	return all
}

var nameByte = func() (t [256]byte) {
	for c := byte(' '); c <= '~'; c++ {
		switch {
		case 'A' <= c && c <= 'Z':
		case confusables.Skeleton(string(rune(c))) == string(rune(c)):
			t[c] = nameNaked
		default:
			t[c] = nameDressed
		}
	}
	return t
}()

// userpart is UsernameCaseMapped without its Bidi Rule. The profile that package
// precis has under that name applies the rule to every string that is not
// ASCII, and so refuses "1é"; RFC 8265, section 3.3.2, wants it for strings with
// right-to-left characters only.
var userpart = precis.NewIdentifier(precis.FoldWidth, precis.LowerCase())

// foldName folds the parts of a name, whole or a piece of one, and joins them
// with single spaces. A space at the start or end of a piece stays.
func foldName(s string, whole bool) (string, fault) {
	var b strings.Builder
	for i, part := range strings.Split(s, " ") {
		if part == "" {
			continue
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		folded, f := foldPart(part)
		if !f.ok() {
			return "", f
		}
		if whole && bidirule.DirectionString(folded) == bidi.RightToLeft && !bidirule.ValidString(folded) {
			return "", fault{CodeCharacter, "do not mix left-to-right and right-to-left letters in one word (RFC 5893)"}
		}
		b.WriteString(folded)
	}
	if strings.HasSuffix(s, " ") {
		b.WriteByte(' ')
	}
	if utf8.RuneCountInString(b.String()) > maxName {
		return "", fault{CodeTooLong, "a name has at most 64 characters"}
	}
	return b.String(), fault{}
}

// foldPart folds a part of a name until it stays as it is: RFC 8264, section 7,
// warns that once may not be enough.
func foldPart(part string) (string, fault) {
	for range 4 {
		folded, err := userpart.String(part)
		if err != nil {
			break
		}
		if folded == part {
			return folded, fault{}
		}
		part = folded
	}
	if hasJoiner(part) {
		return "", invisible
	}
	return "", fault{CodeCharacter, "names have letters, digits and ASCII punctuation, in parts with single spaces between them (RFC 8265)"}
}
