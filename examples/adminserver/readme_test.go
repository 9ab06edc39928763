package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	runBlock   = regexp.MustCompile("(?ms)^<!-- run: examples/adminserver -->\n```sh\n(.*?)^```$")
	aCurl      = regexp.MustCompile(`(?m)(^|\()curl `)
	promise    = regexp.MustCompile(`(?m) # (\d{3})(?: (.+))?$`)
	aStatus    = regexp.MustCompile(`(?m)^(\d{3})$`)
	readmeAddr = "127.0.0.1:8080"
)

// curlStatus has curl print the status of each answer to standard error.
const curlStatus = "curl() { command curl -sS --max-time 30 -w '\\n%{stderr}%{http_code}\\n' \"$@\"; }\n"

// TestReadmeRequests runs the blocks of the READMEs that are marked, each against a
// server of its own: every request is answered as the comment at its end says.
func TestReadmeRequests(t *testing.T) {
	for _, command := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("requests to the server are made with %s: %v", command, err)
		}
	}
	ran := 0
	for _, document := range []string{"README.md", "../../README.md"} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range runBlock.FindAllStringSubmatch(string(text), -1) {
			ran++
			t.Run(document, func(t *testing.T) { runRequests(t, block[1]) })
		}
	}
	if ran == 0 {
		t.Error("no block is marked")
	}
}

func runRequests(t *testing.T, block string) {
	db, _ := database(t)
	p := start(t, db)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "credentials"), made().printed, 0o600); err != nil {
		t.Fatal(err)
	}
	script := curlStatus + strings.ReplaceAll(block, readmeAddr, strings.TrimPrefix(p.url, "http://"))
	cmd := exec.CommandContext(t.Context(), "bash", "-euc", script)
	cmd.Dir = dir
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}

	promised := promise.FindAllStringSubmatch(block, -1)
	answered := aStatus.FindAllString(stderr.String(), -1)
	if requests := len(aCurl.FindAllString(block, -1)); requests == 0 || requests != len(promised) || requests != len(answered) {
		t.Fatalf("%d requests, %d promises, %d answers:\n%s\n%s", requests, len(promised), len(answered), stdout.String(), stderr.String())
	}
	rest := stdout.String()
	for i, want := range promised {
		if answered[i] != want[1] {
			t.Errorf("request %d: status %s, want %s", i+1, answered[i], want[1])
		}
		_, after, found := strings.Cut(rest, want[2])
		if !found {
			t.Fatalf("request %d: no %s in %.2000s", i+1, want[2], rest)
		}
		rest = after
	}
}
