package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// withKeys has a key file that the environment names, with a key of each ID.
func (c *cli) withKeys(ids ...string) (path string) {
	c.Helper()
	path = filepath.Join(c.TempDir(), "ostraka.keys")
	for _, id := range ids {
		c.ok("new-key", path, "--id", id)
	}
	c.Setenv("OSTRAKA_KEY_FILE", path)
	return path
}

// After somebody was banned by a hash, checked, suspended and forgotten, no file and no
// answer has their address, in any spelling.
func TestNothingHasTheAddressOfWhoIsBannedByAHash(t *testing.T) {
	c := newCLI(t)
	keys := c.withKeys("k")
	var said strings.Builder
	say := func(args ...string) {
		t.Helper()
		r := c.run(args...)
		said.WriteString(r.out + r.errors)
	}
	say("add", "--hashed", "--label", "case 1", "--reason", "spam", "Mal.Lory+Shop@gmail.com")
	say("add", "--hashed", "name:Xanthippe9")
	say("add", "--reason", "first", "per.sephone+1@gmail.com")
	c.ok("revoke", "per.sephone+1@gmail.com")
	c.ok("add", "Perse.phone@gmail.com", "--expires", "1d")
	said.Reset() // the plain bans were named
	say("hash", "Perse.phone@gmail.com", "--label", "case 3")
	c.forgotten("Zenobia7", "zen.obia7@mail.example")
	// Its own answer names the account for the last time.
	c.ok("accounts", "delete", "zenobia7", "--keep-hashed-ban")
	c.waiting(keys, "Berenike7", "bere.nike7@gmail.com")
	c.ok("reject", "berenike7", "--ban-emails", "--ban-name", "--hashed", "--label", "case 4", "--reason", "a bot")
	c.waiting(keys, "Arsinoe7", "arsi.noe7@gmail.com")
	c.ok("approve", "arsinoe7")
	c.ok("accounts", "suspend", "arsinoe7", "--ban-emails", "--ban-name", "--hashed", "--label", "case 5")
	c.ok("accounts", "delete", "arsinoe7", "--keep-hashed-ban")
	for _, email := range []string{"mallory@googlemail.com", "persephone+9@googlemail.com", "zen.obia7@mail.example", "bere.nike7@gmail.com", "arsi.noe7@gmail.com"} {
		if r := c.run("check", "--email", email); r.code != statusDenied {
			t.Errorf("check --email %s: exit status %d: %s", email, r.code, r.out+r.errors)
		}
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	for _, args := range [][]string{
		{"list"}, {"list", "--json", "--all"}, {"show", "1"}, {"show", "2"}, {"log"}, {"log", "--json"}, {"stats"}, {"accounts", "list"},
		{"add", "--hashed", "mallory+2@gmail.com"}, {"add", "mallory+2@gmail.com"}, {"put", "--hashed", "mallory+2@gmail.com", "--reason", "again"},
		{"revoke", "1"}, {"log", "1"}, {"aliases"}, {"backup", backup}, {"verify"},
	} {
		say(args...)
	}
	texts := []string{"mallory", "mal.lory", "xanthippe", "zenobia", "zen.obia", "zoe7", "persephone", "per.se", "perse.", "berenike", "bere.nike", "arsinoe", "arsi.noe"}
	wantNone := func(where, text string) {
		t.Helper()
		for _, secret := range texts {
			if at := strings.Index(strings.ToLower(text), secret); at >= 0 {
				t.Errorf("%s has %q: …%q…", where, secret, text[max(0, at-80):min(len(text), at+80)])
			}
		}
	}
	wantNone("what was printed", said.String())
	for _, file := range []string{c.db, c.db + "-wal", c.db + "-shm", backup} {
		data, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		wantNone(filepath.Base(file), string(data))
	}
	if data, err := os.ReadFile(c.db); err != nil || !strings.Contains(string(data), "case 1") {
		t.Errorf("the file has not what was written: %v", err)
	}
}

// waiting makes an account that waits for a decision.
func (c *cli) waiting(keys, handle, email string) {
	c.Helper()
	st, err := sqlitestore.Open(c.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		c.Fatal(err)
	}
	defer st.Close()
	file, err := os.Open(keys)
	if err != nil {
		c.Fatal(err)
	}
	defer file.Close()
	ring, _, err := ban.ParseKeyRing(file)
	if err != nil {
		c.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Keys: ring, Traits: ban.TraitOptions{Free: ban.PolicyReview}})
	if err != nil {
		c.Fatal(err)
	}
	defer checker.Close()
	admin, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		c.Fatal(err)
	}
	o := account.SignUpOptions{Account: account.CreateOptions{Handle: handle, Email: email}, IP: "192.0.2.7"}
	done, err := admin.SignUp(ban.WithActor(c.Context(), "signup"), checker, o)
	if err != nil || !done.Account.Pending() {
		c.Fatalf("%s signed up: %+v, %v; want an account that waits", handle, done, err)
	}
}

