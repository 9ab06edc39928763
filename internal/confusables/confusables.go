// Package confusables folds characters that look alike, by the skeletons of
// Unicode Technical Standard #39, section 4.
package confusables

//go:generate go run ./gen -in ../../../shared/data/confusables.txt -out table.go

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Skeleton returns the skeleton of s: strings that look alike have the same
// one. It is for comparison only, never for display.
//
// It is UTS #39's internalSkeleton (decompose, drop what is invisible, replace
// each character by its prototype, decompose) with one thing added: prototypes
// may be capitals (the digit 0 maps to the letter O), and since the strings
// compared here are lower case, the result is lower-cased and replaced again
// until it stays as it is. So "p0lo" and "polo" have one skeleton.
//
// The result depends on the characters of s one by one, but for the order of
// combining marks. It is s itself, without allocation, for an ASCII string
// that is its own skeleton.
func Skeleton(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf && ascii[s[i]].same {
		i++
	}
	if i == len(s) {
		return s
	}
	if isASCII(s[i:]) {
		return asciiSkeleton(s, i)
	}
	return slowSkeleton(s)
}

// maxRounds bounds the rounds of replacement. Two settle every character of the
// table; the bound keeps an unforeseen cycle in a later table from hanging.
const maxRounds = 8

func slowSkeleton(s string) string {
	s = norm.NFD.String(s)
	for range maxRounds {
		next := norm.NFD.String(strings.ToLower(prototypes(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// prototypes replaces each character of s by its prototype and drops the
// invisible ones.
func prototypes(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if Invisible(r) {
			continue
		}
		if t, ok := prototype(r); ok {
			b.WriteString(t)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Prototype returns what the character is shown as, in one step and with capitals
// where it is one (UTS #39, section 4), and whether that is another one.
func Prototype(r rune) (string, bool) { return prototype(r) }

// prototype returns what the table maps r to, and whether it maps r at all.
func prototype(r rune) (string, bool) {
	i, ok := slices.BinarySearch(sources[:], r)
	if !ok {
		return "", false
	}
	start := int(offsets[i])
	return targets[start : start+int(lengths[i])], true
}

// Invisible reports whether r has the property Default_Ignorable_Code_Point
// (UAX #44): zero-width and bidirectional controls, variation selectors,
// fillers, tags.
func Invisible(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r), unicode.Is(unicode.Variation_Selector, r):
		return true
	case !unicode.Is(unicode.Cf, r), unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	// Format characters that are seen: interlinear annotation and Egyptian
	// hieroglyph controls.
	return !(0xFFF9 <= r && r <= 0xFFFB || 0x13430 <= r && r <= 0x13440)
}

// ascii holds the skeletons of the ASCII characters.
var ascii = func() (t [utf8.RuneSelf]struct {
	text string
	same bool
}) {
	for i := range t {
		t[i].text = slowSkeleton(string(rune(i)))
		t[i].same = t[i].text == string(rune(i))
	}
	return t
}()

// asciiSkeleton returns the skeleton of s, which is ASCII and its own skeleton
// up to i.
func asciiSkeleton(s string, i int) string {
	var stack [128]byte
	return string(AppendASCII(append(stack[:0], s[:i]...), s[i:]))
}

// ASCII returns the skeleton of an ASCII character.
func ASCII(c byte) string { return ascii[c].text }

// AppendASCII appends the skeleton of an ASCII string to dst.
func AppendASCII(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := &ascii[s[i]]; c.same {
			dst = append(dst, s[i])
		} else {
			dst = append(dst, c.text...)
		}
	}
	return dst
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
