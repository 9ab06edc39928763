// Package keyfiletest has what the tests of servers share that take a key file.
package keyfiletest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// RefusesToStart has a server start, with the flags given and a log, over a database
// with a ban that is hashed under a key that it has not. It must end with the status 2, and
// say why without any secret.
func RefusesToStart(t *testing.T, run func(args []string, log io.Writer) int) {
	t.Helper()
	dir := t.TempDir()
	db, bad := filepath.Join(dir, "bans.db"), filepath.Join(dir, "bad.keys")
	st, err := sqlitestore.Open(t.Context(), db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "a", Keys: ban.KeyRing{"lost": make([]byte, 32)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@mail.example", Hashed: true}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte("a no-base64!\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no key file":                {nil, "give the key lost"},
		"a key file with a bad line": {[]string{"-key-file", bad}, "line 1"},
		"a key file that is missing": {[]string{"-key-file", bad + "x"}, "no such file"},
	} {
		var log bytes.Buffer
		code := run(append([]string{"-db", db, "-addr", "127.0.0.1:0"}, c.args...), &log)
		if code != 2 || !strings.Contains(log.String(), c.says) || strings.Contains(log.String(), "no-base64!") {
			t.Errorf("%s: status %d: %s, want 2 and %q", name, code, &log, c.says)
		}
	}
}
