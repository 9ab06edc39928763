package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	execStart   = regexp.MustCompile(`(?m)^ExecStart=(\S+)(.*)$`)
	timeoutStop = regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`)
)

// TestUnitsOfSystemd holds the ini blocks that are units to what systemd says of
// them: with another program for ours, which is not installed here.
func TestUnitsOfSystemd(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd here")
	}
	program, err := exec.LookPath("true")
	if err != nil {
		t.Skip("there is no program true here")
	}
	units := 0
	for _, document := range documents(t) {
		text, err := os.ReadFile(filepath.Join(root, document))
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := blocksOf(document, string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			if b.language != "ini" || !strings.Contains(b.text, "[Service]") {
				continue
			}
			units++
			path := filepath.Join(t.TempDir(), "unit.service")
			if err := os.WriteFile(path, []byte(execStart.ReplaceAllString(b.text, "ExecStart="+program)), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(verify, "verify", "--man=no", path).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s: %v: %s", b, err, out)
			}
			if m := timeoutStop.FindStringSubmatch(b.text); m == nil {
				t.Errorf("%s does not say how long the program may take to stop", b)
			} else if d, err := time.ParseDuration(m[1] + "s"); err != nil || d <= 10*time.Second {
				t.Errorf("%s: systemd kills the program after %v, before its own timeout of 10 s", b, d)
			}
		}
	}
	if units == 0 {
		t.Error("no page has a unit")
	}
}
