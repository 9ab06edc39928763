package value

import (
	"strings"

	"example.com/ostraka/internal/confusables"
)

// maxName is the longest user name, in characters of its canonical form.
const maxName = 64

// Username is the name of a person, in canonical form: a star, a backslash or an
// equals sign has no special meaning in it, which it has in the values of rules.
// It is a small comparable value. The zero Username is none.
type Username struct {
	look      Look
	asWritten [2]Look // see AsWritten
}

// String returns the name.
func (u Username) String() string { return u.look.text }

// Skeleton returns what the name looks like: the skeleton of UTS #39, section 4,
// of its canonical form.
func (u Username) Skeleton() string { return u.look.skeleton }

// Look returns the name as it is in canonical form.
func (u Username) Look() Look { return u.look }

// ReadsOtherwise reports whether there is another name in [Username.AsWritten].
func (u *Username) ReadsOtherwise() bool {
	return u.asWritten[0].text != "" || u.asWritten[1].text != ""
}

// AsWritten returns the other names that this one reads as by the letters that it
// was written with, before they were made small, zero Looks where there are none:
// Cyrillic М looks like M, though м does not look like m. Where capitals and small
// letters are mixed, a capital I reads as the small l that it looks like; in a name
// that is otherwise all in capitals, a small l as an I.
func (u Username) AsWritten() [2]Look { return u.asWritten }

// Skeletons returns what the name looks like, as it is and as it was written, each
// once. Two names look alike if they have a skeleton in common.
func (u Username) Skeletons() []string {
	all := []string{u.look.skeleton}
	for _, l := range u.asWritten {
		if l != (Look{}) && l.skeleton != all[0] && l.skeleton != all[len(all)-1] {
			all = append(all, l.skeleton)
		}
	}
	return all
}

// ParseName reads the value of a name rule: a name, or a pattern with a star at
// its start, its end or both ("admin*", "*admin", "*admin*"), or a name after an
// equals sign ("=ema"), which is that name alone. \* is a literal star, \\ a
// literal backslash, \= at the start a literal equals sign.
//
// The canonical form is that of RFC 8265, section 3.3, UsernameCaseMapped (width
// and case mapped, normalization form C), for names that have no other characters
// than those of the PRECIS IdentifierClass; else that of RFC 8266, Nickname
// (normalization form KC, other spaces read as the ASCII one), which knows
// symbols and punctuation too. Parts are separated by one space each: more spaces
// in a row are read as one, since they look alike. A name has at most 64
// characters. Letters of both directions may stand in one name, as RFC 8266 has
// it.
//
// The text of a hashed value (see [Value.Hashed]) is read as that. A name that is
// written like one otherwise, in small letters say, is refused with [CodeSyntax].
//
// A rule also means the names that look like it, but for one with an equals sign:
// its key is the skeleton of UTS #39, section 4, of the canonical form. A name that
// is asked about is looked at in its canonical form and as it was written; see
// [Username.AsWritten].
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
	if v, ok := hashedValue(KindName, s); ok {
		return v, fault{}
	}
	s, only := strings.CutPrefix(s, "=")
	if s = strings.TrimSpace(s); s == "" {
		return Value{}, fault{CodeEmpty, `write the name behind the =; a name that is an equals sign is \=`}
	}
	if strings.Trim(s, "*") == "" {
		return Value{}, fault{CodeWildcard, `a star alone would mean everyone; write \* for a name that is a star`}
	}
	p, f := splitStars(s)
	if !f.ok() {
		return Value{}, f
	}
	if only && p.wild() {
		return Value{}, fault{CodeWildcard, `behind an = is one name, without wildcard; write \* for a literal star, and \= for an equals sign at the start`}
	}
	if p.fixed, f = foldNickname(p.fixed, !p.wild()); !f.ok() {
		return Value{}, f
	}
	skeleton := skeletonOf(p.fixed)
	if strings.Trim(skeleton, " ") == "" {
		return Value{}, invisible
	}
	v := Value{kind: KindName, text: nameText(p, only), key: skeleton}
	if _, looks := IsHashed(KindName, skeleton); looks || v.Hashed() {
		return Value{}, reserved
	}
	if p.wild() {
		v.key = ""
	}
	return v, fault{}
}

// nameText returns the canonical text of a name value.
func nameText(p stars, only bool) string {
	text := p.String()
	if strings.HasPrefix(text, "=") {
		text = `\` + text
	}
	if only {
		text = "=" + text
	}
	return text
}

// SplitName takes the canonical text of a name value without wildcard apart: the
// name, without escapes, and whether the value is that name alone.
func SplitName(value string) (name string, only bool) {
	value, only = strings.CutPrefix(value, "=")
	return PlainText(value), only
}

// ParseUsername reads the name of an account by the rules of RFC 8265 alone: letters
// and digits of any script and ASCII punctuation, in parts with one space each
// between them, and in each part letters of one direction only. It does not
// allocate for a canonical ASCII name that is its own skeleton. The error is a
// [*ValueError].
func ParseUsername(s string) (Username, error) { return username(s, foldUsername) }

// ParseNickname reads the name of a person by the rules of [ParseName], but that
// stars, backslashes and equals signs are characters like others. It reads what
// ParseUsername does, in the same way, and more. The error is a [*ValueError].
func ParseNickname(s string) (Username, error) { return username(s, foldNickname) }

func username(s string, fold func(s string, whole bool) (string, fault)) (Username, error) {
	if isPlainName(s) {
		return Username{look: lookOf(s)}, nil
	}
	cleaned, f := clean(s)
	if !f.ok() {
		return Username{}, f.in("name", s)
	}
	text, f := canonicalName(cleaned, fold)
	if !f.ok() {
		return Username{}, f.in("name", s)
	}
	u := Username{look: lookOf(text)}
	u.read(cleaned)
	return u, nil
}

// canonicalName returns the canonical form of a cleaned name.
func canonicalName(s string, fold func(s string, whole bool) (string, fault)) (string, fault) {
	if isPrintableASCII(s) {
		s = strings.ToLower(s)
	}
	if isPlainName(s) {
		return s, fault{}
	}
	return fold(s, true)
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
