//go:build unix

// Command postgres runs a PostgreSQL server to try things on, from what is installed on
// the machine. Its data is in a temporary folder, which is removed at the end: at ctrl-C,
// or SIGTERM.
//
//	go run ./examples/postgres -addr 127.0.0.1:5433
//	banctl --db postgres://postgres@127.0.0.1:5433/postgres migrate
//
// Everybody on this machine is let in, as whoever they say they are. Run by root, it
// runs as the user postgres.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"example.com/ostraka/pgstore/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("postgres", flag.ContinueOnError)
	set.SetOutput(stderr)
	addr := set.String("addr", "127.0.0.1:5433", "listen on `127.0.0.1:PORT`")
	if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	at, err := netip.ParseAddrPort(*addr)
	if err != nil || at.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) || at.Port() == 0 || set.NArg() > 0 {
		fmt.Fprintln(stderr, "postgres: give -addr 127.0.0.1:PORT and nothing else; nobody else is to reach a server that lets everybody in")
		return 2
	}
	server, err := pgtest.StartOn(int(at.Port()))
	if err != nil {
		fmt.Fprintf(stderr, "postgres: %v\n", err)
		if errors.Is(err, pgtest.ErrNoServer) {
			return 2
		}
		return 1
	}
	fmt.Fprintf(stdout, "postgres://postgres@%s/postgres\n", at)
	<-ctx.Done()
	if err := server.Remove(); err != nil {
		fmt.Fprintf(stderr, "postgres: %v\n", err)
		return 1
	}
	return 0
}
