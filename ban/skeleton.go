package ban

import (
	"strings"

	"example.com/ostraka/internal/confusables"
)

// skeletonOf returns the skeleton of a canonical name: names that look alike
// have the same one.
func skeletonOf(text string) string { return confusables.Skeleton(text) }

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
