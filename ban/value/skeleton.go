package value

import (
	"strings"

	"example.com/ostraka/internal/confusables"
)

// skeletonOf returns the skeleton of a canonical name: names that look alike
// have the same one.
func skeletonOf(text string) string { return confusables.Skeleton(text) }

// capitalIAsL returns a name with its capital I read as the small l that it looks
// like, and whether that is another name. Names are compared in lower case,
// where the likeness is lost; but "PaypaI" is written to be seen. In a name all
// in capitals an I is an I.
func capitalIAsL(written string) (string, bool) {
	if len(written) > maxInput || !strings.Contains(written, "I") || strings.ToUpper(written) == written {
		return "", false
	}
	return strings.ReplaceAll(written, "I", "l"), true
}

// leetDigits are the digits that are read as letters, by digit; 6 is none.
const leetDigits = "oizeas6tbg"

// leetText returns a canonical name with its ASCII digits read as the letters
// they stand for in leetspeak: "4dm1n" gives "admin".
func leetText(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return rune(leetDigits[r-'0'])
		}
		return r
	}, text)
}
