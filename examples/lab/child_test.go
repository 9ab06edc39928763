package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend/backendtest"
)

// childEnv makes the test binary one of the programs that the tests run.
const childEnv = "OSTRAKA_LAB_CHILD"

func TestMain(m *testing.M) {
	flag.Parse()
	program, ok := programs[os.Getenv(childEnv)]
	if !ok {
		backendtest.Main(m)
		return
	}
	if err := program(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// programs are what a child can be. They end when their standard input does.
var programs = map[string]func(args []string) error{
	"worker":  worker,
	"writer":  writer,
	"checker": checker,
	"fetcher": fetcher,
}

// child is a program that runs.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	errs  bytes.Buffer
}

func start(t *testing.T, program string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self, append([]string{"--"}, args...)...)}
	c.cmd.Env = append(os.Environ(), childEnv+"="+program)
	c.cmd.Stderr = &c.errs
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// kill ends the program with SIGKILL.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	for c.lines.Scan() {
	}
	_ = c.cmd.Wait()
}

var output sync.Mutex

// say writes a line to the parent, in one piece.
func say(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	output.Lock()
	defer output.Unlock()
	_, err = os.Stdout.Write(append(data, '\n'))
	return err
}

// as returns a context to change things in.
func as(actor string) context.Context { return ban.WithActor(context.Background(), actor) }
