package value

import (
	"strings"
	"unicode/utf8"
)

// NamePattern is a wildcard name rule, ready to be matched. It is made by
// [CompileNamePattern].
type NamePattern struct {
	stars
	skeleton string // of the literal
}

// CompileNamePattern compiles the canonical text of a wildcard name value.
func CompileNamePattern(value string) NamePattern {
	literals, _ := splitStars(value)
	return NamePattern{stars: literals, skeleton: skeletonOf(literals.fixed)}
}

// Match reports whether the pattern means the name: exactly, or else by what it
// looks like.
//
// By looks, the skeleton of the literal must be that of a whole number of
// characters of the name: "adr*" does not mean "admin", though the skeleton of
// m is rn. Nor may an m of the name stand for rn of the pattern: that the other
// way round is a trick, but "*porn*" must not mean "pomegranate".
func (p NamePattern) Match(n Look) (exact, skeleton bool) {
	if p.find(n.text, p.fixed) {
		return true, true
	}
	if !p.find(n.skeleton, p.skeleton) {
		return false, false
	}
	return false, p.alignedIn(n)
}

// Texts returns what a name that the pattern means has in it: the literal in its
// canonical form, or the literal's skeleton in its skeleton.
func (p NamePattern) Texts() (literal, skeleton string) { return p.fixed, p.skeleton }

// Literal returns how many characters of the pattern are no wildcards. The
// longest pattern that matches is the most specific.
func (p NamePattern) Literal() int { return utf8.RuneCountInString(p.fixed) }

// alignedIn reports whether the literal's skeleton is found in that of the name
// from one boundary between characters to another, and with no more of the
// letter m between them than the literal has.
func (p NamePattern) alignedIn(n Look) bool {
	var bounds [maxName + 1]boundary
	count := boundaries(n.text, &bounds)
	for i, start := range bounds[:count] {
		if !p.before && i > 0 {
			break
		}
		rest := n.skeleton[start.skeleton:]
		if !strings.HasPrefix(rest, p.skeleton) || !p.after && len(rest) != len(p.skeleton) {
			continue
		}
		for _, end := range bounds[i:count] {
			if end.skeleton == start.skeleton+len(p.skeleton) && countM(n.text[start.text:end.text]) <= countM(p.fixed) {
				return true
			}
		}
	}
	return false
}

func countM(s string) int { return strings.Count(s, "m") }

// boundary is a place between two characters of a name: where it is in the text
// and in the skeleton.
type boundary struct{ text, skeleton int }

// boundaries finds where the characters of a canonical name begin, in it and in
// its skeleton, and returns how many boundaries there are. Lengths add up, since
// a skeleton is made character by character.
func boundaries(text string, bounds *[maxName + 1]boundary) int {
	var at boundary
	count := 0
	for ; at.text < len(text) && count < maxName; count++ {
		bounds[count] = at
		_, size := utf8.DecodeRuneInString(text[at.text:])
		at.skeleton += len(skeletonOf(text[at.text : at.text+size]))
		at.text += size
	}
	bounds[count] = at
	return count + 1
}
