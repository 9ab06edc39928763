package rulecache

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestTheModelOfFreshness has spin try every order of the steps of freshness.pml: as
// the program is, and with each of the mistakes that the model knows.
func TestTheModelOfFreshness(t *testing.T) {
	for _, tool := range []string{"spin", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s, which checks the model", tool)
		}
	}
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for _, tt := range []struct {
		name    string
		macros  []string
		mistake bool
	}{
		{"no answer is from before what must be known", nil, false},
		{"the clock must move last", []string{"SWAPPED"}, true},
		{"look-ups must not be read from a replica", []string{"REPLICA"}, true},
		{"a write must mark its keys before it returns", []string{"LATE_MARK"}, true},
		{"the stamp must be taken before the look-up", []string{"LATE_STAMP"}, true},
		{"a reading must mark what others wrote", []string{"SKIPPING"}, true},
		{"notifications must not be relied on", []string{"TRUSTING"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if found := violations(t, tt.macros); found != tt.mistake {
				t.Errorf("spin found a wrong answer: %v, want %v", found, tt.mistake)
			}
		})
	}
}

var verdict = regexp.MustCompile(`errors: (\d+)`)

// violations reports whether an assertion of the model can fail. A search that does
// not come to its end fails the test.
func violations(t *testing.T, macros []string) bool {
	t.Helper()
	model, err := filepath.Abs("freshness.pml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(name string, args ...string) []byte {
		c := exec.Command(name, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return out
	}
	args := []string{"-a"}
	for _, m := range macros {
		args = append(args, "-D"+m)
	}
	run("spin", append(args, model)...)
	run("gcc", "-O2", "-w", "-DSAFETY", "-o", "pan", "pan.c")
	out := run(filepath.Join(dir, "pan"), "-m100000", "-w24")
	m := verdict.FindSubmatch(out)
	if m == nil || regexp.MustCompile(`max search depth too small|out of memory`).Match(out) {
		t.Fatalf("the search did not come to its end:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "freshness.pml.trail")); (err == nil) != (string(m[1]) != "0") {
		t.Fatalf("spin contradicts itself:\n%s", out)
	}
	return string(m[1]) != "0"
}
