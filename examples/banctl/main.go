// Command banctl manages the bans, blocks and lists of an ostraka database from
// the command line, also while servers have the database open.
//
//	go run ./examples/banctl --db DATABASE COMMAND [ARGUMENT...] [FLAG...]
//
//	banctl --db bans.db add spam.example --reason "three waves" --expires 30d
//	banctl --db bans.db check --email bob@mail.spam.example; echo $?
//	banctl --db bans.db import --list disposable disposable-domains.txt
//
// "banctl help" has the commands, and "banctl help COMMAND" the flags of one. The
// database is an SQLite file, or postgres://USER@HOST/DATABASE on a PostgreSQL server.
// It may be named by the environment variable BANCTL_DB or OSTRAKA_DB instead. Commands
// that add something make it if it is not there; the others refuse.
//
// # Output
//
// Results go to standard output as text for people or, with --json, as exactly one
// JSON document on one line, with names in snake_case; times are in UTC. Errors go
// to standard error, with --json as a document {"error": {"code", "message", …}}.
// A long import draws a progress bar on standard error if that is a terminal.
// Characters that could control a terminal are printed as escapes.
//
// # Exit status
//
//	0  done; of check: allowed
//	2  not done: wrong usage, input that does not fit, or trouble with the database
//	3  check: denied
//	4  check: review, a person has to approve
//	5  check: no answer, for trouble with the database
//
// "go run" makes a 1 of all but 0: build the program to use them.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	// Without this, writing to a pipe that nobody reads any more would end the
	// program in the middle of its work.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends the program by force
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, time.Now))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, now func() time.Time) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, now: now, json: wantsJSON(args)}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return a.status
	}
	return a.fail(ctx, err)
}
