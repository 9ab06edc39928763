package sqlitestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/store"
)

// childEnv makes the test binary a process that does nothing but write to the
// database it names.
const childEnv = "OSTRAKA_SQLITESTORE_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		what, path, _ := strings.Cut(job, " ")
		if err := children[what](path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var children = map[string]func(path string) error{
	"write-for-ever": writeForEver,
	"create-100":     createHundred,
	"replace-list":   replaceList,
	"demote":         demoteRepeatedly,
	"be-logged-in":   beLoggedIn,
}

func child(t *testing.T, job string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+job)
	cmd.Stderr = os.Stderr
	return cmd
}

// writeForEver prints the value of every ban after its write was acknowledged.
func writeForEver(path string) error {
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		value := fmt.Sprintf("%d-%d.example", os.Getpid(), i)
		b, err := s.CreateBan(context.Background(), domainBan(value), by(store.BanCreate))
		if err != nil {
			return err
		}
		hit := store.Hit{RuleID: b.ID, Key: b.Key(), Day: store.Day(at), Uses: 1, Last: at}
		if err := s.AddHits(context.Background(), []store.Hit{hit}); err != nil {
			return err
		}
		fmt.Println(value)
	}
}

func TestKilledWriterLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	var acknowledged []string
	for round := range 5 {
		cmd := child(t, "write-for-ever "+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); first = false {
			if first {
				time.AfterFunc(time.Duration(100+37*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
			acknowledged = append(acknowledged, lines.Text())
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() > 0 {
			t.Fatalf("the writer was not killed: %v", err)
		}
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustCheck(t, s)
		for _, value := range acknowledged {
			rules, err := s.Lookup(context.Background(), []store.Key{{Kind: store.KindDomain, Text: value}})
			if err != nil || len(rules) != 1 {
				t.Fatalf("%q was acknowledged, but there are %d rules, %v", value, len(rules), err)
			}
		}
		last, err := s.LastChange(context.Background())
		if n := mustCount(t, s); err != nil || n != last {
			t.Errorf("%d bans, but %d changes, %v", n, last, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("no write was acknowledged before the kills")
	}
	t.Logf("%d writes acknowledged in 5 killed processes", len(acknowledged))
}

// createHundred creates the same bans as its siblings do.
func createHundred(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{BusyTimeout: 30 * time.Second})
	if err != nil {
		return err
	}
	for i := range 100 {
		value := fmt.Sprintf("host-%d.example", i)
		if _, err := s.CreateBan(ctx, domainBan(value), by(store.BanCreate)); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	// By whichever process they were made, all changes are there.
	changes, err := s.Changes(ctx, 0, 1000)
	if err != nil {
		return err
	}
	if len(changes) != 100 {
		return fmt.Errorf("process %d sees %d changes, not 100", os.Getpid(), len(changes))
	}
	return s.Close()
}

func TestProcessesShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	var cmds []*exec.Cmd
	for range 3 { // which all create the file, and migrate it
		cmd := child(t, "create-100 "+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	s := openAt(t, path, Options{})
	if n := mustCount(t, s); n != 100 {
		t.Errorf("%d bans, want one of each value", n)
	}
	mustCheck(t, s)
}
