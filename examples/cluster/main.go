//go:build unix

// Command cluster shows several admin servers on one PostgreSQL database: how soon a ban
// made through one of them is in force on all, and how much they carry.
//
//	go run ./examples/cluster
//	go run ./examples/cluster -mirror -nodes 5 -writes 50 -for 30s
//
// It starts a PostgreSQL server of its own, from what is installed on the machine, in a
// temporary folder (run by root, as the user postgres), builds the admin server, starts
// it as often as -nodes says, and asks all of them over HTTP. Ctrl-C ends it. It leaves
// nothing behind.
//
// # What is measured
//
// Freshness: an address is banned through one server, in turn. From the moment its
// answer is there, every server is asked for a page in the name of that address, again
// and again, until it refuses. All have let the address in before, so that their caches
// know it. The figures have the time of a request in them.
//
// Throughput: as many requests as the servers answer, each of which is checked; and as
// many bans as they make. All share the processors of this machine with the database and
// with who asks.
//
// The exit status is 0 if all went well, 1 after trouble, 2 if a flag cannot be used or
// PostgreSQL is missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/ostraka/examples/internal/usage"
	"example.com/ostraka/pgstore/pgtest"
)

func main() {
	// What is started is stopped also if the signal comes again.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parseFlags(args, stdout)
	if err == nil {
		err = show(ctx, f, stdout, stderr)
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(stderr, "cluster: %v\n", err)
	if usage.Wrong(err) {
		return 2
	}
	return 1
}

type flags struct {
	nodes    int
	writes   float64
	duration time.Duration
	mirror   bool
	program  string
}

func parseFlags(args []string, w io.Writer) (flags, error) {
	var f flags
	set := usage.FlagSet("cluster")
	set.IntVar(&f.nodes, "nodes", 3, "start `N` admin servers, 1 to 20")
	set.Float64Var(&f.writes, "writes", 20, "make `N` bans a second while freshness is measured, up to 500")
	set.DurationVar(&f.duration, "for", 15*time.Second, "measure for `TIME`, at least 1s: three quarters of it freshness, the rest throughput")
	set.BoolVar(&f.mirror, "mirror", false, "the servers keep all rules in memory, instead of a cache of what was asked")
	set.StringVar(&f.program, "adminserver", "", "run the admin server in `FILE`; default: it is built")
	if err := usage.Parse(set, args, w, "cluster [-nodes N] [-writes N] [-for TIME] [-mirror] [-adminserver FILE]"); err != nil {
		return f, err
	}
	switch {
	case f.nodes < 1 || f.nodes > 20:
		return f, usage.New("-nodes", "", errors.New("out of range"), "give a number from 1 to 20")
	case !(f.writes > 0 && f.writes <= 500):
		return f, usage.New("-writes", "", errors.New("out of range"), "give a number up to 500")
	case f.duration < time.Second || f.duration > time.Hour:
		return f, usage.New("-for", "", errors.New("out of range"), "give a time from 1s to 1h")
	}
	return f, nil
}

// show starts everything, measures, prints, and stops everything.
func show(ctx context.Context, f flags, stdout, stderr io.Writer) (err error) {
	server, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNoServer) {
		return usage.New("", "", err, "install it, as Debian's package postgresql, or name the folder of its programs with PG_BIN")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Remove()) }()
	dir, err := os.MkdirTemp("", "ostraka-cluster-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c := &cluster{flags: f, dir: dir, dsn: server.DSN(), log: stderr}
	defer c.stop()
	if err := c.start(ctx); err != nil {
		return err
	}
	kind := "a cache each"
	if f.mirror {
		kind = "all rules in the memory of each"
	}
	fmt.Fprintf(stdout, "%d admin servers, %s, PostgreSQL on 127.0.0.1:%d\n", f.nodes, kind, server.Port)
	fresh, err := c.measureFreshness(ctx, f.duration*3/4)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "freshness:  %s\n", fresh)
	checks, bans, err := c.measureThroughput(ctx, f.duration/8)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "throughput: %.0f checked requests/s, %.0f bans/s\n", checks, bans)
	return nil
}
