package confusables

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MayCut reports whether a skeleton can be cut before the byte at i so that no
// character of any user name with that skeleton is cut. "barn" cannot before its
// n: it is also the skeleton of "bam". It may say no where yes is right.
func MayCut(skeleton string, i int) bool {
	if i <= 0 || i >= len(skeleton) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(skeleton[:i])
	after, _ := utf8.DecodeRuneInString(skeleton[i:])
	return norm.NFC.PropertiesString(skeleton[i:]).BoundaryBefore() && !neighbours()[[2]rune{before, after}]
}

// neighbours returns the pairs of characters that stand side by side in the
// skeleton of one character that a user name can have: RFC 8264 leaves out those
// with a compatibility equivalent.
var neighbours = sync.OnceValue(func() map[[2]rune]bool {
	pairs := make(map[[2]rune]bool)
	for _, r := range sources {
		if !norm.NFKC.IsNormalString(string(r)) || !unicode.IsLetter(r) {
			continue
		}
		var last rune
		for i, s := range []rune(Skeleton(string(r))) {
			if i > 0 {
				pairs[[2]rune{last, s}] = true
			}
			last = s
		}
	}
	return pairs
})
