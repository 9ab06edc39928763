package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strconv"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/policyproto"
)

type flags struct {
	addr, db   string
	socketMode fs.FileMode
	review     reviewAction
	unreadable choice
	checker    ban.CheckerOptions
	server     policyproto.Options
	help       bool
}

// parseFlags reads the command line. Help goes to w.
func parseFlags(args []string, w io.Writer) (flags, error) {
	f := flags{socketMode: 0o660, review: reviewHold, unreadable: choiceReject}
	onError := choiceDefer
	set := flag.NewFlagSet("postfixpolicy", flag.ContinueOnError)
	set.SetOutput(io.Discard) // errors are printed by run, on one line
	set.StringVar(&f.addr, "addr", "127.0.0.1:10040", "listen on `HOST:PORT` or unix:PATH")
	set.StringVar(&f.db, "db", "", "the database, `FILE`; others may use it at the same time")
	set.Func("review", "what to do with mail that a person should look at: `hold`, defer, prepend or reject (default hold)",
		oneOf(&f.review, reviewHold, reviewDefer, reviewPrepend, reviewReject))
	set.Func("on-error", "what to do when the database cannot be read: `defer` or accept (default defer)",
		oneOf(&onError, choiceDefer, choiceAccept))
	set.Func("unreadable", "what to do with an address whose domain cannot be read: `reject` or accept (default reject)",
		oneOf(&f.unreadable, choiceReject, choiceAccept))
	mx := set.Bool("mx", false, "match the mail hosts of addresses too")
	dns := set.String("dns", "", "ask the DNS server at `HOST:PORT`, with -mx; default: those of the system")
	set.Func("socket-mode", "permissions of a Unix socket, `OCTAL` (default 660)", f.setSocketMode)
	set.IntVar(&f.server.MaxConns, "max-conns", policyproto.DefaultMaxConns, "serve at most `N` connections at a time; others wait")
	set.DurationVar(&f.server.IdleTimeout, "idle-timeout", policyproto.DefaultIdleTimeout, "close a connection without a request after `TIME`")
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(w, "Usage: postfixpolicy -db FILE [-addr HOST:PORT|unix:PATH] [FLAGS]")
		set.SetOutput(w)
		set.PrintDefaults()
		f.help = true
		return f, nil
	case err != nil:
		return f, &usageError{err: err, hint: "-h shows the flags"}
	case set.NArg() > 0:
		return f, &usageError{err: fmt.Errorf("unexpected argument %q", set.Arg(0)), hint: "-h shows the flags"}
	case f.db == "":
		return f, &usageError{flag: "-db", err: errors.New("no file named"), hint: "name the database that has the bans"}
	case f.server.MaxConns < 1:
		return f, &usageError{flag: "-max-conns", err: errors.New("none could be served"), hint: "give a number of connections"}
	case f.server.IdleTimeout <= 0:
		return f, &usageError{flag: "-idle-timeout", err: errors.New("no time is left"), hint: "give a duration, such as 10m"}
	}
	if _, port, err := net.SplitHostPort(*dns); *dns != "" && (err != nil || port == "") {
		// Every look-up would fail, and the mail be judged without it.
		return f, &usageError{"-dns", *dns, errors.New("no HOST:PORT"), "give one such as 127.0.0.1:53"}
	}
	if *mx {
		f.checker.MX.Resolver = resolver(*dns)
	} else if *dns != "" {
		return f, &usageError{flag: "-dns", err: errors.New("nothing is asked"), hint: "give -mx too"}
	}
	if onError == choiceAccept {
		f.checker.OnError = ban.FailOpen
	}
	return f, nil
}

// resolver asks a DNS server, or those of the system.
func resolver(server string) *net.Resolver {
	if server == "" {
		return &net.Resolver{}
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server)
	}}
}

func (f *flags) setSocketMode(s string) error {
	mode, err := strconv.ParseUint(s, 8, 32)
	if err != nil || mode&^0o777 != 0 {
		return errors.New("give permissions such as 660")
	}
	f.socketMode = fs.FileMode(mode)
	return nil
}

// choice is the answer to what cannot be judged.
type choice string

const (
	choiceReject choice = "reject"
	choiceDefer  choice = "defer"
	choiceAccept choice = "accept"
)

// reviewAction is the answer to mail that a person should look at.
type reviewAction string

const (
	reviewHold    reviewAction = "hold"
	reviewDefer   reviewAction = "defer"
	reviewPrepend reviewAction = "prepend"
	reviewReject  reviewAction = "reject"
)

// oneOf reads one of the values.
func oneOf[T ~string](to *T, values ...T) func(string) error {
	return func(s string) error {
		if !slices.Contains(values, T(s)) {
			var names []string
			for _, v := range values {
				names = append(names, string(v))
			}
			return fmt.Errorf("use %s", strings.Join(names, " or "))
		}
		*to = T(s)
		return nil
	}
}

// usageError reports a flag or file that cannot be used.
type usageError struct {
	flag, value string // empty if it is about the whole command line
	err         error
	hint        string // what to do instead
}

func (e *usageError) Error() string {
	where := strings.TrimSpace(e.flag + " " + e.value)
	if where != "" {
		where += ": "
	}
	return fmt.Sprintf("%s%v; %s", where, e.err, e.hint)
}

func (e *usageError) Unwrap() error { return e.err }
