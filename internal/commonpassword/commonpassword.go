// Package commonpassword tells the passwords that most people choose, which are
// those that whoever guesses tries first.
//
//	commonpassword.Has("password123") // true
//
// The list has the 8,000 most frequent passwords of at least eight characters
// from what was published of stolen ones, in the order of the frequency list of
// zxcvbn-ts (npm package @zxcvbn-ts/language-common 4.1.3, MIT: LICENSE-ZXCVBN).
package commonpassword

import (
	_ "embed"
	"strings"
)

// list has a password a line, in small letters, in the order of their bytes. It
// is searched as it stands: it takes no memory beside that of the program.
//
//go:embed list.txt
var list string

// Has reports whether the list has the password, in whatever case.
func Has(password string) bool {
	password = strings.ToLower(password)
	rest := list
	for rest != "" {
		start := strings.LastIndexByte(rest[:len(rest)/2], '\n') + 1
		line, after, _ := strings.Cut(rest[start:], "\n")
		switch strings.Compare(password, line) {
		case 0:
			return true
		case -1:
			rest = rest[:start]
		default:
			rest = after
		}
	}
	return false
}
