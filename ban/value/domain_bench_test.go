package value

import (
	"strings"
	"testing"
)

// distinct returns n different letters, which cost Punycode most.
func distinct(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + i))
	}
	return b.String()
}

// A name that is far too long is to cost no more than one that is as long as names
// may be.
func BenchmarkParseHost(b *testing.B) {
	for name, host := range map[string]string{
		"as long as may be":      distinct(18) + "." + distinct(18) + "." + distinct(18) + ".example",
		"300 letters":            distinct(300) + ".example",
		"1,300 letters":          distinct(1300) + ".example",
		"1,300 letters of ASCII": "xn--" + strings.Repeat("a1", 650) + ".example",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = ParseHost(host)
			}
		})
	}
}
