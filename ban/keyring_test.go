package ban_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
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

func TestAnIDThatWasMadeForASecretIsRefusedWithAnother(t *testing.T) {
	id, err := ban.KeyID("2026", secret('a'))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ban.KeyID("2026", secret('a')); again != id || err != nil {
		t.Errorf("KeyID is %q, then %q, %v", id, again, err)
	}
	if other, err := ban.KeyID("2026", secret('b')); other == id || err != nil {
		t.Errorf("two secrets have the ID %q, %v", other, err)
	}
	if err := (ban.KeyRing{id: secret('a')}).Check(); err != nil {
		t.Error(err)
	}
	wrong := ban.KeyRing{id: secret('b')}
	wantValueError(t, wrong.Check(), "keys", ban.CodeConflict)
	_, err = ban.NewChecker(memstore.New(), ban.CheckerOptions{Keys: wrong})
	wantValueError(t, err, "keys", ban.CodeConflict)
	_, err = ban.NewAdmin(memstore.New(), ban.AdminOptions{Keys: wrong})
	wantValueError(t, err, "keys", ban.CodeConflict)
	_, _, err = ban.ParseKeyRing(strings.NewReader(id + " " + base64.StdEncoding.EncodeToString(secret('b'))))
	wantValueError(t, err, "keys", ban.CodeConflict)
	for _, id := range []string{"2026", "2026.k", "a.kabcdefg1", "a.kabcdefghi", "kabcdefgh"} { // no such marks
		if err := (ban.KeyRing{id: secret('b')}).Check(); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	_, err = ban.KeyID("No ID", secret('a'))
	wantValueError(t, err, "keys", ban.CodeSyntax)
	_, err = ban.KeyID("k", []byte("short"))
	wantValueError(t, err, "keys", ban.CodeRange)
}
