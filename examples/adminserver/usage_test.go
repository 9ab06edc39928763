package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWhatCannotBeUsed(t *testing.T) {
	db, _ := database(t)
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no database, but long enough to be one: "+strings.Repeat("x", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().String()
	for rule, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no database":             {nil, 2, "-db: no database named"},
		"a folder that is not":    {[]string{"-db", "/nowhere/x.db"}, 2, "-db /nowhere/x.db"},
		"a text":                  {[]string{"-db", text}, 2, "-db " + text},
		"an unknown flag":         {[]string{"-x"}, 2, "-h shows the flags"},
		"an argument":             {[]string{"-db", db, "x"}, 2, `unexpected argument "x"`},
		"a taken port":            {[]string{"-db", db, "-addr", port}, 2, "-addr " + port},
		"no address":              {[]string{"-db", db, "-addr", "here"}, 2, "-addr here"},
		"insecure, and open":      {[]string{"-db", db, "-addr", ":0", "-insecure-cookie"}, 2, "listen on a loopback address"},
		"a proxy by name":         {[]string{"-db", db, "-trusted-proxy", "proxy"}, 2, "-trusted-proxy"},
		"no address of a server":  {[]string{"-db", db, "-base-url", "admin.example"}, 2, "-base-url admin.example"},
		"no time to wait":         {[]string{"-db", db, "-busy-timeout", "0s"}, 2, "-busy-timeout 0s"},
		"too long to wait":        {[]string{"-db", db, "-busy-timeout", "1h"}, 2, "-busy-timeout 1h0m0s"},
		"no time to read":         {[]string{"-db", db, "-read-timeout", "0s"}, 2, "-read-timeout 0s"},
		"no time to stop":         {[]string{"-db", db, "-shutdown-timeout", "-1s"}, 2, "-shutdown-timeout -1s"},
		"bootstrap: no database":  {[]string{"bootstrap"}, 2, "-db: no database named"},
		"bootstrap: nobody":       {[]string{"bootstrap", "-db", fresh, "-email", "a@example.org"}, 2, "-admin: nobody named"},
		"bootstrap: no address":   {[]string{"bootstrap", "-db", fresh, "-admin", "a"}, 2, "-email: no address named"},
		"bootstrap: bad address":  {[]string{"bootstrap", "-db", fresh, "-admin", "a", "-email", "a"}, 2, "email"},
		"bootstrap: bad handle":   {[]string{"bootstrap", "-db", fresh, "-admin", "a@b", "-email", "a@example.org"}, 2, "handle"},
		"bootstrap: a second":     {[]string{"bootstrap", "-db", db, "-admin", "bob", "-email", "bob@example.org"}, 1, "there is an active admin"},
		"bootstrap: a taken name": {[]string{"bootstrap", "-db", db, "-admin", "Alice", "-email", "bob@example.org", "-force"}, 1, "choose another handle"},
		"bootstrap: no folder":    {[]string{"bootstrap", "-db", "/nowhere/x.db", "-admin", "a", "-email", "a@example.org"}, 2, "-db /nowhere/x.db"},
	} {
		t.Run(rule, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), waitFor)
			defer cancel()
			var out, log strings.Builder
			code := run(ctx, c.args, &out, &log)
			if code != c.code || !strings.Contains(log.String(), c.want) || strings.Count(log.String(), "\n") != 1 || out.Len() > 0 {
				t.Errorf("exit status %d, want %d and one line with %q: %s%s", code, c.code, c.want, out.String(), log.String())
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for command, flags := range map[string][]string{
		"":          {"-addr HOST:PORT", "-db FILE", "-mirror", "-insecure-cookie", "-trusted-proxy ADDRESS", "-busy-timeout TIME", "-read-timeout TIME", "-shutdown-timeout TIME"},
		"bootstrap": {"-db FILE", "-admin HANDLE", "-email ADDRESS", "-force"},
	} {
		readme, err := os.ReadFile("README.md")
		if err != nil {
			t.Fatal(err)
		}
		var out, log strings.Builder
		if code := run(t.Context(), append(strings.Fields(command), "-h"), &out, &log); code != 0 || log.Len() > 0 {
			t.Errorf("exit status %d: %s", code, log.String())
		}
		for _, line := range strings.Split(out.String(), "\n") {
			name, ok := strings.CutPrefix(line, "  -")
			if name, _, _ = strings.Cut(name, " "); ok && command == "" && !strings.Contains(string(readme), "`-"+name) {
				t.Errorf("README.md lacks -%s", name)
			}
		}
		for _, f := range flags {
			if !strings.Contains(out.String(), f) {
				t.Errorf("help lacks %s:\n%s", f, out.String())
			}
			if command == "" && !strings.Contains(string(readme), "`"+f+"`") {
				t.Errorf("README.md lacks %s", f)
			}
		}
	}
}

