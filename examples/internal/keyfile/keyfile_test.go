package keyfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/memstore"
)

const secret = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func TestAddMakesAFileForItsOwnerAndAddsToOneThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	for i, id := range []string{"a", "b"} {
		if err := keyfile.Add(path, id, keyfile.NewSecret(), true); err != nil {
			t.Fatal(err)
		}
		k, err := keyfile.Named("-key-file", path)
		if err != nil || len(k.Ring) != i+1 || k.Newest != id || len(k.Ring[id]) != 32 {
			t.Fatalf("after %s the file has %d keys, the newest %q, error %v", id, len(k.Ring), k.Newest, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has the mode %v, %v", info.Mode(), err)
		}
	}
	before, _ := os.ReadFile(path)
	for name, id := range map[string]string{"an ID that is there": "a", "an ID that is none": "A b"} {
		if err := keyfile.Add(path, id, keyfile.NewSecret(), true); !keyfile.Unusable(err) {
			t.Errorf("%s: error %v, want a *keyfile.Error", name, err)
		}
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("a refused Add changed the file")
	}
}

func TestAFileThatCannotBeUsedIsRefusedWithoutItsSecrets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"an empty file": "", "a secret alone": secret + "\n", "no base64": "a " + secret[:20] + "!\n", "a short secret": "a c2hvcnQ=\n",
		"an ID twice": "a " + secret + "\na " + secret + "\n", "three words": "a " + secret + " " + secret + "\n", "a binary": "\x00\xff\x00",
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := keyfile.Named("-key-file", path)
		if !keyfile.Unusable(err) || strings.Contains(err.Error(), secret[:10]) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that names the file and no secret", name, err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "none"), dir} {
		if _, err := keyfile.Named("-key-file", path); !keyfile.Unusable(err) {
			t.Errorf("%s: error %v", path, err)
		}
	}
	if k, err := keyfile.Named("-key-file", ""); err != nil || k.Path != "" || k.Check(t.Context(), memstore.New()) != nil {
		t.Errorf("without a file: %+v, %v", k, err)
	}
}

func TestTheVariableNamesAFileWhereNoFlagDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if err := keyfile.Add(path, "a", keyfile.NewSecret(), true); err != nil {
		t.Fatal(err)
	}
	t.Setenv(keyfile.Variable, path)
	if k, err := keyfile.Named("-key-file", ""); err != nil || k.Newest != "a" || k.From != keyfile.Variable {
		t.Errorf("%+v, %v", k, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	k, err := keyfile.Named("-key-file", "")
	if err != nil || !strings.Contains(k.OpenToAll(), "everybody on this machine can read") {
		t.Errorf("a file that all can read gives the warning %q, %v", k.OpenToAll(), err)
	}
}

func TestAKeyThatIsMissingIsNamed(t *testing.T) {
	st := memstore.New()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "a", Keys: ban.KeyRing{"gone": make([]byte, 32)}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@mail.example", Hashed: true}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keys")
	if err := keyfile.Add(path, "another", keyfile.NewSecret(), true); err != nil {
		t.Fatal(err)
	}
	other, err := keyfile.Named("-key-file", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []keyfile.Keys{{From: "-key-file"}, other} {
		err := k.Check(t.Context(), st)
		if !errors.Is(err, ban.ErrMissingKey) || !keyfile.Unusable(err) || !strings.Contains(err.Error(), "gone") {
			t.Errorf("with the keys %q: error %v, want one that names the key", k.Path, err)
		}
	}
}
