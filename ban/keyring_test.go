package ban_test

import (
	"strings"
	"testing"

	"example.com/ostraka/ban"
)

func FuzzParseKeyRing(f *testing.F) {
	good := "# keys\nk1 " + strings.Repeat("A", 43) + "\n\nk2\t" + strings.Repeat("_-+/", 11) + "\n"
	f.Add(good)
	f.Add("k1 short")
	f.Add(strings.Repeat("A", 43))
	f.Fuzz(func(t *testing.T, text string) {
		ring, newest, err := ban.ParseKeyRing(strings.NewReader(text))
		switch {
		case text == good && (err != nil || len(ring) != 2 || newest != "k2"):
			t.Errorf("a good file: %d keys, newest %q, %v", len(ring), newest, err)
		case err == nil && (ring.Check() != nil || ring[newest] == nil):
			t.Errorf("%q is read as a ring that does not fit", text)
		case err != nil && (ring != nil || newest != "" || strings.Contains(err.Error(), strings.Repeat("A", 43))):
			t.Errorf("%q: %v shows a secret, or comes with a ring", text, err)
		}
	})
}