// forgotten makes an account with a past, which is banned by its address and its name.
func (c *cli) forgotten(handle, email string) {
	c.Helper()
	st, err := sqlitestore.Open(c.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		c.Fatal(err)
	}
	defer st.Close()
	admin, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		c.Fatal(err)
	}
	ctx := ban.WithActor(c.Context(), handle)
	acc, err := admin.Create(ctx, account.CreateOptions{Handle: handle, Email: email, Password: "correct horse"})
	if err != nil {
		c.Fatal(err)
	}
	if _, err := admin.Update(ctx, acc.ID, account.Patch{Name: new("Zoe7")}); err != nil {
		c.Fatal(err)
	}
	ctx = ban.WithActor(c.Context(), "alice")
	if _, err := admin.Suspend(ctx, acc.ID, account.SuspendOptions{Reason: "spam", BanEmails: true, BanName: true}); err != nil {
		c.Fatal(err)
	}
}

func TestKeysThatAreMissingOrWrongAreNamed(t *testing.T) {
	c := newCLI(t)
	keys := c.withKeys("old", "new")
	c.ok("add", "--hashed", "bob@mail.example")
	other := filepath.Join(t.TempDir(), "other.keys")
	c.ok("new-key", other, "--id", "other")
	bad := file(t, "bad.keys", "new not-base64!\n")
	for name, tc := range map[string]struct {
		file   string
		args   []string
		status int
		says   string
	}{
		"a check with another key":            {other, []string{"check", "--email", "x@mail.example"}, statusUnknown, "give the key new"},
		"an explanation with another key":     {other, []string{"explain", "--email", "x@mail.example"}, statusUnknown, "give the key new"},
		"a sweep with another key":            {other, []string{"sweep"}, statusTrouble, "give the key new"},
		"a file with a bad line":              {bad, []string{"list"}, statusTrouble, "line 1"},
		"a file that is not there":            {bad + "x", []string{"check", "--email", "x@mail.example"}, statusTrouble, "there is no such file"},
		"a label with the address":            {keys, []string{"add", "--hashed", "--label", "Eve@mail.example", "eve@mail.example"}, statusTrouble, "label"},
		"a label of a ban that is not hashed": {keys, []string{"add", "--label", "x", "eve@mail.example"}, statusTrouble, "label"},
		"a domain":                            {keys, []string{"add", "--hashed", "spam.example"}, statusTrouble, "hashed"},
		"a key of that ID again":              {keys, []string{"new-key", keys, "--id", "old"}, statusTrouble, "already"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.run(append([]string{"--key-file", tc.file}, tc.args...)...)
			if r.code != tc.status || !strings.Contains(r.errors, tc.says) || strings.Contains(r.errors, "not-base64") {
				t.Errorf("exit status %d: %s; want %d and %q", r.code, r.errors, tc.status, tc.says)
			}
		})
	}
	t.Setenv("OSTRAKA_KEY_FILE", "")
	fresh := withoutDatabase(t)
	for _, args := range [][]string{
		{"add", "--hashed", "bob@mail.example"},
		{"accounts", "suspend", "bob", "--ban-emails", "--hashed"},
		{"accounts", "delete", "bob", "--keep-hashed-ban"},
		{"reject", "bob", "--ban-emails", "--hashed"},
	} {
		if r := fresh.run(args...); r.code != statusTrouble || !strings.Contains(r.errors, "--key-file") {
			t.Errorf("%q without a key file: exit status %d: %s", args, r.code, r.errors)
		}
	}
	if _, err := os.Stat(fresh.db); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was refused made a database: %v", err)
	}
}
