//go:build unix

package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestAServerEndsWithTheProcessThatStartedIt has this program started again, which
// starts a server, and kills it.
func TestAServerEndsWithTheProcessThatStartedIt(t *testing.T) {
	if os.Getenv("PGTEST_START") != "" {
		s := Own(t)
		fmt.Printf("server %d %s\n", s.Port, s.dir)
		select {}
	}
	if _, err := binaries(); errors.Is(err, ErrNoServer) {
		t.Skip(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), "PGTEST_START=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var port int
	var dir string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "server ") {
			if _, err := fmt.Sscanf(lines.Text(), "server %d %s", &port, &dir); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	if port == 0 {
		t.Fatal("no server was started")
	}
	gone := func() bool {
		_, err := os.Stat(dir)
		c, dialErr := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if dialErr == nil {
			_ = c.Close()
		}
		return errors.Is(err, os.ErrNotExist) && dialErr != nil
	}
	for began := time.Now(); !gone(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("the server is there 20s after its process was killed")
		}
	}
}
