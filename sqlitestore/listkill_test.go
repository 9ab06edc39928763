package sqlitestore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.com/ostraka/store"
)

const (
	kills       = 50
	killEntries = 2 * testSteps
	killWithin  = 30 * time.Millisecond // of one step
	// On a machine that is slow, or busy, fewer kills have to do.
	killsAtLeast = 10
	killFor      = 20 * time.Second
)

// replaceList replaces the content of the list by the other one, for ever. It
// prints a line when it begins a replacement, and after every step of it.
func replaceList(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	s.stepRows = testSteps
	contents := killContents()
	for {
		list, err := s.List(ctx, "list")
		if err != nil {
			return err
		}
		now, next := contents[0], contents[1]
		if list.Source == "1" {
			now, next = next, now
		}
		list.Source = map[string]string{"0": "1", "1": "0"}[list.Source]
		fmt.Println("begins")
		d := delta(list, now, next)
		d.Progress = func(written int) { fmt.Println(written) }
		if _, err := s.ApplyList(ctx, d, by(store.ListSync)); err != nil {
			return err
		}
	}
}

func killContents() [2][]store.Entry {
	return [2][]store.Entry{domainEntries("zero", killEntries), domainEntries("one", killEntries)}
}

// TestKilledSyncLeavesOneOfTheVersions kills a process that replaces a list, at
// a random moment. The list must be one of the two, to the last entry.
func TestKilledSyncLeavesOneOfTheVersions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	contents := killContents()
	s := openSteps(t, path, Options{})
	first := newList("list", contents[0]...)
	first.List.Source = "0"
	mustApply(t, s, first)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var left [2]int
	start := time.Now()
	for round := range kills {
		if round >= killsAtLeast && time.Since(start) > killFor {
			break
		}
		// Two steps remove, two add, then comes what is not reported.
		steps, delay := rand.N(6), rand.N(killWithin)
		killReplacing(t, path, steps, delay)
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.stepRows = testSteps
		left[checkKilled(t, s, contents)]++
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("in round %d, %v after %d steps", round, delay, steps)
		}
	}
	t.Logf("%d kills left the list as one content, %d as the other", left[0], left[1])
}

func killReplacing(t *testing.T, path string, steps int, delay time.Duration) {
	t.Helper()
	cmd := child(t, "replace-list "+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 1 + steps {
		if !lines.Scan() {
			t.Error("the child ended by itself")
		}
	}
	time.Sleep(delay)
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() > 0 {
		t.Fatalf("the child was not killed: %v", err)
	}
}

// checkKilled returns which of the contents the list has.
func checkKilled(t *testing.T, s *Store, contents [2][]store.Entry) (which int) {
	t.Helper()
	ctx := context.Background()
	mustCheck(t, s)
	list, err := s.List(ctx, "list")
	if err != nil {
		t.Fatal(err)
	}
	if list.Source == "1" {
		which = 1
	}
	wantValues(t, s, "list", contents[which])
	var scanned []string
	for rule, err := range s.Scan(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		scanned = append(scanned, rule.Value)
	}
	if slices.Sort(scanned); !slices.Equal(scanned, valuesOf(contents[which])) {
		t.Errorf("Scan yields %d rules that are not those of the list", len(scanned))
	}
	// The next sync works, and cleans up. It changes nothing, so that the next
	// child begins with what this one left.
	list = mustApply(t, s, delta(list, contents[which][:1], contents[which][:1]))
	if n := rows(t, s); n > 2*killEntries+1 {
		t.Errorf("%d rows are left after the next sync of %d entries", n, list.Entries)
	}
	mustCheck(t, s)
	return which
}
