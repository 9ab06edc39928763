package ban_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/sqlitestore"
)

// peerEnv names the database that this test program, started again, is to
// answer from.
const peerEnv = "OSTRAKA_TEST_PEER"

// peerMirrorEnv, if it is not empty, has it answer from a mirror.
const peerMirrorEnv = "OSTRAKA_TEST_PEER_MIRROR"

const peerPollInterval = 500 * time.Millisecond

func TestMain(m *testing.M) {
	if path := os.Getenv(peerEnv); path != "" {
		if err := answerFrom(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// answerFrom is the other process: it prints the verdict for each name it reads.
func answerFrom(path string) error {
	st, err := sqlitestore.Open(context.Background(), path, sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	c, err := ban.NewChecker(st, ban.CheckerOptions{PollInterval: peerPollInterval, Mirror: os.Getenv(peerMirrorEnv) != ""})
	if err != nil {
		return err
	}
	defer c.Close()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		d, err := c.Check(context.Background(), ban.Subject{Name: in.Text(), IP: "203.0.113.9"})
		if err != nil {
			return err
		}
		fmt.Println(d.Verdict)
	}
	return nil
}

// otherProcess is a running answerFrom.
type otherProcess struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func startPeer(t *testing.T, path, mirror string) otherProcess {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), peerEnv+"="+path, peerMirrorEnv+"="+mirror)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v", err)
		}
	})
	return otherProcess{t, in, bufio.NewReader(out)}
}

func (p otherProcess) verdict(name string) string {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, name); err != nil {
		p.t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// expectWithin asks until the answer is as wanted, and reports how long that
// took after the change. One that asks a poll interval after the change must not
// get the old answer.
func (p otherProcess) expectWithin(limit time.Duration, since time.Time, name, want string) {
	p.t.Helper()
	for {
		asked := time.Since(since)
		if got := p.verdict(name); got == want {
			p.t.Logf("%s seen as %s in the other process after %v", name, want, time.Since(since).Round(time.Millisecond))
			return
		} else if asked > limit {
			p.t.Fatalf("%s is %s in the other process %v after the change, want %s", name, got, asked, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestTwoProcessesOnOneFile(t *testing.T) {
	t.Run("cached", func(t *testing.T) { testTwoProcesses(t, "") })
	t.Run("mirrored", func(t *testing.T) { testTwoProcesses(t, "yes") })
}

func testTwoProcesses(t *testing.T, mirror string) {
	path := sqlitetest.File(t)
	st, err := sqlitestore.Open(context.Background(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the Checker's
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	a := newAdmin(t, st)
	b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	c := newChecker(t, st, ban.CheckerOptions{Mirror: mirror != ""})
	other := startPeer(t, path, mirror)
	s := ban.Subject{Name: "bob", IP: "203.0.113.7"}
	if here, there := check(t, c, s), other.verdict("bob"); here.Verdict != ban.Denied || there != "denied" {
		t.Fatalf("banned: %v here, %v in the other process", here.Verdict, there)
	}

	if _, err := a.Revoke(as("alice"), b.ID, "mistake"); err != nil {
		t.Fatal(err)
	}
	revoked := time.Now()
	if d := check(t, c, s); d.Verdict != ban.Allowed {
		t.Errorf("revoked: %v here, want allowed at once", d.Verdict)
	}
	other.expectWithin(peerPollInterval, revoked, "bob", "allowed")

	if _, err := a.Reinstate(as("alice"), b.ID); err != nil {
		t.Fatal(err)
	}
	other.expectWithin(peerPollInterval, time.Now(), "bob", "denied")

	many := []ban.CreateOptions{{Kind: ban.KindName, Value: "dave"}}
	if _, err := a.CreateMany(as("alice"), many); err != nil {
		t.Fatal(err)
	}
	other.expectWithin(peerPollInterval, time.Now(), "dave", "denied")

	other.verdict("carol")
	create(t, a, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.8/31"})
	other.expectWithin(peerPollInterval, time.Now(), "carol", "denied")

	// Hits of both processes add up.
	check(t, c, s)
	deadline := time.Now().Add(10 * time.Second)
	for {
		hits, err := a.Hits(context.Background(), b.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		if hits[0].Clients == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want hits by 2 clients", hits[0])
		}
		time.Sleep(20 * time.Millisecond)
	}
}
