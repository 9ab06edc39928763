package value

import (
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"

	"example.com/ostraka/internal/confusables"
)

// letter is what a character beyond ASCII becomes, where it becomes the same
// whatever stands beside it: what is made of the letters of a text, one after the
// other, is what the profiles make of the text. That is so if what it becomes
// begins where normalization has a boundary (UAX #15, section 9.1), and no rule of
// PRECIS, IDNA or of case asks for its neighbours. An empty text says that it is
// not so: then the whole text goes through the profiles.
type letter struct {
	name     string // in the canonical form of a name; see foldNickname
	skeleton string // of that
	written  string // as latin returns it
	small    string // as small makes that ...
	seen     string // ... and its skeleton
	local    string // in a local part; see foldLocal
	host     string // in a label, before it is encoded; see foldHost

	runes  int  // in the name
	others bool // it is seen as another than its skeleton
	hook   bool // it is written as an I or l
}

// letters are those that have been asked for, of the Basic Multilingual Plane, by
// pages. They are kept for good: all of them would take some megabytes.
var letters [1 << 8]atomic.Pointer[[1 << 8]atomic.Pointer[letter]]

// unknown is a letter of which nothing is so.
var unknown letter

// letterOf returns what becomes of a character.
func letterOf(r rune) *letter {
	if r < utf8.RuneSelf || r > 0xffff || r == utf8.RuneError {
		return &unknown
	}
	page := letters[r>>8].Load()
	if page == nil {
		letters[r>>8].CompareAndSwap(nil, new([1 << 8]atomic.Pointer[letter]))
		page = letters[r>>8].Load()
	}
	l := page[r&0xff].Load()
	if l == nil {
		l = newLetter(r)
		page[r&0xff].Store(l)
	}
	return l
}

// newLetter asks the profiles.
func newLetter(r rune) *letter {
	s := string(r)
	if !apart(norm.NFC, s) || isJoiner(r) || contexts[r] != "" || r == 'Σ' || confusables.Invisible(r) ||
		0xfff9 <= r && r <= 0xfffb || unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.M, r) {
		return &unknown
	}
	l := &letter{local: localLetter(r), host: hostLetterOf(s)}
	l.nameLetter(s)
	return l
}

// apart reports whether a text stands for itself behind any other.
func apart(f norm.Form, s string) bool { return s != "" && f.PropertiesString(s).BoundaryBefore() }

// nameLetter finds what the character is in names.
func (l *letter) nameLetter(s string) {
	name, f := foldNickname(s, true)
	if !f.ok() || strings.Contains(name, " ") || !apart(norm.NFC, name) || !apart(norm.NFKC, name) {
		return
	}
	skeleton := skeletonOf(name)
	if strings.Contains(skeleton, " ") || !apart(norm.NFD, skeleton) {
		return
	}
	written := latin(s)
	lower := small(written)
	seen := skeletonOf(lower)
	if strings.ContainsFunc(written, unicode.IsSpace) || !apart(norm.NFC, written) || !apart(norm.NFC, strings.ToLower(written)) || !apart(norm.NFD, seen) {
		return
	}
	if len(written) > 1 && strings.ContainsAny(written, "Il") { // is read in two ways beside others
		return
	}
	l.name, l.skeleton, l.written, l.small, l.seen = name, skeleton, written, lower, seen
	l.runes, l.others, l.hook = utf8.RuneCountInString(name), seen != skeleton, written == "I" || written == "l"
}

// localLetter returns what a character is in local parts.
func localLetter(r rune) string {
	lower := strings.ToLower(string(r))
	local := foldLocal(string(r))
	if !apart(norm.NFC, lower) || !apart(norm.NFC, local) || !checkLocal(local).ok() {
		return ""
	}
	return local
}

// hostLetterOf returns what a character is in labels.
func hostLetterOf(s string) string {
	if p, _ := bidi.LookupString(s); p.Class() == bidi.R || p.Class() == bidi.AL || p.Class() == bidi.AN {
		return ""
	}
	mapped, err := lookup.ToUnicode("a" + s + "a")
	if err != nil || len(mapped) < 3 || mapped[0] != 'a' || mapped[len(mapped)-1] != 'a' {
		return ""
	}
	mapped = mapped[1 : len(mapped)-1]
	for _, r := range mapped {
		p, _ := bidi.LookupRune(r)
		switch {
		case 'a' <= r && r <= 'z':
		case r < utf8.RuneSelf, unicode.Is(unicode.M, r), contexts[r] != "", p.Class() == bidi.R, p.Class() == bidi.AL, p.Class() == bidi.AN:
			return ""
		}
	}
	if !apart(norm.NFC, mapped) {
		return ""
	}
	for _, host := range []string{"a" + s + "a", s + "a", "a" + s, s} {
		if _, f := foldHost(host); !f.ok() {
			return ""
		}
	}
	return mapped
}
