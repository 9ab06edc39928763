package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// mastoJS returns a folder that has masto.js, of the version that the lock file names,
// beside the script that uses it. The test is skipped where that cannot be had.
func mastoJS(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s: masto.js, the client of the server, cannot run", program)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "day.mjs"} {
		data, err := os.ReadFile(filepath.Join("testdata", "masto", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Skipf("masto.js does not come from the server of npm: %v\n%s", err, out)
	}
	return dir
}

// TestMastoJS lives a day with masto.js, unmodified.
func TestMastoJS(t *testing.T) {
	dir := mastoJS(t)
	onEveryBackend(t, func(t *testing.T, p *program) {
		ctx, cancel := context.WithTimeout(t.Context(), waitFor)
		defer cancel()
		node := exec.CommandContext(ctx, "node", "day.mjs", p.url, p.tokenOf("alice", "admin:read", "admin:write"), p.tokenOf("alice", "admin:read"))
		node.Dir = dir
		out, err := node.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "the day is over") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// tokenOf makes an API token. It is for programs of siteOver.
func (p *program) tokenOf(handle string, scopes ...string) string {
	p.t.Helper()
	acc, err := p.parts.accounts.ByHandle(p.t.Context(), handle)
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := p.parts.auth.CreateToken(ban.WithActor(p.t.Context(), "test"), acc.ID, account.TokenOptions{Scopes: scopes})
	if err != nil {
		p.t.Fatal(err)
	}
	return token.Secret
}