func TestForceMakesAnotherAdmin(t *testing.T) {
	db, _ := database(t)
	var out, log strings.Builder
	if code := run(t.Context(), []string{"bootstrap", "-db", db, "-admin", "bob", "-email", "bob@example.org", "-force"}, &out, &log); code != 0 {
		t.Fatalf("exit status %d: %s", code, log.String())
	}
	_, rest, _ := strings.Cut(out.String(), "password: ")
	password, _, _ := strings.Cut(rest, "\n")
	p := start(t, db)
	p.send("GET", "/api/admin/users?is_admin=1", "", p.signIn("bob", password)).want(t, 200, `"total":2`)
}

func TestNewDatabase(t *testing.T) {
	db := filepath.Join(t.TempDir(), "new.db")
	p := start(t, db)
	p.send("GET", "/healthz", "", login{}).want(t, 200, `{"ok":true}`)
	p.stop()
	if !strings.Contains(p.logged(), "nobody can sign in: make an admin with adminserver bootstrap") {
		t.Errorf("it is not said that there is no admin: %s", p.logged())
	}
	for _, name := range []string{db, db + ".csrf-key"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// TestSecureByDefault starts without -insecure-cookie, on every address.
func TestSecureByDefault(t *testing.T) {
	db, alice := database(t)
	p := &program{t: t}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"-db", db, "-addr", ":0"}, io.Discard, p) }()
	defer func() { cancel(); <-ended }()
	for began := time.Now(); p.url == "" && time.Since(began) < waitFor; time.Sleep(5 * time.Millisecond) {
		if m := listening.FindStringSubmatch(p.logged()); m != nil {
			_, port, err := net.SplitHostPort(m[1])
			if err != nil {
				t.Fatal(err)
			}
			p.url = "http://127.0.0.1:" + port
		}
	}
	a := p.send("POST", "/api/auth/sign-in", `{"login":"alice","password":"`+alice.password+`"}`, login{})
	cookies := a.header.Values("Set-Cookie")
	if len(cookies) != 2 {
		t.Fatalf("%d %s, with cookies %q", a.status, a.body, cookies)
	}
	for _, c := range cookies {
		if !strings.Contains(c, "; Secure") || !strings.Contains(c, "; HttpOnly") || !strings.Contains(c, "; SameSite=Strict") {
			t.Errorf("cookie %q", c)
		}
	}
	if !strings.HasPrefix(cookies[0], "__Host-access=") || !strings.Contains(p.logged(), "HTTP without TLS") {
		t.Errorf("cookies %q, log %s", cookies, p.logged())
	}
}

func TestCSRFKey(t *testing.T) {
	dir := t.TempDir()
	db, linked := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
	if err := errors.Join(os.WriteFile(db, nil, 0o600), os.Symlink(db, linked)); err != nil {
		t.Fatal(err)
	}
	const servers = 8
	keys := make(chan string, servers)
	for range servers { // that start at once
		go func() {
			key, err := csrfKey(linked)
			if err != nil {
				t.Error(err)
			}
			keys <- string(key)
		}()
	}
	first := <-keys
	for range servers - 1 {
		if <-keys != first {
			t.Error("two servers have keys of their own")
		}
	}
	if again, err := csrfKey(db); err != nil || string(again) != first || len(first) != csrfKeySize {
		t.Errorf("another key after a restart, or under another name of the file: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".csrf-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	path := db + ".csrf-key"
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := csrfKey(db); err == nil || !strings.Contains(err.Error(), "may be read by others") {
		t.Errorf("a key that others may read: %v", err)
	}
	for _, text := range []string{"", "secret", strings.Repeat("ab", csrfKeySize-1)} {
		if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := csrfKey(db); err == nil || !strings.Contains(err.Error(), "holds no key") {
			t.Errorf("the key %q: %v", text, err)
		}
	}
	if _, err := csrfKey(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no database: %v", err)
	}
}
