package ban

import (
	"strings"
	"unicode/utf8"
)

// namePattern is a wildcard name rule, ready to be matched.
type namePattern struct {
	stars
	skeleton string // of the literal
}

// compileName compiles the canonical text of a wildcard name value.
func compileName(value string) namePattern {
	literals, _ := splitStars(value)
	return namePattern{stars: literals, skeleton: skeletonOf(literals.fixed)}
}

// match reports whether the pattern means the name: exactly, or else by what it
// looks like.
//
// By looks, the skeleton of the literal must be that of a whole number of
// characters of the name: "adr*" does not mean "admin", though the skeleton of
// m is rn.
func (p namePattern) match(n username) (exact, skeleton bool) {
	if p.find(n.text, p.fixed) {
		return true, true
	}
	if !p.find(n.skeleton, p.skeleton) {
		return false, false
	}
	return false, p.alignedIn(n)
}

// literal returns how many characters of the pattern are no wildcards. The
// longest pattern that matches is the most specific.
func (p namePattern) literal() int { return utf8.RuneCountInString(p.fixed) }

// alignedIn reports whether the literal's skeleton is found in that of the name
// from one boundary between characters to another.
func (p namePattern) alignedIn(n username) bool {
	var bounds [maxName + 1]int // in the name's skeleton, before each character and at the end
	count := boundaries(n.text, &bounds)
	for i, start := range bounds[:count] {
		if !p.before && i > 0 {
			break
		}
		rest := n.skeleton[start:]
		if !strings.HasPrefix(rest, p.skeleton) || !p.after && len(rest) != len(p.skeleton) {
			continue
		}
		for _, end := range bounds[i:count] {
			if end == start+len(p.skeleton) {
				return true
			}
		}
	}
	return false
}

// boundaries finds where the skeletons of the characters of a canonical name
// begin in its skeleton, and returns how many boundaries there are. Lengths add
// up, since a skeleton is made character by character.
func boundaries(text string, bounds *[maxName + 1]int) int {
	count, at := 0, 0
	for i := 0; i < len(text) && count < maxName; count++ {
		_, size := utf8.DecodeRuneInString(text[i:])
		bounds[count] = at
		at += len(skeletonOf(text[i : i+size]))
		i += size
	}
	bounds[count] = at
	return count + 1
}
