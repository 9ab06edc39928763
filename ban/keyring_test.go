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

func TestAKeyFileMayBeThatOfAnEditorOfWindows(t *testing.T) {
	line := "k " + strings.Repeat("A", 43)
	for name, text := range map[string]string{
		"a byte order mark":               "\ufeff" + line + "\n",
		"a mark before a comment":         "\ufeff# keys\r\n" + line + "\r\n",
		"line ends of two characters":     "# keys\r\n\r\n" + line + "\r\n",
		"spaces around, no end of a line": "\n \t" + strings.Replace(line, " ", "\t  ", 1) + "  ",
	} {
		if ring, newest, err := ban.ParseKeyRing(strings.NewReader(text)); err != nil || newest != "k" || len(ring["k"]) != ban.MinKey {
			t.Errorf("%s: %v, %q, %v", name, len(ring), newest, err)
		}
	}
	if _, _, err := ban.ParseKeyRing(strings.NewReader("# keys\n\ufeff" + line)); err == nil {
		t.Error("a mark within the file was passed over")
	}
}
